import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { packageRoot } from "../../constructs/core/paths";
import { secret } from "../../constructs/core/secret";
import type { EnvironmentInput } from "../../stacks/environment";

/** A faulty input and the words with which it is refused. */
const refusal = z.strictObject({
  /** Id of the rule that is broken, as `rulesOf` names it. */
  rule: z.string(),
  /** The input that is changed: an environment on a machine that is there, or with a host of its own. */
  base: z.enum(["machine", "host"]).default("machine"),
  /** Values by dotted path, put into the valid input one after another. */
  set: z.record(z.string(), z.unknown()).default({}),
  /** Path of a field that is taken out. */
  remove: z.string().optional(),
  /** The only line of the message below its heading. */
  says: z.string(),
});

/** A faulty input and the words with which it is refused. */
export type Refusal = z.output<typeof refusal>;

/** The cases of a file of __tests__/environments. */
export function refusals(file: string): readonly Refusal[] {
  const path = join(packageRoot, "__tests__", "environments", file);
  return z.array(refusal).parse(parse(readFileSync(path, "utf8")));
}

/** An environment without a fault. */
export const soundEnvironment: EnvironmentInput = {
  name: "test",
  engine: { type: "local" },
  machine: { name: "a machine", memoryMiB: 2048, swapMiB: 1024, diskGiB: 20 },
  secretsDirectory: "/etc/secrets",
  // The smallest one: what is on by default has tests of its own.
  agent: false,
  grafana: false,
};

/** An environment without a fault that makes its own host. */
export const soundHostEnvironment: EnvironmentInput = {
  name: "test",
  engine: { type: "ssh", address: "10.88.0.1" },
  bindAddress: "10.88.0.1",
  secretsDirectory: "/etc/secrets",
  host: {
    region: "eu-central-1",
    operatingSystem: "amazon-linux-2023",
    deployKeys: [
      {
        name: "operator",
        publicKey:
          "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEZBS0Utc3NoLXB1YmxpYy1rZXktb2Ytb3BlcmF0b3It",
      },
    ],
  },
};

/** The sound input that a case changes. */
export function baseOf({ base }: Refusal): EnvironmentInput {
  return base === "host" ? soundHostEnvironment : soundEnvironment;
}

/** Props without a fault, by type of source. */
export const soundProps: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "op-geth": { chain: "alpha" },
  "op-node": { chain: "alpha" },
  "op-batcher": { chain: "alpha" },
  "op-proposer": { chain: "alpha" },
  "op-challenger": { chain: "alpha" },
  "op-dispute-mon": { chain: "alpha" },
  "op-reth": { chain: "alpha" },
  "op-conductor": { chain: "alpha", server: "sequencer-1" },
  "da-server": { chain: "alpha" },
  "l2-exporter": {
    chains: [
      {
        name: "alpha",
        l1: { url: secret("l1-rpc-url") },
        wallets: [
          { name: "w", role: "batcher", address: "0x00000000000000000000000000000000000ba7c4" },
        ],
      },
    ],
  },
  "spring-boot": { service: "api", host: "10.88.0.20" },
  axum: { service: "indexer", host: "10.88.0.21" },
  "nginx-exporter": { service: "edge", host: "10.88.0.30" },
  "redis-exporter": { service: "cache", host: "10.88.0.31", password: secret("cache-password") },
  "mysqld-exporter": { service: "orders", host: "10.88.0.32", password: secret("orders-password") },
  "node-exporter": {},
  "blackbox-exporter": { probes: [{ name: "api", target: "https://api.example.com" }] },
};

type Tree = Record<string, unknown>;

function keysOf(path: string): string[] {
  return path.split(/[.[\]]+/).filter((key) => key !== "");
}

function holder(tree: Tree, keys: readonly string[]): Tree {
  return keys.reduce<Tree>((at, key) => {
    if (at[key] === undefined) at[key] = {};
    return at[key] as Tree;
  }, tree);
}

/** The sound input with the changes of a case. */
export function faulty(sound: object, { set, remove }: Pick<Refusal, "set" | "remove">): unknown {
  const root: Tree = { input: structuredClone(sound) };
  for (const [path, value] of Object.entries(set)) {
    const keys = ["input", ...keysOf(path)];
    holder(root, keys.slice(0, -1))[keys.at(-1) ?? ""] = structuredClone(value);
  }
  if (remove !== undefined) {
    const keys = ["input", ...keysOf(remove)];
    Reflect.deleteProperty(holder(root, keys.slice(0, -1)), keys.at(-1) ?? "");
  }
  return root["input"];
}
