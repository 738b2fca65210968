import type { Construct } from "constructs";
import { TerraformOutput, TerraformStack } from "cdktf";
import { DataAwsCallerIdentity } from "@cdktf/provider-aws/lib/data-aws-caller-identity";
import { DataAwsPartition } from "@cdktf/provider-aws/lib/data-aws-partition";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { refuse } from "../constructs/core/errors";
import {
  Address,
  DataVolume,
  FirstBoot,
  HostParameters,
  Identity,
  Instance,
  Network,
  Peers,
  WireGuardAccess,
  hostFaults,
  machineTypeOf,
  type Host,
} from "../constructs/host";
import { applyBackend, type Backend } from "./backend";

/** Props of {@link HostStack}. */
export interface HostStackProps {
  /** Name of the environment: part of names and of the parameters' path. */
  readonly environment: string;
  /** What `hostSchema` made of the environment's `host`. */
  readonly host: Host;
  readonly backend: Backend;
  /**
   * Folder of a local state.
   * @default - as `applyBackend` has it
   */
  readonly stateDirectory?: string;
}

/** The AWS side of an environment: one instance that the internet reaches through WireGuard only. */
export class HostStack extends TerraformStack {
  readonly provider: AwsProvider;

  /** @throws ConfigurationError when the host's fields contradict one another */
  constructor(scope: Construct, id: string, props: HostStackProps) {
    super(scope, id);
    const { environment, host } = props;
    refuse(`host of environment '${environment}'`, hostFaults(host));
    applyBackend(this, props.backend, props.stateDirectory);

    const name = `l2-observatory-${environment}`;
    this.provider = new AwsProvider(this, "aws", {
      region: host.region,
      defaultTags: [
        {
          tags: { ...host.tags, Project: "l2-observatory", Environment: environment },
        },
      ],
    });
    const { partition } = new DataAwsPartition(this, "partition");
    const { accountId } = new DataAwsCallerIdentity(this, "account");
    const parameters = new HostParameters(environment);

    const network = new Network(this, "network", { name, settings: host.network });
    const access = new WireGuardAccess(this, "access", {
      name,
      vpcId: network.vpcId,
      port: host.tunnel.port,
      outbound: host.outbound,
    });
    const address = new Address(this, "address", {
      name,
      subnetId: network.subnetId,
      securityGroupId: access.securityGroupId,
      dependsOn: network.online,
    });
    const data = new DataVolume(this, "data", {
      name,
      availabilityZone: network.availabilityZone,
      sizeGiB: host.dataVolumeGiB,
      protect: host.terminationProtection,
      snapshots: host.snapshots,
      ec2Arn: `arn:${partition}:ec2:${host.region}`,
    });
    const identity = new Identity(this, "identity", {
      name,
      parameters,
      ssmArn: `arn:${partition}:ssm:${host.region}:${accountId}`,
    });
    new Peers(this, "peers", { parameters, peers: host.tunnel.peers });
    const boot = new FirstBoot(this, "first-boot", {
      host,
      parameters,
      dataVolumeId: data.volumeId,
    });
    new Instance(this, "instance", {
      name,
      instanceType: host.instanceType,
      architecture: machineTypeOf(host).architecture,
      operatingSystem: host.operatingSystem,
      imageId: host.imageId,
      networkInterfaceId: address.networkInterfaceId,
      profileName: identity.profileName,
      rootVolumeGiB: host.rootVolumeGiB,
      dataVolumeId: data.volumeId,
      userDataBase64: boot.userDataBase64,
      terminationProtection: host.terminationProtection,
      cpuCredits: host.cpuCredits,
      dependsOn: [...address.online, ...access.rules, ...identity.ready],
    });

    const output = (key: string, value: string, description: string) =>
      new TerraformOutput(this, key, { value, description });
    output("public-address", address.publicIp, "Public address of the host");
    output(
      "wireguard-endpoint",
      `${address.publicIp}:${String(host.tunnel.port)}`,
      "Endpoint of the peers' configuration",
    );
    output("public-key-parameter", parameters.publicKey, "Where the host publishes its key");
    output("peers-parameters", parameters.peers, "Where the host finds its peers");
    output(
      "next-step",
      `aws ssm get-parameter --region ${host.region} --name ${parameters.publicKey} --query Parameter.Value --output text`,
      "Prints the host's public key once first boot is over (a few minutes): bring the tunnel up with it",
    );
  }
}
