import { z } from "zod";
import { defineSource } from "../../core/source";
import { batcherWalletRules, batcherWalletThresholds } from "../batcher-wallet";
import { chainProgram, chainTarget } from "../chain";
import { l1GasRules, l1GasThresholds } from "../l1-gas";
import { batcherDown, compatibilityRules, submissionRules } from "./mixin";

/** The batcher of a chain: started with `--metrics.enabled --metrics.port 7301`. */
export const opBatcher = defineSource({
  type: "op-batcher",
  schema: z.strictObject({
    ...chainProgram({ host: "l2-batcher", port: 7301 }),
    /** The same as those of the chain in `l2Exporter`, where both watch the wallet. */
    wallet: batcherWalletThresholds,
    thresholds: z.strictObject(l1GasThresholds).prefault({}),
  }),
  instance: ({ chain }) => chain,
  targets: ({ host, port }) => [`${host}:${String(port)}`],
  agreements: ({ chain, wallet, thresholds }) => [
    { what: `batcher wallet of ${chain}`, field: "wallet", value: wallet },
    { what: `L1 fees of ${chain}`, field: "thresholds", value: thresholds },
  ],
  create: (props) => [
    {
      observation: {
        job: "op-batcher",
        targets: [chainTarget(props)],
        scrape: { intervalSeconds: 5 },
        down: batcherDown,
        rules: [
          compatibilityRules,
          ...batcherWalletRules(props.chain, props.wallet),
          submissionRules(props.chain),
          l1GasRules(props.chain, props.thresholds.highL1GasPriceGwei),
        ],
      },
    },
  ],
});
