import type * as S3 from "@aws-sdk/client-s3";
import { ConfigurationError } from "../constructs/core/errors";
import type { Environment } from "../stacks/environment";
import { awsFailure, isAwsError, s3, statusOf } from "./aws";
import { CommandError, type Progress } from "./shell";

/** A statement of a bucket's policy. */
interface Statement {
  readonly Sid?: string;
}

interface Policy {
  readonly Version: string;
  readonly Statement: readonly Statement[];
}

const tlsOnly = "l2-observatory-tls-only";
const oldVersions = "l2-observatory-old-versions";

/** How long a state that was replaced stays, in days. */
const oldVersionDays = 90;

function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}

/** The policy of a bucket with our statement, which refuses what comes without TLS; the others stay. */
export function withTlsOnly(policy: Policy | undefined, bucket: string, region: string): Policy {
  const arn = `arn:${partitionOf(region)}:s3:::${bucket}`;
  const statement = {
    Sid: tlsOnly,
    Effect: "Deny",
    Principal: "*",
    Action: "s3:*",
    Resource: [arn, `${arn}/*`],
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  };
  const others = (policy?.Statement ?? []).filter(({ Sid }) => Sid !== tlsOnly);
  return { Version: policy?.Version ?? "2012-10-17", Statement: [...others, statement] };
}

/** One setting of the bucket. */
interface Setting {
  readonly what: string;
  readonly action: string;
  readonly isSet: () => Promise<boolean>;
  readonly set: () => Promise<unknown>;
}

/** An answer, or nothing where S3 says that there is none. */
async function orNothing<T>(work: Promise<T>, ...names: readonly string[]): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isAwsError(error, ...names)) return undefined;
    throw error;
  }
}

type Sdk = typeof S3 & { readonly client: S3.S3Client };

function settingsOf(sdk: Sdk, bucket: string, region: string): readonly Setting[] {
  const { client } = sdk;
  const at = { Bucket: bucket };
  const readPolicy = async () => {
    const found = await orNothing(
      client.send(new sdk.GetBucketPolicyCommand(at)),
      "NoSuchBucketPolicy",
    );
    return found?.Policy === undefined ? undefined : (JSON.parse(found.Policy) as Policy);
  };
  const readRules = async () => {
    const found = await orNothing(
      client.send(new sdk.GetBucketLifecycleConfigurationCommand(at)),
      "NoSuchLifecycleConfiguration",
    );
    return found?.Rules ?? [];
  };
  const blocked = {
    BlockPublicAcls: true,
    BlockPublicPolicy: true,
    IgnorePublicAcls: true,
    RestrictPublicBuckets: true,
  };
  return [
    {
      what: "objects belong to the bucket's owner",
      action: "s3:PutBucketOwnershipControls",
      isSet: async () => {
        const found = await orNothing(
          client.send(new sdk.GetBucketOwnershipControlsCommand(at)),
          "OwnershipControlsNotFoundError",
        );
        return found?.OwnershipControls?.Rules?.[0]?.ObjectOwnership === "BucketOwnerEnforced";
      },
      set: () =>
        client.send(
          new sdk.PutBucketOwnershipControlsCommand({
            ...at,
            OwnershipControls: { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" }] },
          }),
        ),
    },
    {
      what: "public access blocked",
      action: "s3:PutBucketPublicAccessBlock",
      isSet: async () => {
        const found = await orNothing(
          client.send(new sdk.GetPublicAccessBlockCommand(at)),
          "NoSuchPublicAccessBlockConfiguration",
        );
        const block: Readonly<Record<string, boolean | undefined>> = {
          ...found?.PublicAccessBlockConfiguration,
        };
        return Object.keys(blocked).every((key) => block[key] === true);
      },
      set: () =>
        client.send(
          new sdk.PutPublicAccessBlockCommand({ ...at, PublicAccessBlockConfiguration: blocked }),
        ),
    },
    {
      what: "versions kept",
      action: "s3:PutBucketVersioning",
      isSet: async () => {
        const { Status } = await client.send(new sdk.GetBucketVersioningCommand(at));
        return Status === "Enabled";
      },
      set: () =>
        client.send(
          new sdk.PutBucketVersioningCommand({
            ...at,
            VersioningConfiguration: { Status: "Enabled" },
          }),
        ),
    },
    {
      what: "encrypted",
      action: "s3:PutEncryptionConfiguration",
      isSet: async () => {
        const found = await orNothing(
          client.send(new sdk.GetBucketEncryptionCommand(at)),
          "ServerSideEncryptionConfigurationNotFoundError",
        );
        return (found?.ServerSideEncryptionConfiguration?.Rules ?? []).length > 0;
      },
      set: () =>
        client.send(
          new sdk.PutBucketEncryptionCommand({
            ...at,
            ServerSideEncryptionConfiguration: {
              Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } }],
            },
          }),
        ),
    },
    {
      what: "TLS only",
      action: "s3:PutBucketPolicy",
      isSet: async () => {
        const policy = await readPolicy();
        return (policy?.Statement ?? []).some(({ Sid }) => Sid === tlsOnly);
      },
      set: async () =>
        client.send(
          new sdk.PutBucketPolicyCommand({
            ...at,
            Policy: JSON.stringify(withTlsOnly(await readPolicy(), bucket, region)),
          }),
        ),
    },
    {
      what: `replaced states end after ${String(oldVersionDays)} days`,
      action: "s3:PutLifecycleConfiguration",
      isSet: async () => (await readRules()).some(({ ID }) => ID === oldVersions),
      set: async () =>
        client.send(
          new sdk.PutBucketLifecycleConfigurationCommand({
            ...at,
            LifecycleConfiguration: {
              Rules: [
                ...(await readRules()),
                {
                  ID: oldVersions,
                  Status: "Enabled",
                  Filter: { Prefix: "" },
                  NoncurrentVersionExpiration: { NoncurrentDays: oldVersionDays },
                  AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
                },
              ],
            },
          }),
        ),
    },
  ];
}

/** Makes the bucket where it is not there. @returns whether it was made */
async function ensureBucket(sdk: Sdk, bucket: string, region: string): Promise<boolean> {
  const { client } = sdk;
  const taken = () =>
    new CommandError(
      `the bucket '${bucket}' is another account's, or these credentials may not use it (s3:ListBucket): choose another name in 'backend.bucket'`,
    );
  try {
    const { BucketRegion } = await client.send(new sdk.HeadBucketCommand({ Bucket: bucket }));
    if (BucketRegion !== undefined && BucketRegion !== region) {
      throw new CommandError(
        `the bucket '${bucket}' must be in ${region}, got one in ${BucketRegion}; correct 'backend.region', or choose another name`,
      );
    }
    return false;
  } catch (error) {
    if (error instanceof CommandError) throw error;
    if (statusOf(error) === 403) throw taken();
    if (statusOf(error) !== 404) {
      throw awsFailure(error, `look at the bucket ${bucket}`, region, "s3:ListBucket");
    }
  }
  try {
    await client.send(
      new sdk.CreateBucketCommand({
        Bucket: bucket,
        // The first region takes no name for itself.
        ...(region === "us-east-1"
          ? {}
          : {
              CreateBucketConfiguration: {
                LocationConstraint: region as S3.BucketLocationConstraint,
              },
            }),
      }),
    );
    return true;
  } catch (error) {
    if (isAwsError(error, "BucketAlreadyExists")) throw taken();
    throw awsFailure(error, `make the bucket ${bucket}`, region, "s3:CreateBucket");
  }
}

/**
 * Makes the bucket that keeps an environment's Terraform state, or mends its settings; can be repeated.
 * @throws ConfigurationError when the state is kept on this machine; CommandError
 */
export async function bootstrap({ name, backend }: Environment, print: Progress): Promise<void> {
  if (backend.type !== "s3") {
    throw new ConfigurationError(`environment '${name}'`, [
      {
        field: "backend.type",
        allowed: "'s3', whose bucket this command makes",
        got: `'${backend.type}', which needs none`,
      },
    ]);
  }
  const { bucket, region } = backend;
  const sdk = await s3(region);
  const made = await ensureBucket(sdk, bucket, region);
  print(`${bucket} in ${region}: ${made ? "made" : "was there"}`);
  for (const { what, action, isSet, set } of settingsOf(sdk, bucket, region)) {
    try {
      const was = await isSet();
      if (!was) await set();
      print(`  ${what}: ${was ? "was so" : "set"}`);
    } catch (error) {
      throw awsFailure(error, `set '${what}' of the bucket ${bucket}`, region, action);
    }
  }
}
