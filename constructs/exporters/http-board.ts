import type { PanelAddress } from "../core/alert";
import type { Board, BoardRow } from "../core/board";
import { above, type Query } from "../core/panel";
import type { HttpThresholds } from "../core/thresholds";

/** Recorded of every service alike, with the labels `job` and `service`. */
export const httpSeries = {
  requests: "service:http_requests:increase5m",
  errors: "service:http_errors:increase5m",
  refused: "service:http_refused:rate2m",
  p50: "service:http_request_seconds:p50_5m",
  p95: "service:http_request_seconds:p95_5m",
  p99: "service:http_request_seconds:p99_5m",
} as const;

/** Likewise with the label `route`, the pattern of an endpoint. */
export const routeSeries = {
  requests: "service_route:http_requests:rate5m",
  errors: "service_route:http_errors:rate5m",
  p50: "service_route:http_request_seconds:p50_5m",
  p95: "service_route:http_request_seconds:p95_5m",
  p99: "service_route:http_request_seconds:p99_5m",
} as const;

/** Requests, errors and durations of every service, whatever it is written in. */
export const httpBoard: Board = {
  uid: "http-red",
  title: "HTTP RED",
  description:
    "Requests, errors and durations by service and endpoint: which of them users suffer from, and since when.",
  folder: "Applications",
  variables: [
    {
      name: "service",
      title: "Service",
      from: 'observatory:expected_target{job=~"spring-boot|axum|nginx-exporter"}',
      several: true,
    },
    {
      name: "route",
      title: "Endpoint",
      from: `${routeSeries.requests}{service=~"$service"}`,
      several: true,
    },
  ],
};

/** The panel over time that shows an alert on requests. */
export function httpPanel(panel: "errors" | "refused" | "p95" | "p99"): PanelAddress {
  return { board: httpBoard.uid, row: "services", panel };
}

const chosen = '{service=~"$service"}';
const perSecond = `${httpSeries.requests}${chosen} / 300`;
// A share of less than one request is 0, not a division by nothing.
const errorPercent = `${httpSeries.errors}${chosen} / clamp_min(${httpSeries.requests}${chosen}, 1) * 100`;

function byService(expr: string): readonly Query[] {
  return [{ expr, legend: "{{service}}" }];
}

function limitsOf(thresholds: HttpThresholds) {
  return {
    errors: above({
      P1: thresholds.errorCriticalPercent,
      P2: thresholds.errorHighPercent,
      P3: thresholds.errorPercent,
    }),
    p95: above({ P3: thresholds.p95Milliseconds / 1000 }),
    p99: above({ P2: thresholds.p99Seconds }),
    refused: above({ P4: thresholds.overloadPerMinute }),
  };
}

function nowRow(service: string, thresholds: HttpThresholds): BoardRow {
  const { errors, p95, p99 } = limitsOf(thresholds);
  return {
    board: httpBoard,
    key: "now",
    title: "Now",
    order: 10,
    about: { variable: "service", value: service },
    panels: [
      {
        type: "stat",
        key: "requests",
        title: "Requests",
        description:
          "Requests a second over 5 minutes, without health checks and scrapes; of nginx all of them. None by day means that nobody gets through.",
        unit: "requestsPerSecond",
        width: 6,
        height: 5,
        queries: byService(perSecond),
      },
      {
        type: "stat",
        key: "errors",
        title: "Errors",
        description: "Share of the requests answered with 5xx over 5 minutes.",
        unit: "percent",
        width: 6,
        height: 5,
        queries: byService(errorPercent),
        limits: errors,
      },
      {
        type: "stat",
        key: "p95",
        title: "95 % are faster than",
        description: "Of 5 minutes. Without requests there is no number.",
        unit: "seconds",
        width: 6,
        height: 5,
        queries: byService(`${httpSeries.p95}${chosen}`),
        limits: p95,
      },
      {
        type: "stat",
        key: "p99",
        title: "99 % are faster than",
        description: "Of 5 minutes: what the unluckiest users wait for.",
        unit: "seconds",
        width: 6,
        height: 5,
        queries: byService(`${httpSeries.p99}${chosen}`),
        limits: p99,
      },
    ],
  };
}

function servicesRow(service: string, thresholds: HttpThresholds): BoardRow {
  const { errors, p95, p99, refused } = limitsOf(thresholds);
  return {
    board: httpBoard,
    key: "services",
    title: "By service",
    order: 20,
    about: { variable: "service", value: service },
    panels: [
      {
        type: "timeseries",
        key: "requests",
        title: "Requests by service",
        description:
          "A sudden fall means that users, or what is in front of the service, no longer reach it; a rise explains slow answers.",
        unit: "requestsPerSecond",
        queries: byService(perSecond),
        min: 0,
      },
      {
        type: "timeseries",
        key: "errors",
        title: "Errors by service",
        description:
          "Share of the requests answered with 5xx. Look at the deployments that are marked, then at the endpoints below.",
        unit: "percent",
        queries: byService(errorPercent),
        limits: errors,
        min: 0,
      },
      {
        type: "timeseries",
        key: "refused",
        title: "Refused by a limiter (429)",
        description:
          "Requests a minute that were answered with 429: one client without pause, or a limit that is too low.",
        unit: "count",
        queries: byService(`${httpSeries.refused}${chosen} * 60`),
        limits: refused,
        min: 0,
      },
      {
        type: "timeseries",
        key: "p50",
        title: "Half are faster than (p50)",
        description:
          "What most users feel. When p99 rises and this does not, a few endpoints or users are concerned.",
        unit: "seconds",
        queries: byService(`${httpSeries.p50}${chosen}`),
        min: 0,
      },
      {
        type: "timeseries",
        key: "p95",
        title: "95 % are faster than (p95)",
        description: "Above the line users notice that they wait.",
        unit: "seconds",
        queries: byService(`${httpSeries.p95}${chosen}`),
        limits: p95,
        min: 0,
      },
      {
        type: "timeseries",
        key: "p99",
        title: "99 % are faster than (p99)",
        description: "Above the line clients give up and try again, which makes it worse.",
        unit: "seconds",
        queries: byService(`${httpSeries.p99}${chosen}`),
        limits: p99,
        min: 0,
      },
    ],
  };
}

const chosenRoutes = '{service=~"$service", route=~"$route"}';

function busiest(series: string): readonly Query[] {
  return [{ expr: `topk(10, ${series}${chosenRoutes})`, legend: "{{service}} {{route}}" }];
}

const routesRow: BoardRow = {
  board: httpBoard,
  key: "routes",
  title: "By endpoint",
  order: 30,
  panels: [
    {
      type: "timeseries",
      key: "requests",
      title: "Requests by endpoint",
      description: "The ten endpoints that are asked most.",
      unit: "requestsPerSecond",
      queries: busiest(routeSeries.requests),
      min: 0,
    },
    {
      type: "timeseries",
      key: "errors",
      title: "Errors by endpoint",
      description:
        "The ten endpoints with the most answers of 5xx a second. A single one is a bug, or what it alone depends on; all of them are the service, its database or its host.",
      unit: "requestsPerSecond",
      queries: busiest(routeSeries.errors),
      min: 0,
    },
    {
      type: "timeseries",
      key: "p95",
      title: "Slowest endpoints (p95)",
      description: "The ten endpoints whose slowest 5 % take longest.",
      unit: "seconds",
      queries: busiest(routeSeries.p95),
      min: 0,
    },
    {
      type: "table",
      key: "durations",
      title: "Durations by endpoint",
      description:
        "How long half, 95 and 99 % of each endpoint's requests take at most. A wide gap between p50 and p99 is a rare slow path.",
      unit: "seconds",
      width: 24,
      queries: [
        { expr: `${routeSeries.p50}${chosenRoutes} > 0`, legend: "p50" },
        { expr: `${routeSeries.p95}${chosenRoutes} > 0`, legend: "p95" },
        { expr: `${routeSeries.p99}${chosenRoutes} > 0`, legend: "p99" },
      ],
      columns: { service: "Service", route: "Endpoint" },
      values: ["p50", "p95", "p99"],
    },
  ],
};

/** Rows of a service of which `httpRecords` and `httpRouteRules` record the requests. */
export function httpRows(service: string, thresholds: HttpThresholds): readonly BoardRow[] {
  return [nowRow(service, thresholds), servicesRow(service, thresholds), routesRow];
}

/**
 * A row whose dots lead to traces, of services whose histogram carries them.
 * @param bucket the histogram's buckets with their matchers, which name `$service`
 */
export function tracesRow(bucket: string): BoardRow {
  return {
    board: httpBoard,
    key: "traces",
    title: "Traces of slow requests",
    order: 40,
    panels: [
      {
        type: "timeseries",
        key: "exemplars",
        title: "Durations with traces",
        description:
          "p95 and p99; each dot is one request with its duration. Choose one high up: it opens the trace, which shows where the time went.",
        unit: "seconds",
        width: 24,
        queries: (["0.95", "0.99"] as const).map((quantile, i) => ({
          expr: `histogram_quantile(${quantile}, sum by (service, le) (rate(${bucket}[$__rate_interval])))`,
          legend: `{{service}} p${quantile.slice(2)}`,
          // The same dots for both.
          exemplars: i === 0,
        })),
        min: 0,
      },
    ],
  };
}
