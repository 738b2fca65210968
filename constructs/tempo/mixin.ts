import type { RuleGroup } from "../core/alert";
import type { DownAlert } from "../core/observation";
import { platformDown } from "../core/house-boards";
import { newFailures } from "../core/promql";
import { aMinuteAway } from "../core/service-down";
import { onTracesBoard } from "../core/trace-board";

/** The alert for Tempo itself. */
export const tempoDown: DownAlert = {
  name: "TempoDown",
  priority: "P2",
  for: "1m",
  summary: "Tempo does not answer",
  panel: platformDown,
  why: aMinuteAway,
  runbook: {
    meaning: "Tempo, which keeps the traces, does not answer Prometheus.",
    impact:
      "No trace can be looked up; what senders cannot hold back is lost, and so are the service graph and the span metrics.",
    steps: [
      "Look at the container: `docker ps -a --filter name=tempo`, then `docker logs --tail 100 <container>`.",
      "Killed for memory (exit code 137)? Sample traces, or give Tempo and the machine more memory.",
      "Is the disk full? `df -h` on the host; a shorter retention frees space within an hour or two.",
    ],
  },
};

/** Refused spans, blocks that cannot be written, metrics that do not reach Prometheus. */
export function tempoRules(job: string): RuleGroup {
  const of = `{job="${job}"}`;
  const refused = newFailures(`tempo_discarded_spans_total${of}`, ["job", "instance", "reason"]);
  const unwritten = `increase(tempo_live_store_failed_completions_total${of}[5m]) + increase(tempo_live_store_local_failed_flushes_total${of}[5m])`;
  const unsent = newFailures(`prometheus_remote_storage_samples_failed_total${of}`, [
    "job",
    "instance",
  ]);
  return {
    name: job,
    intervalSeconds: 15,
    rules: [
      {
        name: "TempoSpansRefused",
        priority: "P2",
        expr: `${refused} > 0`,
        for: "1m",
        summary: "Tempo refuses spans",
        why: "Any span counts: what was discarded is lost. For a minute, so that one scrape alone decides nothing.",
        description:
          'Tempo at {{ $labels.instance }} discarded {{ $value | printf "%.0f" }} spans in 5 minutes: {{ $labels.reason }}.',
        graph: refused,
        panel: onTracesBoard(job, "refused"),
        runbook: {
          meaning:
            "More or larger traces arrive than Tempo is set to take; the reason says which limit.",
          impact: "These spans are lost: traces have holes, rates drawn from spans are too low.",
          steps: [
            "`rate_limited` and `live_traces_exceeded`: which service sends so much? Query `sum by (service) (rate(traces_spanmetrics_calls_total[5m]))`.",
            "Sample in the application (OTEL_TRACES_SAMPLER_ARG), or turn on tail sampling of the collector.",
            "`trace_too_large`: one trace never ends, mostly a loop or a batch job under one root span.",
            "If it is what you want to keep, raise the limits in assets/tempo/tempo.yaml, and Tempo's memory with them.",
          ],
        },
      },
      {
        name: "TempoBlocksNotWritten",
        priority: "P2",
        expr: `${unwritten} > 0`,
        for: "1m",
        summary: "Tempo cannot write traces to its store",
        why: "Any failure counts: Tempo tries again, and on a sound disk never has to. For a minute, so that one scrape alone decides nothing.",
        description:
          'Tempo at {{ $labels.instance }} failed to complete or flush a block {{ $value | printf "%.0f" }} times in 5 minutes.',
        graph: unwritten,
        panel: onTracesBoard(job, "unwritten"),
        runbook: {
          meaning:
            "Traces that were taken in cannot be moved from the write-ahead log to the store.",
          impact: "Traces of the last minutes can be lost; the log grows until the disk is full.",
          steps: [
            "Read the log: `docker logs --tail 100 <tempo container>`; it names the block and the error.",
            "No space left? `df -h` on the host; shorten the retention or enlarge the disk.",
          ],
        },
      },
      {
        name: "TempoMetricsNotWritten",
        priority: "P2",
        expr: `${unsent} > 0`,
        for: "1m",
        summary: "Tempo cannot write the metrics it makes from spans",
        why: "Any sample counts: what Prometheus refused for good is lost. For a minute, so that one scrape alone decides nothing.",
        description:
          'Prometheus did not take {{ $value | printf "%.0f" }} samples of Tempo at {{ $labels.instance }} in 5 minutes.',
        graph: unsent,
        panel: onTracesBoard(job, "unsent"),
        runbook: {
          meaning:
            "Prometheus refuses what Tempo writes to it, for good: these samples are not sent again.",
          impact: "Service graph and span metrics have holes, and so has what alerts on them.",
          steps: [
            "Tempo's log names Prometheus' answer: `docker logs --tail 100 <tempo container>`.",
            "Prometheus must run with `--web.enable-remote-write-receiver`.",
            "`out of order` or `too old`: is the clock of host and application right?",
          ],
        },
      },
    ],
  };
}
