import { z } from "zod";
import { defineSource } from "../../core/source";
import { chainProgram, chainTarget } from "../chain";
import { challengerRows } from "./dashboard";
import { challengerDown, challengerRules, challengerThresholds } from "./mixin";

/** The challenger of a chain: started with `--metrics.enabled --metrics.port 7303`. */
export const opChallenger = defineSource({
  type: "op-challenger",
  schema: z.strictObject({
    ...chainProgram({ host: "l2-challenger", port: 7303 }),
    thresholds: challengerThresholds,
  }),
  instance: ({ chain }) => chain,
  targets: ({ host, port }) => [`${host}:${String(port)}`],
  create: (props) => [
    {
      observation: {
        job: "op-challenger",
        targets: [chainTarget(props)],
        scrape: { intervalSeconds: 15 },
        down: challengerDown,
        rules: [challengerRules(props.chain, props.thresholds)],
        boards: challengerRows(props.chain, props.thresholds),
      },
    },
  ],
});
