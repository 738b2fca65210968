import { z } from "zod";
import { defineSource } from "../../core/source";
import { batcherWalletRows, batcherWalletRules, batcherWalletThresholds } from "../batcher-wallet";
import { chainProgram, chainTarget, logService } from "../chain";
import { l1GasRow, l1GasRules, l1GasThresholds } from "../l1-gas";
import { walletOverview } from "../wallet-overview";
import { batchRules, batchThresholds } from "./batches";
import { batchRows } from "./dashboard";
import { batcherDown, compatibilityRules, logRules } from "./mixin";

/** The batcher of a chain: started with `--metrics.enabled --metrics.port 7301`. */
export const opBatcher = defineSource({
  type: "op-batcher",
  schema: z.strictObject({
    ...chainProgram({ host: "l2-batcher", port: 7301 }),
    /** The same as those of the chain in `l2Exporter`, where both watch the wallet. */
    wallet: batcherWalletThresholds,
    /** Whether batches go to an alt-DA server, such as Celestia's: `--altda.enabled`. */
    altDa: z.boolean().default(false),
    /** `highL1GasPriceGwei` is the same as that of the chain in `l2Exporter`, where both watch L1. */
    thresholds: z.strictObject({ ...l1GasThresholds, ...batchThresholds }).prefault({}),
    /** Its lines, where the environment keeps logs: they carry the labels `chain` and `service`. */
    logs: z
      .strictObject({
        service: logService("l2-batcher"),
        /** Rejections for a nonce in 10 minutes: a restart over a pending transaction makes one, a second batcher one for each batch. */
        nonceTooLow: z.int().min(1).max(1000).default(3),
      })
      .prefault({}),
  }),
  instance: ({ chain }) => chain,
  targets: ({ host, port }) => [`${host}:${String(port)}`],
  agreements: ({ chain, wallet, thresholds }) => [
    { what: `batcher wallet of ${chain}`, field: "wallet", value: wallet },
    {
      what: `L1 fees of ${chain}`,
      field: "thresholds.highL1GasPriceGwei",
      value: thresholds.highL1GasPriceGwei,
    },
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
          batchRules(props.chain, { altDa: props.altDa, ...props.thresholds }),
          l1GasRules(props.chain, props.thresholds.highL1GasPriceGwei),
        ],
        logRules: [logRules(props.chain, props.logs)],
        boards: [
          ...batcherWalletRows(props.chain, props.wallet),
          l1GasRow(props.chain, props.thresholds.highL1GasPriceGwei),
          ...batchRows(props.chain, {
            batches: props.thresholds,
            altDa: props.altDa,
            service: props.logs.service,
          }),
          walletOverview(props.chain, props.wallet),
        ],
      },
    },
  ],
});
