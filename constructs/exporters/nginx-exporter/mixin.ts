import type { LogAlert, LogRuleGroup, RuleGroup } from "../../core/alert";
import type { DownAlert } from "../../core/observation";
import { httpThresholds, whyOf, type AccessLogThresholds } from "../../core/thresholds";
import { httpSeries } from "../http-board";
import { fourScrapes, seriesOf } from "../watched-server";
import { accessLogPanel, nginxPanel } from "./dashboard";

/**
 * The alert for the exporter itself. As urgent as that for nginx: the exporter's `--nginx.timeout` has no effect (v1.5.3
 * reads a copy of its value), so it does not answer either while nginx hangs.
 */
export const nginxExporterDown: DownAlert = {
  name: "NginxExporterDown",
  priority: "P1",
  for: "1m",
  summary: "nginx, or its exporter, does not answer",
  runbook: {
    meaning:
      "The exporter beside the nginx server that the alert names does not answer. It waits for nginx without limit, so nginx may be what hangs.",
    impact:
      "What is behind this nginx may be cut off; if only the exporter is gone, a failure of nginx would not be announced.",
    steps: [
      "Does nginx answer? `curl -m 5 http://<host>:<port>/stub_status`. If not, go on as for NginxDown.",
      "Read the exporter's log: `docker ps -a --filter name=nginx-exporter`, then `docker logs --tail 50 <container>`.",
    ],
  },
};

/** Requests, reachability and dropped connections of one nginx server. */
export function nginxRules(service: string): RuleGroup {
  const of = seriesOf("nginx-exporter", service);
  // Subtracted first: two increases are extrapolated differently, and any difference would be an alert.
  const dropped = `increase((nginx_connections_accepted${of} - nginx_connections_handled${of})[5m:15s])`;
  return {
    name: `nginx-exporter.${service}`,
    intervalSeconds: 15,
    rules: [
      {
        // nginx counts the exporter's own questions too.
        record: httpSeries.requests,
        expr: `sum by (job, service) (increase(nginx_http_requests_total${of}[5m]))`,
      },
      {
        name: "NginxDown",
        priority: "P1",
        expr: `nginx_up${of} == 0`,
        for: "1m",
        summary: "nginx cannot be reached",
        description:
          "nginx of {{ $labels.service }} at {{ $labels.instance }} has not shown its status page for a minute.",
        graph: `nginx_up${of}`,
        panel: nginxPanel("up"),
        why: fourScrapes,
        runbook: {
          meaning:
            "The exporter asks for nginx's status page every 15 seconds and does not get it.",
          impact: "What is behind this nginx can probably not be reached from outside.",
          steps: [
            "The exporter's log says why: `docker ps --filter name=nginx-exporter`, then `docker logs --tail 20 <container>`.",
            "Connection refused: is the process there? `nginx -t` names a fault of its configuration.",
            "A status of 403 or 404: the `stub_status` location has moved, or does not allow the exporter's address.",
          ],
        },
      },
      {
        name: "NginxConnectionsDropped",
        priority: "P2",
        expr: `${dropped} > 0`,
        for: "1m",
        summary: "nginx drops connections",
        description:
          'nginx of {{ $labels.service }} at {{ $labels.instance }} dropped {{ $value | printf "%.0f" }} connections in 5 minutes.',
        graph: dropped,
        panel: nginxPanel("dropped"),
        why: "Each dropped connection is a user who was cut off; nginx drops none while it has room.",
        runbook: {
          meaning:
            "nginx accepted connections that it could not handle: a worker has no connection left.",
          impact: "Some users are cut off at once, though the programs behind nginx are well.",
          steps: [
            "nginx's error log says `worker_connections are not enough` or `Too many open files`.",
            "Is it a rush, or does a slow program behind nginx hold connections? Look at nginx_connections_writing.",
            "Raise `worker_connections` and `worker_rlimit_nofile`, reload nginx.",
          ],
        },
      },
    ],
  };
}

function failedAlert(
  service: string,
  percent: number,
  minimumErrors: number,
  tier: Pick<LogAlert, "priority" | "for" | "summary"> & {
    readonly tier: string;
    readonly impact: string;
    readonly why: string;
  },
): LogAlert {
  const failed = `{service="${service}"} | status=~"5.."`;
  const count = (lines: string) => `sum by (service) (count_over_time(${lines} [5m]))`;
  return {
    name: "NginxErrorsHigh",
    priority: tier.priority,
    logql: `${count(failed)} / ${count(`{service="${service}"} | status!=""`)} * 100 > ${String(percent)} and ${count(failed)} >= ${String(minimumErrors)}`,
    lines: failed,
    panel: accessLogPanel,
    ...(tier.for === undefined ? {} : { for: tier.for }),
    summary: tier.summary,
    description: `nginx of {{ $labels.service }} answers {{ $value | printf "%.1f" }} % of its requests with 5xx, more than ${String(percent)} %.`,
    labels: { tier: tier.tier },
    why: `${tier.why} ${whyOf(httpThresholds.minimumErrors)}`,
    inhibitedBy: ["LokiDown"],
    runbook: {
      meaning:
        "Of the lines in nginx's access log, too many show a status of 500 or more: nginx cannot reach what is behind it, or that fails.",
      impact: tier.impact,
      steps: [
        "Which status and which path? Read the lines of this alert.",
        "502 and 504: what is behind nginx does not answer, or too late; nginx's error log names it. 503: it refuses, or nginx limits. 500: it fails itself.",
        "Does the service behind it have an alert of its own? Go on there.",
      ],
    },
  };
}

/** Requests that failed, by the access log of one nginx server: its status page counts requests without their outcome. */
export function nginxLogRules(
  service: string,
  { errorCriticalPercent, errorHighPercent, errorPercent, minimumErrors }: AccessLogThresholds,
): LogRuleGroup {
  return {
    name: `nginx-exporter.${service}`,
    intervalSeconds: 15,
    alerts: [
      failedAlert(service, errorCriticalPercent, minimumErrors, {
        priority: "P1",
        for: "1m",
        tier: "critical",
        why: whyOf(httpThresholds.errorCriticalPercent),
        summary: "nginx answers most requests with an error",
        impact: "For most users what is behind this nginx is down.",
      }),
      failedAlert(service, errorHighPercent, minimumErrors, {
        priority: "P2",
        for: "2m",
        tier: "high",
        why: whyOf(httpThresholds.errorHighPercent),
        summary: "nginx answers many requests with an error",
        impact: "Many users are turned away; it may be the beginning of an outage.",
      }),
      failedAlert(service, errorPercent, minimumErrors, {
        priority: "P3",
        for: "5m",
        tier: "warning",
        why: whyOf(httpThresholds.errorPercent),
        summary: "nginx answers more requests with an error than it may",
        impact: "Some users are turned away.",
      }),
    ],
  };
}
