import type { BoardRow } from "../../core/board";
import { above, type Query } from "../../core/panel";
import { batcherBoard, chainBoard, chainRow, chosenChain, programsRow } from "../l2-boards";
import { ageOfSuccess } from "../tx-manager";
import {
  blocksInNoChannel,
  channelsTimedOut,
  feeRaises,
  throttlePercent,
  waitingTransactions,
  type BatchThresholds,
} from "./batches";

/** What the panels about a chain's batches are drawn with. */
export interface BatchPanels {
  readonly batches: BatchThresholds;
  /** Whether they go to an alt-DA server. */
  readonly altDa: boolean;
  /** Label `service` of the batcher's lines. */
  readonly service: string;
}

const of = `{chain="${chosenChain}"}`;

/** A stage appears when it first happens: until then there is none, and that is 0. */
function orNone(expr: string): string {
  return `${expr} or 0 * max by (chain) (op_batcher_default_up${of})`;
}

function sinceLastBatch({ noBatchMinutes }: BatchThresholds) {
  return {
    title: "Since the last batch",
    description:
      "Time since a batch transaction last succeeded on L1. It grows to the length of a channel and falls to 0. A chain without blocks has nothing to post.",
    unit: "seconds",
    queries: [
      {
        expr: ageOfSuccess("op_batcher_default", chosenChain, noBatchMinutes * 60),
        legend: "since",
      },
    ],
    limits: above({ P1: noBatchMinutes * 60 }),
  } as const;
}

function behind({ backlogMinutes, backlogHighMinutes }: BatchThresholds) {
  return {
    title: "Blocks in no channel",
    description:
      "Time between the newest block that op-batcher has read and the newest that it put into a channel. Minutes are normal; what only grows is a chain that makes more than reaches L1.",
    unit: "seconds",
    queries: [{ expr: blocksInNoChannel(chosenChain), legend: "behind" }],
    limits: above({ P3: backlogMinutes * 60, P2: backlogHighMinutes * 60 }),
  } as const;
}

const byStage = {
  type: "timeseries",
  key: "stages",
  title: "Batches by stage",
  description:
    "Batch transactions in 15 minutes. Success without failed is sound; what L1 took and reverted counts as success here.",
  unit: "count",
  queries: [
    {
      expr: `sum by (stage) (increase(op_batcher_default_batcher_tx_total${of}[15m]))`,
      legend: "{{stage}}",
    },
  ],
  min: 0,
} as const;

function channels({ channelTimeouts }: BatchThresholds) {
  return {
    title: "Channels too late",
    description:
      "Channels in an hour whose parts landed too far apart on L1: what they cost is lost, and their blocks are posted again.",
    unit: "count",
    queries: [{ expr: orNone(channelsTimedOut(chosenChain)), legend: "timed out" }],
    limits: above({ P3: 1, P2: channelTimeouts }),
  } as const;
}

/** Counts a stage's first failure too: `increase()` cannot see the step from absent. */
function grown(series: string): string {
  return `sum by (chain) ((${series} unless ${series} offset 15m) or increase(${series}[15m]))`;
}

function failures({ batches, altDa }: BatchPanels) {
  const reverted: Query = {
    expr: orNone(
      grown(`op_batcher_default_txmgr_confirm_total{chain="${chosenChain}", status="failed"}`),
    ),
    legend: "reverted",
  };
  const notSent: Query = {
    expr: orNone(
      grown(`op_batcher_default_batcher_tx_total{chain="${chosenChain}", stage="failed"}`),
    ),
    legend: "not sent",
  };
  return {
    title: "Batches that failed",
    description:
      "In 15 minutes. One that the next attempt heals is nothing; several have a cause that op-batcher's log names.",
    unit: "count",
    // With an alt-DA server what waits for its turn counts as not sent.
    queries: altDa ? [reverted] : [notSent, reverted],
    limits: above({ P2: batches.repeatedFailures }),
  } as const;
}

function throttled({ throttlingPercent }: BatchThresholds) {
  return {
    title: "Limit on the sequencer",
    description:
      "Share of the strongest limit that op-batcher sets to the sequencer's blocks. Above 0, so much waits for L1 that users' large transactions are left out.",
    unit: "percent",
    queries: [{ expr: throttlePercent(chosenChain), legend: "limit" }],
    // A colour begins at its number, and no limit at all is no fault.
    limits: above({ P3: Math.max(throttlingPercent, 0.1) }),
  } as const;
}

const waiting = {
  title: "Transactions that wait on L1",
  description:
    "Sent and not confirmed yet. They come and go; one that stays is not mined, and with one at a time nothing else is posted.",
  unit: "count",
  queries: [{ expr: waitingTransactions(chosenChain), legend: "waiting" }],
} as const;

function onChainScreen(chain: string, { batches }: BatchPanels): BoardRow {
  return chainRow(chain, {
    board: chainBoard,
    key: "batches",
    title: "Batches",
    order: 32,
    panels: [
      { ...sinceLastBatch(batches), type: "stat", key: "since", width: 4 },
      { ...byStage },
      { ...channels(batches), type: "stat", key: "channels", width: 4 },
      { ...behind(batches), type: "timeseries", key: "backlog", min: 0 },
    ],
  });
}

function nowRow(chain: string, panels: BatchPanels): BoardRow {
  const { batches } = panels;
  const stat = { type: "stat", width: 4, height: 4 } as const;
  return chainRow(chain, {
    board: batcherBoard,
    key: "now",
    title: "Do batches land?",
    order: 10,
    panels: [
      { ...sinceLastBatch(batches), ...stat, key: "since" },
      { ...failures(panels), ...stat, key: "failed" },
      { ...channels(batches), ...stat, key: "channels" },
      { ...behind(batches), ...stat, key: "backlog" },
      { ...waiting, ...stat, key: "waiting", title: "Waiting on L1" },
      { ...throttled(batches), ...stat, key: "throttling" },
    ],
  });
}

function batchesRow(chain: string, panels: BatchPanels): BoardRow {
  const { batches } = panels;
  const series = { type: "timeseries", min: 0 } as const;
  return chainRow(chain, {
    board: batcherBoard,
    key: "batches",
    title: "Batches and channels",
    order: 30,
    panels: [
      { ...sinceLastBatch(batches), ...series, key: "since" },
      { ...byStage },
      { ...failures(panels), ...series, key: "failed" },
      { ...behind(batches), ...series, key: "backlog" },
      { ...channels(batches), ...series, key: "channels" },
      {
        ...series,
        key: "pending",
        title: "Data that waits for L1",
        description:
          "Estimated bytes that are still to be posted, in channels or not. What only grows makes op-batcher limit the sequencer.",
        unit: "bytes",
        queries: [
          {
            expr: `max by (chain) (op_batcher_default_unsafe_da_bytes${of})`,
            legend: "all of it",
          },
          {
            expr: `max by (chain) (op_batcher_default_pending_da_bytes${of})`,
            legend: "in no channel",
          },
        ],
      },
      {
        ...series,
        key: "channel-stages",
        title: "Channels by stage",
        description:
          "In an hour. As many fully submitted as closed, in the long run: fewer are channels that do not get through.",
        unit: "count",
        width: 12,
        queries: [
          {
            expr: `sum by (stage) (increase(op_batcher_default_channel_total${of}[1h]))`,
            legend: "{{stage}}",
          },
        ],
      },
      {
        ...series,
        key: "compression",
        title: "Compressed size",
        description:
          "Bytes that are posted for a byte of blocks. It changes with what users send; a step after an upgrade is worth a look, for each byte costs.",
        unit: "ratio",
        width: 12,
        queries: [
          {
            expr: `sum(rate(op_batcher_default_output_bytes_total${of}[$__rate_interval])) / sum(rate(op_batcher_default_input_bytes_total${of}[$__rate_interval]) > 0)`,
            legend: "of the input",
          },
        ],
      },
    ],
  });
}

function transactionsRow(chain: string, { batches }: BatchPanels): BoardRow {
  const series = { type: "timeseries", min: 0 } as const;
  return chainRow(chain, {
    board: batcherBoard,
    key: "transactions",
    title: "Transactions to L1",
    order: 40,
    panels: [
      { ...waiting, ...series, key: "waiting" },
      {
        ...series,
        key: "fee-raises",
        title: "Raises of the fee",
        description:
          "That the last transaction needed, one every 48 s. Time after time several: the first offer is too low for L1.",
        unit: "count",
        queries: [{ expr: feeRaises(chosenChain), legend: "raises" }],
        limits: above({ P3: batches.gasBumps }),
      },
      { ...throttled(batches), ...series, key: "throttling", max: 100 },
      {
        ...series,
        key: "confirmation",
        title: "Time to confirm",
        description:
          "Of the last transaction. Ten confirmations take two minutes on Ethereum; more is time in L1's pool.",
        unit: "milliseconds",
        queries: [
          {
            expr: `max by (chain) (op_batcher_default_txmgr_tx_confirmed_latency_ms${of})`,
            legend: "last",
          },
        ],
      },
      {
        ...series,
        key: "fees",
        title: "Fees paid",
        description:
          "Per hour, without what blobs cost: the wallet's spending above has both. A gap between the two is blobs.",
        unit: "eth",
        queries: [
          {
            expr: `sum(increase(op_batcher_default_txmgr_tx_fee_gwei_total${of}[1h])) / 1e9`,
            legend: "gas",
          },
        ],
      },
      {
        ...series,
        key: "errors",
        title: "Errors from L1",
        description:
          "Per second: calls that failed, and transactions that L1 refused, by reason. Calls alone: the endpoint. Refusals: nonce, fee or funds.",
        unit: "perSecond",
        queries: [
          {
            expr: `sum(rate(op_batcher_default_txmgr_rpc_error_count${of}[$__rate_interval]))`,
            legend: "calls",
          },
          {
            expr: `sum by (error) (rate(op_batcher_default_txmgr_tx_publish_error_count${of}[$__rate_interval]))`,
            legend: "refused: {{error}}",
          },
        ],
      },
    ],
  });
}

function refusalsRow(chain: string, { service }: BatchPanels): BoardRow {
  return chainRow(chain, {
    board: batcherBoard,
    key: "refusals",
    title: "What op-batcher says",
    order: 45,
    panels: [
      {
        type: "lines",
        key: "lines",
        title: "Refusals in the log",
        description:
          "Lines of op-batcher about funds and nonces: what L1 refused, and why. Empty is good.",
        width: 24,
        queries: [
          {
            expr: `{chain="${chosenChain}", service="${service}"} |~ "(?i)insufficient funds|nonce too low" != "nonce too low on resubmission"`,
            legend: "",
          },
        ],
      },
    ],
  });
}

/** Rows about the batches of a chain, on both boards. */
export function batchRows(chain: string, panels: BatchPanels): readonly BoardRow[] {
  return [
    programsRow(chain),
    onChainScreen(chain, panels),
    nowRow(chain, panels),
    batchesRow(chain, panels),
    transactionsRow(chain, panels),
    refusalsRow(chain, panels),
  ];
}
