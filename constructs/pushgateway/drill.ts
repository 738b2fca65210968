import { drillLabel, type RuleGroup } from "../core/alert";

/** Job under which a drill pushes. */
export const drillJob = "observatory-drill";

/** What a drill pushes: when it was asked for, in seconds since 1970. */
export const drillMetric = "observatory_drill_timestamp_seconds";

/** Minutes after which a drill is over even if nobody removed what it pushed. */
const minutes = 5;

/** A rule that only a drill drives: from a pushed metric over scrape and evaluation to Alertmanager. */
export const drillRules: RuleGroup = {
  name: "drill",
  intervalSeconds: 5,
  rules: [
    {
      name: "AlertPathDrill",
      priority: "P4",
      expr: `time() - ${drillMetric} < ${String(minutes * 60)}`,
      summary: "DRILL: the way from a metric to a message is tried",
      description:
        'DRILL, nothing is wrong: a metric was pushed {{ $value | printf "%.0f" }} seconds ago to see whether a rule fires.',
      labels: { [drillLabel]: "true" },
      graph: drillMetric,
      why: "Five minutes are longer than a drill takes; a forgotten metric is over then by itself.",
      runbook: {
        meaning: "Somebody runs a drill of this environment.",
        impact: "None.",
        steps: [
          "If nobody drills, remove what was pushed: `curl -X DELETE http://<address>:9091/metrics/job/observatory-drill`.",
        ],
      },
    },
  ],
};
