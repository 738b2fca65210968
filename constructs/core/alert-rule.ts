import { priorityDetails, type AnyAlert } from "./alert";

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
