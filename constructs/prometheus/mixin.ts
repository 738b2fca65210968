import type { RuleGroup } from "../core/alert";

export { serviceDown } from "../core/service-down";

/** Alerts about the platform's own alerting; that Prometheus itself is gone only the watchdog's receiver can see. */
export const prometheusRules: RuleGroup = {
  name: "prometheus",
  intervalSeconds: 15,
  rules: [
    {
      name: "Watchdog",
      priority: "P4",
      expr: "vector(1)",
      summary: "The alerting path works",
      description:
        "This alert always fires. A receiver outside this host must raise an alarm when it stops arriving.",
      labels: { heartbeat: "true" },
      runbook: {
        meaning:
          "Prometheus evaluates rules and Alertmanager delivers. It is silence that is the alarm.",
        impact: "When it stops to arrive, no other alert can be trusted to arrive.",
        steps: [
          "Bring the tunnel up and run `npm run status -- <environment>`.",
          "Look at the logs of Prometheus and Alertmanager.",
        ],
      },
    },
    {
      name: "PrometheusRuleFailures",
      priority: "P2",
      expr: "increase(prometheus_rule_evaluation_failures_total[5m]) > 0",
      for: "5m",
      summary: "Prometheus cannot evaluate some rules",
      description:
        '{{ $value | printf "%.0f" }} evaluations of {{ $labels.rule_group }} failed in 5 minutes.',
      graph: "increase(prometheus_rule_evaluation_failures_total[5m])",
      runbook: {
        meaning:
          "An expression cannot be evaluated, mostly because two series match where one was expected.",
        impact: "The alerts of this group do not fire, whatever happens.",
        steps: [
          "Open Prometheus' rules page and read the error of the group.",
          "Correct the expression, run the tests, deploy.",
        ],
      },
    },
    {
      name: "AlertDeliveryFailing",
      priority: "P2",
      expr: "sum by (integration) (increase(alertmanager_notifications_failed_total[5m])) > 0",
      for: "1m",
      summary: "Alertmanager cannot deliver to a channel",
      description:
        '{{ $value | printf "%.0f" }} deliveries to {{ $labels.integration }} failed in 5 minutes.',
      graph: "sum by (integration) (increase(alertmanager_notifications_failed_total[5m]))",
      runbook: {
        meaning: "A chat service or webhook refuses messages or cannot be reached.",
        impact: "People who rely on this channel are told nothing.",
        steps: [
          "Read Alertmanager's log: it names the receiver and the answer.",
          "Check that the secret file of the receiver holds a working URL; it is read anew for every message.",
          "Check the host's way to the internet.",
        ],
      },
    },
  ],
};
