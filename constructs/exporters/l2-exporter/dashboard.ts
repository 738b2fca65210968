import type { BoardRow } from "../../core/board";
import { above, below, type Panel } from "../../core/panel";
import { batcherWalletRows, type BatcherWalletThresholds } from "../batcher-wallet";
import { l1GasRow, type L1GasThresholds } from "../l1-gas";
import { chainBoard, chainRow, chosenChain, programsRow } from "../l2-boards";
import {
  celestiaBalance,
  l1ErrorPercent,
  rpcP95,
  type EndpointName,
  type EndpointThresholds,
} from "./endpoints";

/** What the panels about a chain's endpoints and wallets are drawn with. */
export interface ExporterPanels {
  readonly chain: string;
  /** Endpoints that the environment gives. */
  readonly given: readonly EndpointName[];
  /** Roles of the wallets that it watches. */
  readonly roles: readonly string[];
  readonly batcherWallet: BatcherWalletThresholds;
  readonly thresholds: EndpointThresholds & L1GasThresholds;
}

const of = `{chain="${chosenChain}"}`;

function walletsRow(chain: string): BoardRow {
  return chainRow(chain, {
    board: chainBoard,
    key: "wallets",
    title: "All wallets",
    order: 46,
    panels: [
      {
        type: "timeseries",
        key: "balances",
        title: "Balances",
        description:
          "Of every wallet that is watched. Steps up are top-ups; the slope between them is what it spends. Flat while its endpoint is down.",
        unit: "eth",
        width: 12,
        queries: [{ expr: `l2_wallet_balance_eth${of}`, legend: "{{wallet}} ({{layer}})" }],
        min: 0,
      },
      {
        type: "bars",
        key: "hours-left",
        title: "Hours left",
        description:
          "At the pace of the last day; a wallet that spent nothing is not shown. The batcher's own figure looks at shorter times too, and is the one that wakes people.",
        unit: "hours",
        width: 12,
        queries: [
          {
            expr: `l2_wallet_balance_eth${of} / (increase(l2_wallet_spent_eth_total${of}[1d]) / 24 > 0)`,
            legend: "{{wallet}} ({{layer}})",
          },
        ],
      },
    ],
  });
}

function endpointsRow({ chain, given, thresholds }: ExporterPanels): BoardRow {
  const third = given.includes("l1") ? 8 : 12;
  const l1Calls: readonly Panel[] = [
    {
      type: "timeseries",
      key: "l1-errors",
      title: "L1 calls that fail",
      description:
        "Share of the exporter's calls. One in five is enough to hold batches up: a batch needs about ten calls in a row.",
      unit: "percent",
      width: third,
      queries: [{ expr: l1ErrorPercent(chosenChain, "$__rate_interval"), legend: "failed" }],
      limits: above({ P2: thresholds.l1ErrorPercent }),
      min: 0,
    },
    {
      type: "timeseries",
      key: "l1-latency",
      title: "L1 answers within (p95)",
      description:
        "At one second a call op-node keeps up with L1, at three it does not. Compare with another endpoint from the same host.",
      unit: "seconds",
      width: third,
      queries: [{ expr: rpcP95(chosenChain, "l1", "$__rate_interval"), legend: "p95" }],
      limits: above({ P3: thresholds.l1SlowSeconds }),
      min: 0,
    },
  ];
  return chainRow(chain, {
    board: chainBoard,
    key: "endpoints",
    title: "What the chain depends on",
    order: 65,
    panels: [
      {
        type: "stat",
        key: "up",
        title: "Endpoints",
        description:
          "Whether the last poll read everything that it must, from the right chain. What is down here explains much of what is red above.",
        unit: "count",
        width: third,
        words: { "0": "down", "1": "up" },
        queries: [{ expr: `min by (endpoint) (l2_rpc_up${of})`, legend: "{{endpoint}}" }],
        limits: below({ P1: 1 }),
      },
      ...(given.includes("l1") ? l1Calls : []),
      {
        type: "timeseries",
        key: "latency",
        title: "Others answer within (p95)",
        description:
          "The chain's own RPC as users reach it (l2), op-node, the beacon API, the DA server. One that climbs alone is busy, or the way to it is.",
        unit: "seconds",
        width: given.includes("l1") ? 24 : 12,
        height: given.includes("l1") ? 6 : 8,
        queries: [
          {
            expr: `histogram_quantile(0.95, sum by (endpoint, le) (rate(l2_rpc_duration_seconds_bucket{chain="${chosenChain}", endpoint!="l1"}[$__rate_interval])))`,
            legend: "{{endpoint}}",
          },
        ],
        min: 0,
      },
    ],
  });
}

function celestiaRow({ chain, thresholds }: ExporterPanels): BoardRow {
  return chainRow(chain, {
    board: chainBoard,
    key: "celestia",
    title: "Celestia's account",
    order: 72,
    panels: [
      {
        type: "timeseries",
        key: "balance",
        title: "TIA left",
        description:
          "Of the account that pays for blobs. When it is empty no batch is stored, and the safe head stops.",
        unit: "tia",
        width: 24,
        height: 6,
        queries: [{ expr: celestiaBalance(chosenChain), legend: "{{address}}" }],
        limits: below({ P2: thresholds.lowBalanceTia }),
        min: 0,
      },
    ],
  });
}

/** Rows about a chain's wallets and about the endpoints that it depends on. */
export function exporterRows(panels: ExporterPanels): readonly BoardRow[] {
  const { chain, given, roles, thresholds } = panels;
  return [
    programsRow(chain),
    ...(roles.includes("batcher") ? batcherWalletRows(chain, panels.batcherWallet) : []),
    ...(roles.length > 0 ? [walletsRow(chain)] : []),
    ...(given.includes("l1") ? [l1GasRow(chain, thresholds.highL1GasPriceGwei)] : []),
    endpointsRow(panels),
    ...(given.includes("celestia") ? [celestiaRow(panels)] : []),
  ];
}
