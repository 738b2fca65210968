import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { run, type Finished } from "../../commands/shell";
import type { MachineFacts } from "../../commands/workspace";
import { packageRoot } from "../../constructs/core/paths";
import type { PrivateEngine } from "./private-engine";

/** A container as the engine knows it. */
export interface ContainerState {
  readonly id: string;
  readonly name: string;
  readonly pid: number;
  readonly health: string;
}

interface Inspected {
  readonly Id: string;
  readonly Name: string;
  readonly State: {
    readonly Pid: number;
    readonly Status: string;
    readonly Health?: { readonly Status: string };
  };
}

/** The platform under test: a state folder and an engine of its own, driven through the commands a user types. */
export class Platform {
  readonly prometheus: string;
  readonly alertmanager: string;
  readonly push: string;
  readonly l1Rpc: string;

  constructor(
    readonly stateDirectory: string,
    readonly engine: PrivateEngine,
    /** Compiled module with the environments under test. */
    readonly environmentsModule: string,
    /** Variables of the commands beside those of this class. */
    readonly variables: Record<string, string> = {},
  ) {
    mkdirSync(stateDirectory, { recursive: true });
    const at = (port: number) => `http://${engine.address}:${port}`;
    this.prometheus = at(9090);
    this.alertmanager = at(9093);
    this.push = at(9091);
    this.l1Rpc = at(18545);
  }

  get env(): Record<string, string> {
    return {
      L2O_STATE: this.stateDirectory,
      L2O_ENVIRONMENTS_MODULE: this.environmentsModule,
      DOCKER_HOST: this.engine.host,
      RIG_ADDRESS: this.engine.address,
      RIG_SOCKET: this.engine.socket,
      ...this.variables,
    };
  }

  /** Runs a command as a user does: `npm run <verb> -- …`. */
  command(args: readonly string[], input?: string): Promise<Finished> {
    return run(process.execPath, [join(packageRoot, "commands", "launch.mjs"), ...args], {
      cwd: packageRoot,
      env: this.env,
      ...(input === undefined ? {} : { input }),
    });
  }

  /** Runs a command that must succeed. @throws Error with what it said */
  async must(args: readonly string[], input?: string): Promise<string> {
    const { code, stdout, stderr } = await this.command(args, input);
    if (code !== 0)
      throw new Error(`${args.join(" ")} ended with ${String(code)}:\n${stdout}${stderr}`);
    return stdout;
  }

  /** Runs the Docker client against the engine under test. @throws Error with what it said */
  async docker(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await run("docker", args, { env: this.env });
    if (code !== 0) throw new Error(`docker ${args.slice(0, 3).join(" ")}: ${stderr.trim()}`);
    return stdout;
  }

  /** Everything a container printed, on both streams. */
  async logs(container: string): Promise<string> {
    const { code, stdout, stderr } = await run("docker", ["logs", container], { env: this.env });
    if (code !== 0) throw new Error(`docker logs ${container}: ${stderr.trim()}`);
    return stdout + stderr;
  }

  /** Every container of the engine under test. */
  async containers(): Promise<readonly ContainerState[]> {
    const ids = (await this.docker("ps", "-aq")).split("\n").filter((id) => id !== "");
    if (ids.length === 0) return [];
    const inspected = JSON.parse(await this.docker("inspect", ...ids)) as readonly Inspected[];
    return inspected
      .map(({ Id, Name, State }) => ({
        id: Id,
        name: Name.replace(/^\//, ""),
        pid: State.Pid,
        health: State.Health?.Status ?? State.Status,
      }))
      .sort((a, b) => a.name.localeCompare(b.name));
  }

  /** What the start command found out; nothing before. */
  get #facts(): MachineFacts {
    const file = join(this.stateDirectory, "machine.json");
    return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as MachineFacts) : {};
  }

  /** Images that cannot be had here: what needs them was left out. */
  get missingImages(): readonly string[] {
    return this.#facts.missingImages ?? [];
  }

  /** References of the images that were built here, by name; none where registries serve. */
  async images(): Promise<Readonly<Record<string, string>>> {
    const { images: file } = this.#facts;
    if (file === undefined) return {};
    return JSON.parse(await readFile(file, "utf8")) as Record<string, string>;
  }

  /** Files that a container of `local-monitoring` mounts, as Terraform has them. */
  uploads(service: string): readonly { readonly file: string; readonly content: string }[] {
    const file = join(this.#folder("local-monitoring"), "cdk.tf.json");
    const { resource } = JSON.parse(readFileSync(file, "utf8")) as {
      resource: {
        docker_container: Record<
          string,
          { hostname: string; upload?: { file: string; content: string }[] }
        >;
      };
    };
    const containers = Object.values(resource.docker_container);
    return containers.find(({ hostname }) => hostname === service)?.upload ?? [];
  }

  #folder(stack: string): string {
    return join(this.stateDirectory, "cdktf.out", "stacks", stack);
  }

  /** Names of the stacks that were deployed. */
  stacks(): readonly string[] {
    return readdirSync(join(this.stateDirectory, "cdktf.out", "stacks"));
  }

  /** Runs Terraform in a stack's folder, as deployed. */
  terraform(stack: string, ...args: readonly string[]): Promise<Finished> {
    return this.terraformIn(this.#folder(stack), ...args);
  }

  /** Runs the platform's Terraform in any folder, against the engine under test. */
  terraformIn(folder: string, ...args: readonly string[]): Promise<Finished> {
    const facts = this.#facts;
    return run(facts.terraform ?? "terraform", args, {
      cwd: folder,
      env: {
        ...this.env,
        CHECKPOINT_DISABLE: "1",
        ...(facts.cliConfigFile === undefined ? {} : { TF_CLI_CONFIG_FILE: facts.cliConfigFile }),
      },
    });
  }

  /** What Prometheus' API answers, as text. */
  async prometheusText(path: string): Promise<string> {
    const answer = await fetch(`${this.prometheus}/api/v1/${path}`);
    return answer.text();
  }

  /** Values of an instant query, by the JSON of their labels. */
  async query(promql: string, at?: number): Promise<ReadonlyMap<string, number>> {
    const url = new URL(`${this.prometheus}/api/v1/query`);
    url.searchParams.set("query", promql);
    if (at !== undefined) url.searchParams.set("time", String(at / 1000));
    const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
    const { data, error } = (await response.json()) as {
      data?: { result: { metric: Record<string, string>; value: [number, string] }[] };
      error?: string;
    };
    if (data === undefined) throw new Error(`${promql}: ${error ?? String(response.status)}`);
    return new Map(
      data.result.map(({ metric, value }) => [JSON.stringify(metric), Number(value[1])]),
    );
  }
}
