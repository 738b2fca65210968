import type { PanelAddress } from "../core/alert";
import type { Board, BoardRow } from "../core/board";
import { overviewBoard, overviewOrder } from "../core/house-boards";
import { above, type Panel } from "../core/panel";

/** Which alerts fire, whom they reach, and how often they came. */
export const alertsBoard: Board = {
  uid: "alerts",
  title: "Alerts and incidents",
  description: "What fires now, what fired before, and whether people were told.",
  folder: "Platform",
  variables: [],
  span: "24h",
};

/** The panel that shows channels which take no messages. */
export const undeliveredPanel: PanelAddress = {
  board: alertsBoard.uid,
  row: "delivery",
  panel: "undelivered",
};

const firingPanels: readonly Panel[] = [
  {
    type: "stat",
    key: "urgent",
    title: "Urgent alerts",
    description: "P1 and P2 that fire now: somebody should be at work on each of them.",
    unit: "count",
    width: 4,
    queries: [
      {
        expr: 'count(ALERTS{alertstate="firing", severity=~"critical|high"}) or vector(0)',
        legend: "urgent",
      },
    ],
    limits: above({ P2: 1 }),
  },
  {
    type: "stat",
    key: "calm",
    title: "Other alerts",
    description: "P3 and P4 that fire now: they wait for business hours.",
    unit: "count",
    width: 4,
    queries: [
      {
        expr: 'count(ALERTS{alertstate="firing", severity=~"warning|info", heartbeat=""}) or vector(0)',
        legend: "other",
      },
    ],
  },
  {
    type: "table",
    key: "firing",
    title: "Firing now",
    description: "Every alert that fires, whether it is told or held back by another one.",
    unit: "seconds",
    width: 16,
    queries: [
      {
        expr: 'time() - min by (alertname, priority, chain, service, instance) (ALERTS_FOR_STATE{heartbeat=""}) and on (alertname, priority, chain, service, instance) ALERTS{alertstate="firing", heartbeat=""}',
        legend: "{{alertname}}",
      },
    ],
    columns: {
      priority: "Priority",
      alertname: "Alert",
      chain: "Chain",
      service: "Service",
      instance: "Instance",
    },
    values: ["Since"],
  },
];

/** Rows about alerts and their delivery. */
export const alertRows: readonly BoardRow[] = [
  {
    board: alertsBoard,
    key: "now",
    title: "Now",
    order: 10,
    panels: firingPanels,
  },
  {
    board: alertsBoard,
    key: "before",
    title: "Before",
    order: 20,
    panels: [
      {
        type: "timeseries",
        key: "by-priority",
        title: "Alerts by priority",
        description: "How many fire at a time: a step that many share began with one fault.",
        unit: "count",
        width: 12,
        queries: [
          {
            expr: 'count by (priority) (ALERTS{alertstate="firing", heartbeat=""})',
            legend: "{{priority}}",
          },
        ],
        stacked: true,
        min: 0,
      },
      {
        type: "bars",
        key: "most",
        title: "Longest in the time shown",
        description:
          "Seconds for which each alert fired. One that is always at the top is either a fault or noise.",
        unit: "seconds",
        width: 12,
        queries: [
          {
            expr: 'topk(10, sum by (alertname) (sum_over_time(ALERTS{alertstate="firing", heartbeat=""}[$__range:1m])) * 60)',
            legend: "{{alertname}}",
          },
        ],
      },
    ],
  },
  {
    board: alertsBoard,
    key: "delivery",
    title: "Delivery",
    order: 30,
    panels: [
      {
        type: "stat",
        key: "undelivered",
        title: "Channels",
        description:
          "Whether the last message over each channel arrived. A channel that fails withholds the heartbeat.",
        unit: "text",
        width: 8,
        queries: [{ expr: "max by (channel) (observatory:undelivered)", legend: "{{channel}}" }],
        words: { "0": "delivers", "1": "fails" },
        limits: above({ P2: 1 }),
      },
      {
        type: "timeseries",
        key: "sent",
        title: "Messages sent",
        description:
          "Messages per second by means. None for days is normal; none while alerts fire is not.",
        unit: "perSecond",
        width: 8,
        queries: [
          {
            expr: "sum by (integration) (rate(alertmanager_notifications_total[$__rate_interval]))",
            legend: "{{integration}}",
          },
        ],
        min: 0,
      },
      {
        type: "timeseries",
        key: "failed",
        title: "Messages that failed",
        description:
          "Attempts that a chat service or a webhook refused, or that ran into a time-out. Alertmanager tries again.",
        unit: "perSecond",
        width: 8,
        queries: [
          {
            expr: "sum by (integration, reason) (rate(alertmanager_notifications_failed_total[$__rate_interval]))",
            legend: "{{integration}} {{reason}}",
          },
        ],
        min: 0,
      },
      {
        type: "timeseries",
        key: "latency",
        title: "Time that a message takes",
        description:
          "Of 95 % of the messages, by means. Minutes: the chat service or the way to the internet is slow.",
        unit: "seconds",
        width: 12,
        queries: [
          {
            expr: "histogram_quantile(0.95, sum by (integration, le) (rate(alertmanager_notification_latency_seconds_bucket[$__rate_interval])))",
            legend: "{{integration}}",
          },
        ],
        min: 0,
      },
      {
        type: "timeseries",
        key: "held",
        title: "Alerts by what becomes of them",
        description:
          "Told, or held back by another alert or by a silence. Many held back: one fault explains them, or somebody forgot a silence.",
        unit: "count",
        width: 12,
        queries: [{ expr: "sum by (state) (alertmanager_alerts)", legend: "{{state}}" }],
        stacked: true,
        min: 0,
      },
    ],
  },
  {
    board: overviewBoard,
    key: "alerts",
    title: "Does anything need somebody?",
    order: overviewOrder.alerts,
    panels: firingPanels,
  },
];
