import { z } from "zod";
import { defineSource } from "../../core/source";
import { kebabName } from "../../core/schema";
import { chainProgram, chainTarget } from "../chain";
import { conductorRows } from "./dashboard";
import { conductorDown, conductorRules } from "./mixin";

/** One conductor of a chain whose sequencer is several servers: started with `--metrics.enabled --metrics.port 7305`. List each of them. */
export const opConductor = defineSource({
  type: "op-conductor",
  schema: z.strictObject({
    ...chainProgram({ host: "l2-conductor", port: 7305 }),
    /** Which of the chain's servers, e.g. `sequencer-1`. */
    server: kebabName,
  }),
  instance: ({ chain, server }) => `${chain}-${server}`,
  targets: ({ host, port }) => [`${host}:${String(port)}`],
  create: (props) => [
    {
      observation: {
        job: "op-conductor",
        targets: [chainTarget(props)],
        scrape: { intervalSeconds: 5 },
        down: conductorDown,
        rules: [conductorRules(props.chain)],
        boards: conductorRows(props.chain),
      },
    },
  ],
});
