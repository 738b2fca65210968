import { Construct } from "constructs";
import type { ITerraformDependable } from "cdktf";
import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group";
import { DataAwsSubnet } from "@cdktf/provider-aws/lib/data-aws-subnet";
import { DefaultSecurityGroup } from "@cdktf/provider-aws/lib/default-security-group";
import { FlowLog } from "@cdktf/provider-aws/lib/flow-log";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import { InternetGateway } from "@cdktf/provider-aws/lib/internet-gateway";
import { Route } from "@cdktf/provider-aws/lib/route";
import { RouteTable } from "@cdktf/provider-aws/lib/route-table";
import { RouteTableAssociation } from "@cdktf/provider-aws/lib/route-table-association";
import { Subnet } from "@cdktf/provider-aws/lib/subnet";
import { Vpc } from "@cdktf/provider-aws/lib/vpc";
import { assumedBy, policy } from "./policy";
import type { NetworkSettings } from "./schema";

/** Props of {@link Network}. */
export interface NetworkProps {
  /** Value of the `Name` tags. */
  readonly name: string;
  readonly settings: NetworkSettings;
}

/** Where the host stands: a VPC of its own with one public subnet and an empty default security group, or an existing one. */
export class Network extends Construct {
  readonly vpcId: string;
  readonly subnetId: string;
  readonly availabilityZone: string;
  /** What must be there before the host can reach the internet. */
  readonly online: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, props: NetworkProps) {
    super(scope, id);
    const { name, settings } = props;
    const tags = { Name: name };

    if (settings.type === "existing") {
      const subnet = new DataAwsSubnet(this, "subnet", {
        id: settings.subnetId,
        vpcId: settings.vpcId,
      });
      this.vpcId = settings.vpcId;
      this.subnetId = settings.subnetId;
      this.availabilityZone = subnet.availabilityZone;
      this.online = [];
      return;
    }

    const vpc = new Vpc(this, "vpc", {
      cidrBlock: settings.cidr,
      enableDnsSupport: true,
      enableDnsHostnames: true,
      tags,
    });
    // Without rules: nothing that is started here by mistake is reachable.
    new DefaultSecurityGroup(this, "default-security-group", {
      vpcId: vpc.id,
      ingress: [],
      egress: [],
      tags: { Name: `${name}-unused` },
    });
    const subnet = new Subnet(this, "subnet", {
      vpcId: vpc.id,
      cidrBlock: settings.cidr,
      availabilityZone: settings.availabilityZone,
      mapPublicIpOnLaunch: false,
      tags,
    });
    const gateway = new InternetGateway(this, "internet-gateway", { vpcId: vpc.id, tags });
    const routes = new RouteTable(this, "route-table", { vpcId: vpc.id, tags });
    const route = new Route(this, "route", {
      routeTableId: routes.id,
      destinationCidrBlock: "0.0.0.0/0",
      gatewayId: gateway.id,
    });
    const association = new RouteTableAssociation(this, "route-table-association", {
      routeTableId: routes.id,
      subnetId: subnet.id,
    });
    if (settings.flowLogs !== undefined) {
      this.#logRefused(vpc.id, name, settings.flowLogs.retentionDays);
    }
    this.vpcId = vpc.id;
    this.subnetId = subnet.id;
    this.availabilityZone = subnet.availabilityZone;
    this.online = [route, association];
  }

  #logRefused(vpcId: string, name: string, retentionInDays: number): void {
    const group = new CloudwatchLogGroup(this, "flow-log-group", {
      name: `/l2-observatory/${name}/flow-logs`,
      retentionInDays,
    });
    const role = new IamRole(this, "flow-log-role", {
      description: `Writes the flow logs of ${name}`,
      assumeRolePolicy: assumedBy("vpc-flow-logs.amazonaws.com"),
    });
    new IamRolePolicy(this, "flow-log-policy", {
      role: role.id,
      policy: policy(
        {
          sid: "WriteOwnLogGroup",
          actions: ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
          resources: [`${group.arn}:*`],
        },
        { sid: "FindLogGroups", actions: ["logs:DescribeLogGroups"], resources: ["*"] },
      ),
    });
    new FlowLog(this, "flow-log", {
      vpcId,
      trafficType: "REJECT",
      logDestinationType: "cloud-watch-logs",
      logDestination: group.arn,
      iamRoleArn: role.arn,
      tags: { Name: name },
    });
  }
}
