import type { RuleGroup } from "../core/alert";
import { whyTenMinutes } from "../core/thresholds";
import { deploymentsPanel } from "./dashboard";

/** What jobs and deployments push by agreement: `deployment_timestamp_seconds{service, version}`, in seconds since 1970. */
export const pushedRules: RuleGroup = {
  name: "deployments",
  intervalSeconds: 15,
  rules: [
    {
      name: "ServiceDeployed",
      priority: "P4",
      expr: "deployment_timestamp_seconds > time() - 600",
      summary: "A service was deployed",
      why: whyTenMinutes,
      description:
        "{{ $labels.service }}{{ with $labels.version }} {{ . }}{{ end }} was deployed at {{ $value | humanizeTimestamp }}.",
      graph: "deployment_timestamp_seconds",
      panel: deploymentsPanel,
      runbook: {
        meaning: "A deployment pushed its time within the last 10 minutes.",
        impact: "None. If something else fires at the same time, look here first.",
        steps: [
          "Did it go well? Look at the service's errors and answers since that time.",
          "If not, go back to the version before.",
        ],
      },
    },
  ],
};
