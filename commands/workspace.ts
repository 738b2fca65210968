import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { ConfigurationError, show } from "../constructs/core/errors";
import { loadEnvironments } from "../environments/load";
import { parseEnvironment, type Environment } from "../stacks/environment";
import { CommandError } from "./shell";

/** What `start` found out about this machine, kept so that later commands act alike. */
export interface MachineFacts {
  /** JSON file of image references for a machine without a container registry. */
  readonly images?: string;
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
 * Reads and checks one environment.
 * @throws ConfigurationError when there is none of that name, or with all its faults
 */
export function readEnvironment(name: string, demo = readFacts().demo ?? false): Environment {
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
  return parseEnvironment(make(demo));
}

/** The folder that holds the secrets of an environment on the Docker host. */
export function secretsDirectoryOf(environment: Environment): string {
  return environment.secretsDirectory ?? join(stateDirectory, "secrets", environment.name);
}
