import type { RuleGroup } from "../../core/alert";
import type { DownAlert } from "../../core/observation";

/** The alert for an execution client that does not answer. */
export const l2GethDown: DownAlert = {
  name: "L2GethDown",
  priority: "P1",
  for: "1m",
  summary: "The L2 execution client does not answer",
  runbook: {
    meaning: "op-geth, which executes the blocks of the chain, gave no answer for a minute.",
    impact: "On the sequencer the chain stands still; on a replica its users read nothing.",
    steps: [
      "Look at the process and its last log lines: out of memory, full disk, or a corrupt database?",
      "Start it again. While it replays, op-node waits by itself.",
      "If the disk is full, make room first: a database that runs full while writing must be rebuilt.",
    ],
  },
};

/**
 * Names people query, from what geth really exports. geth has neither `eth_block_number` nor `eth_txpool_pending`;
 * its counters are emitted as gauges without labels.
 */
export const compatibilityRules: RuleGroup = {
  name: "op-geth",
  intervalSeconds: 5,
  rules: [
    { record: "eth_block_number", expr: 'chain_head_block{job="l2-geth"}' },
    { record: "eth_txpool_pending", expr: 'txpool_pending{job="l2-geth"}' },
  ],
};

/** Blocks per second of one chain against what its block time promises. */
export function blockProductionRules(chain: string, slowBlocksPerSecond: number): RuleGroup {
  // A gauge that can step back on a reorg: deriv, not rate, which would take the step for a counter's reset.
  const rate = `max by (chain) (deriv(chain_head_block{job="l2-geth", chain="${chain}"}[5m]))`;
  return {
    name: `op-geth.${chain}`,
    intervalSeconds: 15,
    rules: [
      {
        name: "L2BlockProductionSlow",
        priority: "P3",
        expr: `${rate} < ${String(slowBlocksPerSecond)}`,
        for: "5m",
        summary: "The chain makes fewer blocks than it should",
        description: `{{ $labels.chain }} makes {{ $value | printf "%.3f" }} blocks per second, less than ${String(slowBlocksPerSecond)}.`,
        graph: rate,
        inhibitedBy: ["L2GethDown"],
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
