import { z } from "zod";
import type { Alert, RuleGroup } from "../../core/alert";
import type { DownAlert } from "../../core/observation";
import { onBatcherBoard, onChainBoard } from "../l2-boards";

/** What an environment may decide about the alerts on a challenger. */
export const challengerThresholds = z
  .strictObject({
    /** ETH. Every move needs a bond beside its gas, 0.08 ETH for the first one by default, more at each depth: 0.5 answers a handful of games. */
    lowBalanceEth: z.number().positive().max(10_000).default(0.5),
    /** L1 blocks since the challenger looked at each of its games, for 10 minutes: 300 are an hour, which a run of the fault proof program may take, and little of a game's clock of 3.5 days. */
    lagL1Blocks: z.int().min(1).max(100_000).default(300),
    /** Claims of bonds that fail in an hour. It tries again at every L1 block, so 10 are more than two minutes of trouble. */
    claimFailures: z.int().min(1).max(100_000).default(10),
    /** Reverted transactions in 15 minutes. Each is tried out before it is sent, so a single one is a race that somebody else won. */
    revertedTransactions: z.int().min(1).max(100_000).default(3),
  })
  .prefault({});

/** Thresholds with their defaults filled in. */
export type ChallengerThresholds = z.output<typeof challengerThresholds>;

/** The alert for a challenger that does not answer. */
export const challengerDown: DownAlert = {
  name: "ChallengerDown",
  priority: "P2",
  for: "1m",
  summary: "The challenger does not answer",
  panel: onChainBoard("programs", "up"),
  runbook: {
    meaning:
      "op-challenger, which disputes wrong proposals and defends right ones, gave no answer for a minute.",
    impact:
      "Nobody of ours answers in dispute games. A game's clock runs for days: a wrong proposal that nobody challenges until then can be withdrawn against.",
    steps: [
      "Look at the process and its last log lines: the L1 RPC, the rollup node and the prestate are named there.",
      "Start it again; it reads every open game anew and loses no move.",
      "If it cannot be started today, look at the open games yourself, or run it on another machine with the same key. Never run two with one key.",
    ],
  },
};

/** Alerts on the challenger's wallet, on its pace and on what it does. */
export function challengerRules(chain: string, thresholds: ChallengerThresholds): RuleGroup {
  return {
    name: `op-challenger.${chain}`,
    intervalSeconds: 15,
    rules: [
      lowEth(chain, thresholds.lowBalanceEth),
      lagging(chain, thresholds.lagL1Blocks),
      inDispute(chain),
      txFailing(chain, thresholds.revertedTransactions),
      bondClaimFailing(chain, thresholds.claimFailures),
    ],
  };
}

/** ETH of the wallet that pays for moves and bonds. */
export function challengerBalance(chain: string): string {
  return `min by (chain) (op_challenger_balance{chain="${chain}"})`;
}

function lowEth(chain: string, lowBalanceEth: number): Alert {
  const balance = challengerBalance(chain);
  return {
    name: "ChallengerLowETH",
    panel: onBatcherBoard("challenger", "balance"),
    priority: "P2",
    expr: `${balance} < ${String(lowBalanceEth)}`,
    // The gauge shows 0 between a start and its first read, 10 s later.
    for: "1m",
    summary: "The challenger's wallet is nearly empty",
    description: `The challenger of {{ $labels.chain }} has {{ $value | printf "%.4f" }} ETH left, less than ${String(lowBalanceEth)} ETH.`,
    graph: balance,
    why: "A move costs a bond as well as gas, and bonds grow with the depth of a game: the wallet must last for a dispute, not for a day.",
    inhibitedBy: ["L1RpcDown", "ChallengerDown"],
    runbook: {
      meaning: "The account that pays for moves in dispute games, and for their bonds, is low.",
      impact: "Without it no move is made: a wrong proposal stands, or a right one is lost.",
      steps: [
        "Is a dispute going on? See ChallengerInDispute; then top up at once, and by more than the threshold.",
        "Top up the challenger's address.",
        "Look for bonds that can be claimed back, and for ChallengerBondClaimFailing.",
      ],
    },
  };
}

/** L1 blocks since the challenger looked at the game that it is farthest behind with. */
export function challengerLag(chain: string): string {
  const head = `max by (chain) (op_node_default_refs_number{chain="${chain}", layer="l1", type="l1_head"} or l2_chain_head_block{chain="${chain}", layer="l1", head="latest"})`;
  return `${head} - min by (chain) (op_challenger_highest_acted_l1_block{chain="${chain}"})`;
}

function lagging(chain: string, lagL1Blocks: number): Alert {
  const lag = challengerLag(chain);
  return {
    name: "ChallengerLagging",
    panel: onBatcherBoard("challenger", "lag"),
    priority: "P3",
    expr: `${lag} > ${String(lagL1Blocks)}`,
    // It shows 0 from a start until its second round over the games.
    for: "10m",
    summary: "The challenger does not keep up with its games",
    description: `The challenger of {{ $labels.chain }} has not looked at one of its games for {{ $value | printf "%.0f" }} L1 blocks, more than ${String(lagL1Blocks)}.`,
    graph: lag,
    why: "The gauge is that of the game it is farthest behind with, so a long run of the fault proof program looks like a lag. The L1 head comes from op-node or from the L2 exporter, whichever is there.",
    inhibitedBy: ["L1RpcDown", "ChallengerDown"],
    runbook: {
      meaning:
        "One game or all of them have been waiting: the challenger is busy, cannot read L1, or cannot play the game at all.",
      impact: "Moves come late. A game's clock runs for days, so there is time, but not for ever.",
      steps: [
        "Read its log for the game that it names again and again: a missing prestate, a rollup node that is behind, a full disk.",
        "Is the fault proof program running, and the machine busy? Then wait, or give it more cores and `--max-concurrency`.",
        "Is its L1 RPC behind the others? Switch.",
      ],
    },
  };
}

/** Moves in dispute games within an hour. */
export function challengerMoves(chain: string): string {
  const made = (metric: string) => `increase(${metric}{chain="${chain}"}[1h])`;
  return `sum by (chain) (${made("op_challenger_moves")} + ${made("op_challenger_steps")} + ${made("op_challenger_l2_challenges")})`;
}

function inDispute(chain: string): Alert {
  const moves = challengerMoves(chain);
  return {
    name: "ChallengerInDispute",
    panel: onBatcherBoard("challenger", "moves"),
    priority: "P2",
    expr: `${moves} > 0`,
    summary: "The challenger is disputing a claim",
    description:
      'The challenger of {{ $labels.chain }} made {{ $value | printf "%.0f" }} moves in dispute games within an hour.',
    graph: moves,
    why: "It moves only against a claim that it holds to be wrong. On a chain whose proposer is honest and alone it never does.",
    inhibitedBy: ["DisputeForecastWrong", "DisputeDisagreement"],
    runbook: {
      meaning:
        "Somebody proposed a state that ours is not, or attacked a proposal that is right, and the challenger answers.",
      impact:
        "Each move locks a bond, deeper ones a larger one. As long as it answers, nothing is lost.",
      steps: [
        "Find the game in the challenger's log and see who proposed, and who attacks.",
        "If the proposal is our own proposer's, stop the proposer: its node or the challenger's follows another chain. Compare the output roots of both nodes for that block.",
        "Watch the balance: a dispute to the end needs many bonds. Top up before it runs low.",
        "Follow the game until it is resolved. Where op-dispute-mon runs, DisputeForecastWrong says when it goes wrong.",
      ],
    },
  };
}

/** Transactions that were reverted within 15 minutes. */
export function challengerReverted(chain: string): string {
  const failed = `op_challenger_txmgr_confirm_total{chain="${chain}", status="failed"}`;
  // A status appears only when it first happens: increase() cannot see that step.
  return `sum by (chain) ((${failed} unless ${failed} offset 15m) or increase(${failed}[15m]))`;
}

function txFailing(chain: string, revertedTransactions: number): Alert {
  const reverted = challengerReverted(chain);
  return {
    name: "ChallengerTxFailing",
    panel: onBatcherBoard("challenger", "reverted"),
    priority: "P2",
    expr: `${reverted} >= ${String(revertedTransactions)}`,
    summary: "The challenger's transactions are reverted",
    description:
      '{{ $value | printf "%.0f" }} transactions of the challenger of {{ $labels.chain }} were reverted within 15 minutes.',
    graph: reverted,
    why: "Each transaction is tried out before it is sent: a single revert is a race that somebody else won, several are a fault.",
    inhibitedBy: ["ChallengerDown", "ChallengerLowETH"],
    runbook: {
      meaning: "L1 took the challenger's transactions and undid them.",
      impact: "Its moves do not count, and gas is spent. The game's clock goes on.",
      steps: [
        "Read its log for the reason that the contract gave.",
        "Is a second challenger running with this key, or another one on the same games? Then one of them loses every race: stop one.",
        "Was a contract upgraded? Then the challenger must be upgraded too.",
      ],
    },
  };
}

/** Claims of bonds that failed within an hour. */
export function failedClaims(chain: string): string {
  return `sum by (chain) (increase(op_challenger_claim_failures{chain="${chain}"}[1h]))`;
}

function bondClaimFailing(chain: string, claimFailures: number): Alert {
  const failures = failedClaims(chain);
  return {
    name: "ChallengerBondClaimFailing",
    panel: onBatcherBoard("challenger", "claims"),
    priority: "P3",
    expr: `${failures} >= ${String(claimFailures)}`,
    summary: "The challenger cannot claim its bonds back",
    description:
      'The challenger of {{ $labels.chain }} failed {{ $value | printf "%.0f" }} times within an hour to claim bonds of finished games.',
    graph: failures,
    why: "It tries again at every L1 block: the odd failure is a hiccup of the RPC, ten an hour are minutes of trouble.",
    inhibitedBy: ["L1RpcDown", "ChallengerDown", "ChallengerLowETH"],
    runbook: {
      meaning: "Games are finished, and what they owe to the challenger cannot be fetched.",
      impact: "Our ETH stays in the contract. Nothing is lost, but the wallet does not fill again.",
      steps: [
        "Read the challenger's log: `Failed to claim bonds` names the reason.",
        "Does the contract hold enough? See BondCollateralInsufficient. If it does not, tell whoever guards the contracts.",
      ],
    },
  };
}
