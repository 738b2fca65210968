import { TerraformElement, TerraformStack, Testing } from "cdktf";
import type { IConstruct } from "constructs";
import { EbsVolume } from "@cdktf/provider-aws/lib/ebs-volume";
import { NetworkInterfaceAttachmentA } from "@cdktf/provider-aws/lib/network-interface-attachment";
import { NetworkInterfaceSgAttachment } from "@cdktf/provider-aws/lib/network-interface-sg-attachment";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group";
import { SecurityGroupRule } from "@cdktf/provider-aws/lib/security-group-rule";
import { VolumeAttachment } from "@cdktf/provider-aws/lib/volume-attachment";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule";
import { MonitoringHost } from "../../../constructs/host";
import { input } from "./fixtures";

type Change = (stack: TerraformStack, host: MonitoringHost) => void;

/** What synth says of a stranger's stack with a host and something more. */
function refusals(change: Change, strict = false): string[] {
  const stack = new TerraformStack(Testing.app(), "team");
  new AwsProvider(stack, "aws", { region: "eu-central-1" });
  const host = new MonitoringHost(stack, "host", { environment: "team", host: input, strict });
  change(stack, host);
  try {
    Testing.synth(stack, true);
    return [];
  } catch (error) {
    return String(error)
      .split("\n")
      .filter((line) => line.includes(" must be "))
      .map((line) => line.trim().replace("[team/host] ", ""));
  }
}

const ssh = { fromPort: 22, toPort: 22, cidrIpv4: "0.0.0.0/0", ipProtocol: "tcp" };
const others = "sg-0123456789abcdef0";
const disk = { availabilityZone: "eu-central-1a", size: 8 };

/** The construct at a path below the host, whose output is overridden as a consumer can. */
function override(host: MonitoringHost, path: string, property: string, value: unknown): void {
  const start: IConstruct = host;
  const at = path.split("/").reduce((node, id) => node.node.findChild(id), start);
  if (!TerraformElement.isTerraformElement(at)) throw new Error(`no element at ${path}`);
  at.addOverride(property, value);
}

function attach(stack: TerraformStack, host: MonitoringHost, volumeId: string): void {
  new VolumeAttachment(stack, "attachment", {
    deviceName: "/dev/sdg",
    instanceId: host.instanceId,
    volumeId,
  });
}

describe("accepts", () => {
  test.each<[string, Change]>([
    ["a host as it is", () => undefined],
    [
      "rules of other groups",
      (stack) => {
        new VpcSecurityGroupIngressRule(stack, "web", { securityGroupId: others, ...ssh });
        new SecurityGroup(stack, "group", {
          ingress: [{ fromPort: 80, toPort: 80, protocol: "tcp" }],
        });
      },
    ],
    [
      "outbound rules of the host's group",
      (stack, host) => {
        new SecurityGroupRule(stack, "mail", {
          type: "egress",
          securityGroupId: host.securityGroupId,
          protocol: "tcp",
          fromPort: 587,
          toPort: 587,
        });
      },
    ],
    [
      "a further encrypted disk",
      (stack, host) => {
        attach(stack, host, new EbsVolume(stack, "more", { ...disk, encrypted: true }).id);
      },
    ],
    [
      "a second host",
      (stack) => {
        new MonitoringHost(stack, "other", { environment: "other", host: input });
      },
    ],
  ])("%s", (_, change) => {
    expect(refusals(change)).toEqual([]);
  });
});

describe("fails when", () => {
  const oneRule =
    "must be about another security group: the host's has one inbound rule, UDP 51820";
  const repair = "let WireGuard peers reach what listens on the host's address in the tunnel";
  test.each<[string, Change, string]>([
    [
      "the host's group gets a second rule",
      (stack, host) => {
        new VpcSecurityGroupIngressRule(stack, "extra", {
          securityGroupId: host.securityGroupId,
          ...ssh,
        });
      },
      `'team/extra' ${oneRule}, got tcp 22; ${repair}`,
    ],
    [
      "it gets a rule of the older kind",
      (stack, host) => {
        new SecurityGroupRule(stack, "extra", {
          type: "ingress",
          securityGroupId: host.securityGroupId,
          protocol: "tcp",
          fromPort: 9000,
          toPort: 9100,
        });
      },
      `'team/extra' ${oneRule}, got tcp 9000 to 9100; ${repair}`,
    ],
    [
      "it gets a rule inside",
      (_, host) => {
        override(host, "access/security-group", "ingress", [
          { protocol: "-1", from_port: 0, to_port: 0 },
        ]);
      },
      `'team/host/access/security-group.ingress' must be left out, got -1 0; ${repair}`,
    ],
    [
      "its only rule is another one",
      (_, host) => {
        override(host, "access/inbound-wireguard", "ip_protocol", "tcp");
      },
      "'team/host/access/inbound-wireguard' must be udp 51820, got tcp 51820",
    ],
    [
      "the host's interface gets a further group",
      (stack, host) => {
        new NetworkInterfaceSgAttachment(stack, "extra", {
          networkInterfaceId: host.networkInterfaceId,
          securityGroupId: others,
        });
      },
      "'team/extra' must be about another network interface: the host's has one security group, got a further group for it",
    ],
    [
      "the interface is given a further group in place",
      (_, host) => {
        override(host, "address/interface", "security_groups", [others]);
      },
      "'team/host/address/interface.security_groups' must be the host's own group and no other, got a further group",
    ],
    [
      "the instance gets a further interface",
      (stack, host) => {
        new NetworkInterfaceAttachmentA(stack, "extra", {
          deviceIndex: 1,
          instanceId: host.instanceId,
          networkInterfaceId: "eni-0123456789abcdef0",
        });
      },
      "'team/extra' must be about another instance: the host has one network interface, got a further interface for it",
    ],
    [
      "a disk of the stack is not encrypted",
      (stack) => {
        new EbsVolume(stack, "scratch", disk);
      },
      "'team/scratch.encrypted' must be true, got nothing",
    ],
    [
      "the data volume is made unencrypted",
      (_, host) => {
        override(host, "data/volume", "encrypted", false);
      },
      "'team/host/data/volume.encrypted' must be true, got false",
    ],
    [
      "the root disk is made unencrypted",
      (_, host) => {
        override(host, "instance/machine", "root_block_device.encrypted", false);
      },
      "'team/host/instance/machine.root_block_device.encrypted' must be true, got false",
    ],
    [
      "the instance has a further disk that is not encrypted",
      (_, host) => {
        override(host, "instance/machine", "ebs_block_device", [{ device_name: "/dev/sdh" }]);
      },
      "'team/host/instance/machine.ebs_block_device[0].encrypted' must be true, got nothing",
    ],
    [
      "a disk from elsewhere is attached",
      (stack, host) => {
        attach(stack, host, "vol-0123456789abcdef0");
      },
      "'team/attachment.volume_id' must be an encrypted 'aws_ebs_volume' of this stack, got 'vol-0123456789abcdef0'",
    ],
  ])("%s", (_, change, says) => {
    expect(refusals(change)).toEqual([says]);
  });

  test("it is strict and another group has a rule, in whatever form", () => {
    const found = refusals((stack) => {
      new VpcSecurityGroupIngressRule(stack, "web", { securityGroupId: others, ...ssh });
      new SecurityGroup(stack, "group", {
        ingress: [{ fromPort: 80, toPort: 80, protocol: "tcp" }],
      });
    }, true);
    expect(found).toEqual([
      `'team/web' must be left out: the stack has one inbound rule, UDP 51820, got tcp 22; ${repair}`,
      `'team/group.ingress' must be left out, got tcp 80; ${repair}`,
    ]);
  });
});
