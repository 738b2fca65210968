import type { Alert, PanelAddress, RecordingRule, RuleGroup } from "../core/alert";
import { newFailures } from "../core/promql";
import { httpThresholds, whyOf, whyTenMinutes, type HttpThresholds } from "../core/thresholds";
import { httpPanel, httpSeries, routeSeries } from "./http-board";
import { seriesOf } from "./watched-server";

/** Where a framework counts the requests that a service answers. */
export interface HttpMetrics {
  readonly job: string;
  readonly service: string;
  /** A histogram of seconds, without `_count` and `_bucket`. */
  readonly histogram: string;
  /** Its label that names the endpoint, as a pattern: `/orders/{id}`. */
  readonly route: string;
  /** Matchers of requests that no user made: scrapes and health checks would fill a quiet service's numbers. */
  readonly users: string;
}

const by = ["job", "service"] as const;
const { requests, errors, refused } = httpSeries;
const quantiles = { p50: "0.5", p95: "0.95", p99: "0.99" } as const;
const quantileNames = Object.keys(quantiles) as readonly (keyof typeof quantiles)[];

/**
 * Of one service: requests and those answered with 5xx in 5 minutes, those refused with 429 a second, and how long 50, 95
 * and 99 % of the requests took. The same series with the same labels for every framework; `job` tells which it is.
 */
export function httpRecords({ job, service, histogram, users }: HttpMetrics): RecordingRule[] {
  const matchers = `job="${job}", service="${service}", ${users}`;
  const buckets = `sum by (${by.join(", ")}, le) (rate(${histogram}_bucket{${matchers}}[5m]))`;
  return [
    { record: requests, expr: newFailures(`${histogram}_count{${matchers}}`, by) },
    {
      record: errors,
      // 0, not absent, while nothing fails.
      expr: `${newFailures(`${histogram}_count{${matchers}, status=~"5.."}`, by)} or 0 * ${requests}${seriesOf(job, service)}`,
    },
    {
      record: refused,
      expr: `sum by (${by.join(", ")}) (rate(${histogram}_count{${matchers}, status="429"}[2m])) or 0 * ${requests}${seriesOf(job, service)}`,
    },
    ...quantileNames.map((name) => ({
      record: httpSeries[name],
      expr: `histogram_quantile(${quantiles[name]}, ${buckets})`,
    })),
  ];
}

/**
 * What {@link httpRecords} computes, by endpoint: a second's requests and failures instead of those of 5 minutes. Only
 * people look at them, so once a minute is enough.
 */
export function httpRouteRules({ job, service, histogram, users, route }: HttpMetrics): RuleGroup {
  const matchers = `job="${job}", service="${service}", ${users}`;
  const byRoute = (series: string, more = "") =>
    `sum by (${by.join(", ")}, route${more}) (label_replace(rate(${series}[5m]), "route", "$1", "${route}", "(.+)"))`;
  const buckets = byRoute(`${histogram}_bucket{${matchers}}`, ", le");
  return {
    name: `${job}-routes.${service}`,
    intervalSeconds: 60,
    rules: [
      { record: routeSeries.requests, expr: byRoute(`${histogram}_count{${matchers}}`) },
      {
        record: routeSeries.errors,
        expr: `${byRoute(`${histogram}_count{${matchers}, status=~"5.."}`)} or 0 * ${routeSeries.requests}${seriesOf(job, service)}`,
      },
      ...quantileNames.map((name) => ({
        record: routeSeries[name],
        expr: `histogram_quantile(${quantiles[name]}, ${buckets})`,
      })),
    ],
  };
}

function errorAlert(
  of: string,
  percent: number,
  minimumErrors: number,
  tier: Pick<Alert, "priority" | "for" | "summary"> & {
    readonly tier: string;
    readonly impact: string;
    readonly why: string;
  },
): Alert {
  const share = `${errors}${of} / ${requests}${of} * 100`;
  return {
    name: "HttpErrorsHigh",
    priority: tier.priority,
    expr: `${share} > ${String(percent)} and ${errors}${of} >= ${String(minimumErrors)}`,
    ...(tier.for === undefined ? {} : { for: tier.for }),
    summary: tier.summary,
    description: `{{ $labels.service }} answers {{ $value | printf "%.1f" }} % of its requests with 5xx, more than ${String(percent)} %.`,
    graph: share,
    panel: httpPanel("errors"),
    why: `${tier.why} ${whyOf(httpThresholds.minimumErrors)}`,
    labels: { tier: tier.tier },
    runbook: {
      meaning: "The service answers requests with an error of its own, counted over 5 minutes.",
      impact: tier.impact,
      steps: [
        "Which requests? The board HTTP RED shows failures by endpoint; a single one is a bug or what it depends on.",
        "Read the service's errors in the log at that time; a trace id in a line leads to the trace.",
        "Is what it depends on well: database, cache, other services, the chain's RPC? Their alerts come first.",
        "Did it begin with a deployment? Go back to the version before.",
      ],
    },
  };
}

function latencyAlert(
  of: string,
  quantile: "p95" | "p99",
  seconds: number,
  minimumRequests: number,
  tier: Pick<Alert, "priority" | "for" | "summary"> & {
    readonly tier: string;
    readonly impact: string;
    readonly why: string;
  },
): Alert {
  const measured = `${httpSeries[quantile]}${of}`;
  return {
    name: "HttpLatencyHigh",
    priority: tier.priority,
    expr: `${measured} > ${String(seconds)} and ${requests}${of} >= ${String(minimumRequests)}`,
    ...(tier.for === undefined ? {} : { for: tier.for }),
    summary: tier.summary,
    description: `The slowest ${quantile === "p95" ? "5" : "1"} % of the requests to {{ $labels.service }} take {{ $value | printf "%.2f" }} s or more, the limit is ${String(seconds)} s.`,
    graph: measured,
    panel: httpPanel(quantile),
    why: `${tier.why} ${whyOf(httpThresholds.minimumRequests)}`,
    labels: { tier: tier.tier },
    runbook: {
      meaning: "The service answers more slowly than it should, over 5 minutes.",
      impact: tier.impact,
      steps: [
        "Which requests? The board HTTP RED shows p95 by endpoint: one of them, or all?",
        "All: is the host busy, does the garbage collector pause, do threads wait for a database connection?",
        "One: open a slow trace of it, and look where the time goes; mostly one query or one call to another service.",
        "Did it begin with a deployment? Go back to the version before.",
      ],
    },
  };
}

/** Alerts on what {@link httpRecords} computes, and on refused requests. A service without requests is silent. */
export function httpAlerts(
  metrics: Pick<HttpMetrics, "job" | "service">,
  thresholds: HttpThresholds,
): Alert[] {
  const of = seriesOf(metrics.job, metrics.service);
  const { minimumErrors, minimumRequests } = thresholds;
  const perMinute = `${refused}${of} * 60`;
  const limit = String(thresholds.overloadPerMinute);
  return [
    errorAlert(of, thresholds.errorCriticalPercent, minimumErrors, {
      priority: "P1",
      for: "1m",
      tier: "critical",
      summary: "A service fails more often than it works",
      why: whyOf(httpThresholds.errorCriticalPercent),
      impact: "For most users the service is down.",
    }),
    errorAlert(of, thresholds.errorHighPercent, minimumErrors, {
      priority: "P2",
      for: "2m",
      tier: "high",
      summary: "A service fails for many of its users",
      why: whyOf(httpThresholds.errorHighPercent),
      impact: "Many users are turned away; it may be the beginning of an outage.",
    }),
    errorAlert(of, thresholds.errorPercent, minimumErrors, {
      priority: "P3",
      for: "5m",
      tier: "warning",
      summary: "A service fails more often than it may",
      why: whyOf(httpThresholds.errorPercent),
      impact: "Some users are turned away, and the month's error budget goes quickly.",
    }),
    latencyAlert(of, "p99", thresholds.p99Seconds, minimumRequests * 5, {
      priority: "P2",
      for: "2m",
      tier: "high",
      summary: "A service hangs for some of its users",
      why: whyOf(httpThresholds.p99Seconds),
      impact: "Clients give up and try again, which makes it worse.",
    }),
    latencyAlert(of, "p95", thresholds.p95Milliseconds / 1000, minimumRequests, {
      priority: "P3",
      for: "5m",
      tier: "warning",
      summary: "A service answers slowly",
      why: whyOf(httpThresholds.p95Milliseconds),
      impact: "Users notice that they wait.",
    }),
    {
      name: "RateLimiterOverload",
      priority: "P4",
      expr: `${perMinute} > ${limit}`,
      for: "1m",
      summary: "A rate limiter refuses very many requests",
      description: `{{ $labels.service }} refuses {{ $value | printf "%.0f" }} requests per minute with 429, more than ${limit}.`,
      graph: perMinute,
      panel: httpPanel("refused"),
      why: whyOf(httpThresholds.overloadPerMinute),
      runbook: {
        meaning: "The limiter does what it should, but against far more requests than usual.",
        impact: "None for others while it holds; a client of yours may be locked out.",
        steps: [
          "Who is it? Addresses or keys in the access log: one client, or many?",
          "One of your own: it retries without pause, or the limit is too low for what it does.",
          "A stranger: block it before the service, in nginx or the firewall.",
        ],
      },
    },
  ];
}

/**
 * The alert for a service that was started again.
 * @param panel where its starts are seen
 */
export function restartAlert(expr: string, panel?: PanelAddress): Alert {
  return {
    name: "ServiceRestarted",
    priority: "P4",
    expr: `${expr} > 0`,
    summary: "A service was started again",
    description:
      "{{ $labels.service }} at {{ $labels.instance }} was started again within the last 10 minutes.",
    graph: expr,
    ...(panel === undefined ? {} : { panel }),
    why: whyTenMinutes,
    runbook: {
      meaning: "The process of the service is a new one.",
      impact: "None, if it was meant. Requests of that moment may have failed.",
      steps: [
        "Was it deployed? Then this is what you see.",
        "If not, why did it end? `docker inspect <container> | grep -E 'ExitCode|OOMKilled|RestartCount'`, and its log's last lines before the start.",
      ],
    },
  };
}
