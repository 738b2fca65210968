import type { Alert, RuleGroup } from "../../core/alert";
import type { DownAlert } from "../../core/observation";
import { durationSeconds } from "../../core/promql";
import { secondsSinceSuccess } from "../tx-manager";
import { onBatcherBoard, onChainBoard } from "../l2-boards";

/** The alert for a proposer that does not answer. */
export const proposerDown: DownAlert = {
  name: "ProposerDown",
  priority: "P2",
  for: "1m",
  summary: "The proposer does not answer",
  panel: onChainBoard("programs", "up"),
  runbook: {
    meaning: "op-proposer, which posts the chain's state to L1, gave no answer for a minute.",
    impact: "Withdrawals wait until the next proposal. The chain itself goes on.",
    steps: ["Look at the process and its last log lines, then start it again."],
  },
};

/** What decides the alerts on a chain's proposals. */
export interface Proposals {
  /** ETH. */
  readonly lowBalanceEth: number;
  /** Seconds between two proposals. */
  readonly proposalIntervalSeconds: number;
}

/** ETH of the wallet that pays for proposals. */
export function proposerBalance(chain: string): string {
  return `min by (chain) (op_proposer_default_balance{chain="${chain}"})`;
}

function proposerLowEth(chain: string, lowBalanceEth: number): Alert {
  const balance = proposerBalance(chain);
  return {
    name: "ProposerLowETH",
    priority: "P2",
    expr: `${balance} < ${String(lowBalanceEth)}`,
    for: "1m",
    summary: "The proposer's wallet is nearly empty",
    description: `The proposer of {{ $labels.chain }} has {{ $value | printf "%.4f" }} ETH left, less than ${String(lowBalanceEth)} ETH.`,
    why: "A proposal costs little, but a dispute game holds a bond for a week and more, and while no proposal lands only withdrawals wait: it has time for an hour. op-proposer shows 0 for some seconds after a start, hence 1 m.",
    graph: balance,
    panel: onBatcherBoard("proposals", "balance"),
    inhibitedBy: ["L1RpcDown", "ProposerDown"],
    runbook: {
      meaning: "The account that pays for proposals, and for the bonds of dispute games, is low.",
      impact: "Without it no proposal lands, and withdrawals wait.",
      steps: ["Top up the proposer's address.", "Look for bonds that can be claimed back."],
    },
  };
}

const overdueFor = "30m";

/** Seconds without a proposal after which somebody is told. */
export function overdueSeconds(proposalIntervalSeconds: number): number {
  return proposalIntervalSeconds + durationSeconds(overdueFor);
}

function proposalOverdue(chain: string, intervalSeconds: number): Alert {
  const age = secondsSinceSuccess("op_proposer_default", chain, intervalSeconds);
  return {
    name: "ProposalOverdue",
    priority: "P2",
    expr: `(${age}) >= ${String(intervalSeconds)}`,
    for: overdueFor,
    panel: onBatcherBoard("proposals", "since"),
    summary: "No proposal has landed on L1 in time",
    description: `No proposal of {{ $labels.chain }} has landed on L1 for {{ $value | humanizeDuration }} at least; one is due every ${String(intervalSeconds)} s.`,
    why: "op-proposer sends the next proposal as soon as the last one is an interval old, and gives a transaction 10 minutes: 30 minutes more are three attempts. It counts only from an interval after the first scrape.",
    graph: `time() - max by (chain) (op_proposer_default_txmgr_last_confirm_unix{chain="${chain}", status="success"})`,
    // Without new safe blocks there is nothing to propose.
    inhibitedBy: [
      "ProposerDown",
      "ProposerLowETH",
      "L1RpcDown",
      "L1RpcErrors",
      "L1HeadStale",
      "L2NodeDown",
      "BatcherDown",
      "BatcherLowETH",
      "NoBatchLanded",
      "L2UnsafeHeadStalled",
      "SafeHeadLagging",
      "SequencerWindowNear",
      "DerivationLagging",
      "DASubmissionFailing",
      "DAServerDown",
    ],
    runbook: {
      meaning: "op-proposer answers, but no transaction of it has succeeded for too long.",
      impact: "Withdrawals wait for the next proposal. The chain itself goes on.",
      steps: [
        "Read op-proposer's log: `docker logs --tail 200 <proposer container>`.",
        'Does the finalized head move? Without `--allow-non-finalized` only finalized blocks are proposed: `op_node_default_refs_number{type="l2_finalized"}`.',
        'Does a proposal revert? `op_proposer_default_txmgr_confirm_total{status="failed"}`: is it still the game type that the chain respects, is the bond paid, is the proposer allowed to?',
        "Does L1 refuse it? `op_proposer_default_txmgr_tx_publish_error_count`, by its label `error`.",
        "Was it stopped on purpose and forgotten? `admin_startProposer` on its RPC starts it again.",
      ],
    },
  };
}

/** Proposals that do not land, and the wallet that pays for them. */
export function proposerRules(chain: string, proposals: Proposals): RuleGroup {
  return {
    name: `op-proposer.${chain}`,
    intervalSeconds: 15,
    rules: [
      proposerLowEth(chain, proposals.lowBalanceEth),
      proposalOverdue(chain, proposals.proposalIntervalSeconds),
    ],
  };
}
