import { z } from "zod";
import { defineSource } from "../../core/source";
import { chainProgram, chainTarget } from "../chain";
import { proposerRows } from "./dashboard";
import { proposerDown, proposerRules } from "./mixin";

/** The proposer of a chain: started with `--metrics.enabled --metrics.port 7302`. */
export const opProposer = defineSource({
  type: "op-proposer",
  schema: z.strictObject({
    ...chainProgram({ host: "l2-proposer", port: 7302 }),
    thresholds: z
      .strictObject({
        /** ETH. Bonds of dispute games come from the same wallet. */
        lowBalanceEth: z.number().positive().max(10_000).default(0.5),
        /** Seconds between two proposals: op-proposer's `--proposal-interval`, from a minute to a week. */
        proposalIntervalSeconds: z.int().min(60).max(604_800).default(3600),
      })
      .prefault({}),
  }),
  instance: ({ chain }) => chain,
  targets: ({ host, port }) => [`${host}:${String(port)}`],
  create: (props) => [
    {
      observation: {
        job: "op-proposer",
        targets: [chainTarget(props)],
        scrape: { intervalSeconds: 15 },
        down: proposerDown,
        rules: [proposerRules(props.chain, props.thresholds)],
        boards: proposerRows(props.chain, props.thresholds),
      },
    },
  ],
});
