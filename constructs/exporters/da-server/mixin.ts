import { z } from "zod";
import type { Alert, RuleGroup } from "../../core/alert";
import type { DownAlert } from "../../core/observation";
import { onChainBoard } from "../l2-boards";

/** What an environment may decide about the alerts on a DA server. */
export const daThresholds = z
  .strictObject({
    /** Failed submissions in 15 minutes: op-batcher sends a failed batch again at once, so that a single failure costs some seconds. */
    submissionErrors: z.int().min(1).max(100_000).default(3),
    /** Minutes without any submission that lands. Longer than the chain's batches wait: 30 is what a public runbook of a rollup promises between batches. */
    stalledMinutes: z.int().min(5).max(1440).default(30),
    /** Seconds within which 95 % of the submissions are confirmed, for 15 minutes. A block of Celestia takes about 6 s; the histogram ends at 120 s, and so does what this can tell. */
    submissionSeconds: z.number().positive().max(119).default(60),
    /** Failed reads in 15 minutes. A node that derives the chain asks again and again. */
    retrievalErrors: z.int().min(1).max(100_000).default(5),
  })
  .prefault({});

/** Thresholds with their defaults filled in. */
export type DaThresholds = z.output<typeof daThresholds>;

/** The alert for a DA server whose metrics cannot be read. */
export const daMetricsDown: DownAlert = {
  name: "DAMetricsDown",
  priority: "P2",
  for: "1m",
  summary: "The DA server's metrics do not answer",
  inhibitedBy: ["DAServerDown"],
  panel: onChainBoard("programs", "up"),
  runbook: {
    meaning:
      "The server that puts batches on Celestia gave no metrics for a minute. They have a port of their own: the server may still work.",
    impact:
      "If the server is gone, no batch lands and the safe head stops; if only its metrics are, the other alerts on it are blind.",
    steps: [
      "Ask the server itself: `curl http://<host>:3100/health` (it answers OK as soon as it runs, whatever Celestia does).",
      "No answer: look at the process and its last log lines, and start it again. It keeps no state, and op-batcher tries again.",
      "An answer: were its metrics switched off (`--metrics.enabled`), or is their port taken? op-geth has the same one by default.",
    ],
  },
};

const celestiaSteps = [
  "Read the server's log: `Failed to submit blob to Celestia` names the reason.",
  "Insufficient funds: top up the account that signs, in TIA.",
  "A time-out or a refused connection: ask the Celestia node whether it is synchronised; switch to another one if it is not.",
];

/** Alerts on what the DA server writes to Celestia and reads from it. */
export function daRules(chain: string, thresholds: DaThresholds): RuleGroup {
  return {
    name: `da-server.${chain}`,
    intervalSeconds: 15,
    rules: [
      nothingLands(chain, thresholds.submissionErrors),
      submissionFailing(chain, thresholds.submissionErrors),
      inclusionStalled(chain, thresholds.stalledMinutes),
      submissionSlow(chain, thresholds.submissionSeconds),
      retrievalFailing(chain, thresholds.retrievalErrors),
      fallbackFailing(chain),
    ],
  };
}

/** Growth of a counter of a chain. */
export function grown(metric: string, chain: string, range: string): string {
  return `sum by (chain) (increase(${metric}{chain="${chain}"}[${range}]))`;
}

function nothingLands(chain: string, submissionErrors: number): Alert {
  const errors = grown("celestia_submission_errors_total", chain, "15m");
  const goesOn = grown("celestia_submission_errors_total", chain, "5m");
  const landed = grown("celestia_submissions_total", chain, "5m");
  return {
    name: "DASubmissionFailing",
    panel: onChainBoard("da", "submissions"),
    priority: "P1",
    expr: `${errors} >= ${String(submissionErrors)} and on (chain) ${goesOn} > 0 and on (chain) ${landed} == 0`,
    for: "5m",
    summary: "No batch reaches Celestia",
    description:
      '{{ $value | printf "%.0f" }} submissions of {{ $labels.chain }} to Celestia failed in the last 15 minutes, and none has landed for 5 minutes.',
    graph: errors,
    labels: { tier: "critical" },
    why: "op-batcher tries a failed batch again at once: while errors go on and nothing lands, every attempt fails, however rare the chain's batches are.",
    inhibitedBy: ["DAServerDown"],
    runbook: {
      meaning: "The DA server tries to put batches on Celestia, and every attempt fails.",
      impact:
        "No batch lands: the safe head stops, and after the sequencer window the chain is reorganised and blocks are lost.",
      steps: [
        ...celestiaSteps,
        "If Celestia itself stands still and the sequencer window comes near, let op-batcher post to L1 instead, if the chain's configuration allows it.",
      ],
    },
  };
}

function submissionFailing(chain: string, submissionErrors: number): Alert {
  const errors = grown("celestia_submission_errors_total", chain, "15m");
  const landed = grown("celestia_submissions_total", chain, "5m");
  return {
    name: "DASubmissionFailing",
    panel: onChainBoard("da", "submissions"),
    priority: "P2",
    expr: `${errors} >= ${String(submissionErrors)} and on (chain) ${landed} > 0`,
    // Longer than the window of what landed: an outage that begins is told once, by the other tier.
    for: "10m",
    summary: "Batches fail on their way to Celestia",
    description:
      '{{ $value | printf "%.0f" }} submissions of {{ $labels.chain }} to Celestia failed in the last 15 minutes, while others landed.',
    graph: errors,
    labels: { tier: "high" },
    why: "op-batcher sends a failed batch again at once, so that a single failure costs some seconds; several in a quarter of an hour have a cause.",
    inhibitedBy: ["DAServerDown"],
    runbook: {
      meaning: "Some submissions to Celestia fail; op-batcher sends those batches again.",
      impact: "Batches land late. If it goes on, the safe head falls behind.",
      steps: celestiaSteps,
    },
  };
}

function inclusionStalled(chain: string, stalledMinutes: number): Alert {
  const height = `op_altda_inclusion_height{chain="${chain}"}`;
  const range = `${String(stalledMinutes)}m`;
  return {
    name: "DAInclusionStalled",
    panel: onChainBoard("da", "included"),
    priority: "P2",
    // It shows 0 from a start to the first batch: only a server that had landed one a whole window ago can be late.
    expr: `max by (chain) (${height} > 0) and on (chain) max by (chain) (changes(${height}[${range}])) == 0 and on (chain) max by (chain) (${height} offset ${range}) > 0`,
    for: "1m",
    summary: "Nothing new lands on Celestia",
    description: `No batch of {{ $labels.chain }} has landed on Celestia for ${String(stalledMinutes)} minutes; the last one is in its block {{ $value | printf "%.0f" }}.`,
    graph: height,
    why: "It must be longer than the batches of the chain wait: half an hour between batches is what a public runbook of a rollup promises.",
    inhibitedBy: [
      "DAServerDown",
      "DASubmissionFailing",
      "BatcherDown",
      "BatcherLowETH",
      "NoBatchLanded",
      "L2UnsafeHeadStalled",
    ],
    runbook: {
      meaning:
        "The server runs and reports no failure, but no batch has come, or one hangs in its submission.",
      impact: "The safe head stands still until the next batch lands.",
      steps: [
        "Does op-batcher send? Its log names every batch, and every answer of this server.",
        "Does the server's log show a submission that began and did not end? Ask the Celestia node whether it is synchronised.",
        "If the chain's batches may wait longer than this, raise `stalledMinutes`.",
      ],
    },
  };
}

/** Seconds within which 95 % of the submissions are confirmed. */
export function submissionP95(chain: string, range: string): string {
  return `histogram_quantile(0.95, sum by (chain, le) (rate(celestia_submission_duration_seconds_bucket{chain="${chain}"}[${range}])))`;
}

function submissionSlow(chain: string, submissionSeconds: number): Alert {
  const p95 = submissionP95(chain, "15m");
  return {
    name: "DASubmissionSlow",
    panel: onChainBoard("da", "duration"),
    priority: "P3",
    expr: `${p95} > ${String(submissionSeconds)}`,
    for: "15m",
    summary: "Celestia confirms batches slowly",
    description: `95 % of the submissions of {{ $labels.chain }} to Celestia take up to {{ $value | printf "%.0f" }} s, more than ${String(submissionSeconds)} s.`,
    graph: p95,
    why: "Celestia makes a block about every 6 s: a minute is ten blocks. Above 120 s the histogram tells nothing.",
    inhibitedBy: ["DAServerDown", "DASubmissionFailing"],
    runbook: {
      meaning: "From sending a batch to its place in a block of Celestia it takes long.",
      impact: "The safe head lags by as much. When a submission exceeds its time-out it fails.",
      steps: [
        "Is the Celestia node synchronised, and its machine idle enough?",
        "Are fees on Celestia high, so that ours waits? Raise the gas price that the server offers.",
        "Are batches larger than usual? See `op_altda_blob_size_bytes`.",
      ],
    },
  };
}

function retrievalFailing(chain: string, retrievalErrors: number): Alert {
  const errors = grown("celestia_retrieval_errors_total", chain, "15m");
  return {
    name: "DARetrievalFailing",
    panel: onChainBoard("da", "reads"),
    priority: "P2",
    expr: `${errors} >= ${String(retrievalErrors)}`,
    for: "5m",
    summary: "Batches cannot be read back from Celestia",
    description:
      '{{ $value | printf "%.0f" }} reads of batches of {{ $labels.chain }} failed in the last 15 minutes.',
    graph: errors,
    why: "A node that derives the chain asks again and again: five in a quarter of an hour are a batch that cannot be had.",
    inhibitedBy: ["DAServerDown"],
    runbook: {
      meaning:
        "A node that derives the chain asks for a batch and the server cannot give it. A batch that is not known counts too.",
      impact: "Every node that derives from L1 stands still at that batch.",
      steps: [
        "Read the server's log: `Failed to retrieve blob` names the commitment and the reason; nothing there means that Celestia does not know it.",
        "Is the Celestia node pruned, and the batch older than it keeps? Use one that keeps everything, or the fallback store.",
        "Is the Celestia node synchronised? Switch to another one if it is not.",
      ],
    },
  };
}

function fallbackFailing(chain: string): Alert {
  const errors = grown("celestia_fallback_write_errors_total", chain, "15m");
  return {
    name: "DAFallbackFailing",
    panel: onChainBoard("da", "fallback"),
    priority: "P3",
    expr: `${errors} > 0`,
    for: "15m",
    summary: "Batches are not copied to the fallback store",
    description:
      '{{ $value | printf "%.0f" }} copies of batches of {{ $labels.chain }} to the fallback store failed in the last 15 minutes.',
    graph: errors,
    runbook: {
      meaning: "Batches are on Celestia, but their second copy is not written.",
      impact: "None, until Celestia cannot be read: then these batches are missing.",
      steps: [
        "Read the server's log: `Fallback write failed` names the reason.",
        "Are the bucket, its region and the credentials still right, and is it full?",
      ],
    },
  };
}
