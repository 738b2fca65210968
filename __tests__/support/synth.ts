import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, TerraformStack, Testing } from "cdktf";
import { environments } from "../../environments";
import { demo } from "../../environments/demo";
import { local } from "../../environments/local";
import { buildStacks, type BuildOptions } from "../../stacks/build";
import type { EnvironmentInput } from "../../stacks/environment";
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

/** Builds an environment under a name, whose paths are the same on every machine. */
export function build(
  name: string,
  environment: EnvironmentInput,
  options: Partial<BuildOptions> = {},
): Built {
  const outdir = mkdtempSync(join(tmpdir(), "l2o-synth-"));
  try {
    const app = Testing.stubVersion(new App({ outdir, stackTraces: false }));
    buildStacks(
      app,
      { [environment.name]: () => environment },
      {
        environments: [environment.name],
        demo: false,
        stateDirectory: "/var/lib/l2-observatory",
        imageOverrides: {},
        ...options,
      },
    );
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
  ...Object.entries(environments).map(([name, make]) => build(name, make(false))),
  build("local-demo", demo, { demo: true }),
];

/** Traces in Tempo, taken by an agent that uses every module. */
export const everything: EnvironmentInput = {
  ...local,
  name: "everything",
  machine: { name: "t4g.medium", memoryMiB: 4096, swapMiB: 1024, diskGiB: 40 },
  traces: {},
  agent: {
    modules: [
      { module: "host" },
      { module: "docker-logs" },
      { module: "files", service: "edge", paths: ["/var/log/nginx/*.log"] },
      { module: "spring", service: "api", host: "api" },
      { module: "spring", service: "chat", host: "chat", port: 8081 },
      { module: "nginx", service: "edge", host: "edge", exporterHost: "edge-exporter" },
      { module: "probes", probes: [{ name: "api", target: "https://api.example.com" }] },
    ],
  },
};

/** The environments of {@link built}, and what none of them has: both stores of traces, both collectors, no agent. */
export const everyCombination: readonly Built[] = [
  ...built,
  build("everything", everything),
  build(
    "left-out",
    { ...everything, name: "left-out", traces: { store: "jaeger" } },
    { missingImages: ["alloy", "grafana", "tempo"] },
  ),
];

/** The containers of an environment by host name. */
export function containersOf({ stacks }: Built): readonly ContainerResource[] {
  return Object.values(stacks).flatMap(({ resource }) =>
    Object.values(resource.docker_container ?? {}),
  );
}
