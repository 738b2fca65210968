import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { secret, type Secret } from "../core/secret";
import { demoServices } from "./addresses";

/** The batcher's key. */
export const demoBatcherKey: Secret = secret("batcher-key");

/**
 * The batcher's address. It must be a literal, since environments and plans are made without reading a secret; so the
 * key is derived from words that everybody may know, guards nothing (its chain exists on one engine only) and is
 * otherwise handled as in production: a file that only its holder mounts.
 */
export const demoBatcherAddress = "0xB8c911f96A1489319F0B058454Cd500776062943";

/** A secret's file, and what belongs into it. */
export interface GeneratedSecret {
  /** The service's folder under the secrets directory. */
  readonly service: string;
  readonly secret: string;
  readonly value: string;
}

/** The file of a secret of the demonstration on this machine. */
export function demoSecretFile(
  secretsDirectory: string,
  { service, secret: name }: Pick<GeneratedSecret, "service" | "secret">,
): string {
  return join(secretsDirectory, service, name);
}

/**
 * The demonstration's secrets that have no file under `secretsDirectory` yet, to be written by the start command and
 * by nothing else: what is not of the demonstration is never generated.
 */
export function demoSecrets(secretsDirectory: string): readonly GeneratedSecret[] {
  const batcherKey = createHash("sha256").update("l2-observatory demonstration batcher");
  return [
    {
      service: demoServices.rollup,
      secret: demoBatcherKey.secret,
      value: `0x${batcherKey.digest("hex")}\n`,
    },
  ].filter((one) => !existsSync(demoSecretFile(secretsDirectory, one)));
}
