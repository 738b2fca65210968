import type { RuleGroup } from "../core/alert";
import type { BoardRow } from "../core/board";
import { below } from "../core/panel";
import { chainBoard, chainRow, chosenChain, onChainBoard } from "./l2-boards";

/** Head of the chain by execution client: each exports it under a name of its own. */
const heads = [
  { metric: "chain_head_block", job: "l2-geth" },
  { metric: "reth_blockchain_tree_canonical_chain_height", job: "l2-reth" },
] as const;

/** Blocks per second of a chain, from whichever execution client is there. */
function blocksPerSecond(chain: string): string {
  // A gauge that can step back on a reorg: deriv, not rate, which would take the step for a counter's reset.
  const pace = heads
    .map(({ metric, job }) => `deriv(${metric}{job="${job}", chain="${chain}"}[5m])`)
    .join(" or ");
  return `max by (chain) (${pace})`;
}

/** The row about the blocks of a chain: both kinds of execution client contribute it. */
export function blockProductionRow(chain: string, slowBlocksPerSecond: number): BoardRow {
  return chainRow(chain, {
    board: chainBoard,
    key: "blocks",
    title: "Blocks",
    order: 35,
    panels: [
      {
        type: "timeseries",
        key: "rate",
        title: "Blocks per second",
        description:
          "What the execution client takes, beside what the block time promises. Less than promised for minutes: the sequencer, or the machine, does not keep up.",
        unit: "blocksPerSecond",
        width: 12,
        queries: [
          { expr: blocksPerSecond(chosenChain), legend: "made" },
          {
            expr: `max(chain:blocks_per_second:promised{chain="${chosenChain}"})`,
            legend: "promised by the block time",
          },
        ],
        limits: below({ P3: slowBlocksPerSecond }),
        min: 0,
      },
      {
        type: "timeseries",
        key: "head",
        title: "Head of each execution client",
        description:
          "Block numbers. Lines that part are nodes of different height; a line that is flat is a node that takes no blocks.",
        unit: "text",
        width: 12,
        queries: [
          { expr: `eth_block_number{chain="${chosenChain}"}`, legend: "{{job}} {{instance}}" },
        ],
      },
    ],
  });
}

/**
 * Blocks per second of one chain against what its block time promises, from whichever execution client is there: both
 * contribute the same group, which counts once.
 */
export function blockProductionRules(chain: string, slowBlocksPerSecond: number): RuleGroup {
  const rate = blocksPerSecond(chain);
  return {
    name: `block-production.${chain}`,
    intervalSeconds: 15,
    rules: [
      {
        name: "L2BlockProductionSlow",
        priority: "P3",
        expr: `${rate} < ${String(slowBlocksPerSecond)}`,
        for: "5m",
        panel: onChainBoard("blocks", "rate"),
        summary: "The chain makes fewer blocks than it should",
        description: `{{ $labels.chain }} makes {{ $value | printf "%.3f" }} blocks per second, less than ${String(slowBlocksPerSecond)}.`,
        graph: rate,
        why: "A fifth of what the block time promises, if the environment says nothing else: a chain that is late by so much does not catch up by itself. A standstill is told by L2UnsafeHeadStalled, with a higher priority.",
        inhibitedBy: ["L2GethDown", "L2RethDown", "L2NodeDown", "L2UnsafeHeadStalled"],
        runbook: {
          meaning: "The head of the execution client rises too slowly.",
          impact: "Transactions wait; at zero the chain stands still.",
          steps: [
            "Is the sequencer active, and does its log name errors? Look at op-node first, then at the L1 RPC it derives from.",
            "Is the machine busy? Compare CPU and disk latency with an hour ago.",
          ],
        },
      },
    ],
  };
}
