import { z } from "zod";
import { defineSource } from "../../core/source";
import { chainProgram, chainTarget } from "../chain";
import { daRows } from "./dashboard";
import { daMetricsDown, daRules, daThresholds } from "./mixin";

/** The server that puts a chain's batches on Celestia (op-alt-da): started with `--metrics.enabled`. Its port is also op-geth's: where both share a network, give it another `--metrics.port`. */
export const daServer = defineSource({
  type: "da-server",
  schema: z.strictObject({
    ...chainProgram({ host: "l2-da-server", port: 6060 }),
    thresholds: daThresholds,
  }),
  instance: ({ chain }) => chain,
  targets: ({ host, port }) => [`${host}:${String(port)}`],
  create: (props) => [
    {
      observation: {
        job: "da-server",
        targets: [chainTarget(props)],
        scrape: { intervalSeconds: 15 },
        down: daMetricsDown,
        rules: [daRules(props.chain, props.thresholds)],
        boards: daRows(props.chain, props.thresholds),
      },
    },
  ],
});
