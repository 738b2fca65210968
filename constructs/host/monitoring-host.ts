import { Construct } from "constructs";
import { Annotations, Aspects } from "cdktf";
import { DataAwsCallerIdentity } from "@cdktf/provider-aws/lib/data-aws-caller-identity";
import { DataAwsPartition } from "@cdktf/provider-aws/lib/data-aws-partition";
import { DataAwsRegion } from "@cdktf/provider-aws/lib/data-aws-region";
import { refuse, show } from "../core/errors";
import { faultsOf, kebabName } from "../core/schema";
import { WireGuardAccess } from "./access";
import { Address } from "./address";
import { assertCost, estimateMonthlyCost, formatCost } from "./cost";
import { DataVolume } from "./data-volume";
import { FirstBoot } from "./first-boot";
import { HostGuard } from "./guard";
import { Identity } from "./identity";
import { Instance } from "./instance";
import { Network } from "./network";
import { HostParameters, LiveSettings } from "./parameters";
import {
  defaultSecretsDirectory,
  hostFaults,
  hostSchema,
  machineTypeOf,
  secretsDirectoryFaults,
  type Host,
  type HostInput,
} from "./schema";
import { Tagged } from "./tags";

/** Props of {@link MonitoringHost}. */
export interface MonitoringHostProps {
  /**
   * Part of the resources' names and of the parameters' path `/l2-observatory/<environment>`: another one for each host
   * of an account and region. Lower-case words joined by hyphens.
   */
  readonly environment: string;
  /** What an environment writes under `host`; its region must be that of the stack's AWS provider. */
  readonly host: HostInput;
  /**
   * Tags beside `host.tags`, which win, and `Project` and `Environment`, which nothing replaces.
   * @default - none
   */
  readonly tags?: Readonly<Record<string, string>>;
  /**
   * Absolute folder on the host for the files of secrets.
   * @default "/etc/l2-observatory/secrets"
   */
  readonly secretsDirectory?: string;
  /**
   * Names of S3 buckets whose objects the host reads, writes and deletes, logs say. Containers do so only with
   * `host.containersReachMetadata`.
   * @default - none
   */
  readonly buckets?: readonly string[];
  /**
   * Refuse every inbound rule in the stack beside the host's own, not only those of its security group.
   * @default false
   */
  readonly strict?: boolean;
}

function checked(props: MonitoringHostProps): Host {
  const { environment, secretsDirectory = defaultSecretsDirectory } = props;
  const input = { ...props.host, tags: { ...props.tags, ...props.host.tags } };
  const name = kebabName.safeParse(environment);
  const parsed = hostSchema.safeParse(input);
  refuse(`host of environment '${environment}'`, [
    ...(name.success ? [] : faultsOf(name.error, environment, "environment")),
    ...secretsDirectoryFaults(secretsDirectory),
    ...(parsed.success ? hostFaults(parsed.data) : faultsOf(parsed.error, input, "host")),
  ]);
  const host = hostSchema.parse(input);
  assertCost(host);
  return host;
}

/**
 * One AWS instance that the internet reaches through WireGuard only, with all it needs: network, address, disks, rights,
 * settings, first boot. For any stack with an AWS provider; a VPC, an image and tags that exist already are used.
 */
export class MonitoringHost extends Construct {
  /** The public IPv4 address; it outlives the instance. */
  readonly publicAddress: string;
  /** Where peers reach the tunnel: `<public address>:<port>`. */
  readonly endpoint: string;
  /** The host's address in the tunnel, a literal. */
  readonly tunnelAddress: string;
  readonly instanceId: string;
  readonly securityGroupId: string;
  readonly networkInterfaceId: string;
  readonly dataVolumeId: string;
  /** The instance's role, for rights beside its own: an account that encrypts its sessions needs some. */
  readonly roleName: string;
  /** Names of its parameters in Systems Manager. */
  readonly parameters: HostParameters;

  /**
   * Synth fails when anything in the stack opens the host or leaves a disk unencrypted; plan fails when the provider's
   * region is another one.
   * @throws ConfigurationError with every fault at once
   * @throws CostError when the host costs more than its own limit
   */
  constructor(scope: Construct, id: string, props: MonitoringHostProps) {
    super(scope, id);
    const host = checked(props);
    const { environment, secretsDirectory = defaultSecretsDirectory } = props;
    const { tunnel } = host;
    const name = `l2-observatory-${environment}`;
    const tags = { ...host.tags, Project: "l2-observatory", Environment: environment };
    Aspects.of(this).add(new Tagged(tags));

    this.#checkRegion(host.region);
    const { partition } = new DataAwsPartition(this, "partition");
    const { accountId } = new DataAwsCallerIdentity(this, "account");
    this.parameters = new HostParameters(environment);
    const { parameters } = this;

    const network = new Network(this, "network", { name, settings: host.network });
    const access = new WireGuardAccess(this, "access", {
      name,
      vpcId: network.vpcId,
      port: tunnel.port,
      outbound: host.outbound,
    });
    const address = new Address(this, "address", {
      name,
      subnetId: network.subnetId,
      securityGroupId: access.securityGroup.id,
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
      bucketArns: (props.buckets ?? []).map((bucket) => `arn:${partition}:s3:::${bucket}`),
    });
    this.endpoint = `${address.publicIp}:${String(tunnel.port)}`;
    const settings = new LiveSettings(this, "settings", {
      parameters,
      tunnel,
      deployKeys: host.deployKeys,
      endpoint: this.endpoint,
    });
    const boot = new FirstBoot(this, "first-boot", {
      host,
      parameters,
      secretsDirectory,
      dataVolumeId: data.volumeId,
    });
    const { machine } = new Instance(this, "instance", {
      name,
      instanceType: host.instanceType,
      architecture: machineTypeOf(host).architecture,
      operatingSystem: host.operatingSystem,
      imageId: host.imageId,
      networkInterfaceId: address.networkInterface.id,
      profileName: identity.profileName,
      rootVolumeGiB: host.rootVolumeGiB,
      rootVolumeTags: { ...tags, Name: name },
      dataVolumeId: data.volumeId,
      userDataBase64: boot.userDataBase64,
      terminationProtection: host.terminationProtection,
      cpuCredits: host.cpuCredits,
      containersReachMetadata: host.containersReachMetadata,
      dependsOn: [...address.online, ...access.rules, ...identity.ready, ...settings.ready],
    });

    this.publicAddress = address.publicIp;
    this.tunnelAddress = tunnel.address;
    this.instanceId = machine.id;
    this.securityGroupId = access.securityGroup.id;
    this.networkInterfaceId = address.networkInterface.id;
    this.dataVolumeId = data.volumeId;
    this.roleName = identity.roleName;

    this.node.addValidation(
      new HostGuard({
        securityGroup: access.securityGroup,
        inbound: access.inbound,
        port: tunnel.port,
        networkInterface: address.networkInterface,
        instance: machine,
        strict: props.strict ?? false,
      }),
    );
    Annotations.of(this).addInfo(formatCost(estimateMonthlyCost(host)));
    if (tunnel.peers.length === 0) {
      Annotations.of(this).addWarning(
        "'host.tunnel.peers' is empty: nobody can reach the services until a peer is added",
      );
    }
  }

  /** The provider is not ours: what it is configured with is known to Terraform only. */
  #checkRegion(region: string): void {
    new DataAwsRegion(this, "region", {
      lifecycle: {
        postcondition: [
          {
            condition: `\${self.id == "${region}"}`,
            errorMessage: `The region of the AWS provider must be ${show(region)}, as 'host.region' says.`,
          },
        ],
      },
    });
  }
}
