import { createHash, createPrivateKey, createPublicKey } from "node:crypto";
import type { Environments } from "../../../environments/load";
import { secret } from "../../../constructs/core/secret";
import { production } from "../../../environments/production";
import type { EnvironmentInput } from "../../../stacks/environment";
import type { HostInput } from "../../../constructs/host";

/** A key pair of a test: made from a word, worth nothing. */
export interface TestKey {
  /** Base64 of the raw 32 bytes. */
  readonly privateKey: string;
  readonly publicKey: string;
}

// What stands before the raw key in PKCS #8 and in SubjectPublicKeyInfo.
const algorithms = { x25519: "6e", ed25519: "70" } as const;

/** Derives a key pair from a word. */
export function testKey(algorithm: keyof typeof algorithms, word: string): TestKey {
  const seed = createHash("sha256").update(`l2-observatory test key: ${word}`).digest();
  const privateKey = createPrivateKey({
    key: Buffer.concat([
      Buffer.from(`302e020100300506032b65${algorithms[algorithm]}04220420`, "hex"),
      seed,
    ]),
    format: "der",
    type: "pkcs8",
  });
  const spki = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  return {
    privateKey: seed.toString("base64"),
    publicKey: spki.subarray(-32).toString("base64"),
  };
}

/** The public key line of OpenSSH for a raw ed25519 key. */
export function openSshLine(publicKey: string): string {
  const field = (bytes: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  const blob = Buffer.concat([
    field(Buffer.from("ssh-ed25519")),
    field(Buffer.from(publicKey, "base64")),
  ]);
  return `ssh-ed25519 ${blob.toString("base64")}`;
}

export const rigName = "rig";
export const rigRegion = "eu-central-1";
export const rigBucket = "l2-observatory-rig-state";
export const rigTags = { Team: "platform" };
export const rigTunnelPort = 51820;

/** The one secret that the rig's services need. */
export const rigSecret = "slack-webhook-url";

export const operatorKey = testKey("x25519", "operator");
export const applicationKey = testKey("x25519", "application");
export const deployKey = testKey("ed25519", "deploy");

export const rigPeers = [
  { name: "operator", publicKey: operatorKey.publicKey, address: "10.88.0.2" },
  {
    name: "application",
    publicKey: applicationKey.publicKey,
    address: "10.88.0.20",
    allowed: [22, 9090],
  },
];

/** Fields in which a run differs from the rig's host. */
export type HostVariant = Partial<HostInput>;

/**
 * The host that is applied: production's, with flow logs, keys of the test, and without snapshots, which moto does not
 * know.
 */
export function rigHost(variant: HostVariant = {}): HostInput {
  return {
    ...production.host,
    region: rigRegion,
    network: { type: "own", flowLogs: {} },
    tunnel: { port: rigTunnelPort, peers: rigPeers },
    deployKeys: [{ name: "operator", publicKey: openSshLine(deployKey.publicKey) }],
    outbound: [{ name: "smtp", port: 587 }],
    snapshots: false,
    tags: rigTags,
    ...variant,
  };
}

/** An environment around a host. */
export function rigEnvironment(variant: HostVariant = {}): EnvironmentInput {
  return {
    name: rigName,
    engine: { type: "ssh", address: "10.88.0.1" },
    bindAddress: "10.88.0.1",
    receivers: [{ name: "ops-slack", type: "slack", webhookUrl: secret(rigSecret) }],
    grafana: false,
    host: rigHost(variant),
    backend: { type: "s3", bucket: rigBucket, region: rigRegion },
  };
}

/** For commands that are told of it by L2O_ENVIRONMENTS_MODULE. `RIG_PROTECTED=0` switches the protection off. */
export const environments: Environments = {
  [rigName]: () => rigEnvironment({ terminationProtection: process.env["RIG_PROTECTED"] !== "0" }),
};
