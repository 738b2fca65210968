import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { ConfigurationError, show } from "../constructs/core/errors";
import { loadEnvironments } from "../environments/load";
import { parseEnvironment, type Environment } from "../stacks/environment";
import { leaveOut } from "../stacks/leave-out";
import { CommandError } from "./shell";

/** What `start` found out about this machine, kept so that later commands act alike. */
export interface MachineFacts {
  /** JSON file of image references for a machine without a container registry. */
  readonly images?: string;
  /** Images that cannot be had here: what needs them is left out. */
  readonly missingImages?: readonly string[];
  /** Terraform CLI configuration for a machine without a provider registry. */
  readonly cliConfigFile?: string;
  /** Terraform or OpenTofu. */
  readonly terraform?: string;
  /** Whether the demonstration chain belongs to `local`. */
  readonly demo?: boolean;
}

/** The folder of this checkout's state: Terraform's, secrets, logs. Git ignores it. */
export const stateDirectory = resolve(process.env["L2O_STATE"] ?? ".l2-observatory");

/** Where built images, providers and tools are kept for all checkouts. */
export const cacheDirectory = join(
  process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"),
  "l2-observatory",
);

/** Where `start` keeps what it found out. */
export const factsFile = join(stateDirectory, "machine.json");

/** Reads what `start` found out; nothing before the first start. */
export function readFacts(): MachineFacts {
  if (!existsSync(factsFile)) return {};
  try {
    return JSON.parse(readFileSync(factsFile, "utf8")) as MachineFacts;
  } catch (error) {
    throw new CommandError(
      `${factsFile} must be JSON, got ${String(error)}; delete it and run npm start`,
    );
  }
}

/** Keeps what `start` found out. */
export function writeFacts(facts: MachineFacts): void {
  mkdirSync(stateDirectory, { recursive: true, mode: 0o700 });
  writeFileSync(factsFile, `${JSON.stringify(facts, null, 2)}\n`);
}

/**
 * Reads and checks one environment. On this machine's engine it is without what cannot run here.
 * @throws ConfigurationError when there is none of that name, or with all its faults
 */
export function readEnvironment(
  name: string,
  demo = readFacts().demo ?? false,
  missingImages = readFacts().missingImages ?? [],
): Environment {
  const environments = loadEnvironments();
  const make = environments[name];
  if (make === undefined) {
    throw new ConfigurationError("the command line", [
      {
        field: "environment",
        allowed: `one of ${Object.keys(environments).join(", ")}`,
        got: show(name),
      },
    ]);
  }
  const environment = parseEnvironment(make(demo));
  return environment.engine.type === "local" ? leaveOut(environment, missingImages) : environment;
}

/** The folder that holds the secrets of an environment on the Docker host. */
export function secretsDirectoryOf(environment: Environment): string {
  return environment.secretsDirectory ?? join(stateDirectory, "secrets", environment.name);
}

/** Files on this machine that lead to the host of an environment; made by `tunnel`. */
export interface TunnelFiles {
  readonly directory: string;
  /** What `ssh -F` reads. */
  readonly sshConfig: string;
  /** The host's key, as the host published it. */
  readonly knownHosts: string;
  /** Folder with an `ssh` that reads {@link sshConfig}, for programs that take no option for it. */
  readonly bin: string;
}

/** Where the files are that lead to the host of an environment. */
export function tunnelFiles(environment: string): TunnelFiles {
  const directory = join(stateDirectory, "tunnel", environment);
  return {
    directory,
    sshConfig: join(directory, "ssh_config"),
    knownHosts: join(directory, "known_hosts"),
    bin: join(directory, "bin"),
  };
}

/** An environment whose host on AWS it makes itself. */
export type HostEnvironment = Environment & {
  readonly host: NonNullable<Environment["host"]>;
  readonly engine: Extract<Environment["engine"], { type: "ssh" }>;
};

/** Whether an environment makes its own host on AWS. */
export function hasHost(environment: Environment): environment is HostEnvironment {
  return environment.host !== undefined && environment.engine.type === "ssh";
}

/**
 * Reads an environment that makes its own host on AWS.
 * @throws ConfigurationError when there is none of that name, or it has no host
 */
export function readHostEnvironment(name: string): HostEnvironment {
  const environment = readEnvironment(name);
  if (hasHost(environment)) return environment;
  throw new ConfigurationError("the command line", [
    {
      field: "environment",
      allowed: "an environment with 'host'",
      got: `${show(name)}, whose engine is ${environment.engine.type === "local" ? "this machine's" : "on a machine that is there already"}`,
    },
  ]);
}
