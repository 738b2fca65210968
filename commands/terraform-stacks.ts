import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { App } from "cdktf";
import { Runtime } from "../constructs/core/runtime";
import { loadEnvironments } from "../environments/load";
import { buildOptions, buildStacks } from "../stacks/build";
import { CommandError, run, runOrFail, withHeartbeat, type Progress } from "./shell";
import { readEnvironment, readFacts, stateDirectory, type MachineFacts } from "./workspace";

/**
 * Variables that make a synth see what `start` found out about this machine. Images that were built here serve the
 * engine that is here and no other; what the user's own environment names wins.
 */
export function stackVariables(
  environment: string,
  demo = readFacts().demo ?? false,
  facts: MachineFacts = readFacts(),
): Record<string, string> {
  const { images, cliConfigFile, terraform, missingImages = [] } = facts;
  const here = readEnvironment(environment, demo).engine.type === "local";
  const given = process.env["TF_CLI_CONFIG_FILE"];
  const binary = process.env["TERRAFORM_BINARY_NAME"] ?? terraform;
  const references = process.env["L2O_IMAGES"] ?? (here ? images : undefined);
  const mirror = given !== undefined && existsSync(given) ? undefined : cliConfigFile;
  return {
    L2O_ENVIRONMENTS: environment,
    L2O_STATE: stateDirectory,
    ...(demo && environment === "local" ? { L2O_DEMO: "1" } : {}),
    ...(references === undefined ? {} : { L2O_IMAGES: references }),
    L2O_MISSING_IMAGES: here ? missingImages.join(",") : "",
    ...(mirror === undefined ? {} : { TF_CLI_CONFIG_FILE: mirror }),
    ...(binary === undefined ? {} : { TERRAFORM_BINARY_NAME: binary }),
    CHECKPOINT_DISABLE: "1",
    DISABLE_VERSION_CHECK: "1",
    CI: "1",
    FORCE_COLOR: "0",
  };
}

/** What a stack consists of, read from its synthesised form. */
export interface SynthesisedStack {
  readonly name: string;
  /** Names of the containers on the engine. */
  readonly containers: readonly string[];
  /** Names of the data volumes on the engine. */
  readonly volumes: readonly string[];
  /** References of the images that run. */
  readonly images: readonly string[];
  /** Ports on the bind address, with the container that has each. */
  readonly published: readonly { readonly container: string; readonly port: number }[];
  /** Whether it runs on the environment's own engine, as all but the agents on other hosts do. */
  readonly onPlatform: boolean;
  /** What its services need of their machine, as a table; nothing for a stack without services. */
  readonly budget: string | undefined;
  /** How many resources Terraform knows. */
  readonly resources: number;
}

interface ResourceJson {
  readonly name?: string;
  readonly ports?: readonly { readonly external: number }[];
}

interface StackJson {
  readonly resource?: Readonly<Record<string, Readonly<Record<string, ResourceJson>>>>;
}

/**
 * Builds an environment's stacks into a throw-away folder, which is gone when `read` has looked at them.
 * @param facts about this machine; by default what `start` found out
 * @throws ConfigurationError, BudgetError
 */
export function withSynthesised<T>(
  { environment, demo, facts }: { environment: string; demo?: boolean; facts?: MachineFacts },
  read: (app: App, outdir: string) => T,
): T {
  const outdir = mkdtempSync(join(tmpdir(), "l2-observatory-"));
  try {
    const app = new App({ outdir });
    const environments = loadEnvironments();
    const variables = stackVariables(environment, demo, facts);
    buildStacks(app, environments, buildOptions(variables, Object.keys(environments)));
    app.synth();
    return read(app, outdir);
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/**
 * Synthesises an environment into a throw-away folder and reads what it consists of.
 * @param facts about this machine; by default what `start` found out
 * @throws ConfigurationError, BudgetError
 */
export function synthesise(
  environment: string,
  demo?: boolean,
  facts: MachineFacts = readFacts(),
): readonly SynthesisedStack[] {
  const chosen = { environment, facts, ...(demo === undefined ? {} : { demo }) };
  return withSynthesised(chosen, (app, outdir) => {
    const { engine, agents } = readEnvironment(environment, demo, facts.missingImages ?? []);
    const elsewhere = agents
      .filter((one) => !isDeepStrictEqual(one.engine, engine))
      .map(({ agent }) => `${environment}-agent-${agent}`);
    const budgets = new Map(
      app.node
        .findAll()
        .flatMap((one) =>
          one instanceof Runtime ? [[one.node.scope?.node.id ?? "", one.budget.table()]] : [],
        ),
    );
    return readdirSync(join(outdir, "stacks")).map((name) => {
      const file = join(outdir, "stacks", name, "cdk.tf.json");
      const { resource = {} } = JSON.parse(readFileSync(file, "utf8")) as StackJson;
      const names = (type: string) =>
        Object.values(resource[type] ?? {}).flatMap((r) => r.name ?? []);
      return {
        name,
        containers: names("docker_container"),
        volumes: names("docker_volume"),
        images: names("docker_image"),
        published: Object.values(resource["docker_container"] ?? {}).flatMap(
          ({ name: container = "", ports = [] }) =>
            ports.map(({ external }) => ({ container, port: external })),
        ),
        budget: budgets.get(name),
        onPlatform: !elsewhere.includes(name),
        resources: Object.values(resource).reduce((n, all) => n + Object.keys(all).length, 0),
      };
    });
  });
}

/** Names of the containers on the environment's own engine. */
export function containersOf(stacks: readonly SynthesisedStack[]): readonly string[] {
  return stacks.flatMap(({ containers, onPlatform }) => (onPlatform ? containers : []));
}

/** Where cdktf writes what Terraform reads. */
export const outputDirectory = join(stateDirectory, "cdktf.out");

const notable = /: (Creation complete|Destruction complete|Modifications complete)|^.*Error:|│/;

/** @throws CommandError in a repository that has no cdktf-cli or no cdktf.json */
function cdktfProgram(): string {
  if (!existsSync("cdktf.json")) {
    throw new CommandError(
      `'cdktf.json' must be in ${process.cwd()}, got nothing; run the command where your app's cdktf.json is`,
    );
  }
  try {
    return require.resolve("cdktf-cli/bundle/bin/cdktf", { paths: [process.cwd(), __dirname] });
  } catch {
    throw new CommandError(
      "cdktf-cli must be installed, got nothing; npm install --save-dev cdktf-cli",
    );
  }
}

/** Stacks of one environment. */
export interface Deployment {
  readonly environment: string;
  readonly stacks: readonly string[];
  /**
   * Whether the demonstration belongs to it.
   * @default - as at the last start
   */
  readonly demo?: boolean;
}

/**
 * Runs `cdktf deploy` or `cdktf destroy` for stacks of an environment and shows what changes.
 * @throws CommandError naming what was done and what was not, and where the whole log lies
 */
export async function cdktf(
  verb: "deploy" | "destroy",
  { environment, stacks, demo }: Deployment,
  progress: Progress,
): Promise<{ readonly changes: number }> {
  const logFile = join(stateDirectory, "logs", `${verb}-${environment}.log`);
  rmSync(logFile, { force: true });
  const done: string[] = [];
  const errors: string[] = [];
  const work = run(
    process.execPath,
    [
      cdktfProgram(),
      verb,
      ...stacks,
      "--auto-approve",
      "--output",
      outputDirectory,
      // It asks the public registry for other platforms' hashes, for a folder that stays on this machine.
      "--skip-provider-lock",
    ],
    {
      env: stackVariables(environment, demo),
      logFile,
      onLine: (raw) => {
        const line = raw.trim();
        if (!notable.test(line)) return;
        const change =
          /\(([^()]+)\): (Creation|Destruction|Modifications) complete after (\S+)/.exec(line);
        if (change === null) {
          errors.push(line.replace(/^.*?│/, "│"));
          return;
        }
        const [, address = "", kind = "", time = ""] = change;
        done.push(address);
        const verbs: Readonly<Record<string, string>> = {
          Creation: "created",
          Destruction: "removed",
          Modifications: "changed",
        };
        progress(`  ${verbs[kind] ?? kind} ${address} (${time})`);
      },
    },
  );
  const { code } = await withHeartbeat(progress, `cdktf ${verb} ${stacks.join(" ")}`, work);
  if (code !== 0) {
    throw new CommandError(
      `cdktf ${verb} ${stacks.join(" ")} failed after ${String(done.length)} changes${done.length === 0 ? "" : `, which stay: ${done.join(", ")}`}\n${[...new Set(errors)].slice(0, 40).join("\n")}\nthe whole log: ${logFile}`,
    );
  }
  return { changes: done.length };
}

/** Where cdktf keeps a stack for Terraform. */
export function stackFolder(stack: string): string {
  return join(outputDirectory, "stacks", stack);
}

/**
 * Writes an environment's stacks to where Terraform reads them, and changes nothing else.
 * @throws CommandError
 */
export async function writeStacks(environment: string): Promise<void> {
  await runOrFail(process.execPath, [cdktfProgram(), "synth", "--output", outputDirectory], {
    env: stackVariables(environment),
  });
}

/**
 * Runs Terraform itself in a stack's folder.
 * @returns what it printed
 * @throws CommandError with the end of what it printed
 */
export async function terraformIn(
  { environment, stack }: { readonly environment: string; readonly stack: string },
  args: readonly string[],
  onLine?: (line: string) => void,
): Promise<string> {
  const variables = stackVariables(environment);
  return runOrFail(variables["TERRAFORM_BINARY_NAME"] ?? "terraform", args, {
    cwd: stackFolder(stack),
    env: { ...variables, TF_IN_AUTOMATION: "1", TF_INPUT: "0" },
    ...(onLine === undefined ? {} : { onLine }),
  });
}

/**
 * The outputs of a stack that was deployed from this machine, by name.
 * @throws CommandError
 */
export async function outputsOf(
  environment: string,
  stack: string,
): Promise<Readonly<Record<string, string>>> {
  const text = await terraformIn({ environment, stack }, ["output", "-json"]);
  const outputs = JSON.parse(text) as Readonly<Record<string, { readonly value: unknown }>>;
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { value }]) => [name, String(value)]),
  );
}
