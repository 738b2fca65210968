import { chmodSync, existsSync, mkdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigurationError, show } from "../constructs/core/errors";
import { secretsNeeded, type Environment, type NeededSecret } from "../stacks/environment";
import { CommandError, run } from "./shell";
import { secretsDirectoryOf } from "./workspace";

/** A needed secret, and whether its file is there. */
export interface SecretState extends NeededSecret {
  readonly path: string;
  readonly present: boolean;
}

/**
 * Writes a secret's file: 0444 inside a folder that only its owner enters, so that a container's user can read it
 * and nobody else on the host can.
 */
export function writeSecret(
  directory: string,
  { service, secret }: NeededSecret,
  value: string,
): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  chmodSync(directory, 0o700);
  const folder = join(directory, service);
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const file = join(folder, secret);
  // Renamed into place: a reader sees the old value or the new one, never half of it.
  writeFileSync(`${file}.new`, value, { mode: 0o444 });
  chmodSync(`${file}.new`, 0o444);
  renameSync(`${file}.new`, file);
}

async function isThere(environment: Environment, path: string): Promise<boolean> {
  const { engine } = environment;
  if (engine.type === "local") return existsSync(path) && statSync(path).size > 0;
  const { code } = await run("ssh", [
    "-o",
    "BatchMode=yes",
    "-o",
    "ConnectTimeout=5",
    "-p",
    String(engine.port),
    `${engine.user}@${engine.address}`,
    "test",
    "-s",
    `'${path.replace(/'/g, "'\\''")}'`,
  ]);
  if (code === 255) {
    throw new CommandError(
      `cannot reach ${engine.user}@${engine.address} over SSH: bring the tunnel up first`,
    );
  }
  return code === 0;
}

/** Every secret the environment needs, with its state. */
export async function secretStates(environment: Environment): Promise<SecretState[]> {
  const states: SecretState[] = [];
  for (const needed of secretsNeeded(environment)) {
    const path = join(secretsDirectoryOf(environment), needed.service, needed.secret);
    states.push({ ...needed, path, present: await isThere(environment, path) });
  }
  return states;
}

/**
 * Refuses to go on while a secret has no file.
 * @throws CommandError naming every missing secret
 */
export async function checkSecrets(environment: Environment): Promise<readonly SecretState[]> {
  const states = await secretStates(environment);
  const missing = states.filter(({ present }) => !present);
  if (missing.length === 0) return states;
  const { engine, name } = environment;
  const lines = missing.map(({ service, secret, path }) => {
    const repair =
      engine.type === "local"
        ? `npm run secrets -- set ${name} ${secret}`
        : `write ${path} on ${engine.address}`;
    return `  '${secret}' of ${service} must be a file, got nothing; ${repair}`;
  });
  throw new CommandError(
    `environment '${environment.name}' lacks ${missing.length} of ${states.length} secrets:\n${lines.join("\n")}`,
  );
}

/**
 * Refuses to set secrets where they are not on this machine; asked before a secret is typed.
 * @throws CommandError naming where they are
 */
export function refuseRemote(environment: Environment): void {
  const { engine, name } = environment;
  if (engine.type === "local") return;
  throw new CommandError(
    `the secrets of '${name}' are on ${engine.address}: write each to ${secretsDirectoryOf(environment)}/<service>/<secret> there; npm run secrets -- list ${name} names them`,
  );
}

/**
 * Stores a value for every service that needs the secret.
 * @throws ConfigurationError when nothing needs it or the value is empty; CommandError when the host is remote
 */
export function setSecret(
  environment: Environment,
  name: string,
  value: string,
): readonly string[] {
  refuseRemote(environment);
  const all = secretsNeeded(environment);
  const users = all.filter(({ secret }) => secret === name);
  const trimmed = value.trim();
  const names = [...new Set(all.map(({ secret }) => secret))];
  if (users.length === 0 || trimmed === "") {
    throw new ConfigurationError("the command line", [
      ...(users.length > 0
        ? []
        : [
            {
              field: "secret",
              allowed:
                names.length === 0
                  ? `left out: environment '${environment.name}' needs no secret`
                  : `one of ${names.join(", ")}`,
              got: show(name),
            },
          ]),
      ...(trimmed === ""
        ? [{ field: "value", allowed: "the secret on standard input", got: "nothing" }]
        : []),
    ]);
  }
  for (const user of users) writeSecret(secretsDirectoryOf(environment), user, trimmed);
  return users.map(({ service }) => service);
}
