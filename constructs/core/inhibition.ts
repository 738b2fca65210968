import {
  isAlert,
  priorities,
  priorityDetails,
  type Alert,
  type AnyAlert,
  type RuleGroup,
  type Severity,
} from "./alert";
import { alertsOf } from "./observation";
import { durationSeconds } from "./promql";

/** The alert that says that a whole host is silent. */
export const hostAlert = "AgentSilent";

/** Labels that tell one thing that is watched from another, in whatever alert. */
export const sameThing = [
  "chain",
  "service",
  "job",
  "instance",
  "agent",
  "host",
  "device",
  "mountpoint",
  "wallet",
  "target",
];

/**
 * Labels in which an alert and the one that keeps it silent must agree: one chain's fault says nothing of another chain,
 * one agent's silence nothing of another agent.
 * @param source name of the alert that keeps others silent
 */
export function sharedWith(source: string): string[] {
  return ["chain", ...(source === hostAlert ? ["agent"] : [])];
}

/**
 * The severities at which a source keeps an alert silent: those at least as urgent, since whoever hears the source must
 * hear it no later than the alert would have been heard.
 * @param source name of the alert that keeps others silent
 * @returns none where the source has no such tier, or is not in the catalogue
 */
export function silencingSeverities(
  source: string,
  alert: AnyAlert,
  alerts: readonly AnyAlert[],
): readonly Severity[] {
  const tiers = alerts
    .filter(({ name }) => name === source)
    .filter(({ priority }) => priorities.indexOf(priority) <= priorities.indexOf(alert.priority))
    .map(({ priority }) => priorityDetails[priority].severity);
  return [...new Set(tiers)].sort();
}

const firing = "observatory:alert_firing";
const everySeconds = 10;

function moreUrgent(one: Alert, than: Alert): boolean {
  return priorities.indexOf(one.priority) < priorities.indexOf(than.priority);
}

/** Higher tiers of an alert, which say all that it says about the same thing. */
function higherTiers(alert: Alert, alerts: readonly Alert[]): readonly Alert[] {
  return alerts.filter((other) => other.name === alert.name && moreUrgent(other, alert));
}

function hasFired({ expr, for: held = "0s" }: Alert): string {
  const seconds = durationSeconds(held);
  // A tenth of its `for`: half an hour looked at every 10 s would be read 180 times.
  const step = Math.ceil(Math.max(seconds / 10, everySeconds) / 10) * 10;
  const times = Math.floor(seconds / step);
  // As long as its `for`: one that comes and goes keeps nothing silent.
  return times === 0
    ? expr
    : `count_over_time((${expr})[${held}:${String(step)}s]) >= ${String(times)}`;
}

/**
 * A series for each alert that keeps others silent, while it fires: for an engine that knows no inhibition.
 * @param groups every rule of the platform
 */
export function firingRecords(groups: readonly RuleGroup[]): RuleGroup | undefined {
  const alerts = alertsOf(groups);
  const named = new Set(alerts.flatMap(({ inhibitedBy = [] }) => inhibitedBy));
  const tiers = new Set(alerts.flatMap((alert) => higherTiers(alert, alerts)));
  const sources = alerts.filter((alert) => named.has(alert.name) || tiers.has(alert));
  if (sources.length === 0) return undefined;
  const alike = new Map<string, readonly Alert[]>();
  for (const alert of sources) {
    const key = `${alert.name} ${alert.priority}`;
    alike.set(key, [...(alike.get(key) ?? []), alert]);
  }
  return {
    name: "firing",
    intervalSeconds: everySeconds,
    // Of one name and priority each is about another chain, service or host: their series differ.
    rules: [...alike.values()].flatMap((same) =>
      same.slice(0, 1).map(({ name, priority }) => ({
        record: firing,
        expr: same.map((alert) => `(${hasFired(alert)})`).join(" or "),
        labels: { alert: name, severity: priorityDetails[priority].severity },
      })),
    ),
  };
}

/**
 * The expression of an alert, silent while an alert fires that says more: what an engine without inhibition evaluates.
 * @param groups every rule of the platform, whose {@link firingRecords} are recorded
 */
export function inhibitedExpression(alert: Alert, groups: readonly RuleGroup[]): string {
  const alerts = alertsOf(groups);
  const tiers = new Set(
    higherTiers(alert, alerts).map(({ priority }) => priorityDetails[priority].severity),
  );
  const unless = [
    ...(tiers.size === 0
      ? []
      : [
          `unless on (${sameThing.join(", ")}) ${firing}{alert="${alert.name}", severity=~"${[...tiers].join("|")}"}`,
        ]),
    ...(alert.inhibitedBy ?? []).flatMap((source) => {
      const severities = silencingSeverities(source, alert, alerts);
      return severities.length === 0
        ? []
        : [
            `unless on (${sharedWith(source).join(", ")}) ${firing}{alert="${source}", severity=~"${severities.join("|")}"}`,
          ];
    }),
  ];
  return unless.length === 0 ? alert.expr : `(${alert.expr}) ${unless.join(" ")}`;
}

/** The recording rules of a group alone; nothing where it has none. */
export function recordsOnly(group: RuleGroup): RuleGroup | undefined {
  const rules = group.rules.filter((rule) => !isAlert(rule));
  return rules.length === 0 ? undefined : { ...group, rules };
}
