import type { Construct } from "constructs";
import type { Runtime } from "../core/runtime";
import { Service } from "../core/service";

/** Props of {@link DevChain}. */
export interface DevChainProps {
  readonly runtime: Runtime;
  /** Gas limit of the genesis block: chains of developer mode differ in nothing else. */
  readonly gasLimit: number;
  /**
   * Port on which its JSON-RPC is published.
   * @default - none
   */
  readonly hostPort?: number;
}

const rpcPort = 8545;
const metricsPort = 6060;
// The one folder of the public image, beside /tmp, that every user may write to: a fresh volume takes its mode.
const volume = "/var/tmp";

/** A chain of its own: go-ethereum in developer mode, a block every 2 s, an unlocked account with all the ether. */
export class DevChain extends Service {
  constructor(scope: Construct, id: string, props: DevChainProps) {
    super(scope, id, {
      runtime: props.runtime,
      image: "geth",
      user: "1000:1000",
      memory: {
        reservationMiB: 160,
        workingSetMiB: 140,
        limitMiB: 256,
        measured: "133 MiB at most, up to block 500 and for 13 minutes, on amd64",
      },
      command: [
        "--dev",
        "--dev.period=2",
        `--dev.gaslimit=${String(props.gasLimit)}`,
        `--datadir=${volume}/geth`,
        // The chain outlives a kill: LevelDB hands each write to the kernel (Pebble keeps the last seconds to itself),
        // and an archive node each block's state to LevelDB.
        "--db.engine=leveldb",
        "--state.scheme=hash",
        "--gcmode=archive",
        "--snapshot=false",
        "--cache=16",
        "--ipcdisable",
        "--http",
        "--http.addr=0.0.0.0",
        `--http.port=${String(rpcPort)}`,
        `--http.vhosts=${id},localhost`,
        "--http.api=eth,net,web3",
        "--metrics",
        "--metrics.addr=0.0.0.0",
        `--metrics.port=${String(metricsPort)}`,
      ],
      environment: { GOMEMLIMIT: "160MiB" },
      health: {
        // geth answers an empty GET with 200 for probes like this one.
        command: ["wget", "-q", "-O", "/dev/null", `http://127.0.0.1:${String(rpcPort)}/`],
      },
      // 3.6 KiB a block measured after 392 blocks: 0.15 GiB a day, more as the tries fill.
      data: { path: volume, diskGiB: 4 },
      ...(props.hostPort === undefined
        ? {}
        : { publish: [{ containerPort: rpcPort, hostPort: props.hostPort }] }),
      stopSeconds: 20,
    });
  }
}
