import type { LogRuleGroup, RuleGroup } from "../../core/alert";
import type { DownAlert } from "../../core/observation";
import { onBatcherBoard, onChainBoard } from "../l2-boards";

/** The alert for a batcher that does not answer. */
export const batcherDown: DownAlert = {
  name: "BatcherDown",
  priority: "P1",
  for: "1m",
  summary: "The batcher does not answer",
  panel: onChainBoard("programs", "up"),
  runbook: {
    meaning: "op-batcher, which posts the chain's blocks to L1, gave no answer for a minute.",
    impact:
      "No batch lands: the safe head stops, and after the sequencer window the chain is reorganised and blocks are lost.",
    steps: [
      "Look at the process and its last log lines.",
      "Start it again; it resumes from the safe head, nothing is posted twice.",
      "If it ends at once, the log names the endpoint or the key that it cannot use.",
    ],
  },
};

/** Names people query, from what op-batcher really exports. A stage appears only when it first happens: hence the 0. */
export const compatibilityRules: RuleGroup = {
  name: "op-batcher",
  intervalSeconds: 5,
  rules: [
    { record: "op_batcher_balance_eth", expr: 'op_batcher_default_balance{job="op-batcher"}' },
    {
      record: "op_batcher_batch_submitter_batch_submission_failures_total",
      expr: stageTotal("failed"),
    },
    { record: "batcher_batches_submitted_total", expr: stageTotal("success") },
    {
      record: "l1_gas_price_gwei",
      expr: '(op_batcher_default_txmgr_basefee_wei{job="op-batcher"} > 0) / 1e9',
    },
  ],
};

function stageTotal(stage: string): string {
  const by = "(job, chain, instance)";
  return `sum by ${by} (op_batcher_default_batcher_tx_total{job="op-batcher", stage="${stage}"}) or 0 * max by ${by} (op_batcher_default_up{job="op-batcher"})`;
}

/** What decides the alerts on the batcher's lines. */
export interface BatcherLogs {
  /** Label `service` of its lines. */
  readonly service: string;
  /** Rejections for a nonce in 10 minutes. */
  readonly nonceTooLow: number;
}

/**
 * Alerts on the batcher's lines, by op-service/txmgr/txmgr.go of optimism v1.19.6: `msg="unable to publish transaction"
 * err="insufficient funds for gas * price + value: …"` (the words of the L1 client's core/error.go, also in `Failed to
 * create a transaction, will retry`), and `msg="nonce too low"`. On a resubmission the latter means that the first one
 * landed; it is logged for debugging, as `nonce too low on resubmission`.
 */
export function logRules(chain: string, { service, nonceTooLow }: BatcherLogs): LogRuleGroup {
  const stream = `{chain="${chain}", service="${service}"}`;
  const count = (lines: string) => `sum by (chain) (count_over_time(${lines} [10m]))`;
  const funds = `${stream} |~ "(?i)insufficient funds"`;
  const nonce = `${stream} |= "nonce too low" != "nonce too low on resubmission"`;
  return {
    name: `op-batcher.${chain}`,
    intervalSeconds: 10,
    alerts: [
      {
        name: "BatcherInsufficientFunds",
        panel: onBatcherBoard("refusals", "lines"),
        priority: "P1",
        logql: `${count(funds)} > 0`,
        lines: funds,
        for: "90s",
        summary: "L1 refuses batches: the wallet cannot pay",
        description:
          'L1 refused {{ $value | printf "%.0f" }} transactions of the batcher of {{ $labels.chain }} in 10 minutes for insufficient funds.',
        why: "One refusal is enough: nobody but the owner of the wallet can end it. 90 s are longer than BatcherLowETH needs, which then says it alone.",
        // It names the balance and the hours left.
        inhibitedBy: ["BatcherLowETH"],
        runbook: {
          meaning: "The batcher's wallet holds less than the next batch costs at the present fee.",
          impact:
            "No batch lands: the safe head stops, and after the sequencer window the chain is reorganised and blocks are lost.",
          steps: [
            "Top up the batcher's wallet on L1. The batcher tries again by itself.",
            "If the wallet is not empty, the fee is the cause: look at the L1 base fee and blob fee.",
          ],
        },
      },
      {
        name: "BatcherNonceTooLow",
        panel: onBatcherBoard("refusals", "lines"),
        priority: "P2",
        logql: `${count(nonce)} >= ${String(nonceTooLow)}`,
        lines: nonce,
        summary: "L1 refuses batches: their nonce is used already",
        description:
          'L1 refused {{ $value | printf "%.0f" }} transactions of the batcher of {{ $labels.chain }} in 10 minutes, since their nonce was used already.',
        why: `A restart over a pending transaction makes one such refusal, a second batcher one for each batch: ${String(nonceTooLow)} in 10 minutes are no restart.`,
        inhibitedBy: ["BatcherDown"],
        runbook: {
          meaning:
            "Somebody else sends with the batcher's key, or the L1 endpoint answers with an old state.",
          impact: "Batches are thrown away and built again; money is spent twice or nothing lands.",
          steps: [
            "Is a second batcher running with this key, an old deployment perhaps? Stop it.",
            "Does the L1 endpoint balance over nodes that are behind one another? Use one node.",
            "If the key may be known to somebody, move the batcher to another one.",
          ],
        },
      },
    ],
  };
}
