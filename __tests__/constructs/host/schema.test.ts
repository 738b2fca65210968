import { describeFault } from "../../../constructs/core/errors";
import { faultsOf } from "../../../constructs/core/schema";
import {
  hostFaults,
  hostSchema,
  machineOf,
  machineTypeOf,
  type HostInput,
  type Peer,
} from "../../../constructs/host";
import { hostWith, input, obviouslyFakeKey, obviouslyFakeSshKey } from "./fixtures";

/** Every fault of what an environment writes, as the operator reads it. */
function refusals(changes: Record<string, unknown>): string[] {
  const given = { ...input, ...changes };
  const parsed = hostSchema.safeParse(given);
  const faults = parsed.success ? hostFaults(parsed.data) : faultsOf(parsed.error, given, "host");
  return faults.map(describeFault);
}

const alice: Peer = { name: "alice", publicKey: obviouslyFakeKey(1), address: "10.88.0.2" };

function withPeers(...peers: unknown[]) {
  return { tunnel: { peers } };
}

describe("defaults", () => {
  test("are a small protected host", () => {
    expect(
      hostSchema.parse({ region: "eu-central-1", sessionManager: { type: "none" } }),
    ).toMatchObject({
      instanceType: "t4g.small",
      operatingSystem: "debian-12",
      dataVolumeGiB: 30,
      rootVolumeGiB: 16,
      swapMiB: 1024,
      network: { type: "own", cidr: "10.87.0.0/24" },
      outbound: [],
      deployKeys: [],
      containersReachMetadata: false,
      tunnel: { cidr: "10.88.0.0/24", address: "10.88.0.1", port: 51820, peers: [] },
      terminationProtection: true,
      snapshots: { keepDays: 14, timeUtc: "03:00" },
      cpuCredits: "standard",
      tags: {},
    });
  });

  test("have no fault", () => {
    expect(hostFaults(hostWith())).toEqual([]);
  });

  test("an image of the type's architecture is accepted", () => {
    const image = { imageId: "ami-0123456789abcdef0", imageArchitecture: "arm64" };
    expect(refusals(image)).toEqual([]);
  });

  test("Amazon Linux brings its agent", () => {
    expect(refusals({ operatingSystem: "amazon-linux-2023", sessionManager: undefined })).toEqual(
      [],
    );
  });
});

describe("machine", () => {
  test("follows from the instance type", () => {
    expect(machineOf(hostWith({ instanceType: "t4g.medium", dataVolumeGiB: 50 }))).toEqual({
      name: "t4g.medium",
      memoryMiB: 4096,
      swapMiB: 1024,
      diskGiB: 50,
    });
    expect(machineTypeOf(hostWith({ instanceType: "t3a.small" })).architecture).toBe("amd64");
  });

  test("can be stated for another type", () => {
    const other: Partial<HostInput> = {
      instanceType: "c7g.medium",
      machine: { memoryMiB: 2048, architecture: "arm64" },
    };
    expect(hostFaults(hostWith(other))).toEqual([]);
    expect(machineOf(hostWith(other))).toMatchObject({ name: "c7g.medium", memoryMiB: 2048 });
  });
});

describe("fails when", () => {
  const addressRule = "an address inside 10.88.0.0/24, neither its first nor its last";
  test.each<[string, Record<string, unknown>, string]>([
    ["a field is unknown", { zone: "a" }, "'host.zone' must be a known field, got an unknown one"],
    [
      "the region is missing",
      { region: undefined },
      "'host.region' must be an AWS region such as 'eu-central-1', got nothing",
    ],
    [
      "the region is none",
      { region: "frankfurt" },
      "'host.region' must be an AWS region such as 'eu-central-1', got 'frankfurt'",
    ],
    [
      "the instance type is no name",
      { instanceType: "large" },
      "'host.instanceType' must be an EC2 instance type such as 't4g.small', got 'large'",
    ],
    [
      "nothing is known of the instance type",
      { instanceType: "c7g.medium" },
      "'host.instanceType' must be one of t4g.small,",
    ],
    [
      "the stated architecture is not the type's",
      { machine: { memoryMiB: 2048, architecture: "amd64" } },
      "'host.machine.architecture' must be 'arm64', as t4g.small has, got 'amd64'",
    ],
    [
      "the stated memory is not the type's",
      { machine: { memoryMiB: 4096, architecture: "arm64" } },
      "'host.machine.memoryMiB' must be 2048, as t4g.small has, got 4096",
    ],
    [
      "the stated memory is too small",
      { machine: { memoryMiB: 512, architecture: "arm64" } },
      "'host.machine.memoryMiB' must be at least 1024, got 512",
    ],
    [
      "the operating system is another",
      { operatingSystem: "windows" },
      "'host.operatingSystem' must be one of 'debian-12', 'amazon-linux-2023', got 'windows'",
    ],
    [
      "the image has no image's id",
      { imageId: "debian" },
      "'host.imageId' must be the id of an image, such as 'ami-0123456789abcdef0', got 'debian'",
    ],
    [
      "the image is of another architecture than the type",
      { imageId: "ami-0123456789abcdef0", imageArchitecture: "amd64" },
      "'host.imageArchitecture' must be 'arm64', as t4g.small needs, got 'amd64'; name an image of that architecture in 'host.imageId', or choose another instance type",
    ],
    [
      "an x86 type is given an arm image",
      {
        instanceType: "t3a.small",
        imageId: "ami-0123456789abcdef0",
        imageArchitecture: "arm64",
      },
      "'host.imageArchitecture' must be 'amd64', as t3a.small needs, got 'arm64'",
    ],
    [
      "a stated type is given an image of another architecture",
      {
        instanceType: "c7g.medium",
        machine: { memoryMiB: 2048, architecture: "arm64" },
        imageId: "ami-0123456789abcdef0",
        imageArchitecture: "amd64",
      },
      "'host.imageArchitecture' must be 'arm64', as c7g.medium needs, got 'amd64'",
    ],
    [
      "an architecture is stated for no image",
      { imageArchitecture: "arm64" },
      "'host.imageArchitecture' must be left out without 'host.imageId', got 'arm64'",
    ],
    [
      "Debian is without an agent",
      { sessionManager: undefined },
      "'host.sessionManager' must be given on debian-12, got nothing; state version and SHA-256",
    ],
    [
      "Debian's own image is said to bring the agent",
      { sessionManager: { type: "image" } },
      "'host.sessionManager.type' must be 'package' or 'none' on debian-12 without 'host.imageId', got 'image'",
    ],
    [
      "Amazon Linux is given a Debian package",
      { operatingSystem: "amazon-linux-2023" },
      "'host.sessionManager.type' must be 'image' or 'none' on amazon-linux-2023, which brings the agent, got 'package'",
    ],
    [
      "the agent's checksum is none",
      { sessionManager: { type: "package", version: "3.3.0.0", sha256: "abc" } },
      "'host.sessionManager.sha256' must be a SHA-256 of 64 lower-case hex digits, got 'abc'",
    ],
    [
      "the agent's version is a range",
      { sessionManager: { type: "package", version: "latest", sha256: "0".repeat(64) } },
      "'host.sessionManager.version' must be a version of the SSM agent, such as '3.3.0.0', got 'latest'",
    ],
    [
      "the agent comes some other way",
      { sessionManager: { type: "snap" } },
      "'host.sessionManager.type' must be one of 'image', 'package', 'none', got 'snap'",
    ],
    [
      "the data volume is too small",
      { dataVolumeGiB: 4 },
      "'host.dataVolumeGiB' must be at least 8, got 4",
    ],
    [
      "the swap does not fit the root disk",
      { rootVolumeGiB: 8, swapMiB: 4096 },
      "'host.rootVolumeGiB' must be at least 10 for the system and 4096 MiB of swap, got 8",
    ],
    ["the swap is negative", { swapMiB: -1 }, "'host.swapMiB' must be at least 0, got -1"],
    [
      "the network is neither own nor existing",
      { network: { type: "default" } },
      "'host.network.type' must be one of 'own', 'existing', got 'default'",
    ],
    [
      "the VPC's range is no network",
      { network: { type: "own", cidr: "10.87.0.0" } },
      "'host.network.cidr' must be an IPv4 network such as '10.88.0.0/24', got '10.87.0.0'",
    ],
    [
      "the VPC's range is larger than AWS allows",
      { network: { type: "own", cidr: "172.16.0.0/12" } },
      "'host.network.cidr' must be a network with a prefix from /16 to /28, got '172.16.0.0/12'",
    ],
    [
      "the VPC's range starts inside a network",
      { network: { type: "own", cidr: "10.87.0.7/24" } },
      "'host.network.cidr' must be a network that starts at its first address, got '10.87.0.7/24'",
    ],
    [
      "the zone is another region's",
      { network: { type: "own", availabilityZone: "us-east-1a" } },
      "'host.network.availabilityZone' must be a zone of eu-central-1, got 'us-east-1a'",
    ],
    [
      "flow logs are kept for a time that CloudWatch does not know",
      { network: { type: "own", flowLogs: { retentionDays: 15 } } },
      "'host.network.flowLogs.retentionDays' must be one of 1, 3, 5, 7, 14, 30, 60, 90, 180, 365, got 15",
    ],
    [
      "an existing VPC is not named",
      { network: { type: "existing", subnetId: "subnet-0123456789abcdef0", cidr: "10.0.0.0/16" } },
      "'host.network.vpcId' must be the id of a VPC, such as 'vpc-0123456789abcdef0', got nothing",
    ],
    [
      "an existing subnet has no subnet's id",
      {
        network: {
          type: "existing",
          vpcId: "vpc-0123456789abcdef0",
          subnetId: "public",
          cidr: "10.0.0.0/16",
        },
      },
      "'host.network.subnetId' must be the id of a subnet, such as 'subnet-0123456789abcdef0', got 'public'",
    ],
    [
      "tunnel and VPC overlap",
      { network: { type: "own", cidr: "10.88.0.0/16" } },
      "'host.tunnel.cidr' must be a range that does not overlap the VPC's 10.88.0.0/16, got '10.88.0.0/24'",
    ],
    [
      "tunnel and existing VPC overlap",
      {
        network: {
          type: "existing",
          vpcId: "vpc-0123456789abcdef0",
          subnetId: "subnet-0123456789abcdef0",
          cidr: "10.0.0.0/8",
        },
      },
      "'host.tunnel.cidr' must be a range that does not overlap the VPC's 10.0.0.0/8, got '10.88.0.0/24'",
    ],
    [
      "the tunnel has no room",
      { tunnel: { cidr: "10.88.0.0/30" } },
      "'host.tunnel.cidr' must be a network with a prefix from /16 to /29, got '10.88.0.0/30'",
    ],
    [
      "the host is outside its tunnel",
      { tunnel: { address: "10.89.0.1" } },
      `'host.tunnel.address' must be ${addressRule}, got '10.89.0.1'`,
    ],
    [
      "the tunnel's port is none",
      { tunnel: { port: 0 } },
      "'host.tunnel.port' must be at least 1, got 0",
    ],
    [
      "a peer's key is too short",
      withPeers({ ...alice, publicKey: "AAAA" }),
      "'host.tunnel.peers[0].publicKey' must be a WireGuard public key: 44 characters of base64 that hold 32 bytes, got 'AAAA'",
    ],
    [
      "a peer's key holds more than 32 bytes",
      withPeers({ ...alice, publicKey: `${"A".repeat(42)}B=` }),
      "'host.tunnel.peers[0].publicKey' must be a WireGuard public key",
    ],
    [
      "a peer is outside the tunnel",
      withPeers({ ...alice, address: "10.89.0.2" }),
      `'host.tunnel.peers[0].address' must be ${addressRule}, got '10.89.0.2'`,
    ],
    [
      "a peer has the tunnel's last address",
      withPeers({ ...alice, address: "10.88.0.255" }),
      `'host.tunnel.peers[0].address' must be ${addressRule}, got '10.88.0.255'`,
    ],
    [
      "a peer's address is none",
      withPeers({ ...alice, address: "10.88.0.2/32" }),
      "'host.tunnel.peers[0].address' must be an IPv4 address, got '10.88.0.2/32'",
    ],
    [
      "a peer has the host's address",
      withPeers({ ...alice, address: "10.88.0.1" }),
      "'host.tunnel.peers[0].address' must be different from the host's own, got '10.88.0.1'",
    ],
    [
      "two peers have one name",
      withPeers(alice, { ...alice, publicKey: obviouslyFakeKey(3), address: "10.88.0.3" }),
      "'host.tunnel.peers[1].name' must be different from that of 'host.tunnel.peers[0]', got 'alice'",
    ],
    [
      "two peers have one key",
      withPeers(alice, { ...alice, name: "bob", address: "10.88.0.3" }),
      "'host.tunnel.peers[1].publicKey' must be different from that of 'host.tunnel.peers[0]'",
    ],
    [
      "two peers have one address",
      withPeers(alice, { ...alice, name: "bob", publicKey: obviouslyFakeKey(3) }),
      "'host.tunnel.peers[1].address' must be different from that of 'host.tunnel.peers[0]', got '10.88.0.2'",
    ],
    [
      "a peer's name is no name",
      withPeers({ ...alice, name: "Alice!" }),
      "'host.tunnel.peers[0].name' must be lower-case words joined by hyphens, such as 'my-chain', got 'Alice!'",
    ],
    [
      "a peer's port is given twice",
      withPeers({ ...alice, allowed: [22, 22] }),
      "'host.tunnel.peers[0].allowed' must be ports without repetition, got 22 twice",
    ],
    [
      "two deploy keys have one name",
      {
        deployKeys: [1, 2].map((byte) => ({ name: "bob", publicKey: obviouslyFakeSshKey(byte) })),
      },
      "'host.deployKeys[1].name' must be different from host.deployKeys[0].name, got 'bob' again",
    ],
    [
      "a deploy key has options",
      { deployKeys: [{ name: "bob", publicKey: `no-pty ${obviouslyFakeSshKey(1)}` }] },
      "'host.deployKeys[0].publicKey' must be an OpenSSH public key",
    ],
    [
      "the limit of cost is nothing",
      { monthlyCostLimitUsd: 0 },
      "'host.monthlyCostLimitUsd' must be at least 0.01, got 0",
    ],
    [
      "a price is negative",
      { prices: { instanceUsdPerHour: -1 } },
      "'host.prices.instanceUsdPerHour' must be at least 0, got -1",
    ],
    [
      "an outbound port is open already",
      { outbound: [{ name: "web", port: 443 }] },
      "'host.outbound[0].port' must be a port not open already, got 443",
    ],
    [
      "an outbound name is used twice",
      { outbound: [{ name: "https", port: 8443 }] },
      "'host.outbound[0].name' must be a name not used before, got 'https'",
    ],
    [
      "snapshots are kept for no day",
      { snapshots: { keepDays: 0 } },
      "'host.snapshots.keepDays' must be at least 1, got 0",
    ],
    [
      "snapshots are taken at no time",
      { snapshots: { timeUtc: "24:00" } },
      "'host.snapshots.timeUtc' must be a time such as '03:00', got '24:00'",
    ],
    [
      "CPU credits are neither",
      { cpuCredits: "many" },
      "'host.cpuCredits' must be one of 'standard', 'unlimited', got 'many'",
    ],
    [
      "protection is no yes or no",
      { terminationProtection: "yes" },
      "'host.terminationProtection' must be a boolean, got 'yes'",
    ],
    [
      "a tag's name is AWS's own",
      { tags: { "aws:name": "x" } },
      "'host.tags' must be names of up to 128 letters",
    ],
    [
      "a tag's value would open a Terraform template",
      { tags: { Team: "${var.x}" } },
      "'host.tags.Team' must be a tag's value",
    ],
  ])("%s", (_, changes, message) => {
    const found = refusals(changes);
    expect(found).toHaveLength(1);
    expect(found[0]?.slice(0, message.length)).toBe(message);
  });

  test("several things are wrong: all are named at once", () => {
    expect(
      refusals({
        instanceType: "c7g.medium",
        rootVolumeGiB: 8,
        swapMiB: 4096,
        ...withPeers({ ...alice, address: "10.88.0.1" }),
      }),
    ).toHaveLength(3);
  });
});
