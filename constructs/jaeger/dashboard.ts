import type { BoardRow } from "../core/board";
import { spanRows } from "../core/trace-board";

/** Spans that Jaeger takes, refuses and cannot store. */
export function jaegerRows(job: string): readonly BoardRow[] {
  const of = `{job="${job}"}`;
  return spanRows({
    job,
    title: "Jaeger, the store",
    order: 10,
    taken: `otelcol_receiver_accepted_spans${of}`,
    refused: `otelcol_receiver_refused_spans${of}`,
    lost: [`otelcol_exporter_send_failed_spans${of}`],
    by: "transport",
  });
}
