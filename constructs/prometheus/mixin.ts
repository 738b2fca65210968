import type { RuleGroup } from "../core/alert";
import { restartsPanel, ruleFailuresPanel } from "./dashboard";

export { serviceDown } from "../core/service-down";

/** Spring Boot applications have ServiceRestarted, which names the service. */
const restarts = 'changes(process_start_time_seconds{job!="spring-boot"}[10m])';

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
      panel: ruleFailuresPanel,
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
    {
      name: "ProcessRestarted",
      priority: "P4",
      expr: `${restarts} > 0`,
      summary: "A program was started again",
      description:
        "{{ $labels.instance }} of job {{ $labels.job }} was started again within the last 10 minutes, {{ $value }}×.",
      graph: restarts,
      panel: restartsPanel,
      why: "10 minutes: it stands beside what a restart breaks. Once is an event, of which nobody needs to know at night.",
      runbook: {
        meaning: "The process is a new one: its start time changed.",
        impact:
          "None, if it was meant. Started again and again, it does its work only between two starts.",
        steps: [
          "Was it deployed? Then this is what you see.",
          "If not, why did it end? `docker inspect <container> | grep -E 'ExitCode|OOMKilled|RestartCount'`, and its log's last lines before the start.",
        ],
      },
    },
  ],
};
