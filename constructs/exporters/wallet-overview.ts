import type { BoardRow } from "../core/board";
import { overviewBoard, overviewOrder } from "../core/house-boards";
import { below } from "../core/panel";
import type { BatcherWalletThresholds } from "./batcher-wallet";

/** How long the wallet that pays for a chain's batches lasts, on the first page. */
export function walletOverview(
  chain: string,
  { lowBalanceEth, runwayCriticalHours, runwayHighHours }: BatcherWalletThresholds,
): BoardRow {
  return {
    board: overviewBoard,
    key: "wallets",
    title: "Wallets of the batchers",
    order: overviewOrder.wallets,
    about: { variable: "chain", value: chain },
    panels: [
      {
        type: "stat",
        key: "runway",
        title: "Gas lasts for",
        description:
          "Hours at the present burn. Empty: no steady spending was seen yet. Red: top up today.",
        unit: "hours",
        width: 6,
        queries: [{ expr: 'chain:batcher_gas_runway_hours{chain=~"$chain"}', legend: "{{chain}}" }],
        limits: below({ P2: runwayHighHours, P1: runwayCriticalHours }),
      },
      {
        type: "stat",
        key: "balance",
        title: "Balance",
        description: "What the wallet holds. Red: top up now, the batcher is about to stop.",
        unit: "eth",
        width: 6,
        queries: [
          {
            expr: 'min by (chain) (op_batcher_default_balance{chain=~"$chain"} or l2_wallet_balance_eth{chain=~"$chain", role="batcher"})',
            legend: "{{chain}}",
          },
        ],
        limits: below({ P1: lowBalanceEth }),
      },
      {
        type: "timeseries",
        key: "runway-over-time",
        title: "Hours of gas left",
        description:
          "It falls by an hour an hour while the burn is steady; faster means that batches cost more.",
        unit: "hours",
        width: 12,
        queries: [{ expr: 'chain:batcher_gas_runway_hours{chain=~"$chain"}', legend: "{{chain}}" }],
        limits: below({ P2: runwayHighHours, P1: runwayCriticalHours }),
        min: 0,
      },
    ],
  };
}
