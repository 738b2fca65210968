import type { DownAlert } from "../core/observation";

/** The alert for Grafana itself. Nothing is lost while it is down, and nobody misses an alert: it can wait for the day. */
export const grafanaDown: DownAlert = {
  name: "GrafanaDown",
  priority: "P3",
  for: "5m",
  summary: "Grafana does not answer",
  why: "Nothing is lost meanwhile, and a start with many dashboards takes minutes on a small machine.",
  runbook: {
    meaning: "Grafana, which shows dashboards, logs and traces, gave no answer.",
    impact:
      "People see no dashboards. Nothing is lost: metrics, logs and traces are kept elsewhere, and alerts are sent as always.",
    steps: [
      "Look at the container: `docker ps -a --filter name=grafana`, then `docker logs --tail 100 <container>`; a file that it cannot provision is named in the last lines.",
      "`no such file or directory` of a secret: `npm run secrets -- check <environment>` says which is missing.",
      "Killed for memory (exit code 137)? A dashboard with very many series does that; else raise the memory of Grafana.",
      "Meanwhile ask Prometheus on its own page; the links of alerts lead there.",
    ],
  },
};
