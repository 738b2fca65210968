import type { Construct } from "constructs";
import { TerraformOutput, TerraformStack } from "cdktf";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { MonitoringHost, type HostInput } from "../constructs/host";
import { applyBackend, type Backend } from "./backend";

/** Props of {@link HostStack}. */
export interface HostStackProps {
  /** Name of the environment: part of names and of the parameters' path. */
  readonly environment: string;
  /** The environment's `host`. */
  readonly host: HostInput;
  /**
   * Absolute folder on the host for the files of secrets.
   * @default - as `MonitoringHost` has it
   */
  readonly secretsDirectory?: string;
  /**
   * Names of S3 buckets whose objects the host reads, writes and deletes.
   * @default - none
   */
  readonly buckets?: readonly string[];
  readonly backend: Backend;
  /**
   * Folder of a local state.
   * @default - as `applyBackend` has it
   */
  readonly stateDirectory?: string;
}

/** The AWS side of an environment: one instance that the internet reaches through WireGuard only, and nothing else. */
export class HostStack extends TerraformStack {
  readonly provider: AwsProvider;
  readonly host: MonitoringHost;

  /**
   * @throws ConfigurationError when the host's fields contradict one another
   * @throws CostError when the host costs more than its own limit
   */
  constructor(scope: Construct, id: string, props: HostStackProps) {
    super(scope, id);
    const { environment, host, secretsDirectory, buckets } = props;
    const { region } = host;
    applyBackend(this, props.backend, props.stateDirectory);
    this.provider = new AwsProvider(this, "aws", { region });
    this.host = new MonitoringHost(this, "host", {
      environment,
      host,
      secretsDirectory,
      ...(buckets === undefined ? {} : { buckets }),
      strict: true,
    });

    const { publicAddress, endpoint, instanceId, parameters } = this.host;
    const output = (key: string, value: string, description: string) =>
      new TerraformOutput(this, key, { value, description });
    output("public-address", publicAddress, "Public address of the host");
    output("wireguard-endpoint", endpoint, "Endpoint of the peers' configuration");
    output("instance-id", instanceId, "The instance, for Session Manager");
    output("public-key-parameter", parameters.publicKey, "Where the host publishes its key");
    output("peers-parameters", parameters.peers, "Where the host finds its peers");
    output(
      "next-step",
      `aws ssm get-parameter --region ${region} --name ${parameters.publicKey} --query Parameter.Value --output text`,
      "Prints the host's public key once first boot is over (a few minutes): bring the tunnel up with it",
    );
  }
}
