import { hostSchema, type Host, type HostInput } from "../../../constructs/host";

/** A WireGuard public key that nobody has: 32 equal bytes. */
export function obviouslyFakeKey(byte: number): string {
  return Buffer.alloc(32, byte).toString("base64");
}

/** What must be stated, and two peers. */
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
} satisfies HostInput;

/** A sound host in which some fields are changed. */
export function hostWith(changes: Partial<HostInput> = {}): Host {
  return hostSchema.parse({ ...input, ...changes });
}
