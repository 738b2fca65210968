import { Construct } from "constructs";
import type { ITerraformDependable } from "cdktf";
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group";
import { VpcSecurityGroupEgressRule } from "@cdktf/provider-aws/lib/vpc-security-group-egress-rule";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule";

/** A TCP port to which the host may connect. */
export interface Outbound {
  /** What it is for; part of the rule's id. */
  readonly name: string;
  /** From 1 to 65535. */
  readonly port: number;
}

/** Props of {@link WireGuardAccess}. */
export interface WireGuardAccessProps {
  /** Name of the security group, unique in its VPC. */
  readonly name: string;
  readonly vpcId: string;
  /** UDP port of WireGuard. */
  readonly port: number;
  /**
   * TCP ports beside 443 and 80.
   * @default - none
   */
  readonly outbound?: readonly Outbound[];
}

/**
 * A security group with one inbound rule: WireGuard, which answers nobody without a key. Outbound it allows HTTPS and
 * HTTP (packages, Systems Manager, images, receivers) and what is named. The resolver and the clock of AWS are beyond
 * security groups and need no rule; answers to peers need none either.
 */
export class WireGuardAccess extends Construct {
  readonly securityGroup: SecurityGroup;
  /** The only inbound rule. */
  readonly inbound: VpcSecurityGroupIngressRule;
  /** What must be there before traffic passes. */
  readonly rules: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, props: WireGuardAccessProps) {
    super(scope, id);
    this.securityGroup = new SecurityGroup(this, "security-group", {
      name: props.name,
      description: "l2-observatory: WireGuard only",
      vpcId: props.vpcId,
      tags: { Name: props.name },
    });
    const securityGroupId = this.securityGroup.id;
    this.inbound = new VpcSecurityGroupIngressRule(this, "inbound-wireguard", {
      securityGroupId,
      description: "WireGuard",
      ipProtocol: "udp",
      fromPort: props.port,
      toPort: props.port,
      cidrIpv4: "0.0.0.0/0",
    });
    const outbound = [
      { name: "https", port: 443 },
      { name: "http", port: 80 },
      ...(props.outbound ?? []),
    ].map(
      ({ name, port }) =>
        new VpcSecurityGroupEgressRule(this, `outbound-${name}`, {
          securityGroupId,
          description: name,
          ipProtocol: "tcp",
          fromPort: port,
          toPort: port,
          cidrIpv4: "0.0.0.0/0",
        }),
    );
    this.rules = [this.inbound, ...outbound];
  }
}
