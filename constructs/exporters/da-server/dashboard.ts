import type { BoardRow } from "../../core/board";
import { above, below } from "../../core/panel";
import { chainBoard, chainRow, chosenChain, programsRow } from "../l2-boards";
import { grown, submissionP95, type DaThresholds } from "./mixin";

/** Rows about what the DA server writes to Celestia and reads from it. */
export function daRows(chain: string, thresholds: DaThresholds): readonly BoardRow[] {
  const lastMinutes = (metric: string) => grown(metric, chosenChain, "15m");
  const of = `{chain="${chosenChain}"}`;
  return [
    programsRow(chain),
    chainRow(chain, {
      board: chainBoard,
      key: "da",
      title: "Data availability: Celestia",
      order: 70,
      panels: [
        {
          type: "timeseries",
          key: "submissions",
          title: "Submissions that failed",
          description:
            "In 15 minutes. Failures while others land are a hiccup; failures while nothing lands are an outage: the safe head stops.",
          unit: "count",
          queries: [{ expr: lastMinutes("celestia_submission_errors_total"), legend: "failed" }],
          limits: above({ P2: thresholds.submissionErrors }),
          min: 0,
        },
        {
          type: "timeseries",
          key: "duration",
          title: "Time to confirm (p95)",
          description:
            "From sending a batch to its place in a block of Celestia, which makes one about every 6 s. The safe head lags by as much.",
          unit: "seconds",
          queries: [{ expr: submissionP95(chosenChain, "$__rate_interval"), legend: "p95" }],
          limits: above({ P3: thresholds.submissionSeconds }),
          min: 0,
        },
        {
          type: "timeseries",
          key: "included",
          title: "Celestia blocks with our batches",
          description: `In ${String(thresholds.stalledMinutes)} minutes. At 0 nothing new has landed for so long.`,
          unit: "blocks",
          queries: [
            {
              expr: `max by (chain) (changes(op_altda_inclusion_height${of}[${String(thresholds.stalledMinutes)}m]))`,
              legend: "blocks",
            },
          ],
          limits: below({ P2: 1 }),
          min: 0,
        },
        {
          type: "timeseries",
          key: "reads",
          title: "Reads that failed",
          description:
            "In 15 minutes. A node that derives the chain stands still at a batch that cannot be read.",
          unit: "count",
          queries: [{ expr: lastMinutes("celestia_retrieval_errors_total"), legend: "failed" }],
          limits: above({ P2: thresholds.retrievalErrors }),
          min: 0,
        },
        {
          type: "timeseries",
          key: "size",
          title: "Size of a batch",
          description:
            "The mean of what is written. Larger ones take longer, and cost in proportion.",
          unit: "bytes",
          queries: [
            {
              expr: `sum by (chain) (rate(op_altda_blob_size_bytes_sum${of}[$__rate_interval])) / sum by (chain) (rate(op_altda_blob_size_bytes_count${of}[$__rate_interval]) > 0)`,
              legend: "mean",
            },
          ],
          min: 0,
        },
        {
          type: "timeseries",
          key: "fallback",
          title: "Copies that failed",
          description:
            "In 15 minutes, to the fallback store. Nothing is lost until Celestia cannot be read; then these batches are missing.",
          unit: "count",
          queries: [
            { expr: lastMinutes("celestia_fallback_write_errors_total"), legend: "failed" },
          ],
          limits: above({ P3: 1 }),
          min: 0,
        },
      ],
    }),
  ];
}
