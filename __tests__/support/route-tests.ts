import { parse } from "yaml";

/** Labels of an alert, and what the receivers that must get it are called after: for `amtool config routes test`. */
export interface RouteCase {
  readonly labels: Readonly<Record<string, string>>;
  readonly receiver: string;
}

/**
 * Every receiver of a rendered configuration that is called after something: one per channel, or the bare one where
 * nobody is told.
 * @param config alertmanager.yml
 */
export function receiversCalled(config: string, after: string): string {
  const { receivers } = parse(config) as { readonly receivers: readonly { name: string }[] };
  const names = receivers.map(({ name }) => name).filter((name) => name.startsWith(`${after}-`));
  return names.length === 0 ? after : names.join(",");
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
  {
    labels: { alertname: "AlertDeliveryFailing", severity: "high", every_channel: "true" },
    receiver: "every",
  },
  {
    labels: { alertname: "AgentStale", severity: "info", only_inhibits: "true" },
    receiver: "silent",
  },
  {
    labels: { alertname: "LowPeerCount", severity: "warning", drill: "true" },
    receiver: "warning",
  },
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
