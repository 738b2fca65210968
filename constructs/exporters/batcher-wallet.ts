import { z } from "zod";
import type { RuleGroup } from "../core/alert";

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

/**
 * Balance and runway of the wallet that pays for a chain's batches, from op-batcher's own gauge and from the L2
 * exporter, whichever is there. op-batcher reads its balance every 10 s, and 0 before the first read: hence 1 m.
 */
export function batcherWalletRules(
  chain: string,
  thresholds: BatcherWalletThresholds,
): RuleGroup[] {
  const { lowBalanceEth, runwayCriticalHours, runwayHighHours } = thresholds;
  const gauge = `op_batcher_default_balance{chain="${chain}"}`;
  const wallet = (metric: string) => `${metric}{chain="${chain}", role="batcher"}`;
  const balance = `min by (chain) (${gauge} or ${wallet("l2_wallet_balance_eth")})`;
  const runway = `chain:batcher_gas_runway_hours{chain="${chain}"}`;
  // ETH an hour: twelve times the mean of the last hour's windows of 5 m without the largest, so that one transfer out
  // of the wallet is not taken for burn for an hour.
  const steady = (windows: string) => {
    const over = (what: string) => `${what}_over_time(${windows}[1h:5m])`;
    return `(${over("sum")} - ${over("max")}) / (${over("count")} - 1) * 12`;
  };
  // Three views of it; the highest counts. The fee counter leaves blob gas out, the gauge is blind across a top-up, the
  // exporter's counter sees both.
  const spend = [
    steady(`increase(${wallet("l2_wallet_spent_eth_total")}[5m])`),
    `label_replace(increase(op_batcher_default_txmgr_tx_fee_gwei_total{chain="${chain}"}[1h]) / 1e9, "view", "fees", "", "")`,
    // op-batcher shows 0 between a restart and its first read.
    `label_replace(${steady(`clamp_min(-delta((${gauge} > 0)[5m:15s]), 0)`)}, "view", "gauge", "", "")`,
  ].join(" or ");
  const hoursLeft = (sentence: string, unknown: string) =>
    `{{ with query "${runway.replace(/"/g, '\\"')}" }}${sentence.replace("%", '{{ . | first | value | printf "%.1f" }}')}{{ else }}${unknown}{{ end }}`;
  return [
    {
      name: `batcher-wallet-${chain}`,
      intervalSeconds: 5,
      rules: [
        {
          record: "chain:batcher_spend_eth:increase1h",
          expr: `max by (chain) (${spend})`,
        },
        {
          record: "chain:batcher_gas_runway_hours",
          expr: `${balance} / on (chain) (chain:batcher_spend_eth:increase1h{chain="${chain}"} > 0)`,
        },
        {
          name: "BatcherLowETH",
          priority: "P1",
          expr: `${balance} < ${String(lowBalanceEth)}`,
          for: "1m",
          summary: "The batcher's wallet is nearly empty",
          description: `The batcher of {{ $labels.chain }} has {{ $value | printf "%.4f" }} ETH left, less than ${String(lowBalanceEth)} ETH. ${hoursLeft("At the present burn that lasts % hours.", "How long that lasts is not known: no steady spending was seen in the last hour.")}`,
          graph: balance,
          inhibitedBy: ["L1RpcDown"],
          runbook: {
            meaning: "The account that pays for posting batches to L1 is below its threshold.",
            impact:
              "When it is empty no batch lands: the safe head stops, and after the sequencer window the chain is reorganised and blocks are lost.",
            steps: [
              topUp,
              "Confirm that the balance rises on the graph; the resolved message follows within a minute.",
              "Compare the spend per hour with yesterday's: if it jumped, look at HighL1GasPrice and at failed batches.",
            ],
          },
        },
        {
          name: "BatcherGasRunway",
          priority: "P1",
          expr: `${runway} < ${String(runwayCriticalHours)}`,
          for: "10m",
          summary: "The batcher's gas lasts only a few hours",
          description: `At the present burn the batcher of {{ $labels.chain }} is out of gas in {{ $value | printf "%.1f" }} hours (threshold ${String(runwayCriticalHours)} h).`,
          graph: runway,
          // An empty wallet is said by BatcherLowETH, which names the hours too.
          inhibitedBy: ["L1RpcDown", "BatcherLowETH"],
          labels: { tier: "critical" },
          runbook: {
            meaning: "Balance divided by what was spent per hour over the last hour.",
            impact: "The batcher stops when the wallet is empty, and the safe head with it.",
            steps: [
              topUp,
              "If L1 fees are the cause and the chain allows it, let batches wait longer.",
            ],
          },
        },
        {
          name: "BatcherGasRunway",
          priority: "P2",
          expr: `${runway} < ${String(runwayHighHours)}`,
          for: "10m",
          summary: "The batcher's gas lasts less than a day",
          description: `At the present burn the batcher of {{ $labels.chain }} is out of gas in {{ $value | printf "%.1f" }} hours (threshold ${String(runwayHighHours)} h).`,
          graph: runway,
          inhibitedBy: ["L1RpcDown", "BatcherLowETH"],
          labels: { tier: "high" },
          runbook: {
            meaning: "Balance divided by what was spent per hour over the last hour.",
            impact: "Nothing yet. Within a day the batcher stops.",
            steps: [topUp],
          },
        },
      ],
    },
  ];
}
