import { z } from "zod";
import type { Alert, RuleGroup } from "../../core/alert";
import { onBatcherBoard } from "../l2-boards";
import { secondsSinceSuccess } from "../tx-manager";

/** What an environment may decide about a chain's batches. */
export const batchThresholds = {
  /**
   * Minutes without a batch on L1, while the chain makes blocks, at which somebody is woken. Set it well above
   * `--max-channel-duration`: a chain that fills a channel in an hour lands nothing for an hour. The usual sequencer
   * window is 12 hours.
   */
  noBatchMinutes: z.int().min(1).max(720).default(30),
  /** Failed batch transactions in 15 minutes that count although others went through in between. */
  repeatedFailures: z.int().min(2).max(1000).default(3),
  /** Channels in an hour that came too late at which somebody is told within the hour. One is posted again by itself. */
  channelTimeouts: z.int().min(2).max(1000).default(3),
  /** Minutes of blocks that are in no channel yet, and do not become fewer. A channel of several transactions takes half of it. */
  backlogMinutes: z.int().min(1).max(720).default(30),
  /** Likewise, at which somebody is told within the hour: a sixth of a sequencer window of 12 hours. */
  backlogHighMinutes: z.int().min(1).max(720).default(120),
  /** Minutes for which transactions wait without any being confirmed. Ten confirmations are 2 minutes; the fee was raised 18 times in 15. */
  stuckTxMinutes: z.int().min(2).max(720).default(15),
  /** Raises of the fee that a transaction needs, one every 48 s. A raise is 10 %, and 100 % for blobs: after three they cost eight times as much. */
  gasBumps: z.int().min(1).max(100).default(3),
  /** Per cent of the strongest limit on the sequencer's blocks above which somebody is told. */
  throttlingPercent: z.number().min(0).max(99).default(0),
};

/** Thresholds of a chain's batches with their defaults filled in. */
export type BatchThresholds = z.output<z.ZodObject<typeof batchThresholds>>;

/** What decides the alerts on a chain's batches. */
export interface Batches extends BatchThresholds {
  /** Whether they go to an alt-DA server, and only commitments to L1. */
  readonly altDa: boolean;
}

/**
 * Each of them says why no batch lands; what follows from it would be a second page. L2NodeDown is none of them: it may
 * be a replica's, and without the sequencer's node there are no blocks to post.
 */
const stoppers = ["BatcherDown", "BatcherInsufficientFunds", "L1RpcDown", "DAServerDown"] as const;

/** A low wallet mostly is the cause as well; but it may last for days, and does not answer for a batcher that is stuck. */
const causes = [...stoppers, "BatcherLowETH"] as const;

/** Each of them says why L1 takes batches slowly, or only some of them. */
const l1Troubles = ["L1RpcErrors", "L1HeadStale"] as const;

const readLog =
  "Read op-batcher's log, the newest lines at level warn and error: `docker logs --tail 200 <batcher container>`.";

const checkWallet =
  "Has the wallet enough for a batch at the present fee? Prometheus: `op_batcher_default_balance` in ETH, `op_batcher_default_txmgr_basefee_wei` and `op_batcher_default_txmgr_blob_basefee_wei` in wei.";

const checkL1 =
  "Does the L1 endpoint take transactions? Prometheus: `rate(op_batcher_default_txmgr_rpc_error_count[5m])`. If it fails, start op-batcher with the spare one.";

/** The chain's newest blocks, as whoever is watched sees them: op-batcher loads none while it is stopped by its admin API. */
function makesBlocks(chain: string, offset: string): string {
  const moved = (head: string) => `delta(${head}[5m]${offset})`;
  const heads = [
    `op_batcher_default_refs_number{chain="${chain}", layer="l2", type="loaded"}`,
    `op_node_default_refs_number{chain="${chain}", layer="l2", type="l2_unsafe"}`,
    `chain_head_block{chain="${chain}"}`,
  ];
  return `max by (chain) (${heads.map(moved).join(" or ")}) > 0`;
}

function noBatchLanded(chain: string, minutes: number): Alert {
  const seconds = minutes * 60;
  const age = secondsSinceSuccess("op_batcher_default", chain, seconds);
  return {
    name: "NoBatchLanded",
    panel: onBatcherBoard("batches", "since"),
    priority: "P1",
    // Blocks were made then as they are now: after a halt of the chain there was nothing to post for a while.
    expr: `((${age}) >= ${String(seconds)}) and on (chain) (${makesBlocks(chain, "")}) and on (chain) (${makesBlocks(chain, ` offset ${String(seconds)}s`)})`,
    for: "1m",
    summary: "The chain makes blocks, but no batch lands on L1",
    description: `No batch of {{ $labels.chain }} has landed on L1 for {{ $value | humanizeDuration }} at least (threshold ${String(minutes)} minutes), while the chain makes blocks.`,
    why: "A batch lands every few minutes on a busy chain. 30 minutes are a twenty-fourth of the usual sequencer window of 12 hours, after which the blocks are lost: enough time is left to act. A chain with long channels sets more. It counts only from that long after the first scrape, and while the chain makes blocks.",
    graph: `max by (chain) (increase(op_batcher_default_batcher_tx_total{chain="${chain}", stage="success"}[15m]))`,
    inhibitedBy: [...stoppers, "DASubmissionFailing"],
    runbook: {
      meaning:
        "Blocks are made, op-batcher answers, and yet none of its transactions has succeeded on L1 for too long.",
      impact:
        "The safe head stands still, and withdrawals with it. When the sequencer window ends the chain is reorganised and its blocks since then are lost.",
      steps: [
        readLog,
        checkWallet,
        checkL1,
        "Does a transaction wait unmined? `op_batcher_default_txmgr_pending_txs` above 0: look it up on an L1 explorer by the batcher's address, and raise `--fee-limit-multiplier` if its fee is too low.",
        "Was it stopped on purpose and forgotten? `admin_startBatcher` on its RPC starts it again.",
        "With an alt-DA server: does a put work? Its log says.",
        "If its channels are just long, compare `--max-channel-duration` with this alert's threshold.",
      ],
    },
  };
}

/**
 * `batcher_tx_total{stage="failed"}` counts what was not sent. With an alt-DA server it counts also what has to wait
 * for its turn, thousands of times in a minute: there only reverted transactions are failures.
 */
function submissionFailed(chain: string, { altDa, repeatedFailures }: Batches): Alert {
  const of = (metric: string, labels: string) => `${metric}{chain="${chain}"${labels}}`;
  const notSent = ', stage="failed"';
  const reverted = ', status="failed"';
  const either = (sent: string, confirmed: string) => (altDa ? [confirmed] : [sent, confirmed]);
  const count = either(
    of("op_batcher_default_batcher_tx_total", notSent),
    of("op_batcher_default_txmgr_confirm_total", reverted),
  );
  const lastFailure = `max by (chain) (${either(
    of("op_batcher_default_last_batcher_tx_unix", notSent),
    of("op_batcher_default_txmgr_last_confirm_unix", reverted),
  ).join(" or ")})`;
  const lastProgress = `max by (chain) (${[
    of("op_batcher_default_txmgr_last_publish_unix", ""),
    of("op_batcher_default_txmgr_last_confirm_unix", ', status="success"'),
  ].join(" or ")})`;
  const failures = `sum by (chain) (${count.map((one) => `increase(${one}[15m])`).join(" or ")})`;
  // increase() cannot see the step from absent to 1: the first failure of a process shows only as its time.
  const first = `(${lastFailure} > time() - 900) * 0 + 1`;
  const healed = `(${lastProgress} > ${lastFailure})`;
  return {
    name: "BatchSubmissionFailed",
    panel: onBatcherBoard("batches", "failed"),
    priority: "P2",
    expr: `((${failures} > 0 or ${first}) unless on (chain) ${healed}) or ${failures} >= ${String(repeatedFailures)}`,
    for: "2m",
    summary: "A batch failed to land on L1",
    description: `At least {{ $value | printf "%.0f" }} batch transactions of {{ $labels.chain }} ${altDa ? "were reverted" : "could not be sent or were reverted"} in the last 15 minutes.`,
    why: `One failure that the next attempt heals within 2 minutes tells nobody: a transaction that L1 took after it is such an attempt. ${String(repeatedFailures)} in 15 minutes are told in any case: op-batcher gives a transaction that L1 refuses up after one or two minutes, and counts it then.`,
    graph: `sum by (chain, stage) (increase(op_batcher_default_batcher_tx_total{chain="${chain}"}[15m]))`,
    inhibitedBy: [
      ...causes,
      "NoBatchLanded",
      "BatcherNonceTooLow",
      ...l1Troubles,
      "DASubmissionFailing",
    ],
    runbook: {
      meaning:
        "L1 refused a batch transaction, or took and reverted it, and the next attempt did not go through either, or it happens again and again.",
      impact:
        "The batcher tries again. If it goes on, the safe head stops and money is spent for nothing.",
      steps: [
        "Read op-batcher's log for the reason: insufficient funds, nonce too low, fee limit, RPC error.",
        "What L1 answers, counted: `sum by (error) (increase(op_batcher_default_txmgr_tx_publish_error_count[15m]))`.",
        "Insufficient funds: top up. Fee limit: raise `--fee-limit-multiplier`. Nonce: is a second batcher running with this key?",
        checkL1,
      ],
    },
  };
}

function tiered(
  base: Omit<Alert, "priority" | "expr" | "labels">,
  tiers: readonly Pick<Alert, "priority" | "expr" | "summary" | "description">[],
): Alert[] {
  return tiers.map((tier) => ({
    ...base,
    ...tier,
    labels: { tier: tier.priority === "P3" ? "warning" : "high" },
  }));
}

/** Channels of op-batcher that came too late within an hour. */
export function channelsTimedOut(chain: string): string {
  return `sum by (chain) (increase(op_batcher_default_channel_total{chain="${chain}", stage="timed_out"}[1h]))`;
}

function channelTimedOut(chain: string, channelTimeouts: number): Alert[] {
  const labels = `{chain="${chain}", stage="timed_out"}`;
  const count = channelsTimedOut(chain);
  const first = `(max by (chain) (op_batcher_default_last_channel_unix${labels}) > time() - 3600) * 0 + 1`;
  const description =
    'At least {{ $value | printf "%.0f" }} channels of {{ $labels.chain }} came too late to L1 in the last hour, and their blocks are posted again.';
  return tiered(
    {
      name: "BatcherChannelTimedOut",
      panel: onBatcherBoard("batches", "channels"),
      summary: "A channel came too late to L1 and is posted again",
      description,
      why: `One channel that came too late is posted again by itself, for instance after the wallet was empty. ${String(channelTimeouts)} in an hour mean that most of what is paid is paid twice. The first one of a process is seen by its time only, so that a count may be one too low.`,
      graph: count,
      inhibitedBy: [
        ...causes,
        ...l1Troubles,
        "NoBatchLanded",
        "BatcherTxStuck",
        // op-node's own word for it, which tells somebody at the first one.
        "ChannelTimedOut",
      ],
      runbook: {
        meaning:
          "The transactions of one channel landed too far apart on L1, so that nodes ignore all of it. op-batcher noticed and posts its blocks again.",
        impact: "The fees of that channel are lost, and the safe head waits for the second try.",
        steps: [
          "How long do transactions wait? `op_batcher_default_txmgr_tx_confirmed_latency_ms`, and `op_batcher_default_txmgr_tx_gas_bump` for how often their fee was raised.",
          "If they wait for the fee: raise `--txmgr.min-basefee` and `--txmgr.min-tip-cap` for now.",
          "If there are too many for one channel: fewer frames in a channel (`--target-num-frames`), or more transactions at a time (`--max-pending-tx`).",
          readLog,
        ],
      },
    },
    [
      {
        priority: "P3",
        expr: `${count} > 0 or ${first}`,
        summary: "A channel came too late to L1 and is posted again",
        description,
      },
      {
        priority: "P2",
        expr: `${count} >= ${String(channelTimeouts)}`,
        summary: "Channels come too late to L1, again and again",
        description,
      },
    ],
  );
}

/**
 * Seconds of blocks that op-batcher has read and put into no channel.
 * @param at when, e.g. ` offset 10m`
 */
export function blocksInNoChannel(chain: string, at = ""): string {
  const newest = (type: string) =>
    `max by (chain) (op_batcher_default_refs_time{chain="${chain}", layer="l2", type="${type}"}${at})`;
  return `(${newest("loaded")} - ${newest("added")})`;
}

function backlog(chain: string, { backlogMinutes, backlogHighMinutes }: Batches): Alert[] {
  const behind = (at?: string) => blocksInNoChannel(chain, at);
  const above = (minutes: number) =>
    `${behind()} > ${String(minutes * 60)} and ${behind()} >= ${behind(" offset 10m")}`;
  const description = (minutes: number) =>
    `op-batcher of {{ $labels.chain }} has {{ $value | humanizeDuration }} of blocks in no channel (threshold ${String(minutes)} minutes), and they do not become fewer.`;
  return tiered(
    {
      name: "BatcherBacklog",
      panel: onBatcherBoard("batches", "backlog"),
      for: "5m",
      summary: "The batcher falls behind the chain",
      description: description(backlogMinutes),
      why: "Time between the newest block that op-batcher has read and the newest one that it has put into a channel. While transactions wait for their confirmations nothing is put into one, so that minutes are normal. After a restart it is long and becomes shorter: that tells nobody.",
      graph: behind(),
      inhibitedBy: [
        ...causes,
        "NoBatchLanded",
        "BatchSubmissionFailed",
        "BatcherTxStuck",
        ...l1Troubles,
        "DASubmissionFailing",
      ],
      runbook: {
        meaning: "The chain makes more data than op-batcher brings to L1.",
        impact:
          "The safe head falls behind. op-batcher then makes the sequencer take less, and if it goes on the sequencer window runs out.",
        steps: [
          "Do transactions land, only too few? Allow more at a time: `--max-pending-tx`.",
          "Does each carry little? With blobs, six in a transaction: `--target-num-frames=6`.",
          "Do they wait for the fee? See `op_batcher_default_txmgr_tx_gas_bump` and the L1 base fee.",
          "Is the chain busier than usual? `rate(op_batcher_default_pending_blocks_bytes_total[15m])` is bytes per second.",
          readLog,
        ],
      },
    },
    [
      {
        priority: "P3",
        expr: above(backlogMinutes),
        summary: "The batcher falls behind the chain",
        description: description(backlogMinutes),
      },
      {
        priority: "P2",
        expr: above(backlogHighMinutes),
        summary: "The batcher is hours behind the chain",
        description: description(backlogHighMinutes),
      },
    ],
  );
}

function lastConfirmation(chain: string): string {
  return `max by (chain) (op_batcher_default_txmgr_last_confirm_unix{chain="${chain}"})`;
}

/** Batch transactions that wait on L1. */
export function waitingTransactions(chain: string): string {
  return `max by (chain) (op_batcher_default_txmgr_pending_txs{chain="${chain}"})`;
}

function txStuck(chain: string, minutes: number): Alert {
  const pending = waitingTransactions(chain);
  return {
    name: "BatcherTxStuck",
    panel: onBatcherBoard("transactions", "waiting"),
    priority: "P2",
    expr: `${pending} > 0 unless on (chain) (${lastConfirmation(chain)} > time() - 60)`,
    for: `${String(minutes)}m`,
    summary: "A batch transaction waits on L1 and is not mined",
    description: `{{ $value | printf "%.0f" }} batch transactions of {{ $labels.chain }} wait on L1, and none has been confirmed for ${String(minutes)} minutes.`,
    why: "op-batcher waits for ten confirmations, 2 minutes, and raises the fee every 48 s: a transaction that is not confirmed after 15 minutes has reached the fee limit, or never reached a builder.",
    graph: pending,
    inhibitedBy: [...causes, ...l1Troubles, "NoBatchLanded", "BatchSubmissionFailed"],
    runbook: {
      meaning: "Transactions of op-batcher are in L1's pool, and blocks are made without them.",
      impact:
        "With one transaction at a time, as by default, nothing else is posted until it is through.",
      steps: [
        readLog,
        "Compare what it offers with what L1 asks: `op_batcher_default_txmgr_basefee_wei`, `op_batcher_default_txmgr_blob_basefee_wei`, `op_batcher_default_txmgr_tipcap_wei`.",
        "If the log says that a fee limit is reached, raise `--fee-limit-multiplier` and restart it: it replaces the transaction.",
        "If L1 does not know the transaction, the endpoint threw it away: switch to the spare endpoint.",
        "Is an older transaction of the same wallet in the way? Compare its nonce on an L1 explorer with `op_batcher_default_txmgr_current_nonce`.",
      ],
    },
  };
}

/** Per cent of the strongest limit that op-batcher sets to the sequencer's blocks. */
export function throttlePercent(chain: string): string {
  return `max by (chain) (op_batcher_default_throttle_intensity{chain="${chain}"}) * 100`;
}

function throttling(chain: string, percent: number): Alert {
  const intensity = throttlePercent(chain);
  return {
    name: "BatcherThrottling",
    panel: onBatcherBoard("transactions", "throttling"),
    priority: "P3",
    expr: `${intensity} > ${String(percent)}`,
    for: "10m",
    summary: "The batcher limits how much the chain takes",
    description: `op-batcher of {{ $labels.chain }} has limited the sequencer's blocks for 10 minutes, now at {{ $value | printf "%.1f" }} % of its strongest limit (threshold ${String(percent)} %).`,
    why: "op-batcher limits nothing until about 3.2 MB wait, as much as four channels of six blobs: that is no ordinary peak. 10 minutes are some transactions, so that a burst tells nobody.",
    graph: intensity,
    inhibitedBy: [...causes, "NoBatchLanded", "BatchSubmissionFailed", "BatcherTxStuck"],
    runbook: {
      meaning:
        "So much data waits for L1 that op-batcher tells the sequencer to leave out large transactions and to make smaller blocks.",
      impact: "Users' large transactions wait. The chain goes on.",
      steps: [
        "Is the batcher slow, or the chain busy? Compare `op_batcher_default_unsafe_da_bytes` with `rate(op_batcher_default_pending_blocks_bytes_total[15m])`.",
        "Busy: allow more transactions at a time, `--max-pending-tx`. Slow: look at the L1 fees and at the L1 endpoint.",
        "If somebody floods the chain with data, raise the minimum base fee in the system config.",
      ],
    },
  };
}

/** Raises of the fee that the last batch transaction needed. */
export function feeRaises(chain: string): string {
  return `max by (chain) (op_batcher_default_txmgr_tx_gas_bump{chain="${chain}"})`;
}

function gasBumping(chain: string, gasBumps: number): Alert {
  const bumps = feeRaises(chain);
  return {
    name: "BatcherGasBumping",
    panel: onBatcherBoard("transactions", "fee-raises"),
    priority: "P3",
    // The gauge is that of the last transaction, however long ago.
    expr: `${bumps} >= ${String(gasBumps)} and on (chain) (${lastConfirmation(chain)} > time() - 1800)`,
    for: "15m",
    summary: "Batches are mined only after their fee was raised again and again",
    description: `The last batch transactions of {{ $labels.chain }} had their fee raised {{ $value | printf "%.0f" }} times before L1 took them (threshold ${String(gasBumps)}).`,
    why: "Each raise comes after 48 s and is 10 % at least, and 100 % for blobs. 15 minutes are several transactions: one that met a peak of fees tells nobody.",
    graph: bumps,
    inhibitedBy: [...causes, "NoBatchLanded", "BatcherTxStuck", "HighL1GasPrice"],
    runbook: {
      meaning: "The first fee that op-batcher offers is too low for L1, time after time.",
      impact: "Batches land late and cost more than they need to.",
      steps: [
        "Raise what it offers at first: `--txmgr.min-basefee` and `--txmgr.min-tip-cap`.",
        "If L1 fees are normal, the endpoint's transactions reach the builders late: try another one.",
      ],
    },
  };
}

/** Batches that do not land, land late or cost too much. */
export function batchRules(chain: string, batches: Batches): RuleGroup {
  return {
    name: `op-batcher.${chain}`,
    intervalSeconds: 15,
    rules: [
      noBatchLanded(chain, batches.noBatchMinutes),
      submissionFailed(chain, batches),
      ...channelTimedOut(chain, batches.channelTimeouts),
      ...backlog(chain, batches),
      txStuck(chain, batches.stuckTxMinutes),
      throttling(chain, batches.throttlingPercent),
      gasBumping(chain, batches.gasBumps),
    ],
  };
}
