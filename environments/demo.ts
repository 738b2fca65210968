import {
  demoBatcherAddress,
  demoChainId,
  demoEndpoints,
  demoNetwork,
  demoServices,
} from "../constructs/demo";
import type { Source } from "../constructs/core/source";
import { l2Exporter } from "../constructs/exporters/l2-exporter";
import { opBatcher } from "../constructs/exporters/op-batcher";
import { opGeth } from "../constructs/exporters/op-geth";
import { opNode } from "../constructs/exporters/op-node";
import type { EnvironmentInput } from "../stacks/environment";
import { local } from "./local";

/** Everything there is to watch on the demonstration chain. */
export function demoSources({
  lowBalanceEth = 0.5,
}: {
  /**
   * ETH below which the batcher's wallet is nearly empty.
   * @default 0.5
   */
  readonly lowBalanceEth?: number;
} = {}): readonly Source[] {
  const chain = "demo";
  const network = demoNetwork(local);
  const wallet = { lowBalanceEth };
  return [
    opGeth({ chain, network }),
    opNode({ chain, network, host: demoServices.rollup }),
    opBatcher({ chain, network, wallet }),
    l2Exporter({
      chains: [
        {
          name: chain,
          pollSeconds: 2,
          l1: { url: demoEndpoints.l1.url, chainId: demoChainId },
          l2: { url: demoEndpoints.l2.url, chainId: demoChainId },
          rollup: { url: demoEndpoints.rollup.url },
          wallets: [{ name: "batcher", role: "batcher", address: demoBatcherAddress }],
          batcherWallet: wallet,
          network,
        },
      ],
    }),
  ];
}

/** The local environment, watching the demonstration chain. */
export const demo: EnvironmentInput = {
  ...local,
  sources: [...(local.sources ?? []), ...demoSources()],
};
