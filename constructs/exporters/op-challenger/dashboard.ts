import type { BoardRow } from "../../core/board";
import { above, below } from "../../core/panel";
import { batcherBoard, chainRow, chosenChain, programsRow } from "../l2-boards";
import {
  challengerBalance,
  challengerLag,
  challengerMoves,
  challengerReverted,
  failedClaims,
  type ChallengerThresholds,
} from "./mixin";

const of = `{chain="${chosenChain}"}`;

function challengerRow(chain: string, thresholds: ChallengerThresholds): BoardRow {
  const series = { type: "timeseries", min: 0 } as const;
  return chainRow(chain, {
    board: batcherBoard,
    key: "challenger",
    title: "Challenger",
    order: 60,
    panels: [
      {
        ...series,
        key: "moves",
        title: "Moves in disputes",
        description:
          "In an hour. On a chain whose proposer is honest and alone there are none: any is a claim that the challenger holds to be wrong.",
        unit: "count",
        queries: [{ expr: challengerMoves(chosenChain), legend: "moves" }],
        limits: above({ P2: 1 }),
      },
      {
        ...series,
        key: "games",
        title: "Games by state",
        description:
          "As the challenger tracks them. 'challenger_won' is a proposal that was refuted: whose was it?",
        unit: "count",
        queries: [
          {
            expr: `sum by (status) (op_challenger_tracked_games${of})`,
            legend: "{{status}}",
          },
        ],
      },
      {
        ...series,
        key: "balance",
        title: "Challenger's balance",
        description:
          "ETH on L1, for gas and for bonds, which grow with the depth of a game. It must last for a dispute, not for a day.",
        unit: "eth",
        queries: [{ expr: challengerBalance(chosenChain), legend: "balance" }],
        limits: below({ P2: thresholds.lowBalanceEth }),
      },
      {
        ...series,
        key: "lag",
        title: "L1 blocks since the last look",
        description:
          "At the game that it is farthest behind with. A long run of the fault proof program looks like that too.",
        unit: "blocks",
        queries: [{ expr: challengerLag(chosenChain), legend: "behind" }],
        limits: above({ P3: thresholds.lagL1Blocks }),
      },
      {
        ...series,
        key: "reverted",
        title: "Transactions reverted",
        description:
          "In 15 minutes. Each is tried out before it is sent: one is a race that somebody else won, several are a fault.",
        unit: "count",
        queries: [
          {
            expr: `${challengerReverted(chosenChain)} or 0 * max by (chain) (op_challenger_up${of})`,
            legend: "reverted",
          },
        ],
        limits: above({ P2: thresholds.revertedTransactions }),
      },
      {
        ...series,
        key: "claims",
        title: "Claims of bonds that failed",
        description:
          "In an hour. Our ETH stays in the contract meanwhile, and the wallet does not fill again.",
        unit: "count",
        queries: [{ expr: failedClaims(chosenChain), legend: "failed" }],
        limits: above({ P3: thresholds.claimFailures }),
      },
    ],
  });
}

/** Rows about what the challenger of a chain does. */
export function challengerRows(
  chain: string,
  thresholds: ChallengerThresholds,
): readonly BoardRow[] {
  return [programsRow(chain), challengerRow(chain, thresholds)];
}
