import { Endpoint } from "../../../constructs/core/endpoint";
import type { Stores } from "../../../constructs/grafana";

/** Stores that run elsewhere. */
export function stores(kind: "jaeger" | "tempo"): Required<Stores> {
  return {
    metrics: {
      query: new Endpoint({ protocol: "promql", host: "prometheus", port: 9090 }),
    },
    logs: { query: new Endpoint({ protocol: "logql", host: "loki", port: 3100 }) },
    traces: {
      kind,
      query: new Endpoint({
        protocol: "traces",
        host: kind,
        port: kind === "tempo" ? 3200 : 16686,
      }),
    },
    alertmanager: {
      api: new Endpoint({ protocol: "alertmanager", host: "alertmanager", port: 9093 }),
    },
  };
}

/** Metrics alone. */
export const metricsOnly: Stores = { metrics: stores("tempo").metrics };
