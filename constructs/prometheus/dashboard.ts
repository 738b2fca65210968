import type { PanelAddress } from "../core/alert";
import type { BoardRow } from "../core/board";
import {
  overviewBoard,
  overviewOrder,
  platformBoard,
  platformDown,
  platformOrder,
} from "../core/house-boards";
import { memoryBudgetSeries, programMemory } from "../core/memory-rules";
import { above, below, type Panel, type TimeSeriesPanel } from "../core/panel";

/** The panel of {@link platformBoard} that shows rules which cannot be evaluated. */
export const ruleFailuresPanel: PanelAddress = {
  board: platformBoard.uid,
  row: "rules",
  panel: "failures",
};

/** The panel that shows programs which were started again. */
export const restartsPanel: PanelAddress = {
  board: platformBoard.uid,
  row: "memory",
  panel: "restarts",
};

/** The panel that shows which part of the alerting path does not work. */
export const legsPanel: PanelAddress = { board: platformBoard.uid, row: "now", panel: "legs" };

const own = '{job="prometheus"}';
const interval = "$__rate_interval";

/** What is expected and does not answer; of a lost scrape file too. */
const silent = "(up == 0 or (observatory:expected_target unless on (job, instance) up))";

const silentNow: Omit<Extract<Panel, { type: "stat" }>, "key" | "width"> = {
  type: "stat",
  title: "Do not answer",
  description:
    "Targets that are expected and give no answer. Each has an alert after a minute; nothing about it is measured.",
  unit: "count",
  queries: [{ expr: `count(${silent}) or vector(0)`, legend: "silent" }],
  limits: above({ P1: 1 }),
};

const silentOverTime: Omit<TimeSeriesPanel, "key"> = {
  type: "timeseries",
  title: "What does not answer",
  description:
    "Targets without an answer, by job; empty is good. Several at once have one cause: a host, a network, a deployment.",
  unit: "count",
  queries: [
    { expr: `count(${silent}) or vector(0)`, legend: "all" },
    { expr: `count by (job) (${silent})`, legend: "{{job}}" },
  ],
  min: 0,
};

const legs = "observatory:heartbeat_leg";

const upRow: BoardRow = {
  board: overviewBoard,
  key: "up",
  title: "Is everything up?",
  order: overviewOrder.up,
  panels: [
    { ...silentNow, key: "silent", width: 4 },
    {
      type: "stat",
      key: "heartbeat",
      title: "Heartbeat",
      description:
        "Sent while every part of the alerting path is known to work. Withheld: alerts may not reach you; the board Platform names the part.",
      unit: "text",
      width: 4,
      queries: [{ expr: `min(${legs})`, legend: "heartbeat" }],
      words: { "0": "withheld", "1": "sent" },
      limits: below({ P2: 1 }),
    },
    { ...silentOverTime, key: "over-time", width: 8 },
    {
      type: "table",
      key: "which",
      title: "Not answering now",
      description:
        "What gives no answer, and the share of the last hour in which it did: near 100 it has just stopped, at 0 it is gone for long.",
      unit: "percent",
      queries: [
        {
          expr: `(avg_over_time(up[1h]) * 100 or 0 * observatory:expected_target) and on (job, instance) ${silent}`,
          legend: "{{instance}}",
        },
      ],
      columns: { job: "Job", chain: "Chain", service: "Service", instance: "Instance" },
      values: ["Answered"],
    },
  ],
};

const samples = `sum(rate(prometheus_tsdb_head_samples_appended_total${own}[${interval}]))`;
const series = `sum(prometheus_tsdb_head_series${own})`;
/** A group that needs longer than its interval is evaluated too seldom. */
const groupLoad = `prometheus_rule_group_last_duration_seconds${own} / prometheus_rule_group_interval_seconds${own}`;

const nowRow: BoardRow = {
  board: platformBoard,
  key: "now",
  title: "Now",
  order: platformOrder.now,
  panels: [
    { ...silentNow, key: "silent", width: 4 },
    {
      type: "stat",
      key: "series",
      title: "Series",
      description:
        "Series in Prometheus' memory. Its memory was measured with 20 000; a jump is a label with many values.",
      unit: "count",
      width: 4,
      queries: [{ expr: series, legend: "series" }],
    },
    {
      type: "stat",
      key: "samples",
      title: "Samples taken in",
      description: "Samples per second, scraped and pushed. Less than usual: something is silent.",
      unit: "perSecond",
      width: 4,
      queries: [{ expr: samples, legend: "samples" }],
    },
    {
      type: "stat",
      key: "slowest-group",
      title: "Slowest rules",
      description:
        "The share of its interval that the slowest group of rules needs. Above 1 it is evaluated too seldom, and alerts come late.",
      unit: "ratio",
      width: 4,
      queries: [{ expr: `max(${groupLoad})`, legend: "share" }],
      limits: above({ P2: 1 }),
    },
    {
      type: "stat",
      key: "legs",
      title: "Parts of the alerting path",
      description:
        "Each must be known to work, else the heartbeat is withheld and the receiver outside raises an alarm.",
      unit: "text",
      width: 8,
      queries: [{ expr: legs, legend: "{{leg}}" }],
      words: { "0": "not known to work", "1": "works" },
      limits: below({ P2: 1 }),
    },
    { ...silentOverTime, key: platformDown.panel, width: 12 },
    {
      type: "timeseries",
      key: "slow-scrapes",
      title: "Slowest answers to scrapes",
      description:
        "A program that answers slowly is busy, or its page is large. At 10 seconds the scrape is given up.",
      unit: "seconds",
      width: 12,
      queries: [{ expr: "topk(10, scrape_duration_seconds)", legend: "{{job}} {{instance}}" }],
      min: 0,
    },
  ],
};

/** A figure of a container's budget, by the labels of its own series. */
const budget = (figure: "limit" | "planned") => `${memoryBudgetSeries}{figure="${figure}"}`;
const shareOf = (figure: "limit" | "planned") =>
  `${programMemory} / on (job, instance) group_right () ${budget(figure)}`;

const memoryRow: BoardRow = {
  board: platformBoard,
  key: "memory",
  title: "Memory of the containers",
  order: platformOrder.memory,
  panels: [
    {
      type: "timeseries",
      key: "share",
      title: "Memory of its limit",
      description:
        "What the program of each container holds, of the memory at which the kernel stops it. Pages of its own program file count, and go first. Near 1 for long: raise the limit, or find the leak.",
      unit: "ratio",
      width: 12,
      queries: [{ expr: shareOf("limit"), legend: "{{container}} {{instance}}" }],
      limits: above({ P3: 1 }),
      min: 0,
    },
    {
      type: "table",
      key: "budget",
      title: "Memory against the budget",
      description:
        "What was planned is the measured working set; the sum of what is planned fits the machine. More than planned in many containers: measure again, or take a larger machine.",
      unit: "bytes",
      width: 12,
      queries: [
        {
          expr: `${programMemory} * on (job, instance) group_right () (${budget("limit")} > bool 0)`,
          legend: "held",
        },
        { expr: budget("planned"), legend: "planned" },
        { expr: budget("limit"), legend: "limit" },
      ],
      columns: { container: "Container", instance: "Instance" },
      values: ["Held", "Planned", "Limit"],
    },
    {
      type: "timeseries",
      key: "restarts",
      title: "Programs started again",
      description:
        "Starts within 10 minutes, of everything that tells its start. A deployment shows here; so does a program that the kernel kills again and again.",
      unit: "count",
      width: 24,
      height: 6,
      queries: [
        { expr: "sum(changes(process_start_time_seconds[10m]))", legend: "all" },
        {
          expr: "sum by (job, instance) (changes(process_start_time_seconds[10m])) > 0",
          legend: "{{job}} {{instance}}",
        },
      ],
      min: 0,
    },
  ],
};

const metricsRow: BoardRow = {
  board: platformBoard,
  key: "metrics",
  title: "Metrics",
  order: platformOrder.metrics,
  panels: [
    {
      type: "timeseries",
      key: "samples",
      title: "Samples taken in",
      description: "Samples per second, scraped and pushed.",
      unit: "perSecond",
      queries: [{ expr: samples, legend: "samples" }],
      min: 0,
    },
    {
      type: "timeseries",
      key: "series",
      title: "Series in memory",
      description:
        "Series that grew or ended lately. It grows without end: some label has ever new values.",
      unit: "count",
      queries: [
        { expr: series, legend: "series" },
        { expr: "sum(scrape_series_added)", legend: "new in a scrape" },
      ],
      min: 0,
    },
    {
      type: "timeseries",
      key: "disk",
      title: "Disk that series take",
      description: "Blocks and log. At the limit the oldest block goes, whatever its age.",
      unit: "bytes",
      queries: [
        {
          expr: `prometheus_tsdb_storage_blocks_bytes${own} + prometheus_tsdb_wal_storage_size_bytes${own}`,
          legend: "taken",
        },
        { expr: `prometheus_tsdb_retention_limit_bytes${own}`, legend: "limit", limit: true },
      ],
      min: 0,
    },
  ],
};

const rulesRow: BoardRow = {
  board: platformBoard,
  key: "rules",
  title: "Rules",
  order: platformOrder.rules,
  panels: [
    {
      type: "timeseries",
      key: "load",
      title: "Groups of rules and their interval",
      description:
        "The share of its interval that a group needs, of the ten slowest. Above 1 it is evaluated too seldom.",
      unit: "ratio",
      queries: [
        {
          expr: `topk(10, label_replace(${groupLoad}, "group", "$1", "rule_group", ".*;(.*)"))`,
          legend: "{{group}}",
        },
      ],
      limits: above({ P2: 1 }),
      min: 0,
    },
    {
      type: "timeseries",
      key: "failures",
      title: "Rules that cannot be evaluated",
      description:
        "Evaluations that failed, by group. None is normal; the alerts of such a group see nothing.",
      unit: "perSecond",
      queries: [
        {
          expr: `sum by (group) (label_replace(rate(prometheus_rule_evaluation_failures_total${own}[${interval}]), "group", "$1", "rule_group", ".*;(.*)"))`,
          legend: "{{group}}",
        },
      ],
      min: 0,
    },
    {
      type: "timeseries",
      key: "refused",
      title: "Samples that are not kept",
      description:
        "Samples out of order, too old, or twice at one time: two senders of one series, or a wrong clock.",
      unit: "perSecond",
      queries: [
        {
          expr: `sum(rate(prometheus_tsdb_out_of_order_samples_total${own}[${interval}])) + sum(rate(prometheus_target_scrapes_sample_out_of_order_total${own}[${interval}]))`,
          legend: "out of order",
        },
        {
          expr: `sum(rate(prometheus_tsdb_too_old_samples_total${own}[${interval}])) + sum(rate(prometheus_target_scrapes_sample_out_of_bounds_total${own}[${interval}]))`,
          legend: "too old or too new",
        },
        {
          expr: `sum(rate(prometheus_target_scrapes_sample_duplicate_timestamp_total${own}[${interval}]))`,
          legend: "twice",
        },
      ],
      min: 0,
    },
  ],
};

/** Whether everything is up, and Prometheus about itself and about the memory of its neighbours. */
export const prometheusRows: readonly BoardRow[] = [upRow, nowRow, memoryRow, metricsRow, rulesRow];
