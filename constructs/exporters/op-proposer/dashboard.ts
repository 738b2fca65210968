import type { BoardRow } from "../../core/board";
import { above, below } from "../../core/panel";
import { batcherBoard, chainBoard, chainRow, chosenChain, programsRow } from "../l2-boards";
import { ageOfSuccess } from "../tx-manager";
import { overdueSeconds, proposerBalance, type Proposals } from "./mixin";

const of = `{chain="${chosenChain}"}`;

/** Rows about the proposals of a chain, on both boards. */
export function proposerRows(chain: string, proposals: Proposals): readonly BoardRow[] {
  const since = {
    title: "Since the last proposal",
    description:
      "Time since a proposal last succeeded on L1. It grows to the proposal interval and falls to 0. While it grows on, withdrawals wait.",
    unit: "seconds",
    queries: [
      {
        expr: ageOfSuccess("op_proposer_default", chosenChain, proposals.proposalIntervalSeconds),
        legend: "since",
      },
    ],
    limits: above({ P2: overdueSeconds(proposals.proposalIntervalSeconds) }),
  } as const;
  const balance = {
    title: "Proposer's balance",
    description:
      "ETH of the proposer on L1: it pays for proposals, and for the bonds of their games, which come back after a week and more.",
    unit: "eth",
    queries: [{ expr: proposerBalance(chosenChain), legend: "balance" }],
    limits: below({ P2: proposals.lowBalanceEth }),
  } as const;
  const behind = {
    title: "Blocks not proposed yet",
    description:
      "From the last block proposed to the safe head. Who withdraws from a newer block waits for the next proposal.",
    unit: "blocks",
    queries: [
      {
        expr: `max(op_node_default_refs_number{chain="${chosenChain}", layer="l2", type="l2_safe"}) - max(op_proposer_default_proposed_sequence_number${of} > 0)`,
        legend: "blocks",
      },
    ],
  } as const;
  const series = { type: "timeseries", min: 0 } as const;
  const stat = { type: "stat", height: 4 } as const;
  return [
    programsRow(chain),
    chainRow(chain, {
      board: chainBoard,
      key: "proposals",
      title: "Proposer",
      order: 80,
      panels: [
        { ...since, ...stat, key: "since" },
        { ...behind, ...stat, key: "behind" },
        { ...balance, ...stat, key: "balance" },
      ],
    }),
    chainRow(chain, {
      board: batcherBoard,
      key: "proposals",
      title: "Proposals",
      order: 50,
      panels: [
        { ...since, ...series, key: "since", width: 6 },
        {
          ...series,
          key: "landed",
          title: "Proposals on L1",
          description:
            "Transactions of the proposer in an hour, by how they ended. A proposal that is reverted again and again: is its game type still the one that the chain respects?",
          unit: "count",
          width: 6,
          queries: [
            {
              expr: `sum by (status) (increase(op_proposer_default_txmgr_confirm_total${of}[1h]))`,
              legend: "{{status}}",
            },
          ],
        },
        { ...behind, ...series, key: "behind", width: 6 },
        { ...balance, ...series, key: "balance", width: 6 },
      ],
    }),
  ];
}
