import { z } from "zod";
import { defineSource } from "../../core/source";
import { chainProgram, chainTarget, logService } from "../chain";
import { l2NodeDown, logRules, peerRules, syncStatusRules } from "./mixin";

/** The consensus client of a chain: started with `--metrics.enabled`. */
export const opNode = defineSource({
  type: "op-node",
  schema: z.strictObject({
    ...chainProgram({ host: "l2-node", port: 7300 }),
    /** Whether this node should have peers: a lone sequencer has none, and no LowPeerCount. */
    peersExpected: z.boolean().default(false),
    thresholds: z
      .strictObject({
        /** Fewer peers than this are too few. */
        lowPeerCount: z.int().min(1).max(1000).default(3),
        /** Age of the unsafe head at which the node no longer counts as synchronised: 15 blocks of 2 s. */
        unsafeSeconds: z.int().min(1).max(3600).default(30),
        /** Age of the safe head likewise; it moves in steps of a channel. */
        safeSeconds: z.int().min(10).max(86_400).default(1800),
      })
      .prefault({}),
    /** Its lines, where the environment keeps logs: they carry the labels `chain` and `service`. */
    logs: z
      .strictObject({
        service: logService("l2-node"),
        /** Resets in 15 minutes: a small reorganisation of L1 makes one, and is harmless. */
        pipelineResets: z.int().min(1).max(1000).default(3),
      })
      .prefault({}),
  }),
  instance: ({ chain }) => chain,
  targets: ({ host, port }) => [`${host}:${String(port)}`],
  create: (props) => [
    {
      observation: {
        job: "l2-node",
        targets: [chainTarget(props)],
        scrape: { intervalSeconds: 5 },
        down: l2NodeDown,
        rules: [
          syncStatusRules(props.chain, props.thresholds),
          ...(props.peersExpected ? [peerRules(props.chain, props.thresholds.lowPeerCount)] : []),
        ],
        logRules: [logRules(props.chain, props.logs)],
      },
    },
  ],
});
