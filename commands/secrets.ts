import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { refuse, show, type Fault } from "../constructs/core/errors";
import { secretsNeeded, type Environment, type NeededSecret } from "../stacks/environment";
import { cloudOf, parametersOf, type Cloud } from "./aws";
import { CommandError, run } from "./shell";
import { hasHost, secretsDirectoryOf, type HostEnvironment } from "./workspace";

/** A needed secret, and whether it is there. */
export interface SecretState extends NeededSecret {
  /** Its file, or its parameter in Systems Manager. */
  readonly path: string;
  readonly present: boolean;
  /** Whether a parameter of that name is there that is not encrypted. */
  readonly inClearText?: boolean;
  /** Version of its parameter; only where the secrets are parameters. */
  readonly version?: number;
}

/** How many bytes a parameter of AWS's standard tier holds. */
const parameterBytes = 4096;

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

/** Secrets of an environment for which any long random value will do. */
export function generatedSecrets(environment: Environment): readonly NeededSecret[] {
  return secretsNeeded(environment).filter(({ generated }) => generated === true);
}

/** A value that nobody guesses: 192 bits in letters, digits, `-` and `_`. */
export function randomSecret(): string {
  return randomBytes(24).toString("base64url");
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

async function fileStates(environment: Environment): Promise<SecretState[]> {
  const states: SecretState[] = [];
  for (const needed of secretsNeeded(environment)) {
    const path = join(secretsDirectoryOf(environment), needed.service, needed.secret);
    states.push({ ...needed, path, present: await isThere(environment, path) });
  }
  return states;
}

async function parameterStates(environment: HostEnvironment, cloud: Cloud): Promise<SecretState[]> {
  const { secrets } = await parametersOf(environment.name);
  const stored = await cloud.parametersBelow(secrets);
  return secretsNeeded(environment).map((needed) => {
    const key = `${needed.service}/${needed.secret}`;
    const found = stored.get(key);
    // A parameter in clear text is none: the host reads secrets only.
    const present = found?.encrypted === true;
    return {
      ...needed,
      path: `${secrets}/${key}`,
      present,
      ...(present ? { version: found.version } : {}),
      ...(found !== undefined && !present ? { inClearText: true } : {}),
    };
  });
}

/**
 * Every secret the environment needs, with its state: files where the engine is, parameters of Systems Manager where
 * the environment makes its own host.
 * @param cloud AWS; by default that of the host's region
 */
export function secretStates(environment: Environment, cloud?: Cloud): Promise<SecretState[]> {
  return hasHost(environment)
    ? parameterStates(environment, cloud ?? cloudOf(environment.host.region))
    : fileStates(environment);
}

function shapeOf(environment: Environment): string {
  return hasHost(environment) ? "a SecureString in Systems Manager" : "a file";
}

/**
 * Refuses to go on while a secret is missing.
 * @throws CommandError naming every missing secret
 */
export async function checkSecrets(
  environment: Environment,
  cloud?: Cloud,
): Promise<readonly SecretState[]> {
  const states = await secretStates(environment, cloud);
  const missing = states.filter(({ present }) => !present);
  if (missing.length === 0) return states;
  const { engine, name } = environment;
  const byHand = engine.type === "ssh" && !hasHost(environment);
  const lines = missing.map(({ service, secret, path, inClearText, generated }) => {
    const set =
      generated === true && !byHand
        ? `npm run secrets -- generate ${name}`
        : `npm run secrets -- set ${name} ${secret}`;
    const must = `  '${secret}' of ${service} must be ${shapeOf(environment)}`;
    // Its type cannot be changed by writing over it, and whoever could list parameters has read it.
    if (inClearText === true) {
      return `${must}, got clear text; renew the secret, aws ssm delete-parameter --name ${path}, then ${set}`;
    }
    return `${must}, got nothing; ${byHand ? `write ${path} on ${engine.address}` : set}`;
  });
  throw new CommandError(
    `environment '${environment.name}' lacks ${missing.length} of ${states.length} secrets:\n${lines.join("\n")}`,
  );
}

/**
 * Refuses to set secrets where this machine cannot; asked before a secret is typed.
 * @throws CommandError naming where they are
 */
export function refuseRemote(environment: Environment): void {
  const { engine, name } = environment;
  if (engine.type === "local" || hasHost(environment)) return;
  throw new CommandError(
    `the secrets of '${name}' are on ${engine.address}: write each to ${secretsDirectoryOf(environment)}/<service>/<secret> there; npm run secrets -- list ${name} names them`,
  );
}

function valueFaults(environment: Environment, value: string): Fault[] {
  const allowed = "the secret on standard input";
  if (value === "") return [{ field: "value", allowed, got: "nothing" }];
  const bytes = Buffer.byteLength(value);
  if (!hasHost(environment) || bytes <= parameterBytes) return [];
  return [
    {
      field: "value",
      allowed: `${allowed}, at most ${String(parameterBytes)} bytes`,
      got: `${String(bytes)} bytes`,
    },
  ];
}

function nameFaults(environment: Environment, name: string): Fault[] {
  const names = [...new Set(secretsNeeded(environment).map(({ secret }) => secret))];
  if (names.includes(name)) return [];
  return [
    {
      field: "secret",
      allowed:
        names.length === 0
          ? `left out: environment '${environment.name}' needs no secret`
          : `one of ${names.join(", ")}`,
      got: show(name),
    },
  ];
}

/**
 * Stores a value for every service that needs the secret: as a file here, or as a SecureString in Systems Manager where
 * the environment makes its own host.
 * @param cloud AWS; by default that of the host's region
 * @returns the services
 * @throws ConfigurationError when nothing needs it, or the value is empty or too long; CommandError when the host is
 * remote and not made by the environment, or AWS refuses
 */
export async function setSecret(
  environment: Environment,
  name: string,
  value: string,
  cloud?: Cloud,
): Promise<readonly string[]> {
  refuseRemote(environment);
  const trimmed = value.trim();
  refuse("the command line", [
    ...nameFaults(environment, name),
    ...valueFaults(environment, trimmed),
  ]);
  const users = secretsNeeded(environment).filter(({ secret }) => secret === name);
  if (!hasHost(environment)) {
    for (const user of users) writeSecret(secretsDirectoryOf(environment), user, trimmed);
  } else {
    const { secrets } = await parametersOf(environment.name);
    const store = cloud ?? cloudOf(environment.host.region);
    for (const { service, secret } of users) {
      await store.putSecret(`${secrets}/${service}/${secret}`, trimmed);
    }
  }
  return users.map(({ service }) => service);
}

/**
 * Makes up every secret that is missing and that nobody has to know before.
 * @param cloud AWS; by default that of the host's region
 * @returns what was made up
 * @throws CommandError when the host is remote and not made by the environment
 */
export async function generateSecrets(
  environment: Environment,
  cloud?: Cloud,
): Promise<readonly SecretState[]> {
  refuseRemote(environment);
  const states = await secretStates(environment, cloud);
  const missing = states.filter(
    // A parameter in clear text has to be deleted first, which is for its owner to do.
    ({ present, generated, inClearText }) => !present && generated === true && inClearText !== true,
  );
  for (const { secret } of missing) await setSecret(environment, secret, randomSecret(), cloud);
  return missing;
}
