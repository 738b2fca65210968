import type { PanelAddress } from "../core/alert";
import type { Board, BoardRow } from "../core/board";
import { below } from "../core/panel";

const variables: Board["variables"] = [
  {
    name: "chain",
    title: "Chain",
    // A chain may be watched through its endpoints only.
    from: '{__name__=~"observatory:expected_target|l2_rpc_up", chain!=""}',
  },
];

/** The screen that the operator of a rollup keeps open. */
export const chainBoard: Board = {
  uid: "l2-chain",
  title: "L2 chain",
  description:
    "Whether the chain makes blocks, whether they become safe in time, and for how long that can go on.",
  folder: "L2",
  variables,
};

/** What brings the chain to L1, and what it costs. */
export const batcherBoard: Board = {
  uid: "batcher-proposer",
  title: "Batcher and proposer",
  description:
    "Whether batches and proposals land on L1, how long the wallets last, and what becomes of disputes.",
  folder: "L2",
  variables,
};

/** The chain that is chosen on a board, in the place of a chain's name in PromQL. */
export const chosenChain = "$chain";

/** Address of a panel of the board "L2 chain", for alerts. */
export function onChainBoard(row: string, panel: string): PanelAddress {
  return { board: chainBoard.uid, row, panel };
}

/** Address of a panel of the board "Batcher and proposer", for alerts. */
export function onBatcherBoard(row: string, panel: string): PanelAddress {
  return { board: batcherBoard.uid, row, panel };
}

/** A row about one chain: one row for all chains, unless their limits differ. */
export function chainRow(chain: string, row: Omit<BoardRow, "about">): BoardRow {
  return { ...row, about: { variable: "chain", value: chain } };
}

/** Whether each program of a chain answers. Every one of them contributes it. */
export function programsRow(chain: string): BoardRow {
  return chainRow(chain, {
    board: chainBoard,
    key: "programs",
    title: "Programs",
    order: 15,
    panels: [
      {
        type: "stat",
        key: "up",
        title: "Programs that answer",
        description:
          "Every program of the chain that the platform asks for metrics. One that is down makes its own panels empty: look here first.",
        unit: "count",
        width: 24,
        height: 4,
        words: { "0": "down", "1": "up" },
        queries: [
          {
            expr: `min by (job, instance) (up{chain="${chosenChain}"} or up{job="l2-exporter"} or 0 * observatory:expected_target{chain="${chosenChain}"})`,
            legend: "{{job}} {{instance}}",
          },
        ],
        limits: below({ P1: 1 }),
      },
    ],
  });
}
