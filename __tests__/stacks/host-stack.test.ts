import { Testing } from "cdktf";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule";
import { ConfigurationError } from "../../constructs/core/errors";
import { CostError, HostParameters, type HostInput } from "../../constructs/host";
import { HostStack } from "../../stacks/host-stack";
import { hostWith, obviouslyFakeKey } from "../constructs/host/fixtures";

type Properties = Readonly<Record<string, unknown>>;

interface Synthesised {
  readonly data: Readonly<Record<string, Readonly<Record<string, Properties>>>>;
  readonly locals: Readonly<Record<string, string>>;
  readonly output: Readonly<Record<string, { readonly value: string }>>;
  readonly provider: { readonly aws: readonly Properties[] };
  readonly resource: Readonly<Record<string, Readonly<Record<string, Properties>>>>;
  readonly terraform: { readonly backend: unknown; readonly required_providers: unknown };
}

const built = new Map<string, ReturnType<typeof synthesise>>();

/** What a host becomes; synthesised once per set of changes. */
function build(changes: Partial<HostInput> = {}) {
  const key = JSON.stringify(changes);
  const known = built.get(key) ?? synthesise(changes);
  built.set(key, known);
  return known;
}

function synthesise(changes: Partial<HostInput>) {
  const stack = new HostStack(Testing.app(), "test-host", {
    environment: "test",
    host: hostWith(changes),
    backend: { type: "local" },
  });
  const json = JSON.parse(Testing.synth(stack, true)) as Synthesised;
  const all = (type: string) => Object.values(json.resource[type] ?? {});
  const one = (type: string): Properties => {
    const [found, ...more] = all(type);
    if (found === undefined || more.length > 0) throw new Error(`not exactly one ${type}`);
    return found;
  };
  return { json, all, one };
}

function addresses({ resource, data }: Synthesised): string[] {
  const list = (blocks: Synthesised["resource"], prefix = "") =>
    Object.entries(blocks).flatMap(([type, byId]) =>
      Object.keys(byId).map((id) => `${prefix}${type}.${id.replace(/_[0-9A-F]{8}$/, "")}`),
    );
  return [...list(resource), ...list(data, "data.")].sort();
}

interface Policy {
  readonly Statement: readonly {
    readonly Sid: string;
    readonly Effect: string;
    readonly Action: readonly string[];
    readonly Resource: readonly string[];
  }[];
}

describe("addresses", () => {
  test("stay: a changed one destroys and makes anew", () => {
    expect(addresses(build().json)).toEqual([
      "aws_default_security_group.host_network_default-security-group",
      "aws_dlm_lifecycle_policy.host_data_snapshots",
      "aws_ebs_volume.host_data_volume",
      "aws_eip.host_address_elastic-ip",
      "aws_eip_association.host_address_association",
      "aws_iam_instance_profile.host_identity_profile",
      "aws_iam_role.host_data_snapshot-role",
      "aws_iam_role.host_identity_role",
      "aws_iam_role_policy.host_data_snapshot-policy",
      "aws_iam_role_policy.host_identity_policy",
      "aws_instance.host_instance_machine",
      "aws_internet_gateway.host_network_internet-gateway",
      "aws_network_interface.host_address_interface",
      "aws_route.host_network_route",
      "aws_route_table.host_network_route-table",
      "aws_route_table_association.host_network_route-table-association",
      "aws_security_group.host_access_security-group",
      "aws_ssm_parameter.host_settings_deploy-key-alice",
      "aws_ssm_parameter.host_settings_endpoint",
      "aws_ssm_parameter.host_settings_peer-alice",
      "aws_ssm_parameter.host_settings_peer-application",
      "aws_ssm_parameter.host_settings_tunnel-port",
      "aws_subnet.host_network_subnet",
      "aws_volume_attachment.host_instance_data-attachment",
      "aws_vpc.host_network_vpc",
      "aws_vpc_security_group_egress_rule.host_access_outbound-http",
      "aws_vpc_security_group_egress_rule.host_access_outbound-https",
      "aws_vpc_security_group_ingress_rule.host_access_inbound-wireguard",
      "data.aws_caller_identity.host_account",
      "data.aws_partition.host_partition",
      "data.aws_region.host_region",
      "data.aws_ssm_parameter.host_instance_image",
    ]);
  });

  test("of two environments differ in nothing", () => {
    const other = new HostStack(Testing.app(), "other-host", {
      environment: "other",
      host: hostWith({ region: "us-east-1", instanceType: "t3a.medium" }),
      backend: { type: "local" },
    });
    const json = JSON.parse(Testing.synth(other, true)) as Synthesised;
    expect(addresses(json)).toEqual(addresses(build().json));
  });
});

describe("access", () => {
  test("one inbound rule: WireGuard", () => {
    const { all, one } = build();
    expect(one("aws_vpc_security_group_ingress_rule")).toMatchObject({
      ip_protocol: "udp",
      from_port: 51820,
      to_port: 51820,
      cidr_ipv4: "0.0.0.0/0",
    });
    for (const group of all("aws_security_group")) {
      expect(group).not.toHaveProperty("ingress");
      expect(group).not.toHaveProperty("egress");
    }
    expect(all("aws_security_group_rule")).toEqual([]);
    expect(one("aws_default_security_group")).toMatchObject({ ingress: [], egress: [] });
  });

  test("outbound: HTTPS, HTTP and what is named", () => {
    const { all } = build({ outbound: [{ name: "smtp", port: 587 }] });
    const rules = all("aws_vpc_security_group_egress_rule");
    expect(rules.map((rule) => [rule["ip_protocol"], rule["from_port"], rule["to_port"]])).toEqual(
      expect.arrayContaining([
        ["tcp", 80, 80],
        ["tcp", 443, 443],
        ["tcp", 587, 587],
      ]),
    );
    expect(rules).toHaveLength(3);
  });

  test("every rule says what it is for", () => {
    const { all } = build();
    const rules = ["aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule"];
    for (const rule of rules.flatMap(all)) expect(rule["description"]).toEqual(expect.any(String));
  });
});

describe("instance", () => {
  test("keeps its credentials from containers", () => {
    expect(build().one("aws_instance")["metadata_options"]).toEqual({
      http_endpoint: "enabled",
      http_tokens: "required",
      http_put_response_hop_limit: 1,
      instance_metadata_tags: "disabled",
    });
  });

  test("lets containers one hop further only when told to", () => {
    const { one } = build({ containersReachMetadata: true });
    expect(one("aws_instance")["metadata_options"]).toMatchObject({
      http_tokens: "required",
      http_put_response_hop_limit: 2,
    });
  });

  test("stands on the interface that has the address, and starts when that is online", () => {
    const { one, json } = build();
    const machine = one("aws_instance");
    expect(machine["network_interface"]).toEqual([
      {
        device_index: 0,
        network_interface_id: expect.stringMatching(
          /aws_network_interface\.host_address_interface/,
        ) as unknown,
      },
    ]);
    expect(one("aws_eip_association")["network_interface_id"]).toMatch(/address_interface/);
    expect(one("aws_eip")).not.toHaveProperty("instance");
    expect(machine["depends_on"]).toEqual(
      expect.arrayContaining(
        [
          "aws_eip_association",
          "aws_route",
          "aws_vpc_security_group_egress_rule",
          "aws_iam_role_policy",
          "aws_ssm_parameter",
        ].map((type) => expect.stringMatching(new RegExp(`^${type}\\.`)) as unknown),
      ),
    );
    expect(json.output["public-address"]?.value).toMatch(/^\$\{aws_eip\.host_address_elastic-ip/);
  });

  test("has no SSH key", () => {
    expect(build().one("aws_instance")).not.toHaveProperty("key_name");
  });

  test("is protected, recovers, and pays no surplus", () => {
    expect(build().one("aws_instance")).toMatchObject({
      instance_type: "t4g.small",
      disable_api_termination: true,
      maintenance_options: { auto_recovery: "default" },
      credit_specification: { cpu_credits: "standard" },
    });
    expect(
      build({ terminationProtection: false }).one("aws_instance")["disable_api_termination"],
    ).toBe(false);
    const steady = build({ instanceType: "m7g.medium", cpuCredits: "unlimited" });
    expect(steady.one("aws_instance")).not.toHaveProperty("credit_specification");
  });

  test("is replaced neither by a newer image nor by changed user data", () => {
    expect(build().one("aws_instance")).toMatchObject({
      user_data_replace_on_change: false,
      lifecycle: { ignore_changes: ["ami", "user_data_base64"] },
    });
  });

  test.each<[Partial<HostInput>, string]>([
    [{}, "/aws/service/debian/release/12/latest/arm64"],
    [{ instanceType: "t3a.small" }, "/aws/service/debian/release/12/latest/amd64"],
    [
      { operatingSystem: "amazon-linux-2023", sessionManager: undefined },
      "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64",
    ],
    [
      {
        operatingSystem: "amazon-linux-2023",
        sessionManager: undefined,
        instanceType: "t3.small",
      },
      "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64",
    ],
  ])("finds the image of its system and architecture: %j", (changes, name) => {
    const { json } = build(changes);
    expect(Object.values(json.data["aws_ssm_parameter"] ?? {})).toEqual([{ name }]);
  });

  test("takes an image of the operator's", () => {
    const { json, one } = build({ imageId: "ami-0123456789abcdef0" });
    expect(one("aws_instance")["ami"]).toBe("ami-0123456789abcdef0");
    expect(json.data).not.toHaveProperty("aws_ssm_parameter");
  });
});

describe("disks", () => {
  test("are encrypted", () => {
    const { one } = build();
    expect(one("aws_instance")["root_block_device"]).toEqual({
      volume_type: "gp3",
      volume_size: 16,
      encrypted: true,
      delete_on_termination: true,
      tags: { Project: "l2-observatory", Environment: "test", Name: "l2-observatory-test" },
    });
    expect(one("aws_ebs_volume")).toMatchObject({ type: "gp3", size: 30, encrypted: true });
  });

  test("the data volume outlives the instance", () => {
    const { one } = build();
    expect(one("aws_ebs_volume")["lifecycle"]).toEqual({ prevent_destroy: true });
    expect(one("aws_volume_attachment")).toMatchObject({
      stop_instance_before_detaching: true,
      volume_id: expect.stringContaining("aws_ebs_volume.host_data_volume") as unknown,
    });
    expect(
      build({ terminationProtection: false }).one("aws_ebs_volume")["lifecycle"],
    ).toMatchObject({ prevent_destroy: false });
  });

  test("snapshots find it by its tag, daily", () => {
    const { one } = build({ snapshots: { keepDays: 7, timeUtc: "01:30" } });
    const { target_tags, schedule } = one("aws_dlm_lifecycle_policy")["policy_details"] as {
      readonly target_tags: Properties;
      readonly schedule: readonly Properties[];
    };
    expect(one("aws_ebs_volume")["tags"]).toMatchObject(target_tags);
    expect(schedule).toEqual([
      expect.objectContaining({
        create_rule: { interval: 24, interval_unit: "HOURS", times: ["01:30"] },
        retain_rule: { interval: 7, interval_unit: "DAYS" },
      }),
    ]);
  });

  test("snapshots can be left out, with their role", () => {
    const { all, one } = build({ snapshots: false });
    expect(all("aws_dlm_lifecycle_policy")).toEqual([]);
    expect(one("aws_iam_role")["assume_role_policy"]).toContain("ec2.amazonaws.com");
  });
});

describe("permissions of the instance", () => {
  const statements = () => {
    const { json } = build();
    const [, found] =
      Object.entries(json.resource["aws_iam_role_policy"] ?? {}).find(([id]) =>
        id.startsWith("host_identity_"),
      ) ?? [];
    return (JSON.parse(String(found?.["policy"])) as Policy).Statement;
  };

  test("are these and no others", () => {
    expect(statements().map(({ Sid, Effect, Action }) => [Sid, Effect, Action])).toEqual([
      [
        "SessionManagerChannels",
        "Allow",
        [
          "ssm:UpdateInstanceInformation",
          "ssmmessages:CreateControlChannel",
          "ssmmessages:CreateDataChannel",
          "ssmmessages:OpenControlChannel",
          "ssmmessages:OpenDataChannel",
        ],
      ],
      [
        "ReadOwnParameters",
        "Allow",
        ["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"],
      ],
      ["TellAboutItself", "Allow", ["ssm:PutParameter"]],
    ]);
    expect(build().all("aws_iam_role_policy_attachment")).toEqual([]);
  });

  test("read the environment's parameters, write what the host says about itself", () => {
    const resources = (sid: string) =>
      statements()
        .find(({ Sid }) => Sid === sid)
        ?.Resource.map((arn) => arn.replace(/^.*:parameter/, ""));
    expect(resources("ReadOwnParameters")).toEqual([
      "/l2-observatory/test",
      "/l2-observatory/test/*",
    ]);
    expect(resources("TellAboutItself")).toEqual([
      "/l2-observatory/test/host/wireguard-public-key",
      "/l2-observatory/test/host/ssh-host-key",
      "/l2-observatory/test/host/first-boot",
    ]);
  });
});

test("a bucket for logs is the host's to read, write and delete in, and no other", () => {
  const stack = new HostStack(Testing.app(), "test-host", {
    environment: "test",
    host: hostWith({ containersReachMetadata: true }),
    buckets: ["example-logs"],
    backend: { type: "local" },
  });
  const { resource } = JSON.parse(Testing.synth(stack, true)) as Synthesised;
  const policies = Object.values(resource["aws_iam_role_policy"] ?? {}).map(({ policy }) =>
    String(policy),
  );
  const statements = policies.flatMap(
    (text) =>
      (
        JSON.parse(text) as {
          Statement: { Sid: string; Action: string[]; Resource: string[] }[];
        }
      ).Statement,
  );
  const of = (sid: string) => statements.find(({ Sid }) => Sid === sid);
  expect(of("ListOwnBuckets")?.Resource.map((arn) => arn.replace(/^.*:s3/, "s3"))).toEqual([
    "s3:::example-logs",
  ]);
  expect(of("KeepObjects")?.Action).toEqual(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]);
  expect(of("KeepObjects")?.Resource.map((arn) => arn.replace(/^.*:s3/, "s3"))).toEqual([
    "s3:::example-logs/*",
  ]);
});

describe("live settings", () => {
  const parameters = (changes: Partial<HostInput> = {}) =>
    build(changes)
      .all("aws_ssm_parameter")
      .map(({ name, type, value }) => [name, type, value]);

  test("are plain parameters: peers, deploy keys without their comment, port and endpoint", () => {
    expect(parameters()).toEqual([
      [
        "/l2-observatory/test/host/deploy-keys/alice",
        "String",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB",
      ],
      [
        "/l2-observatory/test/host/endpoint",
        "String",
        expect.stringMatching(
          /^\$\{aws_eip\.host_address_elastic-ip\w+\.public_ip\}:51820$/,
        ) as unknown,
      ],
      [
        "/l2-observatory/test/host/peers/alice",
        "String",
        "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE= 10.88.0.2 all",
      ],
      [
        "/l2-observatory/test/host/peers/application",
        "String",
        "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI= 10.88.0.20 9090,9091",
      ],
      ["/l2-observatory/test/host/tunnel-port", "String", "51820"],
    ]);
  });

  test("a peer that may reach no port is told as such", () => {
    const peer = { name: "scraped", publicKey: obviouslyFakeKey(3), address: "10.88.0.3" };
    const [, , scraped] = parameters({ tunnel: { peers: [{ ...peer, allowed: [] }] } });
    expect(scraped?.[2]).toBe(`${peer.publicKey} ${peer.address} none`);
  });

  test("another port changes the rule and the parameters, and waits for no new instance", () => {
    const { one } = build({ tunnel: { port: 51821 } });
    expect(one("aws_vpc_security_group_ingress_rule")).toMatchObject({
      from_port: 51821,
      to_port: 51821,
    });
    expect(parameters({ tunnel: { port: 51821 } })).toEqual([
      expect.arrayContaining(["/l2-observatory/test/host/deploy-keys/alice"]),
      expect.arrayContaining([expect.stringMatching(/:51821$/)]),
      ["/l2-observatory/test/host/tunnel-port", "String", "51821"],
    ]);
  });

  test("what the host says about itself is no resource: it is written there", () => {
    const { writtenByHost } = new HostParameters("test");
    const names = parameters().map(([name]) => name);
    for (const name of writtenByHost) expect(names).not.toContain(name);
  });
});

describe("network", () => {
  test("own: one public subnet that gives nobody an address by itself", () => {
    const { one } = build({ network: { type: "own", availabilityZone: "eu-central-1b" } });
    expect(one("aws_vpc")["cidr_block"]).toBe("10.87.0.0/24");
    expect(one("aws_subnet")).toMatchObject({
      cidr_block: "10.87.0.0/24",
      map_public_ip_on_launch: false,
      availability_zone: "eu-central-1b",
    });
  });

  test("existing: nothing of it is made or changed", () => {
    const { json, one } = build({
      network: {
        type: "existing",
        vpcId: "vpc-0123456789abcdef0",
        subnetId: "subnet-0123456789abcdef0",
        cidr: "10.0.0.0/16",
      },
    });
    expect(one("aws_security_group")["vpc_id"]).toBe("vpc-0123456789abcdef0");
    expect(one("aws_network_interface")["subnet_id"]).toBe("subnet-0123456789abcdef0");
    expect(one("aws_ebs_volume")["availability_zone"]).toMatch(
      /data\.aws_subnet\.host_network_subnet/,
    );
    expect(Object.keys(json.resource)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/vpc$|subnet|route|gateway|default/)]),
    );
  });

  test("flow logs: refused packets, for a stated time", () => {
    const { one, all } = build({ network: { type: "own", flowLogs: { retentionDays: 30 } } });
    expect(one("aws_flow_log")["traffic_type"]).toBe("REJECT");
    expect(one("aws_cloudwatch_log_group")["retention_in_days"]).toBe(30);
    expect(all("aws_iam_role")).toHaveLength(3);
    expect(build().all("aws_flow_log")).toEqual([]);
  });
});

describe("first boot", () => {
  test("user data is compressed by Terraform and names the data volume", () => {
    const { json, one } = build();
    const [name, text] = Object.entries(json.locals)[0] ?? [];
    expect(one("aws_instance")["user_data_base64"]).toBe(`\${base64gzip(local.${String(name)})}`);
    expect(text).toMatch(
      /^ *DATA_DEVICE=\/dev\/disk\/by-id\/nvme-Amazon_Elastic_Block_Store_\$\{replace\(aws_ebs_volume\.host_data_volume_[0-9A-F]{8}\.id, "-", ""\)\}$/m,
    );
  });

  test("every other template sequence is escaped", () => {
    const [text = ""] = Object.values(build().json.locals);
    expect(text.match(/(?<!\$)\$\{|(?<!%)%\{/g)).toHaveLength(1);
    expect(text).toContain("$${");
  });
});

describe("stack", () => {
  test("has a provider of the host's region", () => {
    expect(build().json.provider.aws).toEqual([{ region: "eu-central-1" }]);
  });

  test("says what to do next", () => {
    const { output } = build({ tunnel: { port: 51821 } }).json;
    expect(Object.keys(output).sort()).toEqual([
      "instance-id",
      "next-step",
      "peers-parameters",
      "public-address",
      "public-key-parameter",
      "wireguard-endpoint",
    ]);
    expect(output["wireguard-endpoint"]?.value).toMatch(/public_ip\}:51821$/);
    expect(output["next-step"]?.value).toContain("/l2-observatory/test/host/wireguard-public-key");
  });

  test("keeps its state where the environment says", () => {
    const stack = new HostStack(Testing.app(), "test-host", {
      environment: "test",
      host: hostWith(),
      backend: { type: "s3", bucket: "example-state", region: "eu-central-1" },
    });
    const { terraform } = JSON.parse(Testing.synth(stack, true)) as Synthesised;
    expect(terraform.backend).toMatchObject({
      s3: { bucket: "example-state", encrypt: true, use_lockfile: true },
    });
  });

  test("fails when it costs more than its limit", () => {
    expect(() => build({ monthlyCostLimitUsd: 20 })).toThrow(CostError);
  });

  test("fails when anything else in it has an inbound rule, whatever it is for", () => {
    const stack = new HostStack(Testing.app(), "test-host", {
      environment: "test",
      host: hostWith(),
      backend: { type: "local" },
    });
    new VpcSecurityGroupIngressRule(stack, "extra", {
      securityGroupId: "sg-0123456789abcdef0",
      ipProtocol: "tcp",
      fromPort: 22,
      toPort: 22,
      cidrIpv4: "0.0.0.0/0",
    });
    expect(() => Testing.synth(stack, true)).toThrow(
      "'test-host/extra' must be left out: the stack has one inbound rule, UDP 51820, got tcp 22",
    );
  });

  test("fails when the host's fields contradict one another", () => {
    expect(() => build({ tunnel: { address: "10.89.0.1" } })).toThrow(ConfigurationError);
    expect(() => build({ tunnel: { address: "10.89.0.1" } })).toThrow(
      "'host.tunnel.address' must be an address inside 10.88.0.0/24",
    );
  });
});
