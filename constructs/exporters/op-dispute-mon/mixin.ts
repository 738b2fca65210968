import { z } from "zod";
import type { Alert, RuleGroup } from "../../core/alert";
import type { DownAlert } from "../../core/observation";
import { onBatcherBoard, onChainBoard } from "../l2-boards";

/** What an environment may decide about the alerts on dispute games. */
export const disputeThresholds = z
  .strictObject({
    /** Minutes that a game may look lost before somebody is woken: a claim looks so until the challenger has answered it, which takes some L1 blocks. */
    forecastMinutes: z.int().min(1).max(1440).default(30),
    /** Minutes that a game may stay open after its time is over; the challenger resolves it within some L1 blocks. */
    resolutionMinutes: z.int().min(1).max(10_080).default(60),
    /** ETH of ours that may wait to be withdrawn for a day; the challenger fetches it by itself. */
    unclaimedEth: z.number().nonnegative().max(10_000).default(0.1),
    /** Minutes since the monitor last read every game; it does so every 30 s by default, and a round over a month of games takes minutes. */
    staleMinutes: z.int().min(1).max(1440).default(15),
  })
  .prefault({});

/** Thresholds with their defaults filled in. */
export type DisputeThresholds = z.output<typeof disputeThresholds>;

/** The alert for a dispute monitor that does not answer. */
export const disputeMonDown: DownAlert = {
  name: "DisputeMonDown",
  priority: "P3",
  for: "1m",
  summary: "The dispute monitor does not answer",
  panel: onChainBoard("programs", "up"),
  runbook: {
    meaning:
      "op-dispute-mon, which compares every dispute game with our own node, gave no answer for a minute.",
    impact: "Games are played as before, but a wrong result or missing money is not noticed.",
    steps: [
      "Look at the process and its last log lines: the L1 RPC and the rollup node are named there.",
      "Start it again; it holds no state and reads everything anew.",
    ],
  },
};

const anyMonitorFault = ["DisputeMonDown", "DisputeMonStale"];

/** Alerts on the dispute games of a chain, and on the money in them. */
export function disputeRules(chain: string, thresholds: DisputeThresholds): RuleGroup {
  return {
    name: `op-dispute-mon.${chain}`,
    intervalSeconds: 15,
    rules: [
      wrongResult(chain),
      wrongForecast(chain, thresholds.forecastMinutes),
      collateralInsufficient(chain),
      creditsUnexpected(chain),
      withdrawalsDivergent(chain),
      bondLost(chain),
      unresolved(chain, thresholds.resolutionMinutes),
      unclaimed(chain, thresholds.unclaimedEth),
    ],
  };
}

/** Alerts on the monitor itself: whether it sees every game, and whether its nodes agree. */
export function monitorRules(
  chain: string,
  { staleMinutes }: Pick<DisputeThresholds, "staleMinutes">,
): RuleGroup {
  return {
    name: `op-dispute-mon.monitor.${chain}`,
    intervalSeconds: 15,
    rules: [rootsDiffer(chain), stale(chain, staleMinutes), unjudged(chain)],
  };
}

/** A game that is over counts for as long as it is in the monitor's window, 28 days by default. */
const ignoreWhenHandled =
  "When all that can be done is done, list the game under op-dispute-mon's `--ignored-games`: else it hides the next one for as long as it is in the monitor's window.";

/** Games whose result, or forecast, is wrong by our own node. */
export function wrongGames(chain: string, completion: "complete" | "in_progress"): string {
  return `sum by (chain, status) (op_dispute_mon_games_agreement{chain="${chain}", completion="${completion}", result_correctness="incorrect"})`;
}

function wrongResult(chain: string): Alert {
  const wrong = wrongGames(chain, "complete");
  return {
    name: "DisputeDisagreement",
    panel: onBatcherBoard("games", "wrong"),
    priority: "P1",
    expr: `${wrong} > 0`,
    summary: "A dispute game ended with the wrong result",
    description:
      '{{ $value | printf "%.0f" }} dispute games of {{ $labels.chain }} ended as {{ $labels.status }}, which is wrong by our own node.',
    graph: wrong,
    runbook: {
      meaning:
        "A game is over and its winner is not who our node says: disagree_defender_wins is a wrong proposal that stands, agree_challenger_wins a right one that was thrown out.",
      impact:
        "A wrong proposal that stands lets its author withdraw money that is not his, as soon as the air gap after the game is over. A right one thrown out delays withdrawals and costs the proposer's bond.",
      steps: [
        "Find the game: `Unexpected game result` in op-dispute-mon's log names it, and the root that would be right.",
        "Ask a second node, best of another operator, for the output root of that block: is it our node that is wrong?",
        "disagree_defender_wins and our node is right: call the guardian of the chain now. It can blacklist the game or pause withdrawals before the air gap is over.",
        "agree_challenger_wins: find out why the challenger lost (ChallengerDown, ChallengerLowETH, its log), and that the next proposal is defended.",
        ignoreWhenHandled,
      ],
    },
  };
}

function wrongForecast(chain: string, forecastMinutes: number): Alert {
  const wrong = wrongGames(chain, "in_progress");
  return {
    name: "DisputeForecastWrong",
    panel: onBatcherBoard("games", "forecast"),
    priority: "P1",
    expr: `${wrong} > 0`,
    for: `${String(forecastMinutes)}m`,
    summary: "A dispute game is going to end wrongly",
    description: `{{ $value | printf "%.0f" }} open dispute games of {{ $labels.chain }} have stood at {{ $labels.status }} for ${String(forecastMinutes)} minutes, which is wrong by our own node.`,
    graph: wrong,
    why: "A claim counts as won until it is answered: only one that nobody answers for a while is a danger.",
    runbook: {
      meaning:
        "If no move followed, an open game would end against what our node says, and the challenger has not answered for a while.",
      impact:
        "When the game's clock is over, a wrong proposal stands, or a right one is lost. The clock runs for days, so it can still be turned.",
      steps: [
        "Find the game: `Forecasting unexpected game result` in op-dispute-mon's log names it.",
        "Is the challenger running, does it play this type of game, and has it ETH for the bond? Its log says why it does not move.",
        "Ask a second node for the output root of that block: is it our node that is wrong?",
        "If the challenger cannot be brought to move, make the move by hand (`op-challenger move`), or call the guardian of the chain.",
      ],
    },
  };
}

/** ETH that each bond contract owes more than it holds. */
export function missingCollateral(chain: string): string {
  const of = (metric: string) =>
    `sum by (chain, delayedWETH) (${metric}{chain="${chain}", balance="insufficient"})`;
  return `${of("op_dispute_mon_bond_collateral_required")} - ${of("op_dispute_mon_bond_collateral_available")}`;
}

function collateralInsufficient(chain: string): Alert {
  const missing = missingCollateral(chain);
  return {
    name: "BondCollateralInsufficient",
    panel: onBatcherBoard("games", "collateral"),
    priority: "P2",
    expr: `${missing} > 0`,
    // Both sides are read for one L1 block; a minute is two rounds of the monitor.
    for: "1m",
    summary: "A bond contract holds less than it owes",
    description:
      'The contract {{ $labels.delayedWETH }} of {{ $labels.chain }} owes {{ $value | printf "%.4f" }} ETH more than it holds.',
    graph: missing,
    runbook: {
      meaning:
        "The bonds and credits of all games together are more than the ETH that their DelayedWETH contract holds.",
      impact: "Somebody took out what was not theirs, or will not get back what is theirs.",
      steps: [
        "Look at the withdrawals from that contract on a block explorer: which one was too large, and whose?",
        "Tell the guardian of the chain: withdrawals of the contract can be paused while they still wait.",
        "If a game is younger or older than the monitor's window, its bonds are not counted: rule that out with a longer `--game-window`.",
      ],
    },
  };
}

/** Credits that are above, and those that are below what the games' claims give. */
export function unexpectedCredits(chain: string): readonly [string, string] {
  // Below after the delay is a credit that was paid out, which is how a game ends.
  const of = (labels: string) =>
    `sum by (chain, credit) (op_dispute_mon_credits{chain="${chain}", ${labels}})`;
  return [of('credit="above"'), of('credit="below", withdrawable="non_withdrawable"')];
}

function creditsUnexpected(chain: string): Alert {
  const unexpected = unexpectedCredits(chain)
    .map((credits) => `${credits} > 0`)
    .join(" or ");
  return {
    name: "DisputeCreditsUnexpected",
    panel: onBatcherBoard("games", "credits"),
    priority: "P2",
    expr: unexpected,
    for: "1m",
    summary: "A dispute game pays out what it should not",
    description:
      '{{ $value | printf "%.0f" }} credits in dispute games of {{ $labels.chain }} are {{ $labels.credit }} what the game\'s claims give.',
    graph: `sum by (chain, credit, withdrawable) (op_dispute_mon_credits{chain="${chain}"})`,
    runbook: {
      meaning:
        "What a game owes to somebody is more than its claims give (above), or was taken out before its time (below).",
      impact: "Somebody is paid from the bonds of others.",
      steps: [
        "Find the game and the recipient: `Credit above expected amount` or `Credit withdrawn early` in op-dispute-mon's log.",
        "Tell the guardian of the chain: a withdrawal waits in the DelayedWETH contract and can be held there.",
      ],
    },
  };
}

function withdrawalsDivergent(chain: string): Alert {
  const divergent = `sum by (chain, delayedWETH) (op_dispute_mon_withdrawal_requests{chain="${chain}", credits="divergent"})`;
  return {
    name: "BondWithdrawalDivergent",
    panel: onBatcherBoard("games", "credits"),
    priority: "P2",
    expr: `${divergent} > 0`,
    for: "1m",
    summary: "A withdrawal of bonds does not match its game",
    description:
      '{{ $value | printf "%.0f" }} withdrawal requests at the contract {{ $labels.delayedWETH }} of {{ $labels.chain }} are not what their games give.',
    graph: divergent,
    inhibitedBy: ["DisputeCreditsUnexpected"],
    runbook: {
      meaning: "Somebody asked the DelayedWETH contract for another amount than the game owes.",
      impact: "After the contract's delay the wrong amount can be taken out.",
      steps: [
        "Find the game: `Withdrawal request amount does not match credit` in op-dispute-mon's log.",
        "Tell the guardian of the chain before the delay is over, and say how much is at stake.",
      ],
    },
  };
}

function lostBonds(chain: string): string {
  return `op_dispute_mon_honest_actor_bonds{chain="${chain}", state="lost"}`;
}

/** ETH of bonds that each of our actors lost within a day. */
export function bondsLostToday(chain: string): string {
  const lost = lostBonds(chain);
  // The gauge counts the games of the monitor's window: it stays up for weeks, and falls when a game leaves it.
  return `max by (chain, honest_actor_address) (${lost} - min_over_time(${lost}[1d]))`;
}

function bondLost(chain: string): Alert {
  const lost = lostBonds(chain);
  const today = bondsLostToday(chain);
  return {
    name: "HonestBondLost",
    panel: onBatcherBoard("games", "bonds"),
    priority: "P2",
    expr: `${today} > 0`,
    summary: "One of our actors lost a bond",
    description:
      '{{ $labels.honest_actor_address }} on {{ $labels.chain }} lost bonds of {{ $value | printf "%.4f" }} ETH within a day.',
    graph: lost,
    why: "The gauge counts all games of the monitor window, 28 days: only what was added within a day is news.",
    inhibitedBy: ["DisputeDisagreement"],
    runbook: {
      meaning: "A claim of our proposer or challenger was resolved against it.",
      impact: "The bond is gone. It happens again if the cause stays.",
      steps: [
        "Find the claim: `Claim resolved against honest actor` in op-dispute-mon's log.",
        "Was our claim wrong? Compare the node of that actor with another one. Or was it right, and not defended: was the challenger down or out of ETH?",
      ],
    },
  };
}

/** Games that are past their longest duration and open. */
export function unresolvedGames(chain: string): string {
  return `sum by (chain) (op_dispute_mon_resolution_status{chain="${chain}", completion=~"resolvable|in_progress", max_duration="max_duration"})`;
}

function unresolved(chain: string, resolutionMinutes: number): Alert {
  const open = unresolvedGames(chain);
  return {
    name: "DisputeGameUnresolved",
    panel: onBatcherBoard("games", "unresolved"),
    priority: "P3",
    expr: `${open} > 0`,
    for: `${String(resolutionMinutes)}m`,
    summary: "A dispute game stays open after its time",
    description: `{{ $value | printf "%.0f" }} dispute games of {{ $labels.chain }} have been past their longest duration for ${String(resolutionMinutes)} minutes, and nobody resolved them.`,
    graph: open,
    why: "The challenger resolves a game within some L1 blocks of the end of its clocks: after an hour nobody is going to.",
    inhibitedBy: ["ChallengerDown", "ChallengerLowETH"],
    runbook: {
      meaning: "Both clocks of a game are over and nobody has sent the transaction that ends it.",
      impact: "Withdrawals that rest on this proposal wait, and the bonds stay locked.",
      steps: [
        "Does the challenger play this type of game, and has it ETH? Its log says why it does not resolve.",
        "Anybody may resolve it: `op-challenger resolve` with any account that has some ETH.",
      ],
    },
  };
}

/** ETH that each of our actors could withdraw. */
export function withdrawable(chain: string): string {
  return `max by (chain, actor) (op_dispute_mon_honest_actor_pending_withdrawals{chain="${chain}"})`;
}

function unclaimed(chain: string, unclaimedEth: number): Alert {
  const waiting = withdrawable(chain);
  return {
    name: "HonestCreditUnclaimed",
    panel: onBatcherBoard("games", "unclaimed"),
    priority: "P3",
    expr: `${waiting} > ${String(unclaimedEth)}`,
    for: "1d",
    summary: "ETH of ours waits in finished games",
    description: `{{ $value | printf "%.4f" }} ETH of {{ $labels.actor }} on {{ $labels.chain }} could have been withdrawn for a day, more than ${String(unclaimedEth)} ETH.`,
    graph: waiting,
    why: "The challenger fetches credits by itself, in two steps with a delay between them: a day is not that delay, for only what can be taken counts.",
    inhibitedBy: ["ChallengerDown", "ChallengerBondClaimFailing"],
    runbook: {
      meaning: "Finished games owe money to an actor of ours, and nobody fetches it.",
      impact: "None yet. The wallet that pays for bonds runs low for no reason.",
      steps: [
        "The challenger claims for its own address and for those of `--additional-bond-claimants`: is this one among them?",
        "Look for `Failed to claim bonds` in its log.",
      ],
    },
  };
}

function rootsDiffer(chain: string): Alert {
  const differing = `max by (chain) (op_dispute_mon_different_root_games{chain="${chain}"})`;
  return {
    name: "DisputeRootsDiffer",
    panel: onBatcherBoard("games", "roots"),
    priority: "P2",
    expr: `${differing} > 0`,
    for: "5m",
    summary: "Our own nodes disagree about the chain's state",
    description:
      'The rollup nodes of op-dispute-mon gave different output roots for {{ $value | printf "%.0f" }} games of {{ $labels.chain }}.',
    graph: differing,
    why: "Only where op-dispute-mon is given several nodes. Two that are not equally far do not count: they answer that they do not know the block.",
    runbook: {
      meaning: "Two nodes executed the same blocks and came to different states.",
      impact:
        "One of them is wrong. A proposer or challenger that asks it loses its bonds, and its users read wrong balances.",
      steps: [
        "Compare the output roots of the nodes block by block until the first that differs.",
        "Compare their versions and chain configuration: was a hard fork missed on one of them?",
        "Take the wrong one out, and the proposer and challenger that use it.",
      ],
    },
  };
}

/** Seconds since the monitor last read the game that it is farthest behind with. */
export function oldestRead(chain: string): string {
  // 0 until the first round.
  return `time() - max by (chain) (op_dispute_mon_oldest_game_update_time{chain="${chain}"} > 0)`;
}

function stale(chain: string, staleMinutes: number): Alert {
  const age = oldestRead(chain);
  return {
    name: "DisputeMonStale",
    panel: onBatcherBoard("games", "stale"),
    priority: "P3",
    expr: `${age} > ${String(staleMinutes * 60)}`,
    for: "5m",
    summary: "The dispute monitor does not get through its games",
    description: `For {{ $value | humanizeDuration }} op-dispute-mon of {{ $labels.chain }} has not read all of its games (threshold ${String(staleMinutes)} min).`,
    graph: age,
    why: "It reads every game each 30 s by default, and a round over a month of games takes minutes, not a quarter of an hour.",
    inhibitedBy: ["L1RpcDown", "DisputeMonDown"],
    runbook: {
      meaning: "The monitor runs, but cannot read L1, its rollup node, or one of the games.",
      impact: "What it shows is old: a wrong result or missing money is not noticed.",
      steps: [
        "Read its log: `Failed to monitor games` names the reason.",
        "Does its L1 RPC limit requests? Give it another one, or lower `--max-concurrency`.",
      ],
    },
  };
}

function unjudged(chain: string): Alert {
  const failed = `max by (chain) (op_dispute_mon_failed_games{chain="${chain}"})`;
  return {
    name: "DisputeGamesUnjudged",
    panel: onBatcherBoard("games", "unjudged"),
    priority: "P3",
    expr: `${failed} > 0`,
    for: "30m",
    summary: "The dispute monitor cannot judge some games",
    description:
      'op-dispute-mon of {{ $labels.chain }} cannot read {{ $value | printf "%.0f" }} games of its window.',
    graph: failed,
    why: "A game that fails in one round is read in the next: half an hour is many rounds.",
    inhibitedBy: ["L1RpcDown", ...anyMonitorFault],
    runbook: {
      meaning: "Some games could not be read, or not be compared with our own node.",
      impact: "Whether these games end rightly, nobody knows.",
      steps: [
        "Read its log for the games and the reason: an unknown type of game after an upgrade, or a rollup node that has no such block.",
        "Upgrade op-dispute-mon if the game's type is new; give it a node with history if the block is missing.",
      ],
    },
  };
}
