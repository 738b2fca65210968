import type { BoardRow } from "../../core/board";
import { blockProductionRow } from "../block-production";
import { chainBoard, chainRow, chosenChain, programsRow } from "../l2-boards";

const of = `{job="l2-reth", chain="${chosenChain}"}`;

function executionRow(chain: string): BoardRow {
  return chainRow(chain, {
    board: chainBoard,
    key: "reth",
    title: "Transactions of op-reth",
    order: 41,
    panels: [
      {
        type: "timeseries",
        key: "pool",
        title: "Transactions in the pool",
        description:
          "Pending could be in the next block, queued wait for an earlier one of their sender, the others offer less than the base fee. Pending that climbs while blocks are made is more demand than blocks take.",
        unit: "count",
        queries: [
          {
            expr: `max by (chain) (reth_transaction_pool_pending_pool_transactions${of})`,
            legend: "pending",
          },
          {
            expr: `max by (chain) (reth_transaction_pool_queued_pool_transactions${of})`,
            legend: "queued",
          },
          {
            expr: `max by (chain) (reth_transaction_pool_basefee_pool_transactions${of})`,
            legend: "below the base fee",
          },
        ],
        min: 0,
      },
      {
        type: "timeseries",
        key: "peers",
        title: "Peers of op-reth",
        description:
          "They bring transactions, and blocks to a node that synchronises. A sequencer that is closed off has none.",
        unit: "count",
        queries: [{ expr: `reth_network_connected_peers${of}`, legend: "{{instance}}" }],
        min: 0,
      },
      {
        type: "timeseries",
        key: "memory",
        title: "Memory of op-reth",
        description:
          "Resident memory. One that climbs for days ends with a process that is killed.",
        unit: "bytes",
        queries: [{ expr: `reth_process_resident_memory_bytes${of}`, legend: "{{instance}}" }],
        min: 0,
      },
    ],
  });
}

/** Rows about the blocks and the transactions of a chain. */
export function rethRows(chain: string, slowBlocksPerSecond: number): readonly BoardRow[] {
  return [programsRow(chain), blockProductionRow(chain, slowBlocksPerSecond), executionRow(chain)];
}
