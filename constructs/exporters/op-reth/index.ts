import { z } from "zod";
import { defineSource } from "../../core/source";
import { blockProductionRules } from "../block-production";
import { chainProgram, chainTarget } from "../chain";
import { rethRows } from "./dashboard";
import { compatibilityRules, l2RethDown } from "./mixin";

/** The execution client of a chain, in op-geth's place: started with `--metrics 0.0.0.0:9001`. */
export const opReth = defineSource({
  type: "op-reth",
  schema: z.strictObject({
    ...chainProgram({ host: "l2-reth", port: 9001 }),
    /** The same as those of `opGeth`, where both run on one chain. */
    thresholds: z
      .strictObject({
        /** Blocks per second; the default is a fifth of what a block time of 2 s promises. */
        slowBlocksPerSecond: z.number().positive().max(100).default(0.1),
      })
      .prefault({}),
  }),
  instance: ({ chain }) => chain,
  targets: ({ host, port }) => [`${host}:${String(port)}`],
  agreements: ({ chain, thresholds }) => [
    {
      what: `block production of ${chain}`,
      field: "thresholds.slowBlocksPerSecond",
      value: thresholds.slowBlocksPerSecond,
    },
  ],
  create: (props) => [
    {
      observation: {
        job: "l2-reth",
        targets: [chainTarget(props)],
        scrape: { intervalSeconds: 5 },
        down: l2RethDown,
        rules: [
          compatibilityRules,
          blockProductionRules(props.chain, props.thresholds.slowBlocksPerSecond),
        ],
        boards: rethRows(props.chain, props.thresholds.slowBlocksPerSecond),
      },
    },
  ],
});
