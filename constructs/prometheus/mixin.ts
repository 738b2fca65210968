import type { RuleGroup } from "../core/alert";

export { serviceDown } from "../core/service-down";

/** Alerts about the platform's own alerting; that Prometheus itself is gone only the watchdog's receiver can see. */
export const prometheusRules: RuleGroup = {
  name: "prometheus",
  intervalSeconds: 15,
  rules: [
    {
      name: "PrometheusRuleFailures",
      priority: "P2",
      expr: "increase(prometheus_rule_evaluation_failures_total[5m]) > 0",
      for: "5m",
      summary: "Prometheus cannot evaluate some rules",
      description:
        '{{ $value | printf "%.0f" }} evaluations of {{ $labels.rule_group }} failed in 5 minutes.',
      graph: "increase(prometheus_rule_evaluation_failures_total[5m])",
      why: "Any failure counts, since the rule sees nothing meanwhile; 5 minutes leave out one that failed while a deployment changed its series.",
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
  ],
};
