import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkSecrets, generateSecrets, secretStates, setSecret } from "../../commands/secrets";
import { secret } from "../../constructs/core/secret";
import { parseEnvironment, type Environment } from "../../stacks/environment";
import { FakeCloud, hostEnvironment } from "./fakes";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "l2o-secrets-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function environment(grafana = false): Environment {
  return parseEnvironment({
    name: "unit",
    engine: { type: "local" },
    machine: { name: "vm", memoryMiB: 2048, diskGiB: 20 },
    secretsDirectory: join(folder, "unit"),
    grafana,
    receivers: [
      { name: "ops", type: "slack", webhookUrl: secret("slack-webhook-url") },
      { name: "hook", type: "webhook", url: secret("hook-url"), bearerToken: secret("hook-token") },
    ],
  });
}

test("stores a value as a file that a container's user reads and nobody else on the host", async () => {
  expect(await setSecret(environment(), "hook-token", "  not-a-real-token\n")).toEqual([
    "alertmanager",
  ]);
  const file = join(folder, "unit", "alertmanager", "hook-token");
  expect(readFileSync(file, "utf8")).toBe("not-a-real-token");
  expect(statSync(file).mode & 0o777).toBe(0o444);
  expect(statSync(join(folder, "unit")).mode & 0o777).toBe(0o700);
});

test("replaces a value and leaves no other file behind", async () => {
  await setSecret(environment(), "hook-token", "old");
  await setSecret(environment(), "hook-token", "new");
  expect(readFileSync(join(folder, "unit", "alertmanager", "hook-token"), "utf8")).toBe("new");
});

test("knows which secrets are there", async () => {
  await setSecret(environment(), "hook-url", "https://fake.invalid/hook");
  const states = await secretStates(environment());
  expect(states.map(({ secret: name, present }) => [name, present])).toEqual([
    ["slack-webhook-url", false],
    ["hook-url", true],
    ["hook-token", false],
  ]);
});

test("fails before deploy, naming every secret that has no file and the command that mends it", async () => {
  await setSecret(environment(), "hook-url", "https://fake.invalid/hook");
  await expect(checkSecrets(environment())).rejects.toThrow(
    [
      "environment 'unit' lacks 2 of 3 secrets:",
      "  'slack-webhook-url' of alertmanager must be a file, got nothing; npm run secrets -- set unit slack-webhook-url",
      "  'hook-token' of alertmanager must be a file, got nothing; npm run secrets -- set unit hook-token",
    ].join("\n"),
  );
});

test("fails on a name that nothing needs and on an empty value, both at once", async () => {
  await expect(setSecret(environment(), "slack-url", " \n")).rejects.toThrow(
    [
      "the command line has 2 faults:",
      "  'secret' must be one of slack-webhook-url, hook-url, hook-token, got 'slack-url'",
      "  'value' must be the secret on standard input, got nothing",
    ].join("\n"),
  );
});

test("makes up what nobody has to know before, once, and nothing else", async () => {
  const made = await generateSecrets(environment(true));
  expect(made.map(({ secret: name }) => name)).toEqual([
    "grafana-admin-password",
    "grafana-secret-key",
  ]);
  const values = made.map(({ path }) => readFileSync(path, "utf8"));
  for (const value of values) expect(value).toMatch(/^[\w-]{32}$/);
  expect(new Set(values).size).toBe(2);
  expect(await generateSecrets(environment(true))).toEqual([]);
  expect(made.map(({ path }) => readFileSync(path, "utf8"))).toEqual(values);
  await expect(checkSecrets(environment(true))).rejects.toThrow("lacks 3 of 5 secrets");
});

test("names the command that makes up what is missing", async () => {
  await expect(checkSecrets(environment(true))).rejects.toThrow(
    "'grafana-secret-key' of grafana must be a file, got nothing; npm run secrets -- generate unit",
  );
});

describe("of an environment with its own host", () => {
  const root = "/l2-observatory/unit/secrets/alertmanager";

  test("are parameters, stored for each service and overwritten", async () => {
    const cloud = new FakeCloud();
    expect(
      await setSecret(hostEnvironment(), "hook-url", " https://fake.invalid/1\n", cloud),
    ).toEqual(["alertmanager"]);
    await setSecret(hostEnvironment(), "hook-url", "https://fake.invalid/2", cloud);
    expect([...cloud.secrets]).toEqual([
      [`${root}/hook-url`, { value: "https://fake.invalid/2", version: 2 }],
    ]);
    expect(await secretStates(hostEnvironment(), cloud)).toEqual([
      {
        service: "alertmanager",
        secret: "slack-webhook-url",
        path: `${root}/slack-webhook-url`,
        present: false,
      },
      {
        service: "alertmanager",
        secret: "hook-url",
        path: `${root}/hook-url`,
        present: true,
        version: 2,
      },
    ]);
  });

  test("fail before deploy, naming every one that is missing and the command that stores it", async () => {
    await expect(checkSecrets(hostEnvironment(), new FakeCloud())).rejects.toThrow(
      [
        "environment 'unit' lacks 2 of 2 secrets:",
        "  'slack-webhook-url' of alertmanager must be a SecureString in Systems Manager, got nothing; npm run secrets -- set unit slack-webhook-url",
        "  'hook-url' of alertmanager must be a SecureString in Systems Manager, got nothing; npm run secrets -- set unit hook-url",
      ].join("\n"),
    );
  });

  test("count as missing when they lie there in clear text", async () => {
    const cloud = new FakeCloud();
    cloud.parametersBelow = () =>
      Promise.resolve(new Map([["alertmanager/hook-url", { version: 1, encrypted: false }]]));
    const states = await secretStates(hostEnvironment(), cloud);
    expect(states.map(({ present }) => present)).toEqual([false, false]);
    await expect(checkSecrets(hostEnvironment(), cloud)).rejects.toThrow(
      "'hook-url' of alertmanager must be a SecureString in Systems Manager, got clear text; renew the secret, aws ssm delete-parameter --name /l2-observatory/unit/secrets/alertmanager/hook-url, then npm run secrets -- set unit hook-url",
    );
  });

  test("fail when they are longer than a parameter, without the value in the text", async () => {
    const value = "not-a-real-token".repeat(300);
    const failure = setSecret(hostEnvironment(), "hook-url", value, new FakeCloud());
    await expect(failure).rejects.toThrow(
      "'value' must be the secret on standard input, at most 4096 bytes, got 4800 bytes",
    );
    await expect(failure).rejects.not.toThrow("not-a-real-token");
  });
});
