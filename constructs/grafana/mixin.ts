import { everyChannelLabel, type RuleGroup } from "../core/alert";
import type { DownAlert, Leg } from "../core/observation";
import { platformDown } from "../core/house-boards";
import { newFailures } from "../core/promql";

/** The alert for Grafana itself. Nothing is lost while it is down, and nobody misses an alert: it can wait for the day. */
export const grafanaDown: DownAlert = {
  name: "GrafanaDown",
  priority: "P3",
  for: "5m",
  summary: "Grafana does not answer",
  panel: platformDown,
  why: "Nothing is lost meanwhile, and a start with many dashboards takes minutes on a small machine.",
  runbook: {
    meaning: "Grafana, which shows dashboards, logs and traces, gave no answer.",
    impact:
      "People see no dashboards. Metrics, logs and traces are kept elsewhere. Alerts are sent as always, except where Grafana is the engine: there nobody is told of anything, this alert included, and the heartbeat stops.",
    steps: [
      "Look at the container: `docker ps -a --filter name=grafana`, then `docker logs --tail 100 <container>`; a file that it cannot provision is named in the last lines.",
      "`no such file or directory` of a secret: `npm run secrets -- check <environment>` says which is missing.",
      "Killed for memory (exit code 137)? A dashboard with very many series does that; else raise the memory of Grafana.",
      "Meanwhile ask Prometheus on its own page; the links of alerts lead there.",
    ],
  },
};

const up = 'up{job="grafana"} == 1';
const failures = newFailures("grafana_alerting_notifications_failed_total", ["integration"]);

/** What Grafana as the engine does on the way from a fault to a person. */
export const engineLegs: readonly Leg[] = [
  {
    name: "alert-evaluation",
    // Three rounds of the fastest rules.
    works: 'grafana_alerting_scheduler_behind_seconds{job="grafana"} < 30',
  },
  {
    name: "delivery",
    works: `(${up}) unless on () (${failures} > 0)`,
    toldBy: "GrafanaDeliveryFailing",
  },
];

/** About Grafana as the engine; it evaluates these itself, from its own counters in Prometheus. */
export const engineRules: RuleGroup = {
  name: "grafana",
  intervalSeconds: 30,
  rules: [
    {
      name: "GrafanaRuleFailures",
      priority: "P2",
      expr: "increase(grafana_alerting_rule_evaluation_failures_total[5m]) > 0",
      for: "5m",
      summary: "Grafana cannot evaluate some alerts",
      description: '{{ $value | printf "%.0f" }} evaluations of alerts failed in 5 minutes.',
      why: "A store that starts anew fails a few evaluations and is back within 5 minutes.",
      graph: "increase(grafana_alerting_rule_evaluation_failures_total[5m])",
      runbook: {
        meaning:
          "A question to Prometheus or Loki fails: the store does not answer, or two series match where one was expected.",
        impact:
          "The alerts that ask it stay what they were: those that fired fire on, the others stay silent whatever happens.",
        steps: [
          "Open Alerting, Alert rules in Grafana and filter for the state Error: each rule shows what its question was answered.",
          "`npm run status -- <environment>` tells whether Prometheus and Loki answer; start what does not.",
          "An expression that fails alone: correct it, run the tests, deploy.",
        ],
      },
    },
    {
      name: "GrafanaDeliveryFailing",
      priority: "P2",
      expr: `${failures} > 0`,
      summary: "Grafana cannot deliver to a channel",
      description:
        '{{ $value | printf "%.0f" }} deliveries to {{ $labels.integration }} failed in 5 minutes.',
      why: "A message counts as failed when it was given up after several attempts, so that one is enough.",
      graph: "sum by (integration) (increase(grafana_alerting_notifications_failed_total[5m]))",
      labels: { [everyChannelLabel]: "true" },
      runbook: {
        meaning: "A chat service, mail server or webhook refuses messages or cannot be reached.",
        impact:
          "People who rely on this channel are told nothing. The heartbeat stays away until no message has failed for 5 minutes.",
        steps: [
          "Open Alerting, Contact points in Grafana: the channel that fails shows the answer it got.",
          "Check that the secret's file holds a working URL or token. Grafana reads it at its start: restart it after a change.",
          "Check the host's way to the internet.",
        ],
      },
    },
  ],
};
