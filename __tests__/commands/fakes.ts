import type { Cloud, StoredParameter } from "../../commands/aws";
import type { HostEnvironment } from "../../commands/workspace";
import { secret } from "../../constructs/core/secret";
import type { HostInput } from "../../constructs/host/schema";
import { parseEnvironment } from "../../stacks/environment";

function chunk(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** An SSH public key that nobody has the private half of. */
export const sshKey = `ssh-ed25519 ${Buffer.concat([
  chunk(Buffer.from("ssh-ed25519")),
  chunk(Buffer.from("FAKE-public-key-of-nobody-at-all")),
]).toString("base64")}`;

/** An environment that makes its own host and needs two secrets. */
export function hostEnvironment(
  host: Partial<HostInput> = {},
  backend: { type: "local" } | { type: "s3"; bucket: string; region: string } = { type: "local" },
): HostEnvironment {
  return parseEnvironment({
    name: "unit",
    engine: { type: "ssh", address: "10.88.0.1" },
    bindAddress: "10.88.0.1",
    secretsDirectory: "/etc/l2-observatory/secrets",
    host: {
      region: "eu-central-1",
      operatingSystem: "amazon-linux-2023",
      deployKeys: [{ name: "operator", publicKey: sshKey }],
      ...host,
    },
    backend,
    grafana: false,
    receivers: [
      { name: "ops", type: "slack", webhookUrl: secret("slack-webhook-url") },
      { name: "hook", type: "webhook", url: secret("hook-url") },
    ],
  }) as HostEnvironment;
}

/** AWS as two tables; a stored secret's version counts up. */
export class FakeCloud implements Cloud {
  readonly region = "eu-central-1";
  readonly secrets = new Map<string, { value: string; version: number }>();
  readonly unprotected: string[] = [];
  buckets: readonly string[] = [];
  data: Buffer | undefined;

  constructor(readonly parameters: Record<string, string> = {}) {}

  parameter(name: string): Promise<string | undefined> {
    return Promise.resolve(this.parameters[name]);
  }

  parametersBelow(path: string): Promise<ReadonlyMap<string, StoredParameter>> {
    const below = [...this.secrets].filter(([name]) => name.startsWith(`${path}/`));
    return Promise.resolve(
      new Map(
        below.map(([name, { version }]) => [
          name.slice(path.length + 1),
          { version, encrypted: true },
        ]),
      ),
    );
  }

  putSecret(name: string, value: string): Promise<void> {
    const version = (this.secrets.get(name)?.version ?? 0) + 1;
    this.secrets.set(name, { value, version });
    return Promise.resolve();
  }

  userData(): Promise<Buffer | undefined> {
    return Promise.resolve(this.data);
  }

  allowTermination(instanceId: string): Promise<void> {
    this.unprotected.push(instanceId);
    return Promise.resolve();
  }

  hasBucket(bucket: string): Promise<boolean> {
    return Promise.resolve(this.buckets.includes(bucket));
  }
}
