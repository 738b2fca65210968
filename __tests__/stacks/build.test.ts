import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TerraformStack, Testing } from "cdktf";
import { nodeExporter } from "../../constructs/exporters/node-exporter";
import { opGeth } from "../../constructs/exporters/op-geth";
import type { HostInput } from "../../constructs/host/schema";
import { buildOptions, buildStacks, type BuildOptions } from "../../stacks/build";
import type { EnvironmentInput } from "../../stacks/environment";
import { explain } from "../../stacks/explain";
import { soundEnvironment, soundHostEnvironment } from "../support/refusals";

const named = (name: string, change: Partial<EnvironmentInput> = {}) => ({
  ...soundEnvironment,
  name,
  sources: [nodeExporter({})],
  ...change,
});

const environments = {
  local: () => named("local"),
  production: () =>
    named("production", { bindAddress: "0.0.0.0", sources: [opGeth({ chain: "alpha", port: 0 })] }),
  tiny: () =>
    named("tiny", { machine: { name: "t4g.nano", memoryMiB: 512, swapMiB: 0, diskGiB: 20 } }),
};

const options = (...names: string[]): BuildOptions => ({
  environments: names,
  demo: false,
  stateDirectory: "/state",
  imageOverrides: {},
});

function build(...names: string[]): string[] {
  const app = Testing.app();
  buildStacks(app, environments, options(...names));
  return app.node.children
    .filter((child) => TerraformStack.isStack(child))
    .map(({ node }) => node.id);
}

function refusalOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return explain(error);
  }
  throw new Error("nothing was refused");
}

describe("buildStacks", () => {
  test("makes the stacks of the chosen environments only", () => {
    expect(build("local")).toEqual(["local-monitoring"]);
  });

  test("is not stopped by a fault in an environment that was not chosen", () => {
    expect(build("local")).toEqual(["local-monitoring"]);
    expect(() => build("local", "production")).toThrow(/environment 'production' has 2 faults/);
  });

  test("fails with the faults of every chosen environment, in words without a stack trace", () => {
    const other = { ...environments, second: () => named("second", { protectData: 1 as never }) };
    const message = refusalOf(() => {
      buildStacks(Testing.app(), other, options("production", "local", "second"));
    });
    expect(message.split("\n")).toEqual([
      "environment 'production' has 2 faults:",
      "  'bindAddress' must be a loopback or private IPv4 address, got '0.0.0.0'",
      "  'sources[0].port' must be at least 1, got 0",
      "environment 'second' has 1 fault:",
      "  'protectData' must be a boolean, got 1",
    ]);
  });

  test("fails when the services need more than the machine has, with a table and without a stack trace", () => {
    const message = refusalOf(() => build("tiny"));
    expect(message).toContain("the services do not fit t4g.nano (MiB):");
    expect(message).toMatch(
      /'machine\.memoryMiB' must be at least \d+ for reservations of \d+ MiB, got 512/,
    );
    expect(message).toMatch(/'machine\.swapMiB' must be at least \d+ for limits of \d+ MiB, got 0/);
    expect(message).toMatch(/^service +working set +reservation +limit +disk GiB$/m);
    expect(message).toMatch(/^prometheus +118 +160 +384 +4$/m);
    expect(message).not.toMatch(/^\s+at /m);
  });

  test("fails when the disk is too small for what is kept", () => {
    const small = {
      local: () =>
        named("local", {
          machine: { name: "small", memoryMiB: 2048, swapMiB: 1024, diskGiB: 5 },
        }),
    };
    expect(
      refusalOf(() => {
        buildStacks(Testing.app(), small, options("local"));
      }),
    ).toContain("'machine.diskGiB' must be at least 12 for 8.2 GiB of data, got 5");
  });
});

describe("an environment with a host of its own", () => {
  const withHost = (change: Partial<HostInput> = {}) => {
    const { host } = soundHostEnvironment;
    if (host === undefined) throw new Error("the sound environment has no host");
    return {
      remote: () => ({ ...soundHostEnvironment, name: "remote", host: { ...host, ...change } }),
    };
  };

  test("becomes two stacks that agree on the folder of secrets", () => {
    const app = Testing.app();
    buildStacks(app, withHost(), options("remote"));
    const [host, monitoring, ...more] = app.node.children.filter((child) =>
      TerraformStack.isStack(child),
    );
    expect([host?.node.id, monitoring?.node.id]).toEqual(["remote-host", "remote-monitoring"]);
    expect(more).toEqual([]);
    expect(host === undefined ? "" : Testing.synth(host)).toContain(
      "SECRETS_DIRECTORY=/etc/secrets\\n",
    );
  });

  test("fails when it costs more than its limit, with the estimate and without a stack trace", () => {
    const message = refusalOf(() => {
      buildStacks(Testing.app(), withHost({ monthlyCostLimitUsd: 10 }), options("remote"));
    });
    expect(message).toMatch(/^'host\.monthlyCostLimitUsd' must be at least \d+\.\d\d for what/);
    expect(message).toMatch(/^instance t4g\.small +730 h +0\.0192 +14\.02$/m);
    expect(message).not.toMatch(/^\s+at /m);
  });
});

describe("buildOptions", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "l2o-options-"))));
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  test("takes every environment by default", () => {
    expect(buildOptions({ L2O_STATE: "/state" }, ["a", "b"])).toEqual({
      environments: ["a", "b"],
      demo: false,
      stateDirectory: "/state",
      imageOverrides: {},
      missingImages: [],
    });
  });

  test("fails when an image is missing without which nothing works", () => {
    expect(buildOptions({ L2O_MISSING_IMAGES: "alloy, tempo" }, ["a"]).missingImages).toEqual([
      "alloy",
      "tempo",
    ]);
    expect(() => buildOptions({ L2O_MISSING_IMAGES: "alloy,prometheus" }, ["a"])).toThrow(
      "'L2O_MISSING_IMAGES' must be names out of alloy, grafana, tempo, got 'prometheus'; nothing works without it: correct or unset the variable",
    );
  });

  test("reads names, the demonstration and image references", () => {
    const file = join(folder, "images.json");
    writeFileSync(file, '{ "prometheus": "here/prometheus:v1" }');
    expect(
      buildOptions({ L2O_ENVIRONMENTS: "b, a", L2O_DEMO: "1", L2O_IMAGES: file }, ["a", "b"]),
    ).toMatchObject({
      environments: ["b", "a"],
      demo: true,
      imageOverrides: { prometheus: "here/prometheus:v1" },
    });
  });

  test("fails when a name is unknown", () => {
    expect(refusalOf(() => buildOptions({ L2O_ENVIRONMENTS: "a,c" }, ["a", "b"]))).toBe(
      "the process environment has 1 fault:\n  'L2O_ENVIRONMENTS' must be names out of a, b, got 'c'; correct it or unset the variable",
    );
  });

  test.each([
    ["is not JSON", "{"],
    ["is no object", "7"],
  ])("fails when the file of image references %s", (_what, content) => {
    const file = join(folder, "images.json");
    writeFileSync(file, content);
    const message = refusalOf(() => buildOptions({ L2O_IMAGES: file }, ["a"]));
    expect(message).toMatch(
      /^the process environment has 1 fault:\n {2}'L2O_IMAGES' must be a JSON file of image references by name, got /,
    );
    expect(message).not.toMatch(/^\s+at /m);
  });
});

describe("main", () => {
  const { L2O_ENVIRONMENTS, L2O_ENVIRONMENTS_MODULE } = process.env;
  afterEach(() => {
    process.exitCode = 0;
    process.env["L2O_ENVIRONMENTS"] = L2O_ENVIRONMENTS;
    process.env["L2O_ENVIRONMENTS_MODULE"] = L2O_ENVIRONMENTS_MODULE;
    if (L2O_ENVIRONMENTS === undefined) delete process.env["L2O_ENVIRONMENTS"];
    if (L2O_ENVIRONMENTS_MODULE === undefined) delete process.env["L2O_ENVIRONMENTS_MODULE"];
    jest.restoreAllMocks();
  });

  test("exits with 1 and words instead of a stack trace when an environment is refused", () => {
    process.env["L2O_ENVIRONMENTS"] = "nowhere";
    const written: string[] = [];
    jest.spyOn(process.stderr, "write").mockImplementation((text) => {
      written.push(String(text));
      return true;
    });
    jest.isolateModules(() => {
      jest.requireActual("../../main");
    });
    expect(process.exitCode).toBe(1);
    expect(written.join("")).toBe(
      "the process environment has 1 fault:\n  'L2O_ENVIRONMENTS' must be names out of local, production, got 'nowhere'; correct it or unset the variable\n",
    );
  });
});
