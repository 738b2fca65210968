import type { PanelAddress } from "../core/alert";
import type { Board, BoardRow } from "../core/board";
import { platformBoard, platformOrder } from "../core/house-boards";
import { above } from "../core/panel";
import type { Logs } from "./schema";

/** Lines of every service. */
export const logsBoard: Board = {
  uid: "logs",
  title: "Logs",
  description:
    "What services say: how much, how bad, and the lines themselves. Choose a service to read it alone.",
  folder: "Logs",
  variables: [
    {
      name: "service",
      title: "Service",
      from: '{service=~".+"}',
      store: "logs",
      several: true,
    },
  ],
  span: "1h",
};

/** A panel of {@link logsBoard}. */
export function onLogsBoard(row: string, panel: string): PanelAddress {
  return { board: logsBoard.uid, row, panel };
}

const own = '{job="loki"}';
const interval = "$__rate_interval";

// Loki wants one matcher that does not match an empty label, which all services do.
const chosen = '{service=~".+", service=~"$service"}';
const bad = '| detected_level=~"error|critical|fatal"';

const linesIn = `sum(rate(loki_distributor_lines_received_total${own}[${interval}]))`;
const refused = `loki_discarded_samples_total${own}`;

const mebibyte = 1024 ** 2;

function nowRow(errorBurst: number): BoardRow {
  return {
    board: logsBoard,
    key: "now",
    title: "Now",
    order: 10,
    panels: [
      {
        type: "stat",
        key: "errors",
        title: "Errors in 5 minutes",
        description:
          "Lines of level error and worse, of the service that has most of them. Red: read them below.",
        unit: "count",
        width: 6,
        height: 5,
        queries: [
          {
            expr: `max(sum by (service, chain) (count_over_time(${chosen} ${bad} [5m])))`,
            legend: "errors",
            store: "logs",
          },
        ],
        limits: above({ P3: errorBurst }),
      },
      {
        type: "stat",
        key: "services",
        title: "Services that write",
        description: "Services with a line in the last 5 minutes. Fewer than usual: one is silent.",
        unit: "count",
        width: 6,
        height: 5,
        queries: [
          {
            expr: `count(sum by (service) (count_over_time(${chosen} [5m])))`,
            legend: "services",
            store: "logs",
          },
        ],
      },
      {
        type: "stat",
        key: "lines",
        title: "Lines taken in",
        description: "Of all services. A jump is a service that floods; 0 is a fault.",
        unit: "linesPerSecond",
        width: 6,
        height: 5,
        queries: [{ expr: linesIn, legend: "lines" }],
      },
      {
        type: "stat",
        key: "refused",
        title: "Lines refused in 5 minutes",
        description: "Of all services. What was refused may be lost; the reason stands below.",
        unit: "count",
        width: 6,
        height: 5,
        queries: [{ expr: `sum(increase(${refused}[5m])) or vector(0)`, legend: "refused" }],
        limits: above({ P2: 1 }),
      },
    ],
  };
}

function errorsRow(errorBurst: number): BoardRow {
  return {
    board: logsBoard,
    key: "errors",
    title: "Errors",
    order: 20,
    panels: [
      {
        type: "timeseries",
        key: "by-service",
        title: "Errors by service",
        description:
          "Lines of level error and worse in 5 minutes. Where does the step begin, and what was changed just before?",
        unit: "count",
        width: 24,
        queries: [
          {
            expr: `sum by (service, chain) (count_over_time(${chosen} ${bad} [5m]))`,
            legend: "{{service}} {{chain}}",
            store: "logs",
          },
        ],
        limits: above({ P3: errorBurst }),
        min: 0,
      },
      {
        type: "lines",
        key: "lines",
        title: "Error lines",
        description: "The newest first. A trace id in a line leads to its trace.",
        width: 24,
        height: 12,
        queries: [{ expr: `${chosen} ${bad}`, legend: "", store: "logs" }],
      },
    ],
  };
}

const volumeRow: BoardRow = {
  board: logsBoard,
  key: "volume",
  title: "Volume",
  order: 30,
  panels: [
    {
      type: "timeseries",
      key: "by-level",
      title: "Lines by level",
      description: "How much is said, and how bad it is. Loki finds the level in the line.",
      unit: "linesPerSecond",
      width: 12,
      queries: [
        {
          expr: `sum by (detected_level) (rate(${chosen} [$__interval]))`,
          legend: "{{detected_level}}",
          store: "logs",
        },
      ],
      stacked: true,
      min: 0,
    },
    {
      type: "timeseries",
      key: "by-service",
      title: "Lines by service",
      description: "Who says most. A service that floods costs disk and hides what others say.",
      unit: "linesPerSecond",
      width: 12,
      queries: [
        {
          expr: `sum by (service) (rate(${chosen} [$__interval]))`,
          legend: "{{service}}",
          store: "logs",
        },
      ],
      stacked: true,
      min: 0,
    },
  ],
};

const linesRow: BoardRow = {
  board: logsBoard,
  key: "lines",
  title: "Lines",
  order: 40,
  panels: [
    {
      type: "lines",
      key: "all",
      title: "All lines",
      description: "Of the chosen services, the newest first.",
      width: 24,
      height: 14,
      queries: [{ expr: chosen, legend: "", store: "logs" }],
    },
  ],
};

const refusedRow: BoardRow = {
  board: logsBoard,
  key: "refused",
  title: "Loki itself",
  order: 50,
  panels: [
    {
      type: "timeseries",
      key: "refused",
      title: "Lines that are refused",
      description:
        "By reason. rate_limited: somebody floods; stream_limit: a label has many values; greater_than_max_sample_age: an agent sends old lines.",
      unit: "linesPerSecond",
      queries: [{ expr: `sum by (reason) (rate(${refused}[${interval}]))`, legend: "{{reason}}" }],
      min: 0,
    },
    {
      type: "timeseries",
      key: "requests",
      title: "Requests that fail",
      description:
        "Share of requests that Loki answers with an error of its own. Pushes: lines wait at the agents; queries: nothing is found.",
      unit: "ratio",
      queries: [
        {
          expr: `sum by (route) (rate(loki_request_duration_seconds_count{job="loki", status_code=~"5.."}[${interval}])) / sum by (route) (rate(loki_request_duration_seconds_count${own}[${interval}])) or 0 * sum by (route) (rate(loki_request_duration_seconds_count{job="loki", route="loki_api_v1_push"}[${interval}]))`,
          legend: "{{route}}",
        },
      ],
      min: 0,
    },
    {
      type: "timeseries",
      key: "rule-failures",
      title: "Alerts that cannot be evaluated",
      description:
        "Evaluations of alerts on lines that failed. Such an alert does not fire, whatever the lines say.",
      unit: "perSecond",
      queries: [
        {
          expr: `sum by (group) (label_replace(rate(loki_prometheus_rule_evaluation_failures_total${own}[${interval}]), "group", "$1", "rule_group", ".*;(.*)"))`,
          legend: "{{group}}",
        },
      ],
      min: 0,
    },
  ],
};

function platformRow({ ingestionMBPerSecond, streams }: Logs["limits"]): BoardRow {
  return {
    board: platformBoard,
    key: "lines",
    title: "Lines",
    order: platformOrder.lines,
    panels: [
      {
        type: "timeseries",
        key: "lines",
        title: "Lines taken in",
        description: "Lines per second of all services, and those that were refused.",
        unit: "linesPerSecond",
        queries: [
          { expr: linesIn, legend: "taken in" },
          { expr: `sum(rate(${refused}[${interval}])) or vector(0)`, legend: "refused" },
        ],
        min: 0,
      },
      {
        type: "timeseries",
        key: "bytes",
        title: "Bytes of lines",
        description:
          "Above the limit of `logs.limits` for longer than a moment, lines are refused.",
        unit: "bytesPerSecond",
        queries: [
          {
            expr: `sum(rate(loki_distributor_bytes_received_total${own}[${interval}]))`,
            legend: "taken in",
          },
        ],
        limits: above({ P2: ingestionMBPerSecond * mebibyte }),
        min: 0,
      },
      {
        type: "timeseries",
        key: "streams",
        title: "Streams",
        description:
          "Sets of label values at a time. It nears the limit: a label has many values and belongs into the structured metadata.",
        unit: "count",
        queries: [{ expr: `sum(loki_ingester_memory_streams${own})`, legend: "streams" }],
        limits: above({ P2: streams }),
        min: 0,
      },
    ],
  };
}

/** The board of lines, and what Loki says of itself on the platform's. */
export function logRows({ errorBurst, limits }: Logs): readonly BoardRow[] {
  return [
    nowRow(errorBurst),
    errorsRow(errorBurst),
    volumeRow,
    linesRow,
    refusedRow,
    platformRow(limits),
  ];
}
