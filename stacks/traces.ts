import { z } from "zod";
import { show, type Fault } from "../constructs/core/errors";

/** What an environment may write about traces. */
export const tracesSchema = z.strictObject({
  /** What keeps them; one store, never both. */
  store: z.enum(["tempo", "jaeger"]).default("tempo"),
  /** What takes OTLP from applications and hands it to the stores. */
  collector: z.enum(["alloy", "otel-collector"]).default("alloy"),
  /** How long traces are kept. Default: 7 days in Tempo, 3 in Jaeger. */
  retentionDays: z.int().min(1).max(365).optional(),
  /** Disk set aside for traces. Default: 3 GiB for Tempo, 4 for Jaeger. */
  diskGiB: z.number().min(0.5).max(16_384).optional(),
  /** Which traces the OpenTelemetry Collector keeps, decided when a trace is 10 s old. Default: every one. */
  tailSampling: z
    .strictObject({
      /** Share of ordinary traces that is kept; failed and slow ones always are. */
      percentage: z.number().min(0).max(100),
      /** From how many milliseconds on a trace is slow. */
      slowMilliseconds: z.int().min(1).max(60_000).default(1000),
    })
    .optional(),
});

/** How traces are kept, checked. */
export type Traces = z.output<typeof tracesSchema>;

/** What holds between the fields of `traces`. */
export function tracesFaults(traces: Traces | false | undefined): Fault[] {
  if (traces === undefined || traces === false) return [];
  const { collector, tailSampling } = traces;
  if (collector === "otel-collector" || tailSampling === undefined) return [];
  return [
    {
      field: "traces.tailSampling",
      allowed: "given only where traces.collector is 'otel-collector'",
      got: show(tailSampling),
      repair: "set traces.collector, or keep every trace",
    },
  ];
}
