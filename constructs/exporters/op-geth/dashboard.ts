import type { BoardRow } from "../../core/board";
import { above, below } from "../../core/panel";
import { blockProductionRow } from "../block-production";
import { chainBoard, chainRow, chosenChain, programsRow } from "../l2-boards";
import { blocksTakenBack, poolPending, type ExecutionLimits } from "./mixin";

/** What a chain's panels are drawn with: all of its nodes state the same. */
export interface GethPanels {
  readonly chain: string;
  readonly blockTimeSeconds: number;
  readonly slowBlocksPerSecond: number;
  readonly limits: ExecutionLimits & { readonly dataDaysLeft: number };
  /** Whether the environment says how much its data may take. */
  readonly dataRoom: boolean;
}

const of = `{job="l2-geth", chain="${chosenChain}"}`;

function executionRow({ chain, blockTimeSeconds, limits }: GethPanels): BoardRow {
  const labels = `job="l2-geth", chain="${chosenChain}"`;
  const latency = (quantile: string) =>
    `max by (instance) (rpc_duration_all{${labels}, quantile="${quantile}"}) / 1e6`;
  return chainRow(chain, {
    board: chainBoard,
    key: "execution",
    title: "Transactions and RPC of op-geth",
    order: 40,
    panels: [
      {
        type: "timeseries",
        key: "pool",
        title: "Transactions in the pool",
        description:
          "Pending could be in the next block, queued wait for an earlier one of their sender. Pending that climbs while blocks are made is more demand than blocks take.",
        unit: "count",
        queries: [
          { expr: poolPending(chosenChain), legend: "pending" },
          { expr: `max by (chain) (txpool_queued${of})`, legend: "queued" },
        ],
        limits: above({ P3: limits.poolPending }),
        min: 0,
      },
      {
        type: "timeseries",
        key: "gas",
        title: "Gas: used, and what it could take",
        description:
          "Gas of the chain's blocks per second, beside the pace at which op-geth executes them (chain_mgasps). Where the two meet, the machine is the limit.",
        unit: "megagasPerSecond",
        queries: [
          {
            expr: `max(avg_over_time(chain_head_gas_used${of}[$__rate_interval])) / ${String(blockTimeSeconds)} / 1e6`,
            legend: "used by blocks",
          },
          {
            expr: `max by (instance) (avg_over_time(chain_mgasps{${labels}, quantile="0.5"}[$__rate_interval]))`,
            legend: "executed (median) {{instance}}",
          },
        ],
        min: 0,
      },
      {
        type: "timeseries",
        key: "rpc-latency",
        title: "RPC latency",
        description:
          "How long op-geth works on a call, over its last calls of all methods. The p99 climbs first when the disk or the machine is busy.",
        unit: "milliseconds",
        queries: ["0.5", "0.95", "0.99"].map((quantile) => ({
          expr: latency(quantile),
          legend: `p${String(Number(quantile) * 100)} {{instance}}`,
        })),
        min: 0,
      },
      {
        type: "timeseries",
        key: "rpc-calls",
        title: "RPC calls",
        description:
          "Calls per second, and those that op-geth answered with an error. Failures that rise alone are a client that asks wrongly, or a node that lacks the state.",
        unit: "requestsPerSecond",
        queries: [
          {
            expr: `sum by (instance) (rate(rpc_requests${of}[$__rate_interval]))`,
            legend: "calls {{instance}}",
          },
          {
            expr: `sum by (instance) (rate(rpc_failure${of}[$__rate_interval]))`,
            legend: "failed {{instance}}",
          },
        ],
        min: 0,
      },
      {
        type: "timeseries",
        key: "reorgs",
        title: "Blocks taken back",
        description:
          "In 10 minutes. None is usual: each one is a block that users saw and that is gone.",
        unit: "blocks",
        queries: [{ expr: blocksTakenBack(chosenChain), legend: "taken back" }],
        limits: above({ P3: limits.reorgBlocks }),
        min: 0,
      },
      {
        type: "timeseries",
        key: "peers",
        title: "Peers of op-geth",
        description:
          "They bring transactions, and blocks to a node that synchronises. A sequencer that is closed off has none.",
        unit: "count",
        queries: [{ expr: `p2p_peers${of}`, legend: "{{instance}}" }],
        min: 0,
      },
    ],
  });
}

function dataRow({ chain, limits }: GethPanels): BoardRow {
  return chainRow(chain, {
    board: chainBoard,
    key: "data",
    title: "Data of the chain",
    order: 90,
    panels: [
      {
        type: "timeseries",
        key: "size",
        title: "Size of the data",
        description: "The live database and the old blocks beside it. A compaction makes it jump.",
        unit: "bytes",
        width: 12,
        queries: [
          {
            expr: `instance:geth_data_gib:sum{chain="${chosenChain}"} * 1024 ^ 3`,
            legend: "{{instance}}",
          },
        ],
        min: 0,
      },
      {
        type: "timeseries",
        key: "days-left",
        title: "Days until its place is full",
        description:
          "At the pace of the last day; empty while the data does not grow. Get a larger disk in time: a database that runs full while writing must be rebuilt.",
        unit: "days",
        width: 12,
        queries: [
          {
            expr: `instance:geth_data_left_days:deriv1d{chain="${chosenChain}"}`,
            legend: "{{instance}}",
          },
        ],
        limits: below({ P3: limits.dataDaysLeft }),
        min: 0,
      },
    ],
  });
}

/** Rows about the blocks of a chain, its transactions, and the data of its nodes. */
export function gethRows(geth: GethPanels): readonly BoardRow[] {
  return [
    programsRow(geth.chain),
    blockProductionRow(geth.chain, geth.slowBlocksPerSecond),
    executionRow(geth),
    ...(geth.dataRoom ? [dataRow(geth)] : []),
  ];
}
