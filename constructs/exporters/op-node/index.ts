import { z } from "zod";
import { instanceOf } from "../../core/observation";
import { defineSource } from "../../core/source";
import {
  blockTime,
  blockTimeAgreement,
  chainNode,
  chainProgram,
  chainTarget,
  logService,
  nodeName,
} from "../chain";
import { nodeRows } from "./dashboard";
import { derivationRules } from "./derivation-rules";
import { headRules } from "./head-rules";
import { l2NodeDown, logRules, peerRules, syncStatusRules } from "./mixin";
import { headsOverview } from "./overview";
import { activeSequencerRules, sequencingRules } from "./sequencing-rules";

const rollup = z
  .strictObject({
    /** Seconds from one L2 block to the next: `block_time` of the rollup's configuration. */
    blockTimeSeconds: blockTime,
    /** Seconds from one L1 block to the next: 12 on Ethereum and its public test networks. */
    l1BlockSeconds: z.int().min(1).max(300).default(12),
    /** L1 blocks within which a batch must land: `seq_window_size` of the rollup's configuration. op-deployer's default is 12 hours. */
    sequencerWindowBlocks: z.int().min(2).max(1_000_000).default(3600),
  })
  .prefault({});

const thresholds = z
  .strictObject({
    /** Fewer peers than this are too few. */
    lowPeerCount: z.int().min(1).max(1000).default(3),
    /** Age of the unsafe head at which the node no longer counts as synchronised, and after 30 s more somebody is woken: 15 blocks of 2 s. Also how far one node of several may be behind. */
    unsafeSeconds: z.int().min(1).max(3600).default(30),
    /** Age of the safe head likewise, and how far it may be behind the unsafe head, for 5 minutes. It moves in steps of a channel: set it above op-batcher's `--max-channel-duration`. */
    safeSeconds: z.int().min(10).max(86_400).default(1800),
    /** How far the finalized head may be behind the safe head, for 30 minutes: L1 finalises within 13 to 20 minutes. */
    finalizedSeconds: z.int().min(60).max(604_800).default(3600),
    /** Per cent of the sequencer window that is left when somebody is woken: of 12 hours 3, enough to repair or replace a batcher. */
    windowLeftPercent: z.number().positive().max(100).default(25),
    /** Age of the newest L1 block that the node knows, for a minute: 10 slots in a row without a block do not happen on a sound L1. */
    l1HeadSeconds: z.int().min(1).max(3600).default(120),
    /** L1 blocks that the node has not derived from yet, for 10 minutes and not getting fewer: 10 minutes of L1. Set it above `--verifier.l1-confs`. */
    derivationLagBlocks: z.int().min(1).max(100_000).default(50),
    /** Errors of the node's steps in 5 minutes, for 10 minutes: an execution client that hangs for half a minute makes 2, one that is down 40 a minute. */
    derivationErrors: z.int().min(1).max(10_000).default(10),
    /** L1 blocks that one reorganisation of L1 may take back: `--sequencer.l1-confs` is 4 by default, a deeper one takes blocks that L2 is built on. */
    l1ReorgBlocks: z.int().min(1).max(10).default(4),
    /** Blocks in 10 minutes that the sequencer threw away as invalid. Each costs one block time; none should. */
    sequencingErrors: z.int().min(1).max(10_000).default(3),
    /** Seconds that the unsafe head is ahead of its L1 origin. Some 60 are usual; at 1800 the sequencer leaves out all transactions, so that 20 minutes are left. */
    driftSeconds: z.int().min(1).max(1800).default(600),
    /** Milliseconds within which the execution client takes 99 % of the blocks, for 10 minutes. Without it half of the block time: 1000 for 2 s. */
    engineMilliseconds: z.number().positive().max(10_000).optional(),
  })
  .prefault({});

/** The consensus client of a chain: started with `--metrics.enabled`. */
export const opNode = defineSource({
  type: "op-node",
  schema: z.strictObject({
    ...chainProgram({ host: "l2-node", port: 7300 }),
    ...chainNode,
    /** Whether this node should have peers: a lone sequencer has none, and no LowPeerCount. */
    peersExpected: z.boolean().default(false),
    /** Whether this node may sequence (`--sequencer.enabled`). Of all nodes of its chain that the environment lists exactly one must do it. */
    sequencer: z.boolean().default(false),
    /** Parameters of the chain. All nodes of a chain state the same. */
    rollup,
    /** All nodes of a chain state the same. */
    thresholds,
    /** Its lines, where the environment keeps logs: they carry the labels `chain` and `service`. */
    logs: z
      .strictObject({
        service: logService("l2-node"),
        /** Resets in 15 minutes: a small reorganisation of L1 makes one, and is harmless. */
        pipelineResets: z.int().min(1).max(1000).default(3),
      })
      .prefault({}),
  }),
  instance: nodeName,
  targets: ({ host, port }) => [`${host}:${String(port)}`],
  agreements: ({ chain, rollup: parameters, thresholds: limits }) => [
    blockTimeAgreement(chain, parameters.blockTimeSeconds),
    { what: `rollup of ${chain}`, field: "rollup", value: parameters },
    { what: `op-node of ${chain}`, field: "thresholds", value: limits },
  ],
  create: (props) => {
    const { chain, thresholds: limits } = props;
    const target = chainTarget(props);
    return [
      {
        observation: {
          job: "l2-node",
          targets: [target],
          scrape: { intervalSeconds: 5 },
          down: l2NodeDown,
          rules: [
            syncStatusRules(chain, limits),
            headRules(chain, props.rollup, limits),
            derivationRules(chain, limits),
            sequencingRules(chain, props.rollup, limits),
            ...(props.sequencer ? [activeSequencerRules(chain, limits.unsafeSeconds)] : []),
            ...(props.peersExpected
              ? [
                  peerRules(
                    chain,
                    { name: nodeName(props), instance: instanceOf(target) },
                    limits.lowPeerCount,
                  ),
                ]
              : []),
          ],
          logRules: [logRules(chain, props.logs)],
          boards: [
            ...nodeRows({
              chain,
              rollup: props.rollup,
              limits,
              peersExpected: props.peersExpected,
            }),
            headsOverview(chain, limits),
          ],
        },
      },
    ];
  },
});
