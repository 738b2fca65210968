import type { RuleGroup } from "../core/alert";
import type { Leg } from "../core/observation";
import { rulesEvaluated } from "../core/promql";
import { legsPanel } from "./dashboard";

const legSeries = "observatory:heartbeat_leg";

/** What Prometheus itself does on the way from a fault to a person. */
export const prometheusLegs: readonly Leg[] = [
  {
    name: "scraping",
    // Of four scrapes in a minute two must have come in: one may be late.
    works: 'sum_over_time(up{job="prometheus"}[1m]) >= 2',
  },
  { name: "rule-evaluation", works: rulesEvaluated("prometheus", "prometheus") },
];

function indented(works: string): string {
  return `and on () (\n  ${works.split("\n").join("\n  ")}\n)`;
}

/**
 * The heartbeat, which is sent only while every part of the alerting path works, and what tells people on this side which
 * part does not. The heartbeat asks anew and reads no recorded answer: one that stopped to be recorded would be believed
 * for five minutes more.
 */
export function heartbeatGroup(legs: readonly Leg[]): RuleGroup {
  const told = legs.filter(({ toldBy }) => toldBy === undefined).map(({ name }) => name);
  return {
    name: "heartbeat",
    intervalSeconds: 15,
    rules: [
      ...legs.map(({ name, works }) => ({
        record: legSeries,
        expr: `count(\n  ${works.split("\n").join("\n  ")}\n) > bool 0 or vector(0)`,
        labels: { leg: name },
      })),
      {
        name: "Watchdog",
        priority: "P4",
        expr: ["vector(1)", ...legs.map(({ works }) => indented(works))].join("\n"),
        summary: "The alerting path works",
        description:
          "This alert fires while every part of the alerting path works. A receiver outside this host must raise an alarm when it stops arriving.",
        graph: legSeries,
        panel: legsPanel,
        labels: { heartbeat: "true" },
        why: "It is sent again every 50 to 60 seconds. Prometheus' last word counts for 4 minutes, and what broke is noticed within 1 to 3: an alarm outside after 5 minutes of silence is early enough and has no false ones.",
        runbook: {
          meaning: `What is measured arrives, rules are evaluated and messages are delivered: ${legs.map(({ name }) => name).join(", ")}. It is silence that is the alarm.`,
          impact: "When it stops to arrive, no other alert can be trusted to arrive.",
          steps: [
            "Bring the tunnel up and run `npm run status -- <environment>`.",
            `If Prometheus answers, ask it for \`${legSeries} == 0\`: it names the part that does not work.`,
            "If every part works, the way from Alertmanager to the outside receiver does not: read Alertmanager's log.",
            "If Prometheus does not answer, look at its container, then at the host.",
          ],
        },
      },
      {
        name: "HeartbeatWithheld",
        priority: "P2",
        expr: `${legSeries}{leg=~"${told.join("|")}"} == 0`,
        for: "3m",
        summary: "A part of the alerting path does not work, so the heartbeat is not sent",
        description:
          "{{ $labels.leg }} has not been known to work for 3 minutes. The heartbeat is withheld until it does.",
        graph: legSeries,
        panel: legsPanel,
        inhibitedBy: ["LokiDown"],
        why: "3 minutes: a deployment restarts servers and agents for less. The heartbeat itself is withheld at once.",
        runbook: {
          meaning:
            "Alerts still reach you, as this one did, but one part that they depend on is stale. The outside receiver of the heartbeat will say that the platform is dead.",
          impact:
            "scraping: alerts look at old values. rule-evaluation: alerts of a group are not looked at; log-rule-evaluation: so with those on lines. log-ingestion: alerts on lines see no lines.",
          steps: [
            "scraping: open Prometheus' page of targets. Is its disk full, or does it lack memory? `docker logs --tail 100 <prometheus container>`.",
            "rule-evaluation: open Prometheus' page of rules and look for the group whose last evaluation is old; a query that takes too long holds its group up.",
            "log-rule-evaluation: the same in Loki; its log names the query: `docker logs --tail 100 <loki container>`.",
            "log-ingestion: Loki took no lines for 3 minutes though each agent that reads containers sends one a minute. Look at the agent's log, then at Loki's: `docker logs --tail 100 <container>`. Is the disk full? Does an agent's `ignore` or `drop` leave out the socket proxy, which writes that line?",
          ],
        },
      },
    ],
  };
}
