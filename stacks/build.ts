import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { App } from "cdktf";
import { z } from "zod";
import { BudgetError } from "../constructs/core/budget";
import { ConfigurationError, refuse, show } from "../constructs/core/errors";
import { imageFaults } from "../constructs/core/images";
import { ObservationError } from "../constructs/core/observation";
import { CostError } from "../constructs/host/cost";
import { AgentStack } from "./agent-stack";
import type * as Demo from "./demo-stack";
import { parseEnvironment, type EnvironmentInput } from "./environment";
import type * as Host from "./host-stack";
import { dispensable, leaveOut } from "./leave-out";
import { MonitoringStack } from "./monitoring-stack";

/** What a run decides, as opposed to what an environment does. */
export interface BuildOptions {
  /** Names of the environments to build. */
  readonly environments: readonly string[];
  /** Whether the demonstration chain is built for the environment `local`. */
  readonly demo: boolean;
  /** Absolute folder of this machine's state and secrets. */
  readonly stateDirectory: string;
  /** Image references by name. */
  readonly imageOverrides: Readonly<Record<string, string>>;
  /**
   * Names of images that cannot be had: on a local engine what needs them is left out.
   * @default - every image can be had
   */
  readonly missingImages?: readonly string[];
}

/**
 * Reads a file of image references by name.
 * @throws ConfigurationError when it cannot be read, or names an unknown or unpinned image
 */
export function readOverrides(file: string): Readonly<Record<string, string>> {
  const fault = (got: string) =>
    new ConfigurationError("the process environment", [
      {
        field: "L2O_IMAGES",
        allowed: "a JSON file of image references by name",
        got: `${show(file)}, ${got}`,
        repair: "correct the path or unset the variable",
      },
    ]);
  if (!existsSync(file)) throw fault("which does not exist");
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw fault(`which is no JSON (${String(error)})`);
  }
  const parsed = z.record(z.string(), z.string()).safeParse(value);
  if (!parsed.success) throw fault("which holds something else");
  refuse(`the file of L2O_IMAGES, ${file},`, imageFaults({ overrides: parsed.data }));
  return parsed.data;
}

/**
 * Reads the options from the process environment: `L2O_ENVIRONMENTS` (names, comma-separated; default all), `L2O_DEMO`
 * (1), `L2O_STATE` (folder, default `.l2-observatory`), `L2O_IMAGES` (JSON file of image references by name),
 * `L2O_MISSING_IMAGES` (names, comma-separated, of those that cannot be had).
 * @throws ConfigurationError when a name is unknown or a file cannot be read
 */
export function buildOptions(
  variables: Readonly<Record<string, string | undefined>>,
  known: readonly string[],
): BuildOptions {
  const { L2O_ENVIRONMENTS, L2O_DEMO, L2O_STATE, L2O_IMAGES, L2O_MISSING_IMAGES } = variables;
  const environments = L2O_ENVIRONMENTS?.split(",").map((name) => name.trim()) ?? known;
  const missingImages =
    L2O_MISSING_IMAGES?.split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "") ?? [];
  refuse("the process environment", [
    ...environments
      .filter((name) => !known.includes(name))
      .map((name) => ({
        field: "L2O_ENVIRONMENTS",
        allowed: `names out of ${known.join(", ")}`,
        got: show(name),
        repair: "correct it or unset the variable",
      })),
    ...(L2O_DEMO === undefined || L2O_DEMO === "1"
      ? []
      : [{ field: "L2O_DEMO", allowed: "1 or unset", got: show(L2O_DEMO) }]),
    ...missingImages
      .filter((name) => !(name in dispensable))
      .map((name) => ({
        field: "L2O_MISSING_IMAGES",
        allowed: `names out of ${Object.keys(dispensable).join(", ")}`,
        got: show(name),
        repair: "nothing works without it: correct or unset the variable",
      })),
  ]);
  return {
    environments,
    demo: L2O_DEMO === "1",
    stateDirectory: resolve(L2O_STATE ?? ".l2-observatory"),
    imageOverrides: L2O_IMAGES === undefined ? {} : readOverrides(L2O_IMAGES),
    missingImages,
  };
}

/* eslint-disable @typescript-eslint/no-require-imports --
   Loaded only by an environment that needs them: the AWS bindings alone cost a sixth of a synth. */
const demoStack = () => (require("./demo-stack") as typeof Demo).DemoStack;
const hostStack = () => (require("./host-stack") as typeof Host).HostStack;
/* eslint-enable @typescript-eslint/no-require-imports */

/** What an environment can be refused with. */
const refusals = [ConfigurationError, BudgetError, CostError, ObservationError] as const;

/**
 * Makes the stacks of the chosen environments; the others are not even read.
 * @param environments by name, each called only when chosen
 * @throws ConfigurationError with the faults of every chosen environment
 */
export function buildStacks(
  app: App,
  environments: Readonly<Record<string, (demo: boolean) => EnvironmentInput>>,
  options: BuildOptions,
): void {
  const { stateDirectory, imageOverrides, demo } = options;
  const refused: Error[] = [];
  for (const name of options.environments) {
    try {
      const input = environments[name]?.(demo);
      if (input === undefined) continue;
      const asked = parseEnvironment(input);
      const local = asked.engine.type === "local";
      const environment = local ? leaveOut(asked, options.missingImages ?? []) : asked;
      const common = { environment, imageOverrides, stateDirectory: `${stateDirectory}/state` };
      if (environment.host !== undefined) {
        new (hostStack())(app, `${environment.name}-host`, {
          environment: environment.name,
          host: environment.host,
          secretsDirectory: environment.secretsDirectory,
          ...(environment.logs !== false && environment.logs.storage.type === "s3"
            ? { buckets: [environment.logs.storage.bucket] }
            : {}),
          backend: environment.backend,
          stateDirectory: common.stateDirectory,
        });
      }
      const chain =
        demo && local ? new (demoStack())(app, `${environment.name}-demo`, common) : undefined;
      const monitoring = new MonitoringStack(app, `${environment.name}-monitoring`, {
        ...common,
        ...(local && environment.secretsDirectory === undefined
          ? { secretsDirectory: `${stateDirectory}/secrets/${environment.name}` }
          : {}),
        ...(environment.host === undefined
          ? {}
          : { sshConfig: `${stateDirectory}/tunnel/${environment.name}/ssh_config` }),
      });
      for (const agent of environment.agents) {
        new AgentStack(app, `${environment.name}-agent-${agent.agent}`, { ...common, agent });
      }
      // Prometheus joins the demonstration's network.
      if (chain !== undefined) monitoring.addDependency(chain);
    } catch (error) {
      if (!refusals.some((kind) => error instanceof kind)) throw error;
      refused.push(error as Error);
    }
  }
  if (refused.length > 0) throw new RefusedEnvironments(refused);
}

/** Every environment that was refused, each with all its faults. */
export class RefusedEnvironments extends Error {
  constructor(readonly refused: readonly Error[]) {
    super(refused.map(({ message }) => message).join("\n"));
    this.name = "RefusedEnvironments";
  }
}
