import type { Construct } from "constructs";
import type { Runtime } from "../core/runtime";
import { Service } from "../core/service";
import { demoEndpoints } from "./addresses";
import type { RollupStandIn } from "./rollup-stand-in";
import { demoBatcherAddress } from "./secrets";

/** Props of {@link Batcher}. */
export interface BatcherProps {
  readonly runtime: Runtime;
  readonly rollup: RollupStandIn;
}

/** The real op-batcher, with its metrics on port 7301; its transactions are signed by the stand-in. */
export class Batcher extends Service {
  constructor(scope: Construct, id: string, { runtime, rollup }: BatcherProps) {
    super(scope, id, {
      runtime,
      image: "op-batcher",
      user: "65532:65532",
      memory: {
        reservationMiB: 24,
        workingSetMiB: 16,
        limitMiB: 96,
        measured: "14 MiB at most in 15 minutes on amd64, nothing to submit",
      },
      cpus: 0.5,
      command: [
        "op-batcher",
        `--l1-eth-rpc=${demoEndpoints.l1.url}`,
        `--l2-eth-rpc=${demoEndpoints.l2.url}`,
        `--rollup-rpc=${demoEndpoints.rollup.url}`,
        `--signer.endpoint=${demoEndpoints.rollup.url}`,
        `--signer.address=${demoBatcherAddress}`,
        "--signer.tls.enabled=false",
        "--data-availability-type=calldata",
        // Throttling is a method of op-geth that plain geth does not have.
        "--throttle.unsafe-da-bytes-lower-threshold=0",
        "--rpc.addr=127.0.0.1",
        "--metrics.enabled",
        "--metrics.port=7301",
      ],
      health: { none: "the public image holds op-batcher alone; BatcherDown watches it" },
      dependsOn: [rollup.container],
    });
  }
}
