import { z } from "zod";
import type { RuleGroup } from "../core/alert";

/** What an environment may decide about L1 fees. */
export const l1GasThresholds = {
  /** Gwei. 50 is several times the base fee of a quiet mainnet day in 2026; batches cost in proportion. */
  highL1GasPriceGwei: z.number().positive().max(100_000).default(50),
};

/**
 * The L1 base fee that a chain's batches pay. The L2 exporter's view wins: op-batcher prices only when it sends, so its
 * gauge stands still on an idle chain and reads 0 after a start.
 */
export function l1GasRules(chain: string, highL1GasPriceGwei: number): RuleGroup {
  const expr = [
    `max by (chain) (l2_chain_base_fee_gwei{chain="${chain}", layer="l1"})`,
    `max by (chain) (op_batcher_default_txmgr_basefee_wei{chain="${chain}"} > 0) / 1e9`,
  ].join(" or on (chain) ");
  return {
    name: `l1-gas.${chain}`,
    intervalSeconds: 15,
    rules: [
      {
        name: "HighL1GasPrice",
        priority: "P3",
        expr: `(${expr}) > ${String(highL1GasPriceGwei)}`,
        for: "10m",
        summary: "Posting batches has become expensive",
        description: `The L1 base fee for {{ $labels.chain }} has been above ${String(highL1GasPriceGwei)} gwei for 10 minutes; it is {{ $value | printf "%.1f" }} gwei.`,
        why: "50 gwei is several times the base fee of a quiet mainnet day in 2026. 10 minutes are 50 blocks: a peak of some blocks costs a batch or two.",
        graph: expr,
        runbook: {
          meaning: "The base fee of L1 blocks is high, so each batch costs more.",
          impact: "The batcher's wallet empties faster than planned.",
          steps: [
            "Look at the gas runway: is there enough for the night at this price?",
            "If the price is the market's, top up earlier; if only yours rises, look at the tip and fee limits of op-batcher.",
          ],
        },
      },
    ],
  };
}
