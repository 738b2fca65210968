export { Grafana, grafanaUrl, type GrafanaProps } from "./grafana";
export { adminPassword, encryptionKey, grafanaSecrets } from "./secrets";
export { boardTag, renderBoard, type BoardContext } from "./boards";
export type { Dashboard } from "./dashboards";
export { datasourceUids } from "./datasources";
export type { AlertReceiver, MetricsStore, Stores } from "./stores";
export type { AlertingProps } from "./alerting";
export type { AlertingLinks, CatalogueRules } from "./alert-rules";
export { channelFaults } from "./contact-points";
