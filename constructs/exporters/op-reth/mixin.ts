import type { RuleGroup } from "../../core/alert";
import type { DownAlert } from "../../core/observation";
import { onChainBoard } from "../l2-boards";

/** The alert for an execution client that does not answer. */
export const l2RethDown: DownAlert = {
  name: "L2RethDown",
  priority: "P1",
  for: "1m",
  summary: "The L2 execution client does not answer",
  panel: onChainBoard("programs", "up"),
  runbook: {
    meaning: "op-reth, which executes the blocks of the chain, gave no answer for a minute.",
    impact: "On the sequencer the chain stands still; on a replica its users read nothing.",
    steps: [
      "Look at the process and its last log lines: out of memory, full disk, or a database that another process holds?",
      "Start it again. While it catches up, op-node waits by itself.",
      "If the disk is full, make room first: a database that runs full while writing may have to be rebuilt.",
    ],
  },
};

/** Names people query, from what reth really exports. Its gauges show 0 between a start and the first block. */
export const compatibilityRules: RuleGroup = {
  name: "op-reth",
  intervalSeconds: 5,
  rules: [
    {
      record: "eth_block_number",
      expr: 'reth_blockchain_tree_canonical_chain_height{job="l2-reth"} > 0',
    },
    {
      record: "eth_txpool_pending",
      expr: 'reth_transaction_pool_pending_pool_transactions{job="l2-reth"}',
    },
  ],
};
