import { z } from "zod";
import { defineSource } from "../../core/source";
import { chainProgram, chainTarget } from "../chain";
import { blockProductionRules, compatibilityRules, l2GethDown } from "./mixin";

/** The execution client of a chain: started with `--metrics --metrics.addr 0.0.0.0`. */
export const opGeth = defineSource({
  type: "op-geth",
  schema: z.strictObject({
    ...chainProgram({ host: "l2-geth", port: 6060 }),
    thresholds: z
      .strictObject({
        /** Blocks per second; the default is a fifth of what a block time of 2 s promises. */
        slowBlocksPerSecond: z.number().positive().max(100).default(0.1),
      })
      .prefault({}),
  }),
  instance: ({ chain }) => chain,
  targets: ({ host, port }) => [`${host}:${String(port)}`],
  create: (props) => [
    {
      observation: {
        job: "l2-geth",
        targets: [chainTarget(props, "/debug/metrics/prometheus")],
        scrape: { intervalSeconds: 5 },
        down: l2GethDown,
        rules: [
          compatibilityRules,
          blockProductionRules(props.chain, props.thresholds.slowBlocksPerSecond),
        ],
      },
    },
  ],
});
