import type { PanelAddress } from "../../core/alert";
import type { Board, BoardRow } from "../../core/board";
import { above, below, type Query } from "../../core/panel";
import type { AccessLogThresholds } from "../../core/thresholds";
import { httpBoard } from "../http-board";

/** Connections and requests of nginx servers. */
export const nginxBoard: Board = {
  uid: "nginx",
  title: "Nginx",
  description:
    "Connections and requests of an nginx server: whether it can be reached, and whether it has room for everybody.",
  folder: "Applications",
  variables: [
    {
      name: "service",
      title: "Service",
      from: 'observatory:expected_target{job="nginx-exporter"}',
    },
  ],
};

/** The panel that shows an alert on an nginx server. */
export function nginxPanel(panel: "up" | "dropped"): PanelAddress {
  return { board: nginxBoard.uid, row: panel === "up" ? "now" : "connections", panel };
}

/** The panel that shows an alert on an nginx server's access log. */
export const accessLogPanel: PanelAddress = {
  board: httpBoard.uid,
  row: "access-log",
  panel: "errors",
};

const of = '{job="nginx-exporter", service="$service"}';
const dropped = `increase((nginx_connections_accepted${of} - nginx_connections_handled${of})[5m:15s])`;
// What nginx drops is whole connections, and one is already an alert.
const anyDropped = above({ P2: 1 });

function one(expr: string): readonly Query[] {
  return [{ expr, legend: "{{instance}}" }];
}

function several(series: Readonly<Record<string, string>>): readonly Query[] {
  return Object.entries(series).map(([legend, expr]) => ({ expr, legend }));
}

const rows: readonly BoardRow[] = [
  {
    board: nginxBoard,
    key: "now",
    title: "Now",
    order: 10,
    panels: [
      {
        type: "stat",
        key: "up",
        title: "Status page",
        description: "Whether nginx shows its status page to the exporter.",
        unit: "text",
        width: 6,
        height: 5,
        queries: one(`nginx_up${of}`),
        words: { "0": "down", "1": "up" },
        limits: below({ P1: 1 }),
      },
      {
        type: "stat",
        key: "requests",
        title: "Requests",
        description:
          "Requests a second, the exporter's own question among them. None but that means that nobody gets through.",
        unit: "requestsPerSecond",
        width: 6,
        height: 5,
        queries: one(`rate(nginx_http_requests_total${of}[$__rate_interval])`),
      },
      {
        type: "stat",
        key: "connections",
        title: "Open connections",
        description: "Of all workers, those that wait for a next request among them.",
        unit: "count",
        width: 6,
        height: 5,
        queries: one(`nginx_connections_active${of}`),
      },
      {
        type: "stat",
        key: "dropped",
        title: "Dropped in 5 minutes",
        description:
          "Connections that nginx accepted and could not handle: each is a user cut off.",
        unit: "count",
        width: 6,
        height: 5,
        queries: one(dropped),
        limits: anyDropped,
      },
    ],
  },
  {
    board: nginxBoard,
    key: "connections",
    title: "Requests and connections",
    order: 20,
    panels: [
      {
        type: "timeseries",
        key: "requests",
        title: "Requests over time",
        description:
          "A sudden fall: is what sends users here, a name or a load balancer, still there?",
        unit: "requestsPerSecond",
        width: 12,
        queries: one(`rate(nginx_http_requests_total${of}[$__rate_interval])`),
        min: 0,
      },
      {
        type: "timeseries",
        key: "states",
        title: "Connections by what they do",
        description:
          "Many that write are answers that take long: what is behind nginx is slow. Many that wait are only kept open.",
        unit: "count",
        width: 12,
        queries: several({
          "read a request": `nginx_connections_reading${of}`,
          "write an answer": `nginx_connections_writing${of}`,
          "wait for a request": `nginx_connections_waiting${of}`,
        }),
        min: 0,
        stacked: true,
      },
      {
        type: "timeseries",
        key: "accepted",
        title: "New connections",
        description:
          "Accepted and handled a second. Handled below accepted, a worker has no connection left.",
        unit: "perSecond",
        width: 12,
        queries: several({
          accepted: `rate(nginx_connections_accepted${of}[$__rate_interval])`,
          handled: `rate(nginx_connections_handled${of}[$__rate_interval])`,
        }),
        min: 0,
      },
      {
        type: "timeseries",
        key: "dropped",
        title: "Dropped connections",
        description: "In 5 minutes. nginx drops none while it has room.",
        unit: "count",
        width: 12,
        queries: one(dropped),
        limits: anyDropped,
        min: 0,
      },
    ],
  },
  {
    board: nginxBoard,
    key: "lines",
    title: "Lines",
    order: 30,
    panels: [
      {
        type: "lines",
        key: "failed",
        title: "Failed requests and errors",
        description:
          "Lines of the access log with a status of 500 or more, and of the error log from error on. 502 and 504: what is behind nginx does not answer.",
        width: 24,
        height: 10,
        queries: [
          {
            expr: '{service="$service"} | level=~"error|critical"',
            legend: "",
            store: "logs",
          },
        ],
      },
    ],
  },
];

function accessLogRow(
  service: string,
  { errorCriticalPercent, errorHighPercent, errorPercent }: AccessLogThresholds,
): BoardRow {
  const count = (by: string, matched: string) =>
    `sum by (${by}) (count_over_time({service="${service}"} | ${matched} [5m]))`;
  return {
    board: httpBoard,
    key: `${accessLogPanel.row}-${service}`,
    title: `nginx, by its access log · ${service}`,
    order: 50,
    panels: [
      {
        type: "timeseries",
        key: "errors",
        title: "Failed requests of nginx",
        description:
          "Share of the lines in the access log with a status of 500 or more. Nothing is drawn while nothing fails.",
        unit: "percent",
        queries: [
          {
            expr: `${count("service", 'status=~"5.."')} / ${count("service", 'status!=""')} * 100`,
            legend: "{{service}}",
            store: "logs",
          },
        ],
        limits: above({ P1: errorCriticalPercent, P2: errorHighPercent, P3: errorPercent }),
        min: 0,
      },
      {
        type: "timeseries",
        key: "status",
        title: "Requests of nginx by status",
        description:
          "Requests in 5 minutes. 502 and 504: what is behind nginx is gone or late; 503: it refuses; 499: the user did not wait.",
        unit: "count",
        queries: [{ expr: count("status", 'status!=""'), legend: "{{status}}", store: "logs" }],
        min: 0,
      },
      {
        type: "timeseries",
        key: "paths",
        title: "Where nginx fails most",
        description: "Failed requests in 5 minutes of the ten worst paths.",
        unit: "count",
        queries: [
          {
            expr: `topk(10, ${count("path", 'status=~"5.."')})`,
            legend: "{{path}}",
            store: "logs",
          },
        ],
        min: 0,
      },
    ],
  };
}

/** What an nginx server adds to boards. */
export function nginxRows(service: string, thresholds: AccessLogThresholds): readonly BoardRow[] {
  return [...rows, accessLogRow(service, thresholds)];
}
