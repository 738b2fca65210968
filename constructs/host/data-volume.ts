import { Construct } from "constructs";
import { DlmLifecyclePolicy } from "@cdktf/provider-aws/lib/dlm-lifecycle-policy";
import { EbsVolume } from "@cdktf/provider-aws/lib/ebs-volume";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import { assumedBy, policy } from "./policy";

/** When snapshots are taken and how long they stay. */
export interface Snapshots {
  /** From 1 to 365. */
  readonly keepDays: number;
  /** `HH:MM`. */
  readonly timeUtc: string;
}

/** Props of {@link DataVolume}. */
export interface DataVolumeProps {
  /** Value of the `Name` tag, and of the tag by which its snapshot policy finds it. */
  readonly name: string;
  readonly availabilityZone: string;
  readonly sizeGiB: number;
  /** Refuse every plan that would destroy it. */
  readonly protect: boolean;
  /** `false`: none. */
  readonly snapshots: Snapshots | false;
  /** ARN prefix of the region's snapshots: `arn:<partition>:ec2:<region>`. */
  readonly ec2Arn: string;
}

const snapshotTag = "l2-observatory-data";

/** An encrypted disk that outlives the instance, with daily snapshots. */
export class DataVolume extends Construct {
  readonly volumeId: string;

  constructor(scope: Construct, id: string, props: DataVolumeProps) {
    super(scope, id);
    this.volumeId = new EbsVolume(this, "volume", {
      availabilityZone: props.availabilityZone,
      size: props.sizeGiB,
      type: "gp3",
      encrypted: true,
      tags: { Name: props.name, [snapshotTag]: props.name },
      lifecycle: { preventDestroy: props.protect },
    }).id;
    if (props.snapshots !== false) this.#snapshots(props, props.snapshots);
  }

  #snapshots({ name, ec2Arn }: DataVolumeProps, { keepDays, timeUtc }: Snapshots): void {
    const role = new IamRole(this, "snapshot-role", {
      description: `Takes and ends the snapshots of ${name}`,
      assumeRolePolicy: assumedBy("dlm.amazonaws.com"),
    });
    new IamRolePolicy(this, "snapshot-policy", {
      role: role.id,
      policy: policy(
        {
          sid: "FindVolumes",
          actions: ["ec2:DescribeInstances", "ec2:DescribeSnapshots", "ec2:DescribeVolumes"],
          resources: ["*"],
        },
        {
          sid: "TakeAndEndSnapshots",
          actions: ["ec2:CreateSnapshot", "ec2:DeleteSnapshot"],
          resources: [`${ec2Arn}:*:volume/*`, `${ec2Arn}::snapshot/*`],
        },
        {
          sid: "TagSnapshots",
          actions: ["ec2:CreateTags"],
          resources: [`${ec2Arn}::snapshot/*`],
        },
      ),
    });
    new DlmLifecyclePolicy(this, "snapshots", {
      description: `Daily snapshots of ${name}`,
      executionRoleArn: role.arn,
      state: "ENABLED",
      policyDetails: {
        resourceTypes: ["VOLUME"],
        targetTags: { [snapshotTag]: name },
        schedule: [
          {
            name: "daily",
            createRule: { interval: 24, intervalUnit: "HOURS", times: [timeUtc] },
            retainRule: { interval: keepDays, intervalUnit: "DAYS" },
            copyTags: true,
          },
        ],
      },
    });
  }
}
