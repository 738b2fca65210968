/** Labels of an alert, and the Alertmanager receiver that must get it: for `amtool config routes test`. */
export interface RouteCase {
  readonly labels: Readonly<Record<string, string>>;
  readonly receiver: string;
}

/** Every priority, the heartbeat, and what an operator's own rule may leave out or misspell. */
export const routeCases: readonly RouteCase[] = [
  {
    labels: { alertname: "BatcherLowETH", severity: "critical", priority: "P1", chain: "alpha" },
    receiver: "critical",
  },
  {
    labels: { alertname: "BatchSubmissionFailed", severity: "high", priority: "P2" },
    receiver: "high",
  },
  {
    labels: { alertname: "HighL1GasPrice", severity: "warning", priority: "P3" },
    receiver: "warning",
  },
  { labels: { alertname: "Operators", severity: "info", priority: "P4" }, receiver: "info" },
  {
    labels: { alertname: "Watchdog", severity: "info", priority: "P4", heartbeat: "true" },
    receiver: "heartbeat",
  },
  {
    labels: { alertname: "NotAHeartbeat", severity: "info", heartbeat: "false" },
    receiver: "info",
  },
  { labels: { alertname: "OnlySeverity", severity: "critical" }, receiver: "critical" },
  { labels: { alertname: "NoSeverity" }, receiver: "warning" },
  { labels: { alertname: "OnlyPriority", priority: "P1" }, receiver: "warning" },
  { labels: { alertname: "UnknownSeverity", severity: "catastrophe" }, receiver: "warning" },
  // A chain with planned work has a route of its own, which leads to the same people.
  {
    labels: { alertname: "BatcherLowETH", severity: "critical", chain: "quiet" },
    receiver: "critical",
  },
  {
    labels: { alertname: "LowPeerCount", severity: "warning", chain: "quiet" },
    receiver: "warning",
  },
];
