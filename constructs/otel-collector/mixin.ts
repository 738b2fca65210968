import type { RuleGroup } from "../core/alert";
import type { DownAlert } from "../core/observation";
import { platformDown } from "../core/house-boards";
import { newFailures } from "../core/promql";
import { aMinuteAway } from "../core/service-down";
import { onTracesBoard } from "../core/trace-board";

/** The alert for the Collector itself. */
export const otelCollectorDown: DownAlert = {
  name: "OtelCollectorDown",
  priority: "P2",
  for: "1m",
  summary: "The OpenTelemetry Collector does not answer",
  panel: platformDown,
  why: aMinuteAway,
  runbook: {
    meaning:
      "The Collector, to which applications send traces and metrics, does not answer Prometheus.",
    impact:
      "Applications go on working; what they cannot hold back is lost. Alerts on metrics that come by OTLP are blind.",
    steps: [
      "Look at the container: `docker ps -a --filter name=otel-collector`, then `docker logs --tail 100 <container>`; a faulty configuration is named in the first lines.",
      "Killed for memory (exit code 137)? See who sends so much, sample, or raise its memory.",
      "Ask it yourself on its host: `curl -i http://<address>:4318/v1/traces` answers 405 when it is there.",
    ],
  },
};

/** Share of a sending queue at which it counts as full. */
export const queueFull = 0.8;

/** Refused data, a full queue, stores that do not take what is sent. */
export function otelCollectorRules(job: string): RuleGroup {
  const of = `{job="${job}"}`;
  // Each compared for itself: `or` would let a count of 0 hide that of another signal.
  const anyOf = (label: string, ...metrics: readonly string[]) =>
    metrics
      .map((metric) => `${newFailures(`${metric}${of}`, ["job", "instance", label])} > 0`)
      .join(" or ");
  const refused = anyOf(
    "transport",
    "otelcol_receiver_refused_spans",
    "otelcol_receiver_refused_metric_points",
  );
  const unsent = anyOf(
    "exporter",
    "otelcol_exporter_send_failed_spans",
    "otelcol_exporter_send_failed_metric_points",
    "otelcol_exporter_enqueue_failed_spans",
    "otelcol_exporter_enqueue_failed_metric_points",
  );
  const filled = `otelcol_exporter_queue_size${of} / otelcol_exporter_queue_capacity${of}`;
  return {
    name: job,
    intervalSeconds: 15,
    rules: [
      {
        name: "OtelCollectorRefusesData",
        priority: "P2",
        expr: refused,
        for: "1m",
        panel: onTracesBoard(job, "items"),
        summary: "The OpenTelemetry Collector refuses spans or metrics",
        why: "Any refusal counts: within what is planned for there is none. For a minute, since senders try again and lose nothing in a short rush.",
        description:
          'The Collector at {{ $labels.instance }} refused {{ $value | printf "%.0f" }} items by {{ $labels.transport }} in 5 minutes.',
        runbook: {
          meaning:
            "The Collector is at its memory limit, or its queue is full, and tells senders to come again.",
          impact:
            "Senders hold data back for a while, then they drop it: traces and metrics have holes.",
          steps: [
            "Does OtelCollectorQueueFull or OtelCollectorExportFails fire too? Then the store behind it is the cause.",
            "Otherwise more arrives than was planned for: which application was changed or is under load?",
            "Sample in the application, or turn on tail sampling; or raise memory_limiter in assets/otel-collector/collector.yaml with the container's limit.",
          ],
        },
      },
      {
        name: "OtelCollectorQueueFull",
        priority: "P2",
        expr: `${filled} > ${String(queueFull)}`,
        for: "1m",
        summary: "A sending queue of the OpenTelemetry Collector is nearly full",
        why: "A queue that a store empties is near 0; at 80 % for a minute the last fifth is all that is left before data is dropped.",
        description:
          "The queue of {{ $labels.exporter }} at {{ $labels.instance }} is {{ $value | humanizePercentage }} full.",
        graph: filled,
        panel: onTracesBoard(job, "queue"),
        runbook: {
          meaning:
            "The store behind the Collector takes data more slowly than it comes in, or not at all.",
          impact: "When the queue is full, what comes in is dropped.",
          steps: [
            "Is the store up? The exporter's name says which one: traces or metrics.",
            "Read the Collector's log: `docker logs --tail 50 <container>`; it names the store's answer.",
          ],
        },
      },
      {
        name: "OtelCollectorExportFails",
        priority: "P2",
        expr: unsent,
        for: "1m",
        panel: onTracesBoard(job, "items"),
        summary: "The OpenTelemetry Collector drops what a store does not take",
        why: "Any item counts: the Collector tried again until it gave up. For a minute, so that one scrape alone decides nothing.",
        description:
          '{{ $labels.exporter }} of the Collector at {{ $labels.instance }} dropped {{ $value | printf "%.0f" }} items in 5 minutes.',
        runbook: {
          meaning:
            "A store refused data for good, or could not be reached for longer than the Collector keeps trying (half an hour).",
          impact: "This data is lost.",
          steps: [
            "Read the Collector's log: `docker logs --tail 50 <container>`; it names the store's answer.",
            "Traces: is Tempo or Jaeger up, and does it refuse spans itself?",
            "Metrics: Prometheus must run with `--web.enable-remote-write-receiver`; `out of order` means two senders of one series.",
          ],
        },
      },
    ],
  };
}
