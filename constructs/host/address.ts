import { Construct } from "constructs";
import type { ITerraformDependable } from "cdktf";
import { Eip } from "@cdktf/provider-aws/lib/eip";
import { EipAssociation } from "@cdktf/provider-aws/lib/eip-association";
import { NetworkInterface } from "@cdktf/provider-aws/lib/network-interface";

/** Props of {@link Address}. */
export interface AddressProps {
  /** Value of the `Name` tags. */
  readonly name: string;
  readonly subnetId: string;
  readonly securityGroupId: string;
  /** What the address needs, e.g. the route of its subnet. */
  readonly dependsOn: readonly ITerraformDependable[];
}

/** An Elastic IP on a network interface that exists before the instance: first boot is online, and a new instance has the old address. */
export class Address extends Construct {
  readonly networkInterface: NetworkInterface;
  /** The public IPv4 address. */
  readonly publicIp: string;
  /** What must be there before an instance on the interface is online. */
  readonly online: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, props: AddressProps) {
    super(scope, id);
    const tags = { Name: props.name };
    this.networkInterface = new NetworkInterface(this, "interface", {
      description: `${props.name}: kept when the instance is replaced`,
      subnetId: props.subnetId,
      securityGroups: [props.securityGroupId],
      tags,
    });
    const address = new Eip(this, "elastic-ip", {
      domain: "vpc",
      tags,
      dependsOn: [...props.dependsOn],
    });
    const association = new EipAssociation(this, "association", {
      allocationId: address.allocationId,
      networkInterfaceId: this.networkInterface.id,
    });
    this.publicIp = address.publicIp;
    this.online = [...props.dependsOn, association];
  }
}
