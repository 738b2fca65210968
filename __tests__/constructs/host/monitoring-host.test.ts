import { App, TerraformOutput, TerraformStack, Testing } from "cdktf";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { CostError, MonitoringHost, type MonitoringHostProps } from "../../../constructs/host";
import { input, obviouslyFakeKey } from "./fixtures";

type Blocks = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;

interface Synthesised {
  readonly data: Blocks;
  readonly resource: Blocks;
  readonly output: Readonly<Record<string, { readonly value: string }>>;
}

/** A stranger's stack: a provider of their own, without default tags. */
function strangersStack(): TerraformStack {
  const stack = new TerraformStack(Testing.app(), "team");
  new AwsProvider(stack, "aws", { region: "eu-central-1" });
  return stack;
}

function synth(stack: TerraformStack): Synthesised {
  return JSON.parse(Testing.synth(stack, true)) as Synthesised;
}

function hostIn(stack: TerraformStack, props: Partial<MonitoringHostProps> = {}): MonitoringHost {
  return new MonitoringHost(stack, "monitoring-host", {
    environment: "team",
    host: input,
    ...props,
  });
}

const existing = {
  ...input,
  imageId: "ami-0123456789abcdef0",
  network: {
    type: "existing",
    vpcId: "vpc-0123456789abcdef0",
    subnetId: "subnet-0123456789abcdef0",
    cidr: "10.0.0.0/16",
  },
} as const;

describe("attributes", () => {
  test("name what was made", () => {
    const stack = strangersStack();
    const host = hostIn(stack);
    expect(host.tunnelAddress).toBe("10.88.0.1");
    expect(host.parameters.root).toBe("/l2-observatory/team");
    const shown = {
      "public-address": host.publicAddress,
      endpoint: host.endpoint,
      "instance-id": host.instanceId,
      "security-group-id": host.securityGroupId,
      "network-interface-id": host.networkInterfaceId,
      "data-volume-id": host.dataVolumeId,
    };
    for (const [id, value] of Object.entries(shown)) new TerraformOutput(stack, id, { value });
    const values = Object.entries(synth(stack).output).map(([id, { value }]) => [
      id,
      value.replace(/_[0-9A-F]{8}/, ""),
    ]);
    expect(Object.fromEntries(values)).toEqual({
      "public-address": "${aws_eip.monitoring-host_address_elastic-ip.public_ip}",
      endpoint: "${aws_eip.monitoring-host_address_elastic-ip.public_ip}:51820",
      "instance-id": "${aws_instance.monitoring-host_instance_machine.id}",
      "security-group-id": "${aws_security_group.monitoring-host_access_security-group.id}",
      "network-interface-id": "${aws_network_interface.monitoring-host_address_interface.id}",
      "data-volume-id": "${aws_ebs_volume.monitoring-host_data_volume.id}",
    });
  });
});

describe("in a stranger's stack", () => {
  test("uses their VPC and image, and changes nothing of them", () => {
    const stack = strangersStack();
    hostIn(stack, { host: existing });
    const { resource, data } = synth(stack);
    expect(Object.keys(resource)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/vpc$|subnet|route|gateway|default/)]),
    );
    expect(Object.keys(data).sort()).toEqual([
      "aws_caller_identity",
      "aws_partition",
      "aws_region",
      "aws_subnet",
    ]);
    expect(Object.values(resource["aws_instance"] ?? {})[0]?.["ami"]).toBe("ami-0123456789abcdef0");
  });

  test("tags every resource that can carry tags, without their provider's help", () => {
    const stack = strangersStack();
    hostIn(stack, {
      host: { ...input, tags: { Team: "ops" } },
      tags: { Team: "other", CostCentre: "7", Project: "other" },
    });
    const { resource } = synth(stack);
    const untagged = Object.entries(resource)
      .filter(([, byId]) => Object.values(byId).some((block) => !("tags" in block)))
      .map(([type]) => type)
      .sort();
    // Types of AWS that have no tags.
    expect(untagged).toEqual([
      "aws_eip_association",
      "aws_iam_role_policy",
      "aws_route",
      "aws_route_table_association",
      "aws_volume_attachment",
    ]);
    const tags = Object.values(resource)
      .flatMap((byId) => Object.values(byId))
      .flatMap((block) => ("tags" in block ? [block["tags"]] : []));
    for (const one of tags) {
      expect(one).toMatchObject({
        Project: "l2-observatory",
        Environment: "team",
        Team: "ops",
        CostCentre: "7",
      });
    }
  });

  test("checks the region of their provider at plan", () => {
    const stack = strangersStack();
    hostIn(stack);
    expect(Object.values(synth(stack).data["aws_region"] ?? {})).toEqual([
      {
        lifecycle: {
          postcondition: [
            {
              condition: '${self.id == "eu-central-1"}',
              error_message:
                "The region of the AWS provider must be 'eu-central-1', as 'host.region' says.",
            },
          ],
        },
      },
    ]);
  });

  test("stands beside another one", () => {
    const stack = strangersStack();
    hostIn(stack);
    new MonitoringHost(stack, "second-host", {
      environment: "team-second",
      host: { ...existing, snapshots: false },
    });
    const { resource } = synth(stack);
    expect(Object.keys(resource["aws_instance"] ?? {})).toHaveLength(2);
    const names = (type: string) => Object.values(resource[type] ?? {}).map(({ name }) => name);
    for (const type of ["aws_security_group", "aws_ssm_parameter"]) {
      expect(new Set(names(type)).size).toBe(names(type).length);
    }
  });

  test("keeps secrets where it is told", () => {
    const stack = strangersStack();
    hostIn(stack, { secretsDirectory: "/srv/secrets" });
    expect(Testing.synth(stack, true)).toContain("SECRETS_DIRECTORY=/srv/secrets\\n");
  });
});

describe("warns when", () => {
  const warnings = (host: MonitoringHost) =>
    host.node.metadata.filter(({ type }) => type === "@cdktf/warn").map(({ data }) => String(data));

  test("nobody is a peer", () => {
    expect(warnings(hostIn(strangersStack(), { host: { ...input, tunnel: {} } }))).toEqual([
      "'host.tunnel.peers' is empty: nobody can reach the services until a peer is added",
    ]);
    expect(warnings(hostIn(strangersStack()))).toEqual([]);
  });
});

describe("fails when", () => {
  const stack = new TerraformStack(new App(), "refused");
  let count = 0;
  const refused = (props: Partial<MonitoringHostProps>) => () =>
    new MonitoringHost(stack, `host-${String(count++)}`, {
      environment: "team",
      host: input,
      ...props,
    });

  test("anything it is given is faulty, all at once", () => {
    expect(
      refused({
        environment: "My Team",
        secretsDirectory: "/srv/my secrets",
        tags: { Team: "${var.team}" },
        host: { ...input, swapMiB: -1 },
      }),
    ).toThrow(
      [
        "host of environment 'My Team' has 4 faults:",
        "  'environment' must be lower-case words joined by hyphens, such as 'my-chain', got 'My Team'",
        "  'secretsDirectory' must be an absolute path in letters, digits and _.+- on a host of its own, got '/srv/my secrets'",
        "  'host.swapMiB' must be at least 0, got -1",
        "  'host.tags.Team' must be a tag's value: up to 256 letters, digits, spaces and _.:/=+-@, got '${var.team}'",
      ].join("\n"),
    );
  });

  test("the host's fields contradict one another", () => {
    const peer = { name: "eve", publicKey: obviouslyFakeKey(9), address: "10.89.0.2" };
    expect(refused({ host: { ...input, tunnel: { peers: [peer] } } })).toThrow(
      "'host.tunnel.peers[0].address' must be an address inside 10.88.0.0/24",
    );
  });

  test("it costs more than its limit", () => {
    expect(refused({ host: { ...input, monthlyCostLimitUsd: 1 } })).toThrow(CostError);
  });
});
