import type { Alert, RuleGroup } from "../../core/alert";
import type { DownAlert } from "../../core/observation";
import { onChainBoard } from "../l2-boards";

/** The alert for an execution client that does not answer. */
export const l2GethDown: DownAlert = {
  name: "L2GethDown",
  priority: "P1",
  for: "1m",
  summary: "The L2 execution client does not answer",
  panel: onChainBoard("programs", "up"),
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

/** What decides the alerts on how blocks and transactions are taken. */
export interface ExecutionLimits {
  readonly poolPending: number;
  readonly reorgBlocks: number;
}

/** Transactions that wait and could be in the next block. */
export function poolPending(chain: string): string {
  return `max by (chain) (txpool_pending{job="l2-geth", chain="${chain}"})`;
}

function poolPileUp(chain: string, limit: number): Alert {
  const pending = poolPending(chain);
  return {
    name: "TxPoolPileUp",
    priority: "P3",
    expr: `${pending} > ${String(limit)}`,
    for: "10m",
    panel: onChainBoard("execution", "pool"),
    summary: "Transactions pile up in the pool",
    description: `{{ $value | printf "%.0f" }} transactions wait in the pool of {{ $labels.chain }}, more than ${String(limit)}.`,
    why: "80 % of the places that geth has by default (`--txpool.globalslots`); ten minutes are longer than a rush.",
    graph: pending,
    inhibitedBy: ["L2GethDown", "L2NodeDown", "L2UnsafeHeadStalled"],
    runbook: {
      meaning: "More transactions come in than fit into blocks, or blocks leave them out.",
      impact: "Users wait. When the pool is full the cheapest transactions are thrown away.",
      steps: [
        "Are blocks full? Compare `chain_head_gas_used` with the gas limit. If they are, demand is high: fees rise, and it ends by itself.",
        "Are blocks empty although the pool is full? Then the sequencer leaves transactions out: see SequencerDriftHigh, and op-batcher's throttling (`op_batcher_default_throttle_intensity`).",
        "Does one sender make most of it? Look at the pool with `txpool_inspect` on the node.",
      ],
    },
  };
}

/** Blocks that the execution client took back in 10 minutes. */
export function blocksTakenBack(chain: string): string {
  return `round(max by (chain) (increase(chain_reorg_drop{job="l2-geth", chain="${chain}"}[10m])))`;
}

function reorgDeep(chain: string, blocks: number): Alert {
  const dropped = blocksTakenBack(chain);
  return {
    name: "ExecutionReorgDeep",
    priority: "P3",
    expr: `${dropped} > ${String(blocks)}`,
    panel: onChainBoard("execution", "reorgs"),
    summary: "The execution client took many blocks back",
    description: `The execution client of {{ $labels.chain }} took back {{ $value | printf "%.0f" }} blocks within 10 minutes, more than ${String(blocks)}.`,
    why: "With blocks of 2 s, ten are 20 seconds: many who wait for their transaction have gone by then.",
    graph: dropped,
    inhibitedBy: ["L2UnsafeReorg"],
    runbook: {
      meaning: "Its chain was replaced by another one, from some blocks back on.",
      impact:
        "On the sequencer's chain users' transactions are undone. On a replica its own answers were wrong until then.",
      steps: [
        "Its log names the blocks: 'Chain reorg detected', with number, drop and add.",
        "On all nodes of the chain: see L2UnsafeReorg for the causes.",
        "On one node only: it followed a wrong chain. Whom did it hear the blocks from?",
      ],
    },
  };
}

/** Alerts on how blocks and transactions are taken. */
export function executionRules(chain: string, limits: ExecutionLimits): RuleGroup {
  return {
    name: `op-geth.execution.${chain}`,
    intervalSeconds: 15,
    rules: [poolPileUp(chain, limits.poolPending), reorgDeep(chain, limits.reorgBlocks)],
  };
}

/** One node of a chain. */
export interface DataNode {
  readonly chain: string;
  /** Unique among the nodes of all chains. */
  readonly name: string;
  /** Label `instance`. */
  readonly instance: string;
}

/** What decides when a node's data is said to fill its place. */
export interface DataLimits {
  readonly dataGiB: number;
  readonly dataDaysLeft: number;
}

/** Days until the data of a node takes all that it may: the live database and the old blocks beside it. */
export function dataGrowthRules(
  { chain, name, instance }: DataNode,
  { dataGiB, dataDaysLeft }: DataLimits,
): RuleGroup {
  const labels = `chain="${chain}", instance="${instance}"`;
  const size = (part: string) =>
    `max by (chain, instance) (eth_db_chaindata_${part}_size{job="l2-geth", ${labels}})`;
  const data = `instance:geth_data_gib:sum{${labels}}`;
  const days = `instance:geth_data_left_days:deriv1d{${labels}}`;
  return {
    name: `op-geth.data.${name}`,
    intervalSeconds: 60,
    rules: [
      {
        record: "instance:geth_data_gib:sum",
        expr: `(${size("disk")} + ${size("ancient")}) / 1024 ^ 3`,
      },
      {
        record: "instance:geth_data_left_days:deriv1d",
        expr: `clamp_min(${String(dataGiB)} - ${data}, 0) / (deriv(${data}[1d]) > 0) / 86400`,
      },
      {
        name: "ChainDataGrowth",
        priority: "P3",
        // A compaction makes the size jump: less than six hours tell no pace.
        expr: `${days} < ${String(dataDaysLeft)} and ${data} offset 6h`,
        for: "1h",
        panel: onChainBoard("data", "days-left"),
        summary: "The chain's data fills its disk within days",
        description: `At the present pace the data of {{ $labels.instance }}, chain {{ $labels.chain }}, takes all of its ${String(dataGiB)} GiB in {{ $value | printf "%.1f" }} days (threshold ${String(dataDaysLeft)}).`,
        why: "A working week and a weekend, to get a larger disk and move the data. The pace is that of the last day; nothing is said before six hours are known.",
        graph: data,
        inhibitedBy: ["L2GethDown"],
        runbook: {
          meaning: "The database of the execution client grows, and its place is nearly used up.",
          impact:
            "A database that runs full while writing must be rebuilt: on the sequencer the chain stands still meanwhile.",
          steps: [
            "Make the disk larger, then state the new size (`dataGiB`) in the environment.",
            "A full node that keeps history it does not need: `--history.state`, `--history.transactions`, or a resync with `--state.scheme=path`.",
            "The old blocks (`ancient`) can move to a slower disk with `--datadir.ancient`, while the node is stopped.",
          ],
        },
      },
    ],
  };
}
