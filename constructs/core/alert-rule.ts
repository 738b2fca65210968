import { priorityDetails, type Alert, type AnyAlert, type LogAlert } from "./alert";
import { panelAt, type CompleteBoard } from "./board";

/** Boards as a person reaches them. */
export interface BoardLinks {
  /** Base URL of Grafana. */
  readonly grafana: string;
  readonly boards: readonly CompleteBoard[];
}

/** Where a person looks things up from one alert. */
export interface AlertLinks {
  /** URL of what the alert watches, where no panel shows it: a graph, or the lines. */
  readonly dashboard: string;
  /**
   * Where panels are found.
   * @default - there is no Grafana
   */
  readonly panels?: BoardLinks;
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

/** URL of the panel that shows an alert, with what the alert is about chosen on it. */
function panelLink(alert: Alert | LogAlert, { grafana, boards }: BoardLinks): string | undefined {
  const { panel } = alert;
  const expr = "expr" in alert ? alert.expr : alert.logql;
  const place = panel === undefined ? undefined : panelAt(boards, panel, expr);
  if (place === undefined) return undefined;
  const chosen = place.board.variables.map(
    ({ name }) => `{{ with $labels.${name} }}&var-${name}={{ . }}{{ end }}`,
  );
  return `${grafana}/d/${place.board.uid}?viewPanel=panel-${String(place.id)}&from=now-3h&to=now${chosen.join("")}`;
}

/** Annotations of a rendered rule: a message is complete without following a link. */
export function annotationsOf(
  alert: Alert | LogAlert,
  links: AlertLinks,
): Readonly<Record<string, string>> {
  const { runbook } = alert;
  const panel = links.panels === undefined ? undefined : panelLink(alert, links.panels);
  return {
    summary: alert.summary,
    description: alert.description,
    respond_within: priorityDetails[alert.priority].respondWithin,
    meaning: runbook.meaning,
    impact: runbook.impact,
    steps: runbook.steps.map((step, i) => `${String(i + 1)}. ${step}`).join("\n"),
    dashboard_url: panel ?? links.dashboard,
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
