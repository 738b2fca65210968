import { hostSchema, type Host, type HostInput } from "../../../constructs/host";

/** A WireGuard public key that nobody has: 32 equal bytes. */
export function obviouslyFakeKey(byte: number): string {
  return Buffer.alloc(32, byte).toString("base64");
}

/** The body of an SSH key, in base64: each field with its length before it. */
export function sshKeyBody(...fields: readonly (string | Buffer)[]): string {
  const parts = fields.flatMap((field) => {
    const bytes = Buffer.from(field);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return [length, bytes];
  });
  return Buffer.concat(parts).toString("base64");
}

/** An SSH public key that nobody has: 32 equal bytes. */
export function obviouslyFakeSshKey(byte: number): string {
  return `ssh-ed25519 ${sshKeyBody("ssh-ed25519", Buffer.alloc(32, byte))}`;
}

/** What must be stated, two peers, and who may deploy. */
export const input = {
  region: "eu-central-1",
  sessionManager: { type: "package", version: "3.3.0.0", sha256: "0".repeat(64) },
  tunnel: {
    peers: [
      { name: "alice", publicKey: obviouslyFakeKey(1), address: "10.88.0.2" },
      {
        name: "application",
        publicKey: obviouslyFakeKey(2),
        address: "10.88.0.20",
        allowed: [9090, 9091],
      },
    ],
  },
  deployKeys: [{ name: "alice", publicKey: `${obviouslyFakeSshKey(1)} alice@example.com` }],
} satisfies HostInput;

/** A sound host in which some fields are changed. */
export function hostWith(changes: Partial<HostInput> = {}): Host {
  return hostSchema.parse({ ...input, ...changes });
}
