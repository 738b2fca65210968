import type { LogRuleGroup, RuleGroup } from "../core/alert";
import type { DownAlert, Leg } from "../core/observation";
import { platformDown } from "../core/house-boards";
import { newFailures, rulesEvaluated } from "../core/promql";
import { aMinuteAway } from "../core/service-down";
import { onLogsBoard } from "./dashboard";

/** The alert for a log store that does not answer. */
export const lokiDown: DownAlert = {
  name: "LokiDown",
  priority: "P1",
  for: "1m",
  summary: "The log store does not answer",
  panel: platformDown,
  why: aMinuteAway,
  runbook: {
    meaning: "Loki, which keeps the logs and evaluates the alerts on them, gave no answer.",
    impact:
      "No alert on logs fires. Agents keep lines on their disk and send them later, within the size of their buffer; then lines are lost.",
    steps: [
      "Look at the container: `docker ps -a` and `docker logs --tail 100 <container>`; a broken configuration is named in the first lines.",
      "If it was killed for memory, look for the query or the flood of lines that did it.",
      "If the disk is full, make room or shorten `logs.retentionDays`; Loki refuses lines above 85 %.",
    ],
  },
};

const discarded = 'loki_discarded_samples_total{job="loki"}';
const ruleFailures = 'increase(loki_prometheus_rule_evaluation_failures_total{job="loki"}[5m])';
const requests = 'loki_request_duration_seconds_count{job="loki"';

/** That alerts on lines are looked at. */
export const logRulesLeg: Leg = {
  name: "log-rule-evaluation",
  works: rulesEvaluated("loki_prometheus", "loki"),
};

/** Alerts about Loki itself, from its own metrics. */
export const lokiRules: RuleGroup = {
  name: "loki",
  intervalSeconds: 15,
  rules: [
    {
      name: "LokiRequestErrors",
      priority: "P2",
      expr: `sum by (route) (rate(${requests}, status_code=~"5.."}[5m])) / sum by (route) (rate(${requests}}[5m])) > 0.1`,
      for: "5m",
      summary: "Loki fails to answer requests",
      why: "Agents send again what fails, so a few errors lose nothing; a tenth for 5 minutes is no restart and fills their buffers.",
      description:
        "{{ $value | humanizePercentage }} of the requests to {{ $labels.route }} failed in the last 5 minutes.",
      graph: `sum by (route) (rate(${requests}, status_code=~"5.."}[5m]))`,
      panel: onLogsBoard("refused", "requests"),
      inhibitedBy: ["LokiDown"],
      runbook: {
        meaning: "Loki answers with an error of its own, to agents that push or to people who ask.",
        impact:
          "Where pushes fail, lines wait at the agents and are lost when their buffers are full. Where queries fail, nothing is found.",
        steps: [
          "Read Loki's log: `docker logs --tail 100 <container>`.",
          "Pushes: is the disk full or read-only? Queries: a time-out asks for a narrower selector or a shorter range.",
        ],
      },
    },
    {
      name: "LokiIngestionRejected",
      priority: "P2",
      expr: `${newFailures(discarded, ["reason"])} > 0`,
      summary: "Loki refuses log lines",
      why: "Any line counts: a flood can be over before the next scrape, and what was refused may be lost.",
      description:
        'About {{ $value | printf "%.0f" }} lines were refused in the last 5 minutes: {{ $labels.reason }}.',
      graph: `sum by (reason) (rate(${discarded}[5m]))`,
      panel: onLogsBoard("refused", "refused"),
      inhibitedBy: ["LokiDown"],
      runbook: {
        meaning:
          "More lines or more label values arrive than the limits allow, or lines are too old. The reason says which.",
        impact:
          "What is refused for its rate is sent again by agents and lost when it goes on; what is refused for its streams or age is lost.",
        steps: [
          '`rate_limited`, `per_stream_rate_limit`: find who floods: `topk(5, sum by (service) (bytes_rate({service=~".+"}[5m])))`. Quieten its log level, or drop lines at the agent.',
          "`stream_limit`: a label has many values (a request id, a path, a pod name). Move it into the structured metadata at the agent.",
          "`greater_than_max_sample_age`: an agent sends lines that are older than a week; its positions file was lost.",
          "Only then raise `logs.limits` in the environment; they keep memory and disk bounded.",
        ],
      },
    },
    {
      name: "LokiRuleFailures",
      priority: "P2",
      expr: `${ruleFailures} > 0`,
      for: "5m",
      summary: "Loki cannot evaluate some alerts on lines",
      description:
        '{{ $value | printf "%.0f" }} evaluations of {{ $labels.rule_group }} failed in 5 minutes.',
      graph: ruleFailures,
      panel: onLogsBoard("refused", "rule-failures"),
      why: "One failed evaluation is made good by the next; failures that go on for longer than the 5 minutes that are counted are no accident.",
      inhibitedBy: ["LokiDown"],
      runbook: {
        meaning:
          "The expression of an alert on lines takes too long, reads too much or is at fault.",
        impact: "The alerts of this group do not fire, whatever the lines say.",
        steps: [
          "Read the error: `docker logs --tail 100 <container>`, or the group on `http://<address>:3100/prometheus/api/v1/rules`.",
          'A time-out or too many bytes: which service floods? `topk(5, sum by (service) (bytes_rate({service=~".+"}[5m])))`. Quieten it, or narrow the alert\'s selector.',
          "A fault of an operator's own rule in assets/loki/rules: correct it and deploy.",
        ],
      },
    },
  ],
};

/** Alerts on the lines of any service. */
export function errorBurstRules(errorBurst: number): LogRuleGroup {
  const errors = '{service=~".+"} | detected_level=~"error|critical|fatal"';
  return {
    name: "logs",
    intervalSeconds: 30,
    alerts: [
      {
        name: "LogErrorBurst",
        priority: "P3",
        logql: `sum by (service, chain) (count_over_time(${errors} [5m])) > ${String(errorBurst)}`,
        lines: errors,
        panel: onLogsBoard("errors", "by-service"),
        summary: "A service logs many errors",
        why: "The number is the environment's `logs.errorBurst`; 5 minutes, so that one failure with a long trace is no burst.",
        description: `{{ $labels.service }}{{ with $labels.chain }} of {{ . }}{{ end }} logged {{ $value | printf "%.0f" }} errors in 5 minutes, more than ${String(errorBurst)}.`,
        inhibitedBy: ["LokiDown"],
        runbook: {
          meaning: "Lines of level error or worse arrive much faster than usual.",
          impact:
            "Something fails again and again; users may notice, or a disk may fill with logs.",
          steps: [
            'Read the lines: the link of this alert, or `{service="<service>"} | detected_level="error"` in the log browser.',
            "Look for what changed just before the first of them: a deployment, a database, an endpoint.",
            "If these errors are harmless, make the service log them at a lower level, or raise `logs.errorBurst`.",
          ],
        },
      },
    ],
  };
}
