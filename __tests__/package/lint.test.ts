import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { packageRoot } from "../../constructs/core/paths";

interface Case {
  readonly title: string;
  /** Where the snippet would stand. */
  readonly file: string;
  readonly code: string;
  /** Part of the one message; nothing where the snippet is fine. */
  readonly message?: string;
}

const docker = "@cdktf/provider-docker";

const cases: readonly Case[] = [
  {
    title: "a provider by file",
    file: "constructs/core/endpoint.ts",
    code: `import { Container } from "${docker}/lib/container";`,
  },
  {
    title: "a provider by its root",
    file: "constructs/core/endpoint.ts",
    code: `import { container } from "${docker}";`,
    message: `import '${docker}' by file`,
  },
  {
    title: "a provider by its root, as a type",
    file: "stacks/backend.ts",
    code: 'import type { instance } from "@cdktf/provider-aws";',
    message: "import '@cdktf/provider-aws' by file",
  },
  {
    title: "a provider by the index of lib",
    file: "stacks/backend.ts",
    code: `export * from "${docker}/lib";`,
    message: `import '${docker}' by file`,
  },
  {
    title: "a provider by its root, required",
    file: "stacks/backend.ts",
    code: `const docker = require("${docker}");`,
    message: `import '${docker}' by file`,
  },
  {
    title: "cdktf by its root",
    file: "stacks/backend.ts",
    code: 'import { App } from "cdktf";',
  },
  {
    title: "cdktf by file",
    file: "stacks/backend.ts",
    code: 'import { App } from "cdktf/lib/app";',
    message: "import cdktf from its package root only",
  },
  {
    title: "ourselves by name",
    file: "stacks/backend.ts",
    code: 'import { Endpoint } from "l2-observatory";',
    message: "by relative path",
  },
  {
    title: "core from core",
    file: "constructs/core/service.ts",
    code: 'import { Endpoint } from "./endpoint";',
  },
  {
    title: "a service from core",
    file: "constructs/core/service.ts",
    code: 'import { Prometheus } from "../prometheus";',
    message: "core (constructs/core/service.ts) must import its own folder only",
  },
  {
    title: "an exporter from core, loaded late",
    file: "constructs/core/service.ts",
    code: 'export const late = () => import("../exporters/op-geth");',
    message: "got 'constructs/exporters/op-geth/index'",
  },
  {
    title: "core from a service",
    file: "constructs/prometheus/config.ts",
    code: 'import { Endpoint } from "../core/endpoint";',
  },
  {
    title: "another service from a service",
    file: "constructs/prometheus/config.ts",
    code: 'import type { Alertmanager } from "../alertmanager";',
    message: "service (constructs/prometheus/config.ts) must import its own folder, core only",
  },
  {
    title: "a service from the host",
    file: "constructs/host/schema.ts",
    code: 'import { Prometheus } from "../prometheus";',
    message: "must import its own folder, core only",
  },
  {
    title: "an exporter from a service",
    file: "constructs/prometheus/config.ts",
    code: 'import { opGeth } from "../exporters/op-geth";',
    message: "must import its own folder, core only",
  },
  {
    title: "a stack from a service",
    file: "constructs/prometheus/config.ts",
    code: 'import { MonitoringStack } from "../../stacks/monitoring-stack";',
    message: "got 'stacks/monitoring-stack'",
  },
  {
    title: "what exporters share from an exporter",
    file: "constructs/exporters/op-geth/index.ts",
    code: 'import { chainTarget } from "../chain"; import { l2GethDown } from "./mixin";',
  },
  {
    title: "another exporter from an exporter",
    file: "constructs/exporters/op-geth/index.ts",
    code: 'import { opNode } from "../op-node";',
    message: "must import its own folder, core, exporters' shared file only",
  },
  {
    title: "a service from an exporter",
    file: "constructs/exporters/op-geth/index.ts",
    code: 'import { serviceDown } from "../../prometheus/mixin";',
    message: "got 'constructs/prometheus/mixin'",
  },
  {
    title: "an exporter from what exporters share",
    file: "constructs/exporters/chain.ts",
    code: 'import { opNode } from "./op-node";',
    message: "got 'constructs/exporters/op-node/index'",
  },
  {
    title: "a service through the package's root door",
    file: "constructs/index.ts",
    code: 'export * from "./prometheus";',
    message: "package's door (constructs/index.ts) must import its own folder, core only",
  },
  {
    title: "services and exporters from a stack",
    file: "stacks/monitoring-stack.ts",
    code: 'import { Prometheus } from "../constructs/prometheus"; import "../constructs/exporters/op-geth";',
  },
  {
    title: "an environment from a stack",
    file: "stacks/monitoring-stack.ts",
    code: 'import { local } from "../environments/local";',
    message: "got 'environments/local'",
  },
  {
    title: "a command from a stack",
    file: "stacks/monitoring-stack.ts",
    code: 'import { run } from "../commands/shell";',
    message: "got 'commands/shell'",
  },
  {
    title: "exporters, secret and a stack's types from an environment",
    file: "environments/local.ts",
    code: 'import { opGeth } from "../constructs/exporters/op-geth"; import { secret } from "../constructs/core/secret"; import type { EnvironmentInput } from "../stacks/environment";',
  },
  {
    title: "a stack from an environment",
    file: "environments/local.ts",
    code: 'import { MonitoringStack } from "../stacks/monitoring-stack";',
    message: "got 'stacks/monitoring-stack'",
  },
  {
    title: "a service from an environment",
    file: "environments/local.ts",
    code: 'import { Prometheus } from "../constructs/prometheus";',
    message: "got 'constructs/prometheus/index'",
  },
  {
    title: "the builder of local images from a command, loaded late",
    file: "commands/start.ts",
    code: 'export const builder = await import("../tools/local-images/index.js");',
  },
  {
    title: "the builder of local images from a command",
    file: "commands/start.ts",
    code: 'import { buildBinaries } from "../tools/local-images/go";',
    message: "got 'tools/local-images/go'",
  },
  {
    title: "main.ts from a command",
    file: "commands/start.ts",
    code: 'import "../main";',
    message: "nothing imports main.ts",
  },
  {
    title: "main.ts from a test",
    file: "__tests__/support/setup.ts",
    code: 'import "../../main";',
    message: "nothing imports main.ts",
  },
  {
    title: "core from a program",
    file: "programs/l2-exporter/units.ts",
    code: 'import { show } from "../../constructs/core/errors";',
    message: "program (programs/l2-exporter/units.ts) must import its own folder only",
  },
  {
    title: "panels from a program",
    file: "programs/pictures/draw.ts",
    code: 'import { queriesOf } from "../../constructs/core/panel"; export const of = queriesOf;',
  },
];

describe("the rule for imports", () => {
  let messages: readonly (readonly string[])[];

  beforeAll(() => {
    const script = join(__dirname, "lint-snippets.mjs");
    const { stdout, stderr, status } = spawnSync(process.execPath, [script, packageRoot], {
      input: JSON.stringify(
        cases.map(({ file, code }) => ({ file: join(packageRoot, file), code })),
      ),
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(stderr);
    messages = JSON.parse(stdout) as string[][];
  }, 60_000);

  it.each(
    cases.map((one, i) => ({ ...one, i, verb: one.message === undefined ? "allows" : "refuses" })),
  )("$verb $title", ({ message, i }) => {
    expect(messages[i]).toEqual(message === undefined ? [] : [expect.stringContaining(message)]);
  });
});
