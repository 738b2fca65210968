import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Observations } from "../../../constructs/core/observation";
import { secret } from "../../../constructs/core/secret";
import { redisExporter } from "../../../constructs/exporters/redis-exporter";
import { shell, withSecret } from "../../../constructs/exporters/watched-server";
import { observe } from "../../support/observe";

/** The arguments as they are, but for the folder of the secrets, which is the container's. */
function argsBelow(folder: string): string[] {
  return withSecret({
    variable: "FAKE_PASSWORD",
    secret: secret("fake-password"),
    program: "/usr/bin/env",
    args: ["sh", "-c", 'printf "%s|%s" "$FAKE_PASSWORD" "$1"', "sh", "an argument"],
  }).map((arg) => arg.replaceAll("/run/secrets/l2-observatory", folder));
}

describe("a secret for a program that knows no file", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "l2o-secret-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  test.each(["plain", 'fake "pa$s\\w}ord %(x)s #1', "$HOME `id` 'x' ${y}", " blanks "])(
    "arrives as it was written: %s",
    (value) => {
      writeFileSync(join(folder, "fake-password"), `${value}\n`);
      expect(execFileSync(shell, argsBelow(folder), { encoding: "utf8" })).toBe(
        `${value}|an argument`,
      );
    },
  );

  test("is missing: the program is not started", () => {
    expect(() => execFileSync(shell, argsBelow(folder), { stdio: "pipe" })).toThrow(
      /fake-password/,
    );
  });
});

test("two servers of one kind are two targets of one job, with rules of their own", () => {
  const sources = [
    redisExporter({ service: "cache", host: "cache" }),
    redisExporter({ service: "sessions", host: "sessions", thresholds: { highMemoryPercent: 90 } }),
  ];
  const observations = new Observations(
    ...sources.flatMap((source) =>
      observe(source).observations.map((observation) => ({ observation })),
    ),
  );
  const [job, ...others] = observations.jobs();
  expect(others).toEqual([]);
  expect(job?.targets.map(({ instance, labels }) => [instance, labels])).toEqual([
    ["cache:6379", { service: "cache" }],
    ["sessions:6379", { service: "sessions" }],
  ]);
  expect(observations.ruleGroups().map(({ name }) => name)).toEqual([
    "redis-exporter.cache",
    "redis-exporter.sessions",
  ]);
});
