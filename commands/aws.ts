import type * as EC2 from "@aws-sdk/client-ec2";
import type * as S3 from "@aws-sdk/client-s3";
import type * as SSM from "@aws-sdk/client-ssm";
import type { HostParameters } from "../constructs/host/parameters";
import { CommandError } from "./shell";

/** A parameter of Systems Manager as far as it may be shown: never a value. */
export interface StoredParameter {
  readonly version: number;
  /** Whether AWS keeps it encrypted. */
  readonly encrypted: boolean;
}

/** What the commands need of AWS in one region. Every call fails with a CommandError that says what to do. */
export interface Cloud {
  readonly region: string;
  /** The value of a parameter that is no secret; nothing where there is none. */
  parameter(name: string): Promise<string | undefined>;
  /** The parameters below a path, by the rest of their names; values are not decrypted and not kept. */
  parametersBelow(path: string): Promise<ReadonlyMap<string, StoredParameter>>;
  /** Stores a secret, over what was there. */
  putSecret(name: string, value: string): Promise<void>;
  /** The user data of an instance as it was given; nothing where it has none. */
  userData(instanceId: string): Promise<Buffer | undefined>;
  /** Takes an instance's protection from termination away. */
  allowTermination(instanceId: string): Promise<void>;
  /** Whether a bucket is there and may be used. */
  hasBucket(bucket: string): Promise<boolean>;
}

/** Settings of every client: a network that is silent must not look like work. */
function clientOptions(region: string) {
  // Which Node.js runs it is not the operator's choice alone: package.json says so.
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
  return {
    region,
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 5000, requestTimeout: 30_000 },
  };
}

interface AwsError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

function reasonOf({ name, message, code, $metadata }: AwsError, action: string): string {
  const status = $metadata?.httpStatusCode;
  if (/^CredentialsProviderError|^NoCredentials/.test(name)) {
    return "no AWS credentials were found; log in ('aws sso login') and name the profile in AWS_PROFILE";
  }
  if (/Expired|TokenRefreshRequired/.test(name) || /\bexpired\b/i.test(message)) {
    return "the AWS session is over; log in again ('aws sso login')";
  }
  if (
    /^(UnrecognizedClient|InvalidClientTokenId|AuthFailure|SignatureDoesNotMatch|InvalidAccessKeyId)/.test(
      name,
    )
  ) {
    return `AWS does not know these credentials (${name}); check AWS_PROFILE, and that the account has this region enabled`;
  }
  if (/AccessDenied|Unauthorized|Forbidden/.test(name) || status === 403) {
    const [, denied = action] = /not authorized to perform: (\S+)/.exec(message) ?? [];
    return `access denied: these credentials may not ${denied}; use others, or have that action allowed`;
  }
  if (
    /PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraint/.test(name) ||
    status === 301
  ) {
    return "it is in another region; correct the region in the environment";
  }
  const network = /^(ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|EHOSTUNREACH)$/;
  if (network.test(code ?? "") || /TimeoutError|NetworkingError/.test(name)) {
    return `AWS cannot be reached (${code ?? name}); check the network and the region's name`;
  }
  return `${name}: ${message}`;
}

/** Tells a person why AWS refused. `action` is the permission that the call needs, such as `ssm:PutParameter`. */
export function awsFailure(
  error: unknown,
  what: string,
  region: string,
  action: string,
): CommandError {
  const known: AwsError = error instanceof Error ? error : { name: "Error", message: "unknown" };
  return new CommandError(`cannot ${what} in ${region}: ${reasonOf(known, action)}`);
}

/** Whether AWS answered with one of these errors. */
export function isAwsError(error: unknown, ...names: readonly string[]): boolean {
  return error instanceof Error && names.includes(error.name);
}

/** The HTTP status of AWS's answer, where there was one: an answer to HEAD has no body to say more. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof Error ? (error as AwsError).$metadata?.httpStatusCode : undefined;
}

class AwsCloud implements Cloud {
  constructor(readonly region: string) {}

  async parameter(name: string): Promise<string | undefined> {
    return this.#told(`read the parameter ${name}`, "ssm:GetParameter", async () => {
      const { client, GetParameterCommand } = await this.#ssm();
      try {
        const { Parameter } = await client.send(new GetParameterCommand({ Name: name }));
        return Parameter?.Value;
      } catch (error) {
        if (isAwsError(error, "ParameterNotFound")) return undefined;
        throw error;
      }
    });
  }

  async parametersBelow(path: string): Promise<ReadonlyMap<string, StoredParameter>> {
    return this.#told(`list the parameters of ${path}`, "ssm:GetParametersByPath", async () => {
      const { client, paginateGetParametersByPath } = await this.#ssm();
      const found = new Map<string, StoredParameter>();
      const query = { Path: path, Recursive: true, WithDecryption: false };
      for await (const { Parameters } of paginateGetParametersByPath({ client }, query)) {
        for (const { Name = "", Version = 0, Type } of Parameters ?? []) {
          found.set(Name.slice(path.length + 1), {
            version: Version,
            encrypted: Type === "SecureString",
          });
        }
      }
      return found;
    });
  }

  async putSecret(name: string, value: string): Promise<void> {
    try {
      const { client, PutParameterCommand } = await this.#ssm();
      await client.send(
        new PutParameterCommand({
          Name: name,
          Value: value,
          Type: "SecureString",
          Overwrite: true,
        }),
      );
    } catch (error) {
      const { message } = awsFailure(
        error,
        `store the secret ${name}`,
        this.region,
        "ssm:PutParameter",
      );
      // AWS quotes what it refuses.
      throw new CommandError(message.replaceAll(value, "<the value>"));
    }
  }

  async userData(instanceId: string): Promise<Buffer | undefined> {
    return this.#told(
      `read the user data of ${instanceId}`,
      "ec2:DescribeInstanceAttribute",
      async () => {
        const { client, DescribeInstanceAttributeCommand } = await this.#ec2();
        const { UserData } = await client.send(
          new DescribeInstanceAttributeCommand({ InstanceId: instanceId, Attribute: "userData" }),
        );
        const text = UserData?.Value;
        return text === undefined ? undefined : Buffer.from(text, "base64");
      },
    );
  }

  async allowTermination(instanceId: string): Promise<void> {
    await this.#told(
      `clear the termination protection of ${instanceId}`,
      "ec2:ModifyInstanceAttribute",
      async () => {
        const { client, ModifyInstanceAttributeCommand } = await this.#ec2();
        await client.send(
          new ModifyInstanceAttributeCommand({
            InstanceId: instanceId,
            DisableApiTermination: { Value: false },
          }),
        );
      },
    );
  }

  async hasBucket(bucket: string): Promise<boolean> {
    return this.#told(`look at the bucket ${bucket}`, "s3:ListBucket", async () => {
      const { client, HeadBucketCommand } = await s3(this.region);
      try {
        await client.send(new HeadBucketCommand({ Bucket: bucket }));
        return true;
      } catch (error) {
        if (statusOf(error) === 404) return false;
        throw error;
      }
    });
  }

  async #told<T>(what: string, action: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw awsFailure(error, what, this.region, action);
    }
  }

  // Loaded only by what needs them: the clients cost a second.
  async #ssm(): Promise<typeof SSM & { client: SSM.SSMClient }> {
    const sdk = await import("@aws-sdk/client-ssm");
    return { ...sdk, client: new sdk.SSMClient(clientOptions(this.region)) };
  }

  async #ec2(): Promise<typeof EC2 & { client: EC2.EC2Client }> {
    const sdk = await import("@aws-sdk/client-ec2");
    return { ...sdk, client: new sdk.EC2Client(clientOptions(this.region)) };
  }
}

/** The client of S3, loaded when it is needed. */
export async function s3(region: string): Promise<typeof S3 & { client: S3.S3Client }> {
  const sdk = await import("@aws-sdk/client-s3");
  // Another server than AWS's own is asked by path: it has no name per bucket.
  const forcePathStyle =
    (process.env["AWS_ENDPOINT_URL_S3"] ?? process.env["AWS_ENDPOINT_URL"]) !== undefined;
  return { ...sdk, client: new sdk.S3Client({ ...clientOptions(region), forcePathStyle }) };
}

/** AWS as the standard variables and files of its SDK say: AWS_PROFILE, AWS_ENDPOINT_URL and the like. */
export function cloudOf(region: string): Cloud {
  return new AwsCloud(region);
}

/** Names of an environment's parameters, loaded when they are needed: they come with the AWS bindings. */
export async function parametersOf(environment: string): Promise<HostParameters> {
  const { HostParameters } = await import("../constructs/host/parameters");
  return new HostParameters(environment);
}
