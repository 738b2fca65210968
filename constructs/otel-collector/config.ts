import { ConfigFile } from "../core/config-file";
import type { Endpoint } from "../core/endpoint";
import { show, type Fault } from "../core/errors";
import type { TraceStore } from "../core/trace-store";

const folder = "/etc/otel-collector";

/** Which traces are kept, decided when a trace is 10 seconds old. Failed ones always are. */
export interface TailSampling {
  /** Share of ordinary traces that is kept, from 0 to 100. */
  readonly percentage: number;
  /**
   * Traces that took at least so many milliseconds are kept, from 1 to 60 000.
   * @default 1000
   */
  readonly slowMilliseconds?: number;
}

/** What the environment decides about the Collector. */
export interface ConfigProps {
  readonly traces: TraceStore;
  readonly metrics: Endpoint<"remote-write">;
  readonly tailSampling?: TailSampling;
}

/** Faults of a sampling. */
export function samplingFaults({ percentage, slowMilliseconds = 1000 }: TailSampling): Fault[] {
  return [
    ...(percentage >= 0 && percentage <= 100
      ? []
      : [
          {
            field: "tailSampling.percentage",
            allowed: "a number from 0 to 100",
            got: show(percentage),
          },
        ]),
    ...(Number.isInteger(slowMilliseconds) && slowMilliseconds >= 1 && slowMilliseconds <= 60_000
      ? []
      : [
          {
            field: "tailSampling.slowMilliseconds",
            allowed: "an integer from 1 to 60000",
            got: show(slowMilliseconds),
          },
        ]),
  ];
}

/** The Collector's files: the later ones add to the first, as it reads several. */
export function configFiles({ traces, metrics, tailSampling }: ConfigProps): ConfigFile[] {
  const main = ConfigFile.overlay(`${folder}/collector.yaml`, "otel-collector/collector.yaml", {
    "exporters.otlp_grpc/traces.endpoint": traces.spans.authority,
    "exporters.otlp_grpc/traces.tls.insecure": traces.spans.scheme === "http",
    "exporters.prometheus_remote_write.endpoint": metrics.url,
    "exporters.prometheus_remote_write.tls.insecure": metrics.scheme === "http",
  });
  if (tailSampling === undefined) return [main];
  const policies = "processors.tail_sampling.policies";
  return [
    main,
    ConfigFile.overlay(`${folder}/tail-sampling.yaml`, "otel-collector/tail-sampling.yaml", {
      [`${policies}.1.latency.threshold_ms`]: tailSampling.slowMilliseconds ?? 1000,
      [`${policies}.2.probabilistic.sampling_percentage`]: tailSampling.percentage,
    }),
  ];
}
