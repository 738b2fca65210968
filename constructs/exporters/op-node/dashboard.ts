import type { BoardRow } from "../../core/board";
import { above, below } from "../../core/panel";
import { chainBoard, chainRow, chosenChain, programsRow } from "../l2-boards";
import {
  channelTimeouts,
  l1HeadAge,
  l1Reorgs,
  stepErrors,
  type DerivationLimits,
} from "./derivation-rules";
import {
  behindFirstNode,
  finalizedLag,
  newestBlockAge,
  safeLag,
  windowLeftMinutes,
  windowNearMinutes,
  type HeadLimits,
  type Rollup,
} from "./head-rules";
import { derivationLag, refsOf } from "./refs";
import {
  blocksThrownAway,
  drift,
  engineLimit,
  newPayloadP99,
  type SequencingLimits,
} from "./sequencing-rules";

/** What a chain's panels are drawn with: all of its nodes state the same. */
export interface NodePanels {
  readonly chain: string;
  readonly rollup: Rollup;
  readonly limits: HeadLimits &
    DerivationLimits &
    SequencingLimits & { readonly lowPeerCount: number };
  /** Whether this node should have peers. */
  readonly peersExpected: boolean;
}

const refs = refsOf(chosenChain);

function windowSeconds(rollup: Rollup, limits: HeadLimits): number {
  return Math.round(windowNearMinutes(rollup, limits) * 60);
}

function nowRow({ chain, rollup, limits }: NodePanels): BoardRow {
  const stat = { type: "stat", width: 4, height: 4 } as const;
  return chainRow(chain, {
    board: chainBoard,
    key: "now",
    title: "Is the chain well?",
    order: 10,
    panels: [
      {
        ...stat,
        key: "urgent",
        title: "Urgent alerts",
        description: "P1 and P2 of this chain that fire now: somebody should be at work on each.",
        unit: "count",
        queries: [
          {
            expr: `count(ALERTS{alertstate="firing", severity=~"critical|high", chain="${chosenChain}"}) or vector(0)`,
            legend: "urgent",
          },
        ],
        limits: above({ P2: 1 }),
      },
      {
        ...stat,
        key: "newest",
        title: "Newest block",
        description:
          "Its age: as young as one block time while the chain makes blocks. When it only grows, the chain stands still.",
        unit: "seconds",
        queries: [{ expr: newestBlockAge(chosenChain), legend: "age" }],
        limits: above({ P1: limits.unsafeSeconds }),
      },
      {
        ...stat,
        key: "safe-lag",
        title: "Safe head behind",
        description:
          "Time of the blocks that are made and not yet on L1. It falls to almost nothing with each batch.",
        unit: "seconds",
        queries: [{ expr: safeLag(chosenChain), legend: "behind" }],
        limits: above({ P2: limits.safeSeconds }),
      },
      {
        ...stat,
        key: "window",
        title: "Window left",
        description:
          "Time within which the next batch must land on L1. At 0 the blocks that are not there are lost.",
        unit: "seconds",
        queries: [{ expr: `60 * ${windowLeftMinutes(chosenChain)}`, legend: "left" }],
        limits: below({ P1: windowSeconds(rollup, limits) }),
      },
      {
        ...stat,
        key: "finalized-lag",
        title: "Finalized head behind",
        description:
          "Time of the blocks that are on L1 and may still be taken back with it. About 15 minutes where L1 is sound.",
        unit: "seconds",
        queries: [{ expr: finalizedLag(chosenChain), legend: "behind" }],
        limits: above({ P3: limits.finalizedSeconds }),
      },
      {
        ...stat,
        key: "l1-head",
        title: "L1 as the node sees it",
        description:
          "Age of the newest L1 block that the nodes know, of the one that is worst off. An L1 block is made every 12 s on Ethereum.",
        unit: "seconds",
        queries: [{ expr: `max(${l1HeadAge(chosenChain)})`, legend: "age" }],
        limits: above({ P2: limits.l1HeadSeconds }),
      },
    ],
  });
}

function headsRow({ chain, rollup, limits }: NodePanels): BoardRow {
  const number = (type: "l2_unsafe" | "l2_safe" | "l2_finalized") =>
    `max(${refs.number("l2", type)})`;
  return chainRow(chain, {
    board: chainBoard,
    key: "heads",
    title: "Heads",
    order: 30,
    panels: [
      {
        type: "timeseries",
        key: "newest",
        title: "Age of the newest block",
        description:
          "A saw of one block time is sound. A line that climbs is a chain that stands still: look at the sequencer.",
        unit: "seconds",
        queries: [{ expr: newestBlockAge(chosenChain), legend: "age" }],
        limits: above({ P1: limits.unsafeSeconds }),
        min: 0,
      },
      {
        type: "timeseries",
        key: "safe-lag",
        title: "Safe head behind the unsafe head",
        description:
          "A saw whose teeth are the channels of the batcher. Where it does not fall, no batch lands, or none is accepted.",
        unit: "seconds",
        queries: [{ expr: safeLag(chosenChain), legend: "behind" }],
        limits: above({ P2: limits.safeSeconds }),
        min: 0,
      },
      {
        type: "timeseries",
        key: "window",
        title: "Sequencer window left",
        description:
          "Time until the oldest block that is not on L1 is lost. It falls by a second a second while no batch lands, and jumps up when one does.",
        unit: "seconds",
        queries: [{ expr: `60 * ${windowLeftMinutes(chosenChain)}`, legend: "left" }],
        limits: below({ P1: windowSeconds(rollup, limits) }),
        min: 0,
      },
      {
        type: "timeseries",
        key: "numbers",
        title: "Number of each head",
        description:
          "Unsafe: made. Safe: on L1. Finalized: final there. All three climb; a step down is a reorganisation.",
        unit: "text",
        queries: [
          { expr: number("l2_unsafe"), legend: "unsafe" },
          { expr: number("l2_safe"), legend: "safe" },
          { expr: number("l2_finalized"), legend: "finalized" },
        ],
      },
      {
        type: "timeseries",
        key: "finalized-lag",
        title: "Finalized head behind the safe head",
        description:
          "L1 finalises within 13 to 20 minutes. More says that L1, or the endpoint that tells of it, has no finality.",
        unit: "seconds",
        queries: [{ expr: finalizedLag(chosenChain), legend: "behind" }],
        limits: above({ P3: limits.finalizedSeconds }),
        min: 0,
      },
      {
        type: "timeseries",
        key: "behind",
        title: "Nodes behind the first",
        description:
          "How far each node is behind the one that knows the newest block. One that stays up gives old answers to whoever reads from it.",
        unit: "seconds",
        queries: [{ expr: behindFirstNode(chosenChain), legend: "{{instance}}" }],
        limits: above({ P3: limits.unsafeSeconds }),
        min: 0,
      },
    ],
  });
}

function derivationRow({ chain, limits }: NodePanels): BoardRow {
  return chainRow(chain, {
    board: chainBoard,
    key: "derivation",
    title: "Reading the chain from L1",
    order: 60,
    panels: [
      {
        type: "timeseries",
        key: "l1-head",
        title: "Age of the newest L1 block",
        description:
          "By node. When it climbs, the L1 endpoint is silent: the safe head stands still, and half an hour later the sequencer too.",
        unit: "seconds",
        queries: [{ expr: l1HeadAge(chosenChain), legend: "{{instance}}" }],
        limits: above({ P2: limits.l1HeadSeconds }),
        min: 0,
      },
      {
        type: "timeseries",
        key: "lag",
        title: "L1 blocks not read yet",
        description:
          "L1 blocks that a node knows and has not derived from. It falls after a restart; a plateau is a node that is stuck.",
        unit: "blocks",
        queries: [{ expr: derivationLag(chosenChain), legend: "{{instance}}" }],
        limits: above({ P2: limits.derivationLagBlocks }),
        min: 0,
      },
      {
        type: "timeseries",
        key: "channel-timeouts",
        title: "Channels that timed out",
        description:
          "In 10 minutes, as the nodes see it: a part of a batch did not reach L1 in time, and what was paid for the rest is lost.",
        unit: "count",
        queries: [{ expr: channelTimeouts(chosenChain), legend: "timed out" }],
        limits: above({ P2: 1 }),
        min: 0,
      },
      {
        type: "timeseries",
        key: "errors",
        title: "Errors of the node's steps",
        description:
          "In 5 minutes. A step that fails again and again waits for the execution client, for L1 or for the DA server: the log says for which.",
        unit: "count",
        queries: [
          {
            // Absent until the first one.
            expr: `${stepErrors(chosenChain)} or 0 * max by (chain, instance) (op_node_default_up{job="l2-node", chain="${chosenChain}"})`,
            legend: "{{instance}}",
          },
        ],
        limits: above({ P3: limits.derivationErrors }),
        min: 0,
      },
      {
        type: "timeseries",
        key: "resets",
        title: "Resets of the derivation",
        description:
          "In 15 minutes. One follows a start or a small reorganisation of L1; several say that the L1 endpoint contradicts itself.",
        unit: "count",
        queries: [
          {
            expr: `sum by (instance) (increase(op_node_default_pipeline_resets_total{job="l2-node", chain="${chosenChain}"}[15m]))`,
            legend: "{{instance}}",
          },
        ],
        min: 0,
      },
      {
        type: "timeseries",
        key: "l1-reorgs",
        title: "Deep reorganisations of L1",
        description:
          "In 15 minutes, those deeper than the sequencer waits by default. They take L1 blocks that L2 blocks name.",
        unit: "count",
        queries: [{ expr: l1Reorgs(chosenChain, limits.l1ReorgBlocks), legend: "deep" }],
        limits: above({ P3: 1 }),
        min: 0,
      },
    ],
  });
}

function sequencingRow({ chain, rollup, limits }: NodePanels): BoardRow {
  return chainRow(chain, {
    board: chainBoard,
    key: "sequencing",
    title: "Making blocks",
    order: 50,
    panels: [
      {
        type: "timeseries",
        key: "active",
        title: "Active sequencers",
        description:
          "1 for the node that makes the blocks, 0 for the others. Two at once make two chains.",
        unit: "count",
        width: 6,
        queries: [
          {
            expr: `max by (instance) (op_node_default_sequencer_active{job="l2-node", chain="${chosenChain}"})`,
            legend: "{{instance}}",
          },
        ],
        stacked: true,
        min: 0,
      },
      {
        type: "timeseries",
        key: "drift",
        title: "Ahead of the L1 origin",
        description:
          "How far the newest block is ahead of the L1 block that it names. About a minute is usual; at 1800 s blocks are empty.",
        unit: "seconds",
        width: 6,
        queries: [{ expr: drift(chosenChain, rollup.l1BlockSeconds), legend: "drift" }],
        limits: above({ P2: limits.driftSeconds }),
        min: 0,
      },
      {
        type: "timeseries",
        key: "engine",
        title: "Time to take a block (p99)",
        description:
          "Of the execution client behind each node. As long as a block time, and the node falls behind for good.",
        unit: "milliseconds",
        width: 6,
        queries: [{ expr: newPayloadP99(chosenChain, "$__rate_interval"), legend: "{{instance}}" }],
        limits: above({ P3: engineLimit(limits, rollup.blockTimeSeconds) }),
        min: 0,
      },
      {
        type: "timeseries",
        key: "thrown-away",
        title: "Blocks thrown away",
        description:
          "In 10 minutes, blocks that the sequencer began and its execution client called invalid. None should be.",
        unit: "blocks",
        width: 6,
        queries: [{ expr: blocksThrownAway(chosenChain), legend: "thrown away" }],
        limits: above({ P3: limits.sequencingErrors }),
        min: 0,
      },
    ],
  });
}

function peersRow({ chain, limits }: NodePanels): BoardRow {
  const of = `{job="l2-node", chain="${chosenChain}"}`;
  return chainRow(chain, {
    board: chainBoard,
    key: "peers",
    title: "Peers",
    order: 75,
    panels: [
      {
        type: "timeseries",
        key: "count",
        title: "Peers of the nodes",
        description:
          "By node. With few, new blocks come late; with none, only L1 remains as the slow way. A lone sequencer has none.",
        unit: "count",
        width: 12,
        queries: [{ expr: `op_node_default_p2p_peer_count${of}`, legend: "{{instance}}" }],
        limits: below({ P3: limits.lowPeerCount }),
        min: 0,
      },
      {
        type: "timeseries",
        key: "traffic",
        title: "Traffic with peers",
        description: "Peers without traffic are connections that bring no blocks.",
        unit: "bytesPerSecond",
        width: 12,
        queries: [
          {
            expr: `sum by (instance, direction) (rate(op_node_default_p2p_bandwidth_bytes_total${of}[$__rate_interval]))`,
            legend: "{{instance}} {{direction}}",
          },
        ],
        min: 0,
      },
    ],
  });
}

/** Rows about the heads of a chain, and about how its nodes make and read blocks. */
export function nodeRows(node: NodePanels): readonly BoardRow[] {
  return [
    programsRow(node.chain),
    nowRow(node),
    headsRow(node),
    sequencingRow(node),
    derivationRow(node),
    ...(node.peersExpected ? [peersRow(node)] : []),
  ];
}
