import { resolve } from "node:path";
import { TerraformOutput, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { Runtime } from "../constructs/core/runtime";
import {
  Batcher,
  demoEnvironmentName,
  demoServices,
  DevChain,
  RollupStandIn,
} from "../constructs/demo";
import { applyBackend } from "./backend";
import { imagesOf, useDocker } from "./docker";
import type { Environment } from "./environment";

/** Props of {@link DemoStack}. */
export interface DemoStackProps {
  /** Checked by `parseEnvironment`; its engine, prefix, bind address and image source are used. */
  readonly environment: Environment;
  /**
   * Absolute folder on the Docker host with one folder of secrets per service.
   * @default - the environment's `secretsDirectory`, else `secrets/<environment>` beside the folder of local states
   */
  readonly secretsDirectory?: string;
  /**
   * Image references by name, which win over the environment's (for machines without a registry).
   * @default - none
   */
  readonly imageOverrides?: Readonly<Record<string, string>>;
  /**
   * Folder of local states.
   * @default - beside the checkout's output folder
   */
  readonly stateDirectory?: string;
}

/** What the demonstration may take of the machine it runs on: it stands in for a rollup's own hosts. */
const machine = { name: "the demonstration", memoryMiB: 1024, swapMiB: 0, diskGiB: 12 };

/** A rollup to watch: two chains of geth's developer mode, a real op-batcher and a stand-in for op-node. */
export class DemoStack extends TerraformStack {
  readonly runtime: Runtime;

  constructor(scope: Construct, id: string, props: DemoStackProps) {
    super(scope, id);
    const { environment, stateDirectory } = props;
    applyBackend(this, environment.backend, stateDirectory);
    useDocker(this, environment);

    this.runtime = new Runtime(this, "runtime", {
      environment: demoEnvironmentName(environment.name),
      prefix: environment.prefix,
      bindAddress: environment.bindAddress,
      machine,
      secretsDirectory:
        props.secretsDirectory ??
        environment.secretsDirectory ??
        resolve(stateDirectory ?? ".", "..", "secrets", environment.name),
      images: imagesOf(environment, props.imageOverrides),
    });
    const { runtime } = this;
    const l1 = new DevChain(this, demoServices.l1, {
      runtime,
      gasLimit: 30_000_000,
      hostPort: environment.ports.demoL1,
    });
    const l2 = new DevChain(this, demoServices.l2, { runtime, gasLimit: 25_000_000 });
    const rollup = new RollupStandIn(this, demoServices.rollup, { runtime, l1, l2 });
    new Batcher(this, demoServices.batcher, { runtime, rollup });
    runtime.budget.assertFits();

    new TerraformOutput(this, "l1_rpc_url", {
      value: `http://${environment.bindAddress}:${String(environment.ports.demoL1)}`,
    });
  }
}
