import { z } from "zod";
import type { Alert, RuleGroup } from "../core/alert";
import type { BoardRow } from "../core/board";
import { below } from "../core/panel";
import { batcherBoard, chainBoard, chainRow, chosenChain, onBatcherBoard } from "./l2-boards";

/** What an environment may decide about the wallet that pays for a chain's batches. */
export const batcherWalletThresholds = z
  .strictObject({
    /** ETH. Below it the batcher is about to stop: 0.5 is some hours to days of posting on mainnet. */
    lowBalanceEth: z.number().positive().max(10_000).default(0.5),
    /** Hours of gas left at the present burn at which somebody is woken: a night's sleep is too long. */
    runwayCriticalHours: z.number().positive().max(1000).default(6),
    /** Hours of gas left at which somebody is told within the hour. */
    runwayHighHours: z.number().positive().max(1000).default(24),
  })
  .prefault({});

/** Thresholds with their defaults filled in. */
export type BatcherWalletThresholds = z.output<typeof batcherWalletThresholds>;

const topUp =
  "Top up the batcher's address: in Prometheus query `l2_wallet_balance_eth{role=\"batcher\"}`, its label `address` is where to send. Without the L2 exporter it is `batcherAddr` in the chain's system config.";

const batcherWallet = (metric: string, chain: string) =>
  `${metric}{chain="${chain}", role="batcher"}`;

const batcherGauge = (chain: string) => `op_batcher_default_balance{chain="${chain}"}`;

/**
 * ETH an hour, for batches every 2 s to every 3 h. Windows of 5 m are added up, and one large transfer out of the wallet
 * is left out: it fills one window.
 */
function spendRules(chain: string): RuleGroup {
  const inFiveMinutes = (series: string) => `clamp_min(${series} - ${series} offset 5m, 0)`;
  // op-batcher shows 0 between a restart and its first read.
  const gauge = batcherGauge(chain);
  const drop = `clamp_min((${gauge} offset 5m > 0) - (${gauge} > 0), 0)`;
  const view = (name: string, expr: string) =>
    `label_replace(max by (chain) (${expr}), "view", "${name}", "", "")`;
  const windows = `chain_view:batcher_spend_eth:increase5m{chain="${chain}"}`;
  const over = (range: string) => (what: string, series: string) =>
    `${what}_over_time((${series})[${range}:5m])`;
  // Without the largest window in any case: n batches count as n - 1, which is never too many, and 0 where they are rare.
  const recent = over("2h");
  const fast = `(${recent("sum", windows)} - ${recent("max", windows)}) / ((${recent("count", windows)} > 3) - 1) * 12`;
  // Rare batches need every one of them: here the largest window is left out only when it holds more than three times what
  // the others with spending hold on average, or while less than 8 h are known and one batch more or less is too much.
  const long = over("12h");
  const [sum, max, count, spending] = [
    long("sum", windows),
    long("max", windows),
    long("count", windows),
    long("count", `${windows} > 0`),
  ];
  const kept = `(${max} <= bool 3 * (${sum} - ${max}) / (${spending} - 1)) * (${count} > bool 96)`;
  const slow = `(${sum} - ${max} + ${max} * ${kept}) / ${count} * 12`;
  return {
    name: `batcher-spend.${chain}`,
    // The windows are 5 m wide: nothing is gained by looking more often.
    intervalSeconds: 60,
    rules: [
      {
        // Each view apart, for they see one batch at different times; the fees leave blob gas out, the gauge is blind
        // across a top-up, the exporter's counter sees both.
        record: "chain_view:batcher_spend_eth:increase5m",
        expr: [
          view("exporter", inFiveMinutes(batcherWallet("l2_wallet_spent_eth_total", chain))),
          view(
            "fees",
            `${inFiveMinutes(`op_batcher_default_txmgr_tx_fee_gwei_total{chain="${chain}"}`)} / 1e9`,
          ),
          view("gauge", drop),
        ].join(" or "),
      },
      { record: "chain:batcher_spend_eth_per_hour:mean12h", expr: `max by (chain) (${slow})` },
      {
        // The mean of rare batches steps down whenever an old one leaves it: the highest of 3 h does not flap.
        record: "chain:batcher_spend_eth_per_hour:max",
        expr: `max by (chain) (${fast} or max_over_time(chain:batcher_spend_eth_per_hour:mean12h{chain="${chain}"}[3h]))`,
      },
    ],
  };
}

function runwayAlert(
  runway: string,
  hours: number,
  tier: Pick<Alert, "priority" | "summary"> & {
    readonly tier: string;
    readonly why: string;
    readonly impact: string;
  },
  furtherSteps: readonly string[] = [],
): Alert {
  return {
    name: "BatcherGasRunway",
    priority: tier.priority,
    expr: `${runway} < ${String(hours)}`,
    for: "10m",
    summary: tier.summary,
    description: `At the present burn the batcher of {{ $labels.chain }} is out of gas in {{ $value | printf "%.1f" }} hours (threshold ${String(hours)} h).`,
    why: tier.why,
    graph: runway,
    panel: onBatcherBoard("wallet", "runway"),
    // An empty wallet is said by BatcherLowETH, which names the hours too.
    inhibitedBy: ["L1RpcDown", "BatcherLowETH"],
    labels: { tier: tier.tier },
    runbook: {
      meaning:
        "Balance divided by what is spent per hour: in the last 2 hours or in the last 12, whichever is more. One large transfer does not count.",
      impact: tier.impact,
      steps: [topUp, ...furtherSteps],
    },
  };
}

function balanceEth(chain: string): string {
  return `min by (chain) (${batcherGauge(chain)} or ${batcherWallet("l2_wallet_balance_eth", chain)})`;
}

function runwayHours(chain: string): string {
  return `chain:batcher_gas_runway_hours{chain="${chain}"}`;
}

/**
 * Rows about the wallet that pays for a chain's batches, on both boards; op-batcher and the L2 exporter contribute the
 * same.
 */
export function batcherWalletRows(
  chain: string,
  { lowBalanceEth, runwayCriticalHours, runwayHighHours }: BatcherWalletThresholds,
): BoardRow[] {
  const balance = {
    title: "Balance",
    description:
      "ETH of the batcher on L1. When it is empty no batch lands, and the safe head stops.",
    unit: "eth",
    queries: [{ expr: balanceEth(chosenChain), legend: "balance" }],
    limits: below({ P1: lowBalanceEth }),
  } as const;
  const runway = {
    title: "Hours left",
    description:
      "Balance divided by what is spent per hour. Empty while no steady spending is known, as on a chain that has just begun.",
    unit: "hours",
    queries: [{ expr: runwayHours(chosenChain), legend: "left" }],
    limits: below({ P1: runwayCriticalHours, P2: runwayHighHours }),
  } as const;
  const spend = {
    title: "Spent per hour",
    description:
      "In the last 2 hours or in the last 12, whichever is more; transfers out are left out. A jump without more batches is a dearer L1.",
    unit: "eth",
    queries: [
      {
        expr: `chain:batcher_spend_eth_per_hour:max{chain="${chosenChain}"}`,
        legend: "per hour",
      },
    ],
  } as const;
  const row = { key: "wallet", title: "Batcher's wallet", order: 20 };
  return [
    chainRow(chain, {
      ...row,
      board: chainBoard,
      panels: [
        { ...balance, type: "stat", key: "balance", height: 4 },
        { ...runway, type: "stat", key: "runway", height: 4 },
        { ...spend, type: "stat", key: "spend", height: 4 },
      ],
    }),
    chainRow(chain, {
      ...row,
      board: batcherBoard,
      panels: [
        { ...balance, type: "timeseries", key: "balance", min: 0 },
        { ...runway, type: "timeseries", key: "runway", min: 0 },
        { ...spend, type: "timeseries", key: "spend", min: 0 },
      ],
    }),
  ];
}

/**
 * Balance and runway of the wallet that pays for a chain's batches, from op-batcher's own gauge and from the L2
 * exporter, whichever is there. op-batcher reads its balance every 10 s, and 0 before the first read: hence 1 m.
 */
export function batcherWalletRules(
  chain: string,
  thresholds: BatcherWalletThresholds,
): RuleGroup[] {
  const { lowBalanceEth, runwayCriticalHours, runwayHighHours } = thresholds;
  const balance = balanceEth(chain);
  const runway = runwayHours(chain);
  const hoursLeft = (sentence: string, unknown: string) =>
    `{{ with query "${runway.replace(/"/g, '\\"')}" }}${sentence.replace("%", '{{ . | first | value | printf "%.1f" }}')}{{ else }}${unknown}{{ end }}`;
  return [
    spendRules(chain),
    {
      name: `batcher-wallet.${chain}`,
      intervalSeconds: 5,
      rules: [
        {
          record: "chain:batcher_gas_runway_hours",
          expr: `${balance} / on (chain) (chain:batcher_spend_eth_per_hour:max{chain="${chain}"} > 0)`,
        },
        {
          name: "BatcherLowETH",
          priority: "P1",
          expr: `${balance} < ${String(lowBalanceEth)}`,
          for: "1m",
          summary: "The batcher's wallet is nearly empty",
          description: `The batcher of {{ $labels.chain }} has {{ $value | printf "%.4f" }} ETH left, less than ${String(lowBalanceEth)} ETH. ${hoursLeft("At the present burn that lasts % hours.", "How long that lasts is not known: no steady spending has been seen.")}`,
          why: "0.5 ETH are some hours to days of posting on mainnet: a chain sets its own. op-batcher reads the balance every 10 s and shows 0 before the first read: hence 1 m.",
          graph: balance,
          panel: onBatcherBoard("wallet", "balance"),
          inhibitedBy: ["L1RpcDown"],
          runbook: {
            meaning: "The account that pays for posting batches to L1 is below its threshold.",
            impact:
              "When it is empty no batch lands: the safe head stops, and after the sequencer window the chain is reorganised and blocks are lost.",
            steps: [
              topUp,
              "Confirm that the balance rises on the graph; the resolved message follows within a minute.",
              "Compare `chain:batcher_spend_eth_per_hour:max` with yesterday's: if it jumped, look at HighL1GasPrice and at failed batches.",
            ],
          },
        },
        runwayAlert(
          runway,
          runwayCriticalHours,
          {
            tier: "critical",
            priority: "P1",
            summary: "The batcher's gas lasts only a few hours",
            why: "6 hours are less than a night: whoever is told at bedtime finds an empty wallet in the morning. 10 minutes leave out a single expensive batch.",
            impact: "The batcher stops when the wallet is empty, and the safe head with it.",
          },
          ["If L1 fees are the cause and the chain allows it, let batches wait longer."],
        ),
        runwayAlert(runway, runwayHighHours, {
          tier: "high",
          priority: "P2",
          summary: "The batcher's gas lasts less than a day",
          why: "A day always holds some working hours. 10 minutes leave out a single expensive batch.",
          impact: "Nothing yet. Within a day the batcher stops.",
        }),
      ],
    },
  ];
}
