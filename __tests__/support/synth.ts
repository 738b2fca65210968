import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, TerraformStack, Testing } from "cdktf";
import { environments } from "../../environments";
import { buildStacks } from "../../stacks/build";
import { MonitoringStack } from "../../stacks/monitoring-stack";
import type { RuleGroup } from "../../constructs/core/alert";
import type { ContainerResource, Synthesised } from "./synth-types";

export { unescaped, type ContainerResource, type Synthesised } from "./synth-types";

/** One environment as it is built on a machine whose paths are the same everywhere. */
export interface Built {
  readonly name: string;
  /** By stack id. */
  readonly stacks: Readonly<Record<string, Synthesised>>;
  readonly ruleGroups: readonly RuleGroup[];
}

function build(name: string, environment: string, demo: boolean): Built {
  const outdir = mkdtempSync(join(tmpdir(), "l2o-synth-"));
  try {
    const app = Testing.stubVersion(new App({ outdir, stackTraces: false }));
    buildStacks(app, environments, {
      environments: [environment],
      demo,
      stateDirectory: "/var/lib/l2-observatory",
      imageOverrides: {},
    });
    const stacks = app.node.children.filter((child) => TerraformStack.isStack(child));
    return {
      name,
      stacks: Object.fromEntries(
        stacks.map((stack) => [
          stack.node.id,
          JSON.parse(Testing.synth(stack, true)) as Synthesised,
        ]),
      ),
      ruleGroups: stacks.flatMap((stack) =>
        stack instanceof MonitoringStack ? stack.prometheus.ruleGroups() : [],
      ),
    };
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

/** Every environment of this repository; `local` also with the demonstration chain. */
export const built: readonly Built[] = [
  ...Object.keys(environments).map((name) => build(name, name, false)),
  build("local-demo", "local", true),
];

/** The containers of an environment by host name. */
export function containersOf({ stacks }: Built): readonly ContainerResource[] {
  return Object.values(stacks).flatMap(({ resource }) =>
    Object.values(resource.docker_container ?? {}),
  );
}
