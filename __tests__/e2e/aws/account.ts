import { gunzipSync } from "node:zlib";
import {
  DescribeAddressesCommand,
  DescribeInstanceAttributeCommand,
  DescribeInstancesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  DescribeVolumesCommand,
  DescribeVpcsCommand,
  EC2Client,
  TerminateInstancesCommand,
  type Address,
  type Instance,
  type NetworkInterface,
  type SecurityGroup,
  type SecurityGroupRule,
  type Volume,
} from "@aws-sdk/client-ec2";
import {
  DeleteBucketPolicyCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  ListObjectsV2Command,
  S3Client,
} from "@aws-sdk/client-s3";
import {
  GetParametersByPathCommand,
  PutParameterCommand,
  SSMClient,
  type Parameter,
} from "@aws-sdk/client-ssm";

/** What AWS's API says, asked without Terraform. */
export class Account {
  readonly #ec2: EC2Client;
  readonly #s3: S3Client;
  readonly #ssm: SSMClient;

  constructor(url: string, region: string) {
    // A warning about Node.js is for whoever chooses its version, not for this output.
    process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
    const options = {
      endpoint: url,
      region,
      credentials: { accessKeyId: "fake-access-key", secretAccessKey: "fake-secret-key" },
    };
    this.#ec2 = new EC2Client(options);
    this.#s3 = new S3Client({ ...options, forcePathStyle: true });
    this.#ssm = new SSMClient(options);
  }

  /** Instances that were not terminated. */
  async instances(): Promise<readonly Instance[]> {
    const { Reservations = [] } = await this.#ec2.send(new DescribeInstancesCommand({}));
    return Reservations.flatMap(({ Instances = [] }) => Instances).filter(
      ({ State }) => State?.Name !== "terminated",
    );
  }

  /** Ends an instance. @returns the name of AWS's refusal, or `ended` */
  async terminate(instanceId: string): Promise<string> {
    try {
      await this.#ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
      return "ended";
    } catch (error) {
      return error instanceof Error ? error.name : String(error);
    }
  }

  /** What an instance gets at first boot, unpacked. */
  async userData(instanceId: string): Promise<string> {
    const { UserData } = await this.#ec2.send(
      new DescribeInstanceAttributeCommand({ InstanceId: instanceId, Attribute: "userData" }),
    );
    return gunzipSync(Buffer.from(UserData?.Value ?? "", "base64")).toString("utf8");
  }

  async networkInterfaces(): Promise<readonly NetworkInterface[]> {
    const { NetworkInterfaces = [] } = await this.#ec2.send(
      new DescribeNetworkInterfacesCommand({}),
    );
    return NetworkInterfaces;
  }

  async addresses(): Promise<readonly Address[]> {
    const { Addresses = [] } = await this.#ec2.send(new DescribeAddressesCommand({}));
    return Addresses;
  }

  /** Disks that are attached to an instance, or tagged as an environment's. */
  async volumes(instanceId: string, environment: string): Promise<readonly Volume[]> {
    // moto has one disk for each of its 2600 images: only those of ours are asked for.
    const ask = async (Name: string, value: string) => {
      const { Volumes = [] } = await this.#ec2.send(
        new DescribeVolumesCommand({ Filters: [{ Name, Values: [value] }] }),
      );
      return Volumes;
    };
    const all = [
      ...(await ask("attachment.instance-id", instanceId)),
      ...(await ask("tag:Environment", environment)),
    ];
    return [...new Map(all.map((volume) => [volume.VolumeId, volume])).values()];
  }

  /** Security groups of a VPC. */
  async securityGroups(vpcId: string): Promise<readonly SecurityGroup[]> {
    const { SecurityGroups = [] } = await this.#ec2.send(
      new DescribeSecurityGroupsCommand({ Filters: [{ Name: "vpc-id", Values: [vpcId] }] }),
    );
    return SecurityGroups;
  }

  async securityGroupRules(groupId: string): Promise<readonly SecurityGroupRule[]> {
    const { SecurityGroupRules = [] } = await this.#ec2.send(
      new DescribeSecurityGroupRulesCommand({
        Filters: [{ Name: "group-id", Values: [groupId] }],
      }),
    );
    return SecurityGroupRules;
  }

  /** VPCs of an environment. */
  async vpcs(environment: string): Promise<readonly string[]> {
    const { Vpcs = [] } = await this.#ec2.send(
      new DescribeVpcsCommand({ Filters: [{ Name: "tag:Environment", Values: [environment] }] }),
    );
    return Vpcs.flatMap(({ VpcId }) => VpcId ?? []);
  }

  /** Parameters below a path, decrypted, by the rest of their names. */
  async parameters(path: string): Promise<ReadonlyMap<string, Parameter>> {
    const found: Parameter[] = [];
    let NextToken: string | undefined;
    do {
      const answer = await this.#ssm.send(
        new GetParametersByPathCommand({
          Path: path,
          Recursive: true,
          WithDecryption: true,
          NextToken,
        }),
      );
      found.push(...(answer.Parameters ?? []));
      NextToken = answer.NextToken;
    } while (NextToken !== undefined);
    return new Map(found.map((one) => [(one.Name ?? "").slice(path.length + 1), one]));
  }

  /** Writes a parameter as the host does. */
  async publish(name: string, value: string): Promise<void> {
    await this.#ssm.send(
      new PutParameterCommand({ Name: name, Value: value, Type: "String", Overwrite: true }),
    );
  }

  /** Names of a bucket's objects. */
  async objects(bucket: string): Promise<readonly string[]> {
    const { Contents = [] } = await this.#s3.send(new ListObjectsV2Command({ Bucket: bucket }));
    return Contents.flatMap(({ Key }) => Key ?? []);
  }

  async versioning(bucket: string): Promise<string | undefined> {
    const { Status } = await this.#s3.send(new GetBucketVersioningCommand({ Bucket: bucket }));
    return Status;
  }

  /** The text of a bucket's policy. */
  async bucketPolicy(bucket: string): Promise<string> {
    const { Policy = "" } = await this.#s3.send(new GetBucketPolicyCommand({ Bucket: bucket }));
    return Policy;
  }

  async deleteBucketPolicy(bucket: string): Promise<void> {
    await this.#s3.send(new DeleteBucketPolicyCommand({ Bucket: bucket }));
  }

  /** Every version of every object of a bucket, by key and version. */
  async everyVersion(bucket: string): Promise<ReadonlyMap<string, string>> {
    const { Versions = [] } = await this.#s3.send(
      new ListObjectVersionsCommand({ Bucket: bucket }),
    );
    const texts = new Map<string, string>();
    for (const { Key, VersionId } of Versions) {
      const { Body } = await this.#s3.send(
        new GetObjectCommand({ Bucket: bucket, Key, VersionId }),
      );
      texts.set(`${Key ?? ""} ${VersionId ?? ""}`, (await Body?.transformToString()) ?? "");
    }
    return texts;
  }

  /** Ends the connections. */
  close(): void {
    for (const client of [this.#ec2, this.#s3, this.#ssm]) client.destroy();
  }
}
