import { Construct } from "constructs";
import { Network } from "@cdktf/provider-docker/lib/network";
import { Budget, type Machine } from "./budget";
import { ImageSource } from "./images";

/** Props of {@link Runtime}. */
export interface RuntimeProps {
  /** Name of the environment, part of every container's name. */
  readonly environment: string;
  /**
   * First part of every container, volume and network name, so that several platforms share an engine.
   * @default "l2o"
   */
  readonly prefix?: string;
  /**
   * The only address published ports are bound to: loopback, or the host's address in the tunnel.
   * @default "127.0.0.1"
   */
  readonly bindAddress?: string;
  /** What carries the services. */
  readonly machine: Machine;
  /** Absolute folder on the Docker host that holds one folder of secrets per service. */
  readonly secretsDirectory: string;
  /** @default - public registries */
  readonly images?: ImageSource;
  /**
   * Refuse every plan that would destroy a data volume.
   * @default false
   */
  readonly protectData?: boolean;
}

/** Where containers run: one engine, one network, one machine with a budget. */
export class Runtime extends Construct {
  readonly environment: string;
  readonly prefix: string;
  readonly bindAddress: string;
  readonly secretsDirectory: string;
  readonly images: ImageSource;
  readonly protectData: boolean;
  readonly budget: Budget;
  /** Name of the network that all services share. */
  readonly networkName: string;
  /** Terraform's id of that network. */
  readonly networkId: string;

  constructor(scope: Construct, id: string, props: RuntimeProps) {
    super(scope, id);
    this.environment = props.environment;
    this.prefix = props.prefix ?? "l2o";
    this.bindAddress = props.bindAddress ?? "127.0.0.1";
    this.secretsDirectory = props.secretsDirectory;
    this.images = props.images ?? new ImageSource();
    this.protectData = props.protectData ?? false;
    this.budget = new Budget(props.machine);
    this.networkName = this.nameOf("network");
    this.networkId = new Network(this, "network", { name: this.networkName, driver: "bridge" }).id;
    this.node.addValidation({ validate: () => this.budget.overruns() });
  }

  /** Name of a container, volume or network on the engine. */
  nameOf(id: string): string {
    return `${this.prefix}-${this.environment}-${id}`;
  }
}
