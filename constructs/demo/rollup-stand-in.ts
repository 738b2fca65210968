import { join } from "node:path";
import type { Construct } from "constructs";
import { ConfigFile } from "../core/config-file";
import { packageRoot } from "../core/paths";
import type { Runtime } from "../core/runtime";
import { secretFile } from "../core/secret";
import { Service } from "../core/service";
import { demoEndpoints, demoFundsEth } from "./addresses";
import type { DevChain } from "./dev-chain";
import { demoBatcherKey } from "./secrets";

/** Props of {@link RollupStandIn}. */
export interface RollupStandInProps {
  readonly runtime: Runtime;
  readonly l1: DevChain;
  readonly l2: DevChain;
}

const metricsPort = 7300;

/**
 * The part of op-node that op-batcher needs to run, the signer that holds the batcher's key (the public op-batcher
 * image has no shell that could read a file into its environment), and the faucet that funds its wallet once.
 */
export class RollupStandIn extends Service {
  constructor(scope: Construct, id: string, { runtime, l1, l2 }: RollupStandInProps) {
    super(scope, id, {
      runtime,
      image: "node",
      user: "1000:1000",
      memory: {
        reservationMiB: 64,
        workingSetMiB: 56,
        limitMiB: 128,
        measured: "54 MiB at most, with the probe's process, in 6 minutes on amd64",
      },
      cpus: 0.5,
      command: [
        "node",
        "--max-old-space-size=48",
        "/app/demo-chain.js",
        `--l1=${demoEndpoints.l1.url}`,
        `--l2=${demoEndpoints.l2.url}`,
        `--key-file=${secretFile(demoBatcherKey)}`,
        `--fund-eth=${String(demoFundsEth)}`,
        `--rpc-port=${String(demoEndpoints.rollup.port)}`,
        `--metrics-port=${String(metricsPort)}`,
      ],
      health: {
        command: [
          "node",
          "-e",
          `require('node:http').get('http://127.0.0.1:${String(metricsPort)}/-/healthy',(r)=>process.exit(r.statusCode===200?0:1)).on('error',()=>process.exit(1))`,
        ],
      },
      secrets: [demoBatcherKey],
      files: () => [
        ConfigFile.fromDisk(
          "/app/demo-chain.js",
          join(packageRoot, "dist", "programs", "demo-chain.js"),
        ),
      ],
      dependsOn: [l1.container, l2.container],
    });
  }
}
