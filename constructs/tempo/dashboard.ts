import type { BoardRow } from "../core/board";
import { platformBoard, platformOrder } from "../core/house-boards";
import type { Panel } from "../core/panel";
import { tracesBoard } from "../core/trace-board";

const interval = "$__rate_interval";
const calls = "traces_spanmetrics_calls_total";

/** Metrics that Tempo makes of the spans it takes. */
const spanPanels: readonly Panel[] = [
  {
    type: "timeseries",
    key: "spans",
    title: "Spans by service",
    description:
      "Spans per second, counted by Tempo. A service that is missing sends none; one that floods fills the store.",
    unit: "perSecond",
    queries: [{ expr: `sum by (service) (rate(${calls}[${interval}]))`, legend: "{{service}}" }],
    stacked: true,
    min: 0,
  },
  {
    type: "timeseries",
    key: "failed",
    title: "Failed spans by service",
    description:
      "Share of a service's spans that ended with an error. The service whose line rises first is where to look.",
    unit: "ratio",
    queries: [
      {
        expr: `sum by (service) (rate(${calls}{status_code="STATUS_CODE_ERROR"}[${interval}])) / sum by (service) (rate(${calls}[${interval}]))`,
        legend: "{{service}}",
      },
    ],
    min: 0,
  },
  {
    type: "timeseries",
    key: "busiest",
    title: "Busiest operations",
    description: "The ten operations with most spans per second.",
    unit: "perSecond",
    queries: [
      {
        expr: `topk(10, sum by (service, span_name) (rate(${calls}{span_kind="SPAN_KIND_SERVER"}[${interval}])))`,
        legend: "{{service}} {{span_name}}",
      },
    ],
    min: 0,
  },
];

/** Spans by service, and what Tempo refuses or cannot write. */
export function tempoRows(job: string): readonly BoardRow[] {
  const of = `{job="${job}"}`;
  const rate = (counter: string) => `rate(${counter}${of}[${interval}])`;
  return [
    { board: tracesBoard, key: "services", title: "Services", order: 5, panels: spanPanels },
    {
      board: tracesBoard,
      key: job,
      title: "Tempo, the store",
      order: 10,
      panels: [
        {
          type: "timeseries",
          key: "refused",
          title: "Spans refused",
          description:
            "By reason. rate_limited, live_traces_exceeded: more than Tempo is set to take; trace_too_large: one trace that never ends.",
          unit: "perSecond",
          queries: [
            {
              expr: `sum by (reason) (${rate("tempo_discarded_spans_total")})`,
              legend: "{{reason}}",
            },
          ],
          min: 0,
        },
        {
          type: "timeseries",
          key: "unwritten",
          title: "Blocks that could not be written",
          description: "None is normal. Traces of the last minutes can be lost; mostly the disk.",
          unit: "perSecond",
          queries: [
            {
              expr: rate("tempo_live_store_failed_completions_total"),
              legend: "not completed",
            },
            {
              expr: rate("tempo_live_store_local_failed_flushes_total"),
              legend: "not flushed",
            },
          ],
          min: 0,
        },
        {
          type: "timeseries",
          key: "unsent",
          title: "Samples that Prometheus did not take",
          description:
            "Of the metrics that Tempo makes from spans. What is refused is missing in the graphs above.",
          unit: "perSecond",
          queries: [
            {
              expr: `sum(${rate("prometheus_remote_storage_samples_failed_total")})`,
              legend: "samples",
            },
          ],
          min: 0,
        },
      ],
    },
    {
      board: platformBoard,
      key: `spans-${job}`,
      title: "Spans · Tempo, the store",
      order: platformOrder.spans,
      panels: [
        {
          type: "timeseries",
          key: "taken",
          title: "Spans",
          description: "Spans per second that Tempo made metrics of, and those refused.",
          unit: "perSecond",
          width: 24,
          height: 6,
          queries: [
            { expr: `sum(rate(${calls}[${interval}]))`, legend: "taken in" },
            { expr: `sum(${rate("tempo_discarded_spans_total")})`, legend: "refused" },
          ],
          min: 0,
        },
      ],
    },
  ];
}
