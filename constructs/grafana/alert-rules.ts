import { createHash } from "node:crypto";
import type { Query, Rule } from "@grafana/grafana-foundation-sdk/alerting";
import type { TypeMath, TypeReduce } from "@grafana/grafana-foundation-sdk/expr";
import type { dataquery as LokiQuery } from "@grafana/grafana-foundation-sdk/loki";
import type { Dataquery as PrometheusQuery } from "@grafana/grafana-foundation-sdk/prometheus";
import {
  isAlert,
  type Alert,
  type LogAlert,
  type LogRuleGroup,
  type RuleGroup,
} from "../core/alert";
import { annotationsOf, graphLink, labelsOf, linesLink, type BoardLinks } from "../core/alert-rule";
import { inhibitedExpression } from "../core/inhibition";
import { translated } from "./annotation";
import { datasourceUids } from "./datasources";

/** Every rule that is observed. */
export interface CatalogueRules {
  readonly groups: readonly RuleGroup[];
  /** Alerts on logs. */
  readonly logGroups: readonly LogRuleGroup[];
}

/** Where a person looks things up from an alert: base URLs. */
export interface AlertingLinks {
  readonly prometheus: string;
  /** @default - no alert on logs is rendered */
  readonly loki?: string;
  /** @default - alerts carry no runbook link */
  readonly runbooks?: string;
  /** @default - alerts lead to Prometheus' own graph and to their lines */
  readonly panels?: BoardLinks;
}

type Model<T> = Omit<T, "_implementsDataqueryVariant">;

/** One node of a rule, as Grafana's SDK types it; without what only its builders need. */
export interface RuleQuery extends Omit<Query, "model"> {
  readonly model: Model<PrometheusQuery> | Model<LokiQuery> | Model<TypeReduce> | Model<TypeMath>;
}

/** One alert as Grafana keeps it. */
export interface GrafanaRule extends Omit<Rule, "data" | "folderUID" | "orgID" | "ruleGroup"> {
  readonly uid: string;
  readonly data: readonly RuleQuery[];
}

/** Rules that Grafana evaluates at the same pace. */
export interface GrafanaGroup {
  /** Unique in the folder. */
  readonly name: string;
  readonly intervalSeconds: number;
  readonly rules: readonly GrafanaRule[];
}

/** Grafana's folder of all rules. */
export const rulesFolder = "L2 observatory";

/** What the uid of every rule of ours begins with. */
export const uidPrefix = "l2o-";

// Grafana's scheduler ticks so often; an interval must be a multiple of it.
const tickSeconds = 10;

/**
 * Seconds between two looks at the alerts of a group: as Prometheus does, or the next faster pace that Grafana has. Only
 * what Prometheus looks at more often than every 10 s is looked at later.
 */
export function paceOf(intervalSeconds: number): number {
  return Math.max(tickSeconds, Math.floor(intervalSeconds / tickSeconds) * tickSeconds);
}

/** The same for good as long as group, name and labels are: Grafana keeps silences and history under it. */
function uidOf(group: string, { name, priority, labels = {} }: Alert | LogAlert): string {
  const identity = JSON.stringify([group, name, priority, labels]);
  const hash = createHash("sha256").update(identity).digest("hex").slice(0, 8);
  return `${uidPrefix}${name.slice(0, 27)}-${hash}`;
}

const windowSeconds = 600;
const expressions = "__expr__";

/**
 * The alert's own expression, which filters by itself and whose value is shown; and whether there is a value: zero is
 * one as any other, so that the value itself cannot be the condition.
 */
function nodes(query: RuleQuery): RuleQuery[] {
  const relativeTimeRange = { from: 0, to: 0 };
  const reduce: Model<TypeReduce> = {
    type: "reduce",
    refId: "B",
    expression: "A",
    reducer: "last",
  };
  const there: Model<TypeMath> = {
    type: "math",
    refId: "C",
    expression: "is_number($B) || is_nan($B) || is_inf($B)",
  };
  return [
    query,
    { refId: "B", datasourceUid: expressions, relativeTimeRange, model: reduce },
    { refId: "C", datasourceUid: expressions, relativeTimeRange, model: there },
  ];
}

function metricsQuery(expr: string, refId = "A"): RuleQuery {
  const model: Model<PrometheusQuery> = { refId, expr, instant: true, range: false };
  return {
    refId,
    datasourceUid: datasourceUids.metrics,
    relativeTimeRange: { from: windowSeconds, to: 0 },
    model,
  };
}

function logsQuery(expr: string): RuleQuery {
  const queryType = "instant";
  const model: Model<LokiQuery> = { refId: "A", expr, queryType };
  return {
    refId: "A",
    queryType,
    datasourceUid: datasourceUids.logs,
    relativeTimeRange: { from: windowSeconds, to: 0 },
    model,
  };
}

/** What becomes of an alert whose question fails: a broken store must neither end an alert nor start a hundred. */
function onError(alert: Alert | LogAlert): GrafanaRule["execErrState"] {
  // A heartbeat that goes on while nothing can be asked would be a lie.
  if (alert.labels?.["heartbeat"] === "true") return "OK";
  return alert.unanswered === "fires" ? "Alerting" : "KeepLast";
}

interface Rendering {
  readonly group: string;
  readonly environment: string;
  readonly dashboard: string;
  readonly links: AlertingLinks;
}

/** Grafana takes a rule for one without data when any of its nodes is empty: then it is what the alert has, as no number. */
function answerOrNone(refId: string, query: string, expr: string): RuleQuery {
  return metricsQuery(`(${query}) or on () ((${expr}) * NaN)`, refId);
}

function ruleOf(
  alert: Alert | LogAlert,
  query: RuleQuery,
  { group, environment, dashboard, links: { runbooks, panels } }: Rendering,
): GrafanaRule {
  const { text, queries } = translated(alert.name, alert.description, alert.unanswered === "fires");
  const further = Object.entries(queries).map(([refId, asked]) => {
    if ("expr" in alert) return answerOrNone(refId, asked, alert.expr);
    throw new Error(`the description of ${alert.name}, an alert on logs, must not ask Prometheus`);
  });
  const annotations = annotationsOf(alert, {
    dashboard,
    ...(panels === undefined ? {} : { panels }),
    ...(runbooks === undefined ? {} : { runbooks }),
  });
  return {
    uid: uidOf(group, alert),
    title: alert.name,
    condition: "C",
    data: [...nodes(query), ...further],
    // No series is what a sound platform answers.
    noDataState: "OK",
    execErrState: onError(alert),
    for: alert.for ?? "0s",
    // As Prometheus does; Grafana would wait for a second evaluation.
    missingSeriesEvalsToResolve: 1,
    labels: { ...labelsOf(alert), environment },
    annotations: { ...annotations, description: text },
  };
}

/**
 * Every alert of the catalogue as a rule of Grafana's.
 * @param environment label of every alert
 */
export function grafanaGroups(
  { groups, logGroups }: CatalogueRules,
  environment: string,
  links: AlertingLinks,
): readonly GrafanaGroup[] {
  const { prometheus, loki } = links;
  const onSeries = groups.map(({ name, intervalSeconds, rules }) => ({
    name,
    intervalSeconds: paceOf(intervalSeconds),
    rules: rules.filter(isAlert).map((alert) => ({
      ...ruleOf(alert, metricsQuery(inhibitedExpression(alert, groups)), {
        group: name,
        environment,
        dashboard: graphLink(prometheus, alert),
        links,
      }),
      ...(alert.keepFiringFor === undefined ? {} : { keep_firing_for: alert.keepFiringFor }),
    })),
  }));
  const onLogs = (loki === undefined ? [] : logGroups).map((group) => {
    // Prometheus and Loki each may have a group of this name.
    const name = `${group.name} (logs)`;
    return {
      name,
      intervalSeconds: paceOf(group.intervalSeconds),
      rules: group.alerts.map((alert) =>
        ruleOf(alert, logsQuery(alert.logql), {
          group: name,
          environment,
          dashboard: linesLink(loki ?? "", alert),
          links,
        }),
      ),
    };
  });
  return [...onSeries, ...onLogs].filter(({ rules }) => rules.length > 0);
}
