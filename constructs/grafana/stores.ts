import type { Endpoint } from "../core/endpoint";
import type { LogStore } from "../core/log-store";
import type { TraceStore } from "../core/trace-store";

/** Where series are kept: Prometheus, or another store that speaks PromQL. */
export interface MetricsStore {
  /** PromQL API, inside the platform's network. */
  readonly query: Endpoint<"promql">;
}

/** Takes alerts: Alertmanager, or another one with its API. */
export interface AlertReceiver {
  readonly api: Endpoint<"alertmanager">;
}

/** What Grafana shows. */
export interface Stores {
  readonly metrics: MetricsStore;
  /** @default - no logs are shown */
  readonly logs?: Pick<LogStore, "query">;
  /** @default - no traces are shown */
  readonly traces?: Pick<TraceStore, "kind" | "query">;
  /** @default - Alertmanager is not shown */
  readonly alertmanager?: AlertReceiver;
}
