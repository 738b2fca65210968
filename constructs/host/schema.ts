import { z } from "zod";
import type { Machine } from "../core/budget";
import { show, type Fault } from "../core/errors";
import { distinct, kebabName, matching, port } from "../core/schema";
import { isHostOf, isNetwork, overlap, prefixOf } from "./ipv4";
import { unitPricesOf, type UnitPrices } from "./prices";
import { sshKey, sshKeyAllowed } from "./ssh-key";

/** Processor architectures, in Debian's words. */
export type Architecture = "arm64" | "amd64";

/** What an instance type brings. */
export interface MachineType {
  /** Memory in MiB. */
  readonly memoryMiB: number;
  readonly architecture: Architecture;
}

/** Instance types whose memory and architecture need not be stated. */
export const machineTypes: Readonly<Record<string, MachineType>> = {
  "t4g.small": { memoryMiB: 2048, architecture: "arm64" },
  "t4g.medium": { memoryMiB: 4096, architecture: "arm64" },
  "t4g.large": { memoryMiB: 8192, architecture: "arm64" },
  "t4g.xlarge": { memoryMiB: 16384, architecture: "arm64" },
  "t3a.small": { memoryMiB: 2048, architecture: "amd64" },
  "t3a.medium": { memoryMiB: 4096, architecture: "amd64" },
  "t3a.large": { memoryMiB: 8192, architecture: "amd64" },
  "t3.small": { memoryMiB: 2048, architecture: "amd64" },
  "t3.medium": { memoryMiB: 4096, architecture: "amd64" },
  "t3.large": { memoryMiB: 8192, architecture: "amd64" },
  "m7g.medium": { memoryMiB: 4096, architecture: "arm64" },
  "m7g.large": { memoryMiB: 8192, architecture: "arm64" },
};

/** Where the host keeps the files of secrets unless told otherwise. */
export const defaultSecretsDirectory = "/etc/l2-observatory/secrets";

/** The only user of the host that a deploy key opens. */
export const deployUser = "deploy";

/** What the system itself needs of the root disk, in GiB, beside the swap file. */
const systemDiskGiB = 6;

const ipv4 = z.ipv4({ error: "an IPv4 address" });

const cidr = z.cidrv4({ error: "an IPv4 network such as '10.88.0.0/24'" });

const peerSchema = z.strictObject({
  /** Who or what it is; its parameter in Systems Manager is called the same. */
  name: kebabName,
  /** Made with `wg genkey | wg pubkey` on the peer; the private half never leaves it. */
  publicKey: matching(
    // 32 bytes are 42 digits of 6 bits, one whose last two bits are zero, and the padding.
    /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/,
    "a WireGuard public key: 44 characters of base64 that hold 32 bytes",
  ),
  /** Its address in the tunnel. */
  address: ipv4,
  /**
   * TCP ports of the host that it may reach; none for a host that is only scraped.
   * Default: all of them.
   */
  allowed: z.array(port).max(64).optional(),
});

/** A WireGuard peer: an operator's computer or an application host. */
export type Peer = z.output<typeof peerSchema>;

const deployKeySchema = z.strictObject({
  /** Whose it is; its parameter in Systems Manager is called the same. */
  name: kebabName,
  /** Made with `ssh-keygen -t ed25519`; the private half never leaves its owner's machine. */
  publicKey: z.string({ error: sshKeyAllowed }).superRefine(...sshKey),
});

/** Who may log in as `deploy`, through the tunnel, to run Docker. */
export type DeployKey = z.output<typeof deployKeySchema>;

const priceUsd = z.number().min(0).optional();

const networkSchema = z.discriminatedUnion("type", [
  /** A VPC of its own with one public subnet. */
  z.strictObject({
    type: z.literal("own"),
    /** Range of the VPC, which its only subnet fills. */
    cidr: cidr.default("10.87.0.0/24"),
    /** Default: AWS chooses once. */
    availabilityZone: matching(
      /^[a-z]{2}(-[a-z]+)+-\d[a-z]$/,
      "an availability zone such as 'eu-central-1a'",
    ).optional(),
    /** Log refused packets to CloudWatch. Default: not. */
    flowLogs: z
      .strictObject({
        /** Days, one of those that CloudWatch knows. */
        retentionDays: z.literal([1, 3, 5, 7, 14, 30, 60, 90, 180, 365]).default(14),
      })
      .optional(),
  }),
  /** A VPC that exists; the subnet must have a route to an internet gateway. */
  z.strictObject({
    type: z.literal("existing"),
    vpcId: matching(/^vpc-[0-9a-f]{8,17}$/, "the id of a VPC, such as 'vpc-0123456789abcdef0'"),
    subnetId: matching(
      /^subnet-[0-9a-f]{8,17}$/,
      "the id of a subnet, such as 'subnet-0123456789abcdef0'",
    ),
    /** Range of the VPC, checked against the tunnel's. */
    cidr,
  }),
]);

/** Where the host stands. */
export type NetworkSettings = z.output<typeof networkSchema>;

const tunnelSchema = z.strictObject({
  /** Addresses of the tunnel; must not overlap the VPC's. */
  cidr: cidr.default("10.88.0.0/24"),
  /** The host's own address in it; services are published there. */
  address: ipv4.default("10.88.0.1"),
  /** UDP port: the only one that the internet reaches. Changed on the host within two minutes. */
  port: port.default(51820),
  /** Who may enter. Applied on the host within two minutes, without replacing it. */
  peers: z.array(peerSchema).default([]),
});

/** The WireGuard network between the host and its peers. */
export type Tunnel = z.output<typeof tunnelSchema>;

const sessionManagerSchema = z.discriminatedUnion("type", [
  /** The image brings the agent: Amazon Linux does. */
  z.strictObject({ type: z.literal("image") }),
  /** AWS's Debian package, refused on the host unless its checksum is this one. */
  z.strictObject({
    type: z.literal("package"),
    version: matching(/^\d+(\.\d+){3}$/, "a version of the SSM agent, such as '3.3.0.0'"),
    sha256: matching(/^[0-9a-f]{64}$/, "a SHA-256 of 64 lower-case hex digits"),
  }),
  /** No way in when the tunnel is down. */
  z.strictObject({ type: z.literal("none") }),
]);

/** How the agent of Session Manager, the way in without the tunnel, comes to the host. */
export type SessionManager = z.output<typeof sessionManagerSchema>;

/**
 * What an environment may write under `host`: one AWS instance that is reached through WireGuard only. Peers, disks'
 * sizes, outbound ports, snapshots, tags, deploy keys and the tunnel's port can change at any time. What first boot sets up
 * (operating system, agent, swap, the tunnel's network and address) changes when the instance is replaced.
 */
export const hostSchema = z.strictObject({
  /** AWS region. */
  region: matching(/^[a-z]{2}(-[a-z]+)+-\d$/, "an AWS region such as 'eu-central-1'"),
  /** EC2 instance type on the Nitro system. */
  instanceType: matching(
    /^[a-z][a-z0-9-]*\.[a-z0-9-]+$/,
    "an EC2 instance type such as 't4g.small'",
  ).default("t4g.small"),
  /** Memory and architecture of a type that {@link machineTypes} does not list. Default: from that table. */
  machine: z
    .strictObject({
      memoryMiB: z.int().min(1024).max(1_048_576),
      architecture: z.enum(["arm64", "amd64"]),
    })
    .optional(),
  /** Decides the image, the packages and how updates are installed. */
  operatingSystem: z.enum(["debian-12", "amazon-linux-2023"]).default("debian-12"),
  /** An image of that operating system and the type's architecture. Default: the publisher's newest at creation. */
  imageId: matching(
    /^ami-[0-9a-f]{8,17}$/,
    "the id of an image, such as 'ami-0123456789abcdef0'",
  ).optional(),
  /** Architecture of `imageId`, so that an image that cannot start on the type is refused. Default: not checked. */
  imageArchitecture: z.enum(["arm64", "amd64"]).optional(),
  /** Default on Amazon Linux: `image`. Debian has none, so there it must be said. */
  sessionManager: sessionManagerSchema.optional(),
  /** Encrypted disk with Docker's data, the tunnel's identity and the services' volumes. It can grow, never shrink. */
  dataVolumeGiB: z.int().min(8).max(16_384).default(30),
  /** Encrypted disk of the system and the swap file. */
  rootVolumeGiB: z.int().min(8).max(1024).default(16),
  /** Swap file; 0 means none. */
  swapMiB: z.int().min(0).max(65_536).default(1024),
  /** A small VPC of its own, or one that exists. */
  network: networkSchema.prefault({ type: "own" }),
  /** TCP ports to which the host may connect beside 443 and 80, e.g. `{ name: "smtp", port: 587 }`. */
  outbound: z.array(z.strictObject({ name: kebabName, port })).default([]),
  /** The WireGuard network. */
  tunnel: tunnelSchema.prefault({}),
  /** Who may log in as `deploy` through the tunnel. Applied on the host within two minutes, without replacing it. */
  deployKeys: z
    .array(deployKeySchema)
    .superRefine(...distinct("name"))
    .default([]),
  /** Whether containers reach the instance's metadata, and with it the host's own rights at AWS. */
  containersReachMetadata: z.boolean().default(false),
  /** Refuse to end the instance from outside Terraform (AWS) and every plan that destroys the data volume (Terraform). */
  terminationProtection: z.boolean().default(true),
  /** Daily snapshots of the data volume; `false` means none. */
  snapshots: z
    .union(
      [
        z.literal(false),
        z.strictObject({
          keepDays: z.int().min(1).max(365).default(14),
          /** Start, in UTC. */
          timeUtc: matching(/^([01]\d|2[0-3]):[0-5]\d$/, "a time such as '03:00'").default("03:00"),
        }),
      ],
      { error: "false, or when and how long" },
    )
    .prefault({}),
  /** What a burstable type does when its credits are spent: slow down (`standard`) or cost more (`unlimited`). */
  cpuCredits: z.enum(["standard", "unlimited"]).default("standard"),
  /** Refuse a host that is estimated to cost more a month, in USD. Default: no limit. */
  monthlyCostLimitUsd: z.number().min(0.01).optional(),
  /** Prices for the estimate where the known ones do not apply. Default: those that are known. */
  prices: z
    .strictObject({
      /** Of the instance, on demand. Default: as known. */
      instanceUsdPerHour: priceUsd,
      /** Of the public address. Default: as known. */
      publicIpv4UsdPerHour: priceUsd,
      /** Of both disks. Default: as known. */
      diskUsdPerGiBMonth: priceUsd,
      /** Of what snapshots hold. Default: as known. */
      snapshotUsdPerGiBMonth: priceUsd,
    })
    .optional(),
  /** Tags of every resource, beside the platform's own. */
  tags: z
    .record(
      z.string(),
      matching(
        /^[\w .:/=+@-]{0,256}$/,
        "a tag's value: up to 256 letters, digits, spaces and _.:/=+-@",
      ),
    )
    .default({}),
});

/** What an environment file writes under `host`. */
export type HostInput = z.input<typeof hostSchema>;

/** A host that was parsed; defaults filled in. */
export type Host = z.output<typeof hostSchema>;

const tagName = /^(?!aws:)[\w .:/=+@-]{1,128}$/;

/** Where the i-th value stood before. */
function earlier(values: readonly (string | number)[], i: number): number | undefined {
  const first = values.findIndex((value) => value === values[i]);
  return first < i ? first : undefined;
}

function typeFaults(host: Host, field: string): Fault[] {
  const known = machineTypes[host.instanceType];
  const { machine } = host;
  if (known === undefined && machine === undefined) {
    return [
      {
        field: `${field}.instanceType`,
        allowed: `one of ${Object.keys(machineTypes).join(", ")}`,
        got: show(host.instanceType),
        repair: `for another type state '${field}.machine'`,
      },
    ];
  }
  if (known === undefined || machine === undefined) return [];
  return (["memoryMiB", "architecture"] as const)
    .filter((key) => machine[key] !== known[key])
    .map((key) => ({
      field: `${field}.machine.${key}`,
      allowed: `${show(known[key])}, as ${host.instanceType} has`,
      got: show(machine[key]),
      repair: `leave out '${field}.machine'`,
    }));
}

function architectureFaults(host: Host, field: string): Fault[] {
  const { imageArchitecture, imageId, instanceType } = host;
  if (imageArchitecture === undefined) return [];
  const at = `${field}.imageArchitecture`;
  if (imageId === undefined) {
    return [
      { field: at, allowed: `left out without '${field}.imageId'`, got: show(imageArchitecture) },
    ];
  }
  const architecture = (machineTypes[instanceType] ?? host.machine)?.architecture;
  if (architecture === undefined || architecture === imageArchitecture) return [];
  return [
    {
      field: at,
      allowed: `${show(architecture)}, as ${instanceType} needs`,
      got: show(imageArchitecture),
      repair: `name an image of that architecture in '${field}.imageId', or choose another instance type`,
    },
  ];
}

const pricedThings: Readonly<Record<keyof UnitPrices, string>> = {
  instanceUsdPerHour: "the instance type",
  publicIpv4UsdPerHour: "a public address",
  diskUsdPerGiBMonth: "a gp3 disk",
  snapshotUsdPerGiBMonth: "a snapshot",
};

/** A limit is worth nothing where a price is missing. */
function priceFaults(host: Host, field: string): Fault[] {
  const { region, instanceType, prices, snapshots } = host;
  if (host.monthlyCostLimitUsd === undefined) return [];
  const known = unitPricesOf(region, instanceType, prices);
  const needed = (Object.keys(pricedThings) as (keyof UnitPrices)[]).filter(
    (name) => name !== "snapshotUsdPerGiBMonth" || snapshots !== false,
  );
  return needed
    .filter((name) => known[name] === undefined)
    .map((name) => ({
      field: `${field}.prices.${name}`,
      allowed: `given with '${field}.monthlyCostLimitUsd', since the price of ${pricedThings[name]} in ${region} is not known here`,
      got: "nothing",
      repair: `take it for ${instanceType} in ${region} from AWS's price list, or leave out the limit`,
    }));
}

function agentFaults(host: Host, field: string): Fault[] {
  const { operatingSystem, sessionManager, imageId } = host;
  const at = `${field}.sessionManager`;
  if (operatingSystem === "amazon-linux-2023") {
    if (sessionManager?.type !== "package") return [];
    return [
      {
        field: `${at}.type`,
        allowed: "'image' or 'none' on amazon-linux-2023, which brings the agent",
        got: show("package"),
      },
    ];
  }
  const repair = `state version and SHA-256 of AWS's package, or choose 'amazon-linux-2023', or give up the way in with { type: "none" }`;
  if (sessionManager === undefined) {
    return [{ field: at, allowed: "given on debian-12", got: "nothing", repair }];
  }
  if (sessionManager.type !== "image" || imageId !== undefined) return [];
  return [
    {
      field: `${at}.type`,
      allowed: `'package' or 'none' on debian-12 without '${field}.imageId'`,
      got: show("image"),
      repair,
    },
  ];
}

function rangeFaults(host: Host, field: string): Fault[] {
  const { network, tunnel } = host;
  const ranges = [
    {
      at: `${field}.network.cidr`,
      range: network.cidr,
      shortest: network.type === "own" ? 16 : 8,
      longest: 28,
    },
    { at: `${field}.tunnel.cidr`, range: tunnel.cidr, shortest: 16, longest: 29 },
  ];
  return [
    ...ranges
      .filter(
        ({ range, shortest, longest }) => prefixOf(range) < shortest || prefixOf(range) > longest,
      )
      .map(({ at, range, shortest, longest }) => ({
        field: at,
        allowed: `a network with a prefix from /${String(shortest)} to /${String(longest)}`,
        got: show(range),
      })),
    ...ranges
      .filter(({ range }) => !isNetwork(range))
      .map(({ at, range }) => ({
        field: at,
        allowed: "a network that starts at its first address",
        got: show(range),
      })),
    ...(overlap(network.cidr, tunnel.cidr)
      ? [
          {
            field: `${field}.tunnel.cidr`,
            allowed: `a range that does not overlap the VPC's ${network.cidr}`,
            got: show(tunnel.cidr),
          },
        ]
      : []),
    ...(network.type === "own" &&
    network.availabilityZone !== undefined &&
    network.availabilityZone.slice(0, -1) !== host.region
      ? [
          {
            field: `${field}.network.availabilityZone`,
            allowed: `a zone of ${host.region}`,
            got: show(network.availabilityZone),
          },
        ]
      : []),
  ];
}

function peerFaults({ tunnel }: Host, field: string): Fault[] {
  const { peers } = tunnel;
  const inside = `an address inside ${tunnel.cidr}, neither its first nor its last`;
  return [
    ...(isHostOf(tunnel.cidr, tunnel.address)
      ? []
      : [{ field: `${field}.tunnel.address`, allowed: inside, got: show(tunnel.address) }]),
    ...peers.flatMap((peer, i): Fault[] => {
      const at = `${field}.tunnel.peers[${String(i)}]`;
      const unique = (["name", "publicKey", "address"] as const).flatMap((key): Fault[] => {
        const values = peers.map((one) => one[key]);
        const other = earlier(values, i);
        if (other === undefined) return [];
        return [
          {
            field: `${at}.${key}`,
            allowed: `different from that of '${field}.tunnel.peers[${String(other)}]'`,
            got: show(peer[key]),
          },
        ];
      });
      const repeated = (peer.allowed ?? []).filter((one, j, all) => all.indexOf(one) < j);
      return [
        ...unique,
        ...repeated.map((one) => ({
          field: `${at}.allowed`,
          allowed: "ports without repetition",
          got: `${show(one)} twice`,
        })),
        ...(isHostOf(tunnel.cidr, peer.address)
          ? []
          : [{ field: `${at}.address`, allowed: inside, got: show(peer.address) }]),
        ...(peer.address === tunnel.address
          ? [
              {
                field: `${at}.address`,
                allowed: "different from the host's own",
                got: show(peer.address),
              },
            ]
          : []),
      ];
    }),
  ];
}

function outboundFaults({ outbound }: Host, field: string): Fault[] {
  const names = ["https", "http", ...outbound.map(({ name }) => name)];
  const ports = [443, 80, ...outbound.map((rule) => rule.port)];
  return outbound.flatMap((rule, i): Fault[] => {
    const at = `${field}.outbound[${String(i)}]`;
    return [
      ...(earlier(names, i + 2) === undefined
        ? []
        : [{ field: `${at}.name`, allowed: "a name not used before", got: show(rule.name) }]),
      ...(earlier(ports, i + 2) === undefined
        ? []
        : [{ field: `${at}.port`, allowed: "a port not open already", got: show(rule.port) }]),
    ];
  });
}

/** What is wrong with the folder for the files of secrets: shell scripts on the host read its name. */
export function secretsDirectoryFaults(directory: string): Fault[] {
  if (/^(\/[\w.+-]+)+$/.test(directory)) return [];
  return [
    {
      field: "secretsDirectory",
      allowed: "an absolute path in letters, digits and _.+- on a host of its own",
      got: show(directory),
    },
  ];
}

/**
 * Everything that does not hold between the fields of a host.
 * @param field where the host stands in the environment
 */
export function hostFaults(host: Host, field = "host"): Fault[] {
  const rootNeedsGiB = Math.ceil(systemDiskGiB + host.swapMiB / 1024);
  return [
    ...typeFaults(host, field),
    ...architectureFaults(host, field),
    ...agentFaults(host, field),
    ...rangeFaults(host, field),
    ...peerFaults(host, field),
    ...outboundFaults(host, field),
    ...priceFaults(host, field),
    ...Object.keys(host.tags)
      .filter((name) => !tagName.test(name))
      .map((name) => ({
        field: `${field}.tags`,
        allowed:
          "names of up to 128 letters, digits, spaces and _.:/=+-@, not starting with 'aws:'",
        got: show(name),
      })),
    ...(host.rootVolumeGiB < rootNeedsGiB
      ? [
          {
            field: `${field}.rootVolumeGiB`,
            allowed: `at least ${String(rootNeedsGiB)} for the system and ${String(host.swapMiB)} MiB of swap`,
            got: show(host.rootVolumeGiB),
          },
        ]
      : []),
  ];
}

/**
 * Memory and architecture of the host's instance type.
 * @throws Error for a host with a fault in its type: see {@link hostFaults}
 */
export function machineTypeOf(host: Host): MachineType {
  const type = machineTypes[host.instanceType] ?? host.machine;
  if (type === undefined) throw new Error(`memory and architecture of ${host.instanceType}`);
  return type;
}

/** What the host offers its services: the machine that their budget is checked against. */
export function machineOf(host: Host): Machine {
  return {
    name: host.instanceType,
    memoryMiB: machineTypeOf(host).memoryMiB,
    swapMiB: host.swapMiB,
    diskGiB: host.dataVolumeGiB,
  };
}
