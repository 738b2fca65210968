import type { BoardRow } from "../core/board";
import { above } from "../core/panel";
import { spanRows } from "../core/trace-board";
import { queueFull } from "./mixin";

/** Spans and metrics that the Collector takes, refuses and cannot hand on. */
export function otelCollectorRows(job: string): readonly BoardRow[] {
  const of = `{job="${job}"}`;
  const items = (signal: string, what: string, counter: string) => ({
    expr: `sum(rate(otelcol_${counter}_${signal}${of}[$__rate_interval]))`,
    legend: what,
  });
  return spanRows({
    job,
    title: "OpenTelemetry Collector",
    order: 20,
    taken: `otelcol_receiver_accepted_spans${of}`,
    refused: `otelcol_receiver_refused_spans${of}`,
    lost: [`otelcol_exporter_send_failed_spans${of}`, `otelcol_exporter_enqueue_failed_spans${of}`],
    by: "transport",
    more: [
      {
        type: "timeseries",
        key: "items",
        title: "Spans and metrics that are not handed on",
        description:
          "Refused at the door, or dropped because a store did not take them. None is normal.",
        unit: "perSecond",
        width: 12,
        queries: [
          items("spans", "spans refused", "receiver_refused"),
          items("metric_points", "metrics refused", "receiver_refused"),
          items("spans", "spans dropped", "exporter_send_failed"),
          items("metric_points", "metrics dropped", "exporter_send_failed"),
        ],
        min: 0,
      },
      {
        type: "timeseries",
        key: "queue",
        title: "Sending queues",
        description:
          "How full they are. Near 0 while the stores take what comes; when one is full, what comes in is dropped.",
        unit: "ratio",
        width: 12,
        queries: [
          {
            expr: `otelcol_exporter_queue_size${of} / otelcol_exporter_queue_capacity${of}`,
            legend: "{{exporter}}",
          },
        ],
        limits: above({ P2: queueFull }),
        min: 0,
        max: 1,
      },
    ],
  });
}
