export { Grafana, type GrafanaProps } from "./grafana";
export { adminPassword, encryptionKey, grafanaSecrets } from "./secrets";
export type { Dashboard } from "./dashboards";
export { datasourceUids } from "./datasources";
export type { AlertReceiver, MetricsStore, Stores } from "./stores";
