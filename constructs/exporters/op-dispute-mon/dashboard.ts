import type { BoardRow } from "../../core/board";
import { above } from "../../core/panel";
import { batcherBoard, chainRow, chosenChain, programsRow } from "../l2-boards";
import {
  bondsLostToday,
  missingCollateral,
  oldestRead,
  unexpectedCredits,
  unresolvedGames,
  withdrawable,
  wrongGames,
  type DisputeThresholds,
} from "./mixin";

const of = `{chain="${chosenChain}"}`;

/** ETH: a gwei. A colour begins at its number, and nothing is no fault. */
const anyEth = 1e-9;

function gamesRow(chain: string, { unclaimedEth, staleMinutes }: DisputeThresholds): BoardRow {
  const stat = { type: "stat", width: 6, height: 4, unit: "count" } as const;
  const series = { type: "timeseries", min: 0 } as const;
  const [tooHigh, tooLow] = unexpectedCredits(chosenChain);
  return chainRow(chain, {
    board: batcherBoard,
    key: "games",
    title: "Dispute games",
    order: 70,
    panels: [
      {
        ...stat,
        key: "wrong",
        title: "Ended wrongly",
        description:
          "Games of the monitor's window, 28 days, whose result our own node contradicts. Any one is money at stake.",
        queries: [
          { expr: `sum by (chain) (${wrongGames(chosenChain, "complete")})`, legend: "games" },
        ],
        limits: above({ P1: 1 }),
      },
      {
        ...stat,
        key: "forecast",
        title: "Going to end wrongly",
        description:
          "Open games that stand wrongly now. A claim counts so until it is answered: one that stays is a danger.",
        queries: [
          { expr: `sum by (chain) (${wrongGames(chosenChain, "in_progress")})`, legend: "games" },
        ],
        limits: above({ P1: 1 }),
      },
      {
        ...stat,
        key: "credits",
        title: "Credits that do not fit",
        description:
          "Credits above or below what the games' claims give, and withdrawals of another amount. Somebody would be paid from the bonds of others.",
        queries: [
          { expr: tooHigh, legend: "above" },
          { expr: tooLow, legend: "below" },
          {
            expr: `sum by (chain) (op_dispute_mon_withdrawal_requests{chain="${chosenChain}", credits="divergent"})`,
            legend: "withdrawals",
          },
        ],
        limits: above({ P2: 1 }),
      },
      {
        ...stat,
        key: "unresolved",
        title: "Open after their time",
        description: "Games whose clocks are over and that nobody has ended: withdrawals wait.",
        queries: [{ expr: unresolvedGames(chosenChain), legend: "games" }],
        limits: above({ P3: 1 }),
      },
      {
        ...series,
        key: "states",
        title: "Games by state",
        description:
          "'agree' and 'disagree' is what our own node says of the proposal, the rest is who is ahead or has won. Sound are a defender with 'agree' and a challenger with 'disagree'.",
        unit: "count",
        queries: [
          {
            expr: `sum by (status) (op_dispute_mon_games_agreement${of})`,
            legend: "{{status}}",
          },
        ],
      },
      {
        ...series,
        key: "collateral",
        title: "Missing in bond contracts",
        description:
          "What each DelayedWETH contract owes more than it holds. Anything: somebody took out what was not theirs.",
        unit: "eth",
        queries: [{ expr: missingCollateral(chosenChain), legend: "{{delayedWETH}}" }],
        limits: above({ P2: anyEth }),
      },
      {
        ...series,
        key: "bonds",
        title: "Bonds lost within a day",
        description:
          "By our own actors. A lost bond is a claim that was resolved against us: it happens again while its cause stays.",
        unit: "eth",
        queries: [{ expr: bondsLostToday(chosenChain), legend: "{{honest_actor_address}}" }],
        limits: above({ P2: anyEth }),
      },
      {
        ...series,
        key: "unclaimed",
        title: "ETH that could be withdrawn",
        description:
          "By our own actors, from finished games. The challenger fetches it by itself; what stays for a day it does not.",
        unit: "eth",
        width: 6,
        queries: [{ expr: withdrawable(chosenChain), legend: "{{actor}}" }],
        limits: above({ P3: unclaimedEth }),
      },
      {
        ...series,
        key: "roots",
        title: "Games on which our nodes differ",
        description:
          "Where the monitor asks several rollup nodes. Two of them executed the same blocks and came to different states.",
        unit: "count",
        width: 6,
        queries: [
          { expr: `max by (chain) (op_dispute_mon_different_root_games${of})`, legend: "games" },
        ],
        limits: above({ P2: 1 }),
      },
      {
        ...series,
        key: "unjudged",
        title: "Games that cannot be judged",
        description:
          "The monitor could not read them, or not compare them with our own node: whether they end rightly, nobody knows.",
        unit: "count",
        width: 6,
        queries: [{ expr: `max by (chain) (op_dispute_mon_failed_games${of})`, legend: "games" }],
        limits: above({ P3: 1 }),
      },
      {
        ...series,
        key: "stale",
        title: "Age of what is shown",
        description:
          "Since the monitor last read the game that it is farthest behind with. When it grows, everything in this row is old.",
        unit: "seconds",
        width: 6,
        queries: [{ expr: oldestRead(chosenChain), legend: "age" }],
        limits: above({ P3: staleMinutes * 60 }),
      },
    ],
  });
}

/** Rows about the dispute games of a chain. */
export function disputeRows(chain: string, thresholds: DisputeThresholds): readonly BoardRow[] {
  return [programsRow(chain), gamesRow(chain, thresholds)];
}
