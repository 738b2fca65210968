import { priorityDetails, type Alert, type AnyAlert, type LogAlert } from "./alert";

/** Where a person looks things up from one alert. */
export interface AlertLinks {
  /** URL of what the alert watches: a graph, or the lines. */
  readonly dashboard: string;
  /**
   * Base URL of the runbook pages; `/<alert>` is appended.
   * @default - the alert carries no runbook link
   */
  readonly runbooks?: string;
}

/** Labels of a rendered rule: its own, and what routes it. */
export function labelsOf(alert: AnyAlert): Readonly<Record<string, string>> {
  const { severity } = priorityDetails[alert.priority];
  return { ...alert.labels, severity, priority: alert.priority };
}

/** Annotations of a rendered rule: a message is complete without following a link. */
export function annotationsOf(
  alert: AnyAlert,
  links: AlertLinks,
): Readonly<Record<string, string>> {
  const { runbook } = alert;
  return {
    summary: alert.summary,
    description: alert.description,
    respond_within: priorityDetails[alert.priority].respondWithin,
    meaning: runbook.meaning,
    impact: runbook.impact,
    steps: runbook.steps.map((step, i) => `${String(i + 1)}. ${step}`).join("\n"),
    dashboard_url: links.dashboard,
    ...(links.runbooks === undefined ? {} : { runbook_url: `${links.runbooks}/${alert.name}` }),
  };
}

/** Where a person sees what an alert watches drawn. @param prometheus its base URL as a person reaches it */
export function graphLink(prometheus: string, alert: Alert): string {
  const expr = encodeURIComponent(alert.graph ?? alert.expr);
  return `${prometheus}/graph?g0.expr=${expr}&g0.tab=0&g0.range_input=6h`;
}

/** Where a person reads the lines that an alert watches. @param loki its base URL as a person reaches it */
export function linesLink(loki: string, alert: LogAlert): string {
  const query = encodeURIComponent(alert.lines);
  return `${loki}/loki/api/v1/query_range?query=${query}&since=1h&limit=100`;
}
