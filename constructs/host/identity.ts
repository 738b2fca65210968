import { Construct } from "constructs";
import type { ITerraformDependable } from "cdktf";
import { IamInstanceProfile } from "@cdktf/provider-aws/lib/iam-instance-profile";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import type { HostParameters } from "./parameters";
import { assumedBy, policy } from "./policy";

/** Props of {@link Identity}. */
export interface IdentityProps {
  /** Shown in the role's description. */
  readonly name: string;
  readonly parameters: HostParameters;
  /** ARN prefix of the region's parameters: `arn:<partition>:ssm:<region>:<account>`. */
  readonly ssmArn: string;
  /** ARNs of S3 buckets whose objects it reads, writes and deletes. */
  readonly bucketArns: readonly string[];
}

/**
 * What the instance may do at AWS: hold Session Manager's channels, read the parameters of its environment
 * (secrets among them: AWS's own key for parameters serves whoever may read them), and write what it says about itself. AWS's own policy for Session Manager would let it read every parameter of the account.
 */
export class Identity extends Construct {
  /** Name of the role, for permissions beside its own. */
  readonly roleName: string;
  /** Name of the instance profile. */
  readonly profileName: string;
  /** What must be there before the profile is of use. */
  readonly ready: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, props: IdentityProps) {
    super(scope, id);
    const { parameters, ssmArn, bucketArns } = props;
    const role = new IamRole(this, "role", {
      description: `The instance of ${props.name}`,
      assumeRolePolicy: assumedBy("ec2.amazonaws.com"),
    });
    const permissions = new IamRolePolicy(this, "policy", {
      role: role.id,
      policy: policy(
        {
          sid: "SessionManagerChannels",
          actions: [
            "ssm:UpdateInstanceInformation",
            "ssmmessages:CreateControlChannel",
            "ssmmessages:CreateDataChannel",
            "ssmmessages:OpenControlChannel",
            "ssmmessages:OpenDataChannel",
          ],
          resources: ["*"],
        },
        {
          sid: "ReadOwnParameters",
          actions: ["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"],
          resources: [
            `${ssmArn}:parameter${parameters.root}`,
            `${ssmArn}:parameter${parameters.root}/*`,
          ],
        },
        {
          sid: "TellAboutItself",
          actions: ["ssm:PutParameter"],
          resources: parameters.writtenByHost.map((name) => `${ssmArn}:parameter${name}`),
        },
        ...(bucketArns.length === 0
          ? []
          : [
              {
                sid: "ListOwnBuckets",
                actions: ["s3:ListBucket", "s3:GetBucketLocation"],
                resources: bucketArns,
              },
              {
                sid: "KeepObjects",
                actions: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
                resources: bucketArns.map((arn) => `${arn}/*`),
              },
            ]),
      ),
    });
    this.roleName = role.name;
    this.profileName = new IamInstanceProfile(this, "profile", { role: role.name }).name;
    this.ready = [permissions];
  }
}
