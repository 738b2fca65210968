import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import * as prometheus from "@grafana/grafana-foundation-sdk/prometheus";
import { priorityDetails, type AnyAlert } from "../core/alert";
import { placed, type CompleteBoard, type PlacedPanel, type Variable } from "../core/board";
import { queriesOf, type Panel } from "../core/panel";
import type { Dashboard } from "./dashboards";
import { datasourceUids } from "./datasources";
import { grafanaPanel, storeOf, storeVariables } from "./house-panels";

/** What boards are rendered with. */
export interface BoardContext {
  /** The catalogue: a panel names the alerts that it shows, and what to do. */
  readonly alerts: readonly AnyAlert[];
  /**
   * Base URL of the runbook pages.
   * @default - runbooks are named without a link
   */
  readonly runbooks?: string;
  /** Whether there is a store of lines: without one, panels of lines are left out. */
  readonly logs: boolean;
}

/** All boards of this package carry it: the menu of each leads to the others. */
export const boardTag = "l2-observatory";

function storeVariable(
  store: keyof typeof storeVariables,
  label: string,
): dashboard.DatasourceVariableBuilder {
  const uid = datasourceUids[store];
  return new dashboard.DatasourceVariableBuilder(storeVariables[store])
    .label(label)
    .type(store === "logs" ? "loki" : "prometheus")
    .current({ text: store === "logs" ? "Loki" : "Prometheus", value: uid });
}

/** Loki's kind of query for a variable that asks for the values of a label. */
const labelValues = 1;

function choice(variable: Variable): dashboard.QueryVariableBuilder {
  const { name, title, from, store = "metrics", several = false } = variable;
  const query = `label_values(${from}, ${name})`;
  const built = new dashboard.QueryVariableBuilder(name)
    .label(title)
    .datasource(storeOf(store))
    .query(
      store === "logs"
        ? { type: labelValues, label: name, stream: from, refId: name }
        : { query, refId: name },
    )
    .definition(query)
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .sort(dashboard.VariableSort.AlphabeticalAsc);
  return several
    ? built.multi(true).includeAll(true).allValue(".*").current({ text: "All", value: "$__all" })
    : built;
}

function asksLogs(panel: Panel): boolean {
  return panel.type === "lines" || queriesOf(panel).some(({ store }) => store === "logs");
}

function usesLogs({ rows }: CompleteBoard): boolean {
  return rows.some(({ panels }) => panels.some(asksLogs));
}

function withoutLogs(complete: CompleteBoard): CompleteBoard {
  const rows = complete.rows.map((row) => ({
    ...row,
    panels: row.panels.filter((panel) => !asksLogs(panel)),
  }));
  return { ...complete, rows: rows.filter(({ panels }) => panels.length > 0) };
}

/** Variables that some query names; a board's row may not be deployed. */
function usedVariables({ board, rows }: CompleteBoard): Variable[] {
  const exprs = rows.flatMap(({ panels }) =>
    panels.flatMap((panel) => queriesOf(panel).map(({ expr }) => expr)),
  );
  const names = (name: string, text: string) =>
    new RegExp(`\\$(${name}\\b|\\{${name}[:}])`).test(text);
  const used = (variable: Variable): boolean =>
    exprs.some((expr) => names(variable.name, expr)) ||
    board.variables.some((other) => names(variable.name, other.from) && used(other));
  return board.variables.filter(used);
}

function annotation(
  name: string,
  color: string,
  expr: string,
  title: string,
): dashboard.AnnotationQueryBuilder {
  return new dashboard.AnnotationQueryBuilder()
    .name(name)
    .datasource(storeOf("metrics"))
    .enable(true)
    .iconColor(color)
    .target(new prometheus.DataqueryBuilder().refId("Anno").expr(expr).range())
    .expr(expr)
    .step("60s")
    .titleFormat(title);
}

const annotations = () => [
  annotation(
    "Urgent alerts",
    priorityDetails.P1.color,
    'ALERTS{alertstate="firing", severity=~"critical|high"}',
    "{{alertname}} {{chain}}{{service}}",
  ),
  annotation(
    "Deployments",
    priorityDetails.P4.color,
    "changes(deployment_timestamp_seconds[2m]) > 0",
    "{{service}} {{version}}",
  ),
];

function alertsOn(
  { board, rows }: CompleteBoard,
  alerts: readonly AnyAlert[],
): ReadonlyMap<string, AnyAlert[]> {
  const found = new Map<string, AnyAlert[]>();
  for (const alert of alerts) {
    const { panel } = alert;
    if (panel?.board !== board.uid) continue;
    for (const { key } of rows) {
      // A row that was split by what it is about keeps its key as a prefix.
      if (key !== panel.row && !key.startsWith(`${panel.row}-`)) continue;
      const at = `${key}/${panel.panel}`;
      const known = found.get(at) ?? [];
      const same = known.some(
        ({ name, priority }) => name === alert.name && priority === alert.priority,
      );
      if (!same) found.set(at, [...known, alert]);
    }
  }
  return found;
}

function runbookLink(name: string, runbooks: string | undefined): string {
  return runbooks === undefined ? `**${name}**` : `[**${name}**](${runbooks}/${name})`;
}

/** A panel says under its title which alerts it shows. */
function withAlerts(panel: Panel, alerts: readonly AnyAlert[], runbooks?: string): Panel {
  if (alerts.length === 0) return panel;
  const said = alerts
    .map(
      ({ name, priority, summary }) =>
        `${priorityDetails[priority].emoji} ${priority} ${runbookLink(name, runbooks)}: ${summary}.`,
    )
    .join("  \n");
  return { ...panel, description: `${panel.description}\n\n${said}` };
}

function whatToDo(alerts: readonly AnyAlert[], runbooks: string | undefined): string {
  const byName = new Map(alerts.map((alert) => [alert.name, alert]));
  return [...byName.values()]
    .sort((a, b) => (a.priority + a.name < b.priority + b.name ? -1 : 1))
    .map(
      ({ name, priority, summary, runbook }) =>
        `${priorityDetails[priority].emoji} ${runbookLink(name, runbooks)} – ${summary}. ${runbook.impact}\n${runbook.steps.map((step, i) => `${String(i + 1)}. ${step}`).join("\n")}`,
    )
    .join("\n\n");
}

function withWords(complete: CompleteBoard, { alerts, runbooks }: BoardContext): CompleteBoard {
  const on = alertsOn(complete, alerts);
  const rows = complete.rows.map((row) => ({
    ...row,
    panels: row.panels.map((panel) =>
      withAlerts(panel, on.get(`${row.key}/${panel.key}`) ?? [], runbooks),
    ),
  }));
  const all = [...on.values()].flat();
  if (all.length === 0) return { ...complete, rows };
  const markdown = whatToDo(all, runbooks);
  const advice: Panel = {
    type: "text",
    key: "steps",
    title: "When something is red",
    description: "What the alerts of this board mean, and what to do first.",
    width: 24,
    height: 14,
    markdown,
  };
  return {
    ...complete,
    rows: [...rows, { key: "when-red", title: "What to do when it is red", panels: [advice] }],
  };
}

/** A board as Grafana's model, ready to be provisioned. */
export function renderBoard(whole: CompleteBoard, context: BoardContext): Dashboard {
  const complete = context.logs ? whole : withoutLogs(whole);
  const { board } = complete;
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- Grafana 12 provisions version 1 of the model only
  const built = new dashboard.DashboardBuilder(board.title)
    .uid(board.uid)
    .description(board.description)
    .tags([boardTag])
    .timezone("browser")
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .refresh("30s")
    .time({ from: `now-${board.span ?? "6h"}`, to: "now" })
    .annotations(annotations())
    .variables([
      storeVariable("metrics", "Environment"),
      ...(usesLogs(complete) ? [storeVariable("logs", "Logs")] : []),
      ...usedVariables(complete).map(choice),
    ])
    .link(
      new dashboard.DashboardLinkBuilder("Dashboards")
        .type(dashboard.DashboardLinkType.Dashboards)
        .tags([boardTag])
        .asDropdown(true)
        .includeVars(true)
        .keepTime(true),
    )
    .build();
  const panels = placed(withWords(complete, context)).flatMap(({ id, title, y, panels: of }) => [
    { type: "row", id, title, collapsed: false, gridPos: { x: 0, y, w: 24, h: 1 }, panels: [] },
    ...of.map((place: PlacedPanel) => grafanaPanel(place)),
  ]);
  const json = { ...built, id: undefined, panels };
  return { uid: board.uid, title: board.title, folder: board.folder, json: plain(json) };
}

/** Without what is undefined, which JSON does not have. */
function plain(value: object): Readonly<Record<string, unknown>> {
  return JSON.parse(JSON.stringify(value)) as Readonly<Record<string, unknown>>;
}
