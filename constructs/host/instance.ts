import { Construct } from "constructs";
import type { ITerraformDependable } from "cdktf";
import { DataAwsSsmParameter } from "@cdktf/provider-aws/lib/data-aws-ssm-parameter";
import { Instance as AwsInstance } from "@cdktf/provider-aws/lib/instance";
import { VolumeAttachment } from "@cdktf/provider-aws/lib/volume-attachment";
import type { Architecture, Host } from "./schema";

/** Props of {@link Instance}. */
export interface InstanceProps {
  /** Value of the `Name` tag. */
  readonly name: string;
  /** For example `t4g.small`. */
  readonly instanceType: string;
  readonly architecture: Architecture;
  readonly operatingSystem: Host["operatingSystem"];
  /** @default - the publisher's newest image at creation */
  readonly imageId?: string;
  readonly networkInterfaceId: string;
  /** Name of the instance profile. */
  readonly profileName: string;
  readonly rootVolumeGiB: number;
  /** The data volume's id. */
  readonly dataVolumeId: string;
  /** What cloud-init runs, gzip-compressed and in base64. */
  readonly userDataBase64: string;
  readonly terminationProtection: boolean;
  readonly cpuCredits: Host["cpuCredits"];
  /** Whether containers reach the metadata service: one hop more. */
  readonly containersReachMetadata: boolean;
  /** Tags of the root disk, which is no resource of its own. */
  readonly rootVolumeTags: Readonly<Record<string, string>>;
  /** What must be there before first boot. */
  readonly dependsOn: readonly ITerraformDependable[];
}

/** Public parameter with the publisher's newest image. */
function imageParameter(system: Host["operatingSystem"], architecture: Architecture): string {
  switch (system) {
    case "debian-12":
      return `/aws/service/debian/release/12/latest/${architecture}`;
    case "amazon-linux-2023": {
      const word = architecture === "amd64" ? "x86_64" : architecture;
      return `/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-${word}`;
    }
  }
}

/** The machine, with the data volume attached. Replaceable: what must outlive it is on its interface and its data volume. */
export class Instance extends Construct {
  readonly machine: AwsInstance;

  constructor(scope: Construct, id: string, props: InstanceProps) {
    super(scope, id);
    const burstable = /^t\d/.test(props.instanceType);
    const imageId =
      props.imageId ??
      // The value proper is marked as sensitive, which would hide the image in every plan.
      new DataAwsSsmParameter(this, "image", {
        name: imageParameter(props.operatingSystem, props.architecture),
      }).insecureValue;
    this.machine = new AwsInstance(this, "machine", {
      ami: imageId,
      instanceType: props.instanceType,
      iamInstanceProfile: props.profileName,
      networkInterface: [{ deviceIndex: 0, networkInterfaceId: props.networkInterfaceId }],
      // With one hop, containers behind the bridge cannot reach the role's credentials.
      metadataOptions: {
        httpEndpoint: "enabled",
        httpTokens: "required",
        httpPutResponseHopLimit: props.containersReachMetadata ? 2 : 1,
        instanceMetadataTags: "disabled",
      },
      rootBlockDevice: {
        volumeType: "gp3",
        volumeSize: props.rootVolumeGiB,
        encrypted: true,
        deleteOnTermination: true,
        tags: { ...props.rootVolumeTags },
      },
      ebsOptimized: true,
      ...(burstable ? { creditSpecification: { cpuCredits: props.cpuCredits } } : {}),
      maintenanceOptions: { autoRecovery: "default" },
      disableApiTermination: props.terminationProtection,
      userDataBase64: props.userDataBase64,
      userDataReplaceOnChange: false,
      tags: { Name: props.name },
      // A newer image must not replace the host. First boot is over: changed user data would stop the host and run nothing.
      lifecycle: { ignoreChanges: ["ami", "user_data_base64"] },
      dependsOn: [...props.dependsOn],
    });
    new VolumeAttachment(this, "data-attachment", {
      deviceName: "/dev/sdf",
      volumeId: props.dataVolumeId,
      instanceId: this.machine.id,
      stopInstanceBeforeDetaching: true,
    });
  }
}
