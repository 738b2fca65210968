import { z } from "zod";
import { defineSource } from "../../core/source";
import { chainProgram, chainTarget } from "../chain";
import { disputeRows } from "./dashboard";
import { disputeMonDown, disputeRules, disputeThresholds, monitorRules } from "./mixin";

/** The dispute monitor of a chain: started with `--metrics.enabled --metrics.port 7304`, and `--honest-actors` for the alerts on our own bonds. */
export const opDisputeMon = defineSource({
  type: "op-dispute-mon",
  schema: z.strictObject({
    ...chainProgram({ host: "l2-dispute-mon", port: 7304 }),
    thresholds: disputeThresholds,
  }),
  instance: ({ chain }) => chain,
  targets: ({ host, port }) => [`${host}:${String(port)}`],
  create: (props) => [
    {
      observation: {
        job: "op-dispute-mon",
        targets: [chainTarget(props)],
        scrape: { intervalSeconds: 15 },
        down: disputeMonDown,
        rules: [
          disputeRules(props.chain, props.thresholds),
          monitorRules(props.chain, props.thresholds),
        ],
        boards: disputeRows(props.chain, props.thresholds),
      },
    },
  ],
});
