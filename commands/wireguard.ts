import { createPrivateKey, createPublicKey, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ConfigurationError, refuse, show } from "../constructs/core/errors";
import { kebabName } from "../constructs/core/schema";
import { isHostOf } from "../constructs/host/ipv4";
import type { HostParameters } from "../constructs/host/parameters";
import type { Peer, Tunnel } from "../constructs/host/schema";
import { parametersOf, type Cloud } from "./aws";
import { CommandError } from "./shell";
import { stateDirectory, type HostEnvironment } from "./workspace";

/** A WireGuard key pair, each half as 44 characters of base64. */
export interface KeyPair {
  readonly privateKey: string;
  readonly publicKey: string;
}

/** What stands before the 32 bytes of an X25519 private key in PKCS #8. */
const pkcs8Head = Buffer.from("302e020100300506032b656e04220420", "hex");

/** What a public key of WireGuard looks like. */
const keyPattern = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;

/**
 * The public half of a WireGuard private key.
 * @throws CommandError when it is no key; the text does not repeat it
 */
export function publicKeyOf(privateKey: string): string {
  if (!keyPattern.test(privateKey)) {
    throw new CommandError("a WireGuard private key must be 44 characters of base64");
  }
  const key = createPrivateKey({
    key: Buffer.concat([pkcs8Head, Buffer.from(privateKey, "base64")]),
    format: "der",
    type: "pkcs8",
  });
  const { x = "" } = createPublicKey(key).export({ format: "jwk" });
  return Buffer.from(x, "base64url").toString("base64");
}

/** Makes a key pair, the private half clamped as `wg genkey` does. */
export function makeKeys(): KeyPair {
  const bytes = randomBytes(32);
  bytes[0] = (bytes[0] ?? 0) & 248;
  bytes[31] = ((bytes[31] ?? 0) & 127) | 64;
  const privateKey = bytes.toString("base64");
  return { privateKey, publicKey: publicKeyOf(privateKey) };
}

/** Where the private key of a peer lies on this machine. */
export function keyFile(environment: string, peer: string): string {
  return join(stateDirectory, "wireguard", environment, `${peer}.key`);
}

/** The key pair of a peer whose private key is on this machine. */
export function localKeys(environment: string, peer: string): KeyPair | undefined {
  const file = keyFile(environment, peer);
  if (!existsSync(file)) return undefined;
  const privateKey = readFileSync(file, "utf8").trim();
  try {
    return { privateKey, publicKey: publicKeyOf(privateKey) };
  } catch {
    throw new CommandError(
      `${file} must hold a WireGuard private key, got something else; delete it and run npm run wireguard -- keygen ${environment} ${peer}`,
    );
  }
}

/** The first address of a tunnel that neither the host nor a peer has; nothing where it is full. */
export function nextAddress({ cidr, address, peers }: Tunnel): string | undefined {
  const taken = new Set([address, ...peers.map((peer) => peer.address)]);
  const [network = "", prefix = "32"] = cidr.split("/");
  const first = Buffer.from(network.split(".").map(Number)).readUInt32BE();
  for (let offset = 1; offset < 2 ** (32 - Number(prefix)); offset++) {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(first + offset);
    const candidate = [...bytes].join(".");
    if (isHostOf(cidr, candidate) && !taken.has(candidate)) return candidate;
  }
  return undefined;
}

/**
 * Makes a key pair of a peer; the private half stays in a file of this machine.
 * @returns the lines to show: the file, the public key and what to write into the environment
 * @throws ConfigurationError when the name is no name, the peer has a key here or the tunnel is full
 */
export function keygen(environment: HostEnvironment, peer: string): readonly string[] {
  const { tunnel } = environment.host;
  const file = keyFile(environment.name, peer);
  const known = tunnel.peers.find(({ name }) => name === peer);
  const address = known?.address ?? nextAddress(tunnel);
  refuse("the command line", [
    ...(kebabName.safeParse(peer).success
      ? []
      : [{ field: "peer", allowed: "lower-case words joined by hyphens", got: show(peer) }]),
    ...(existsSync(file)
      ? [
          {
            field: "peer",
            allowed: "one without a key on this machine",
            got: `${show(peer)}, whose key is ${file}`,
            repair: "delete that file if nothing uses the key any more",
          },
        ]
      : []),
  ]);
  if (address === undefined) {
    throw new ConfigurationError(`environment '${environment.name}'`, [
      {
        field: "host.tunnel.cidr",
        allowed: "a network with a free address",
        got: show(tunnel.cidr),
      },
    ]);
  }
  const { privateKey, publicKey } = makeKeys();
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, `${privateKey}\n`, { mode: 0o600, flag: "wx" });
  return [
    `private key: ${file} (stays on this machine)`,
    `public key:  ${publicKey}`,
    known === undefined
      ? `add to host.tunnel.peers of '${environment.name}', then npm run deploy -- ${environment.name}:`
      : `give the peer '${peer}' of '${environment.name}' this key, then npm run deploy -- ${environment.name}:`,
    `  { name: "${peer}", publicKey: "${publicKey}", address: "${address}" },`,
  ];
}

/**
 * The peer of that name.
 * @throws ConfigurationError naming all there are
 */
export function peerOf({ host }: HostEnvironment, name: string): Peer {
  const { peers } = host.tunnel;
  const peer = peers.find((one) => one.name === name);
  if (peer !== undefined) return peer;
  throw new ConfigurationError("the command line", [
    {
      field: "peer",
      allowed:
        peers.length === 0
          ? "the name of a peer (there is none)"
          : `one of ${peers.map((one) => one.name).join(", ")}`,
      got: show(name),
      repair: "add it to host.tunnel.peers",
    },
  ]);
}

type Published = "endpoint" | "publicKey" | "sshHostKey";

/** What is told of a host, and how it is written. */
const published: Readonly<Record<Published, RegExp>> = {
  /** `<public address>:<port>`. */
  endpoint: /^\d{1,3}(\.\d{1,3}){3}:\d{1,5}$/,
  /** WireGuard's key of the host. */
  publicKey: keyPattern,
  /** The host's SSH key, type and key. */
  sshHostKey: /^ssh-ed25519 [A-Za-z0-9+/]+=*$/,
};

function unpublished(
  { name }: HostEnvironment,
  parameters: HostParameters,
  field: Published,
  said: string | undefined,
): CommandError {
  if (field === "endpoint") {
    return new CommandError(
      `the host of '${name}' is not there: no parameter ${parameters.endpoint}; npm run deploy -- ${name}`,
    );
  }
  const report =
    said === undefined
      ? `the host has not reported to ${parameters.firstBoot} yet`
      : `the host's last report: ${said}`;
  return new CommandError(
    `first boot of '${name}' is not over: no parameter ${parameters[field]}; ${report}`,
  );
}

/**
 * Reads from Systems Manager what is published of the host.
 * @throws CommandError when the host is not deployed, or has not published its keys yet
 */
export async function readPublished<Field extends Published>(
  environment: HostEnvironment,
  cloud: Cloud,
  fields: readonly Field[],
): Promise<Readonly<Record<Field, string>>> {
  const parameters = await parametersOf(environment.name);
  const values = await Promise.all(
    fields.map(async (field) => {
      const value = (await cloud.parameter(parameters[field]))?.trim();
      if (value === undefined) {
        const said = await cloud.parameter(parameters.firstBoot);
        throw unpublished(environment, parameters, field, said);
      }
      if (!published[field].test(value)) {
        throw new CommandError(
          `the parameter ${parameters[field]} must match ${published[field].source}, got ${show(value)}`,
        );
      }
      return [field, value] as const;
    }),
  );
  return Object.fromEntries(values) as Record<Field, string>;
}

/** Stands where the private key belongs, when it is not on this machine. */
export const privateKeyMark = "<the private key of this peer>";

/** What `wg-quick` reads on a peer: the tunnel leads to the host alone. */
export function clientConfiguration(props: {
  readonly environment: HostEnvironment;
  readonly peer: Peer;
  /** Of the host. */
  readonly reach: Readonly<Record<"endpoint" | "publicKey", string>>;
  /** @default - {@link privateKeyMark} */
  readonly privateKey: string | undefined;
}): string {
  const { environment, peer, reach, privateKey } = props;
  return `# '${peer.name}' in the tunnel of '${environment.name}'
[Interface]
PrivateKey = ${privateKey ?? privateKeyMark}
Address = ${peer.address}/32
MTU = 1420

[Peer]
PublicKey = ${reach.publicKey}
Endpoint = ${reach.endpoint}
AllowedIPs = ${environment.host.tunnel.address}/32
PersistentKeepalive = 25
`;
}

/** The private key of a peer, if it is on this machine and belongs to the public key that the environment names. */
export function privateKeyOf(environment: HostEnvironment, peer: Peer): string | undefined {
  const keys = localKeys(environment.name, peer.name);
  return keys?.publicKey === peer.publicKey ? keys.privateKey : undefined;
}

/**
 * What a peer needs, for the terminal: its configuration, and a QR code where the private key is on this machine.
 * @throws ConfigurationError, CommandError
 */
export async function client(
  environment: HostEnvironment,
  name: string,
  cloud: Cloud,
): Promise<readonly string[]> {
  const peer = peerOf(environment, name);
  const reach = await readPublished(environment, cloud, ["endpoint", "publicKey"]);
  const privateKey = privateKeyOf(environment, peer);
  const configuration = clientConfiguration({ environment, peer, reach, privateKey });
  if (privateKey === undefined) {
    return [
      configuration,
      `# ${keyFile(environment.name, name)} does not hold the key of this peer: put its private key where the mark stands.`,
    ];
  }
  const { toString: qrCode } = await import("qrcode");
  return [configuration, await qrCode(configuration, { type: "terminal", small: true })];
}
