import { z } from "zod";
import type { RuleGroup } from "../core/alert";
import type { BoardRow } from "../core/board";
import { above } from "../core/panel";
import { chainBoard, chainRow, chosenChain, onChainBoard } from "./l2-boards";

/** What an environment may decide about L1 fees. */
export const l1GasThresholds = {
  /** Gwei. 50 is several times the base fee of a quiet mainnet day in 2026; batches cost in proportion. */
  highL1GasPriceGwei: z.number().positive().max(100_000).default(50),
};

/** Thresholds of L1 fees with their defaults filled in. */
export type L1GasThresholds = z.output<z.ZodObject<typeof l1GasThresholds>>;

/** Fees of L1 in gwei, of one kind: what the exporter sees, else what op-batcher last priced with. */
function feeGwei(chain: string, exporter: string, batcher: string): string {
  return [
    `max by (chain) (${exporter}{chain="${chain}", layer="l1"})`,
    `max by (chain) (${batcher}{chain="${chain}"} > 0) / 1e9`,
  ].join(" or on (chain) ");
}

function baseFeeGwei(chain: string): string {
  return feeGwei(chain, "l2_chain_base_fee_gwei", "op_batcher_default_txmgr_basefee_wei");
}

/** The row about L1 fees: op-batcher and the L2 exporter contribute the same. */
export function l1GasRow(chain: string, highL1GasPriceGwei: number): BoardRow {
  return chainRow(chain, {
    board: chainBoard,
    key: "l1",
    title: "What L1 costs",
    order: 45,
    panels: [
      {
        type: "timeseries",
        key: "base-fee",
        title: "L1 base fee",
        description:
          "What each unit of gas of a batch costs at least. Batches cost in proportion: at twice the fee the wallet lasts half as long.",
        unit: "gwei",
        width: 12,
        queries: [{ expr: baseFeeGwei(chosenChain), legend: "base fee" }],
        limits: above({ P3: highL1GasPriceGwei }),
        min: 0,
      },
      {
        type: "timeseries",
        key: "blob-fee",
        title: "L1 blob base fee",
        description:
          "What each unit of blob gas costs: it counts for a chain that posts blobs, and for no other.",
        unit: "gwei",
        width: 12,
        queries: [
          {
            expr: feeGwei(
              chosenChain,
              "l2_chain_blob_base_fee_gwei",
              "op_batcher_default_txmgr_blob_basefee_wei",
            ),
            legend: "blob base fee",
          },
        ],
        min: 0,
      },
    ],
  });
}

/**
 * The L1 base fee that a chain's batches pay. The L2 exporter's view wins: op-batcher prices only when it sends, so its
 * gauge stands still on an idle chain and reads 0 after a start.
 */
export function l1GasRules(chain: string, highL1GasPriceGwei: number): RuleGroup {
  const expr = baseFeeGwei(chain);
  return {
    name: `l1-gas.${chain}`,
    intervalSeconds: 15,
    rules: [
      {
        name: "HighL1GasPrice",
        priority: "P3",
        expr: `(${expr}) > ${String(highL1GasPriceGwei)}`,
        for: "10m",
        panel: onChainBoard("l1", "base-fee"),
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
