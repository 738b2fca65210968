import type { PanelAddress } from "../../core/alert";
import type { Board, BoardRow } from "../../core/board";
import { above, below, type Query } from "../../core/panel";

/** Memory, commands and clients of Redis servers. */
export const redisBoard: Board = {
  uid: "redis",
  title: "Redis",
  description:
    "Reachability, memory, commands and clients of Redis servers: whether they answer, and how long their memory lasts.",
  folder: "Applications",
  variables: [
    {
      name: "service",
      title: "Service",
      from: 'observatory:expected_target{job="redis-exporter"}',
      several: true,
    },
  ],
};

/** The panel that shows an alert on a Redis server. */
export function redisPanel(panel: "up" | "used"): PanelAddress {
  return { board: redisBoard.uid, row: panel === "up" ? "now" : "memory", panel };
}

const of = '{job="redis-exporter", service=~"$service"}';
// 0 where no maxmemory is set.
const most = `(redis_memory_max_bytes${of} > 0)`;
const usedPercent = `redis_memory_used_bytes${of} / ${most} * 100`;
const commands = `rate(redis_commands_processed_total${of}[$__rate_interval])`;
const hits = `rate(redis_keyspace_hits_total${of}[$__rate_interval])`;
const misses = `rate(redis_keyspace_misses_total${of}[$__rate_interval])`;
// While nobody reads, nothing is missed.
const hitRatio = `1 - ${misses} / clamp_min(${hits} + ${misses}, 0.001)`;

function one(expr: string, legend = "{{service}}"): readonly Query[] {
  return [{ expr, legend }];
}

function nowRow(service: string, highMemoryPercent: number): BoardRow {
  return {
    board: redisBoard,
    key: "now",
    title: "Now",
    order: 10,
    about: { variable: "service", value: service },
    panels: [
      {
        type: "stat",
        key: "up",
        title: "Answers",
        description: "Whether the exporter can log in and is answered.",
        unit: "text",
        width: 4,
        height: 5,
        queries: one(`redis_up${of}`),
        words: { "0": "down", "1": "up" },
        limits: below({ P1: 1 }),
      },
      {
        type: "stat",
        key: "memory",
        title: "Memory",
        description: "Share of maxmemory that is in use; nothing where none is set.",
        unit: "percent",
        width: 4,
        height: 5,
        queries: one(usedPercent),
        limits: above({ P3: highMemoryPercent }),
      },
      {
        type: "stat",
        key: "commands",
        title: "Commands",
        description: "Commands a second. A sudden fall means that the applications no longer ask.",
        unit: "perSecond",
        width: 4,
        height: 5,
        queries: one(commands),
      },
      {
        type: "stat",
        key: "hits",
        title: "Found keys",
        description:
          "Share of the reads that found their key. For a cache, a low share means that it holds too little, or for too short a time.",
        unit: "ratio",
        width: 4,
        height: 5,
        queries: one(hitRatio),
      },
      {
        type: "stat",
        key: "clients",
        title: "Clients",
        description: "Open connections. They should change with the number of instances only.",
        unit: "count",
        width: 4,
        height: 5,
        queries: one(`redis_connected_clients${of}`),
      },
      {
        type: "stat",
        key: "uptime",
        title: "Runs for",
        description:
          "A short time that nobody meant is a crash; without persistence the data is gone.",
        unit: "seconds",
        width: 4,
        height: 5,
        queries: one(`redis_uptime_in_seconds${of}`),
      },
    ],
  };
}

function memoryRow(service: string, highMemoryPercent: number): BoardRow {
  return {
    board: redisBoard,
    key: "memory",
    title: "Memory",
    order: 20,
    about: { variable: "service", value: service },
    panels: [
      {
        type: "timeseries",
        key: "used",
        title: "Memory in per cent",
        description:
          "Share of maxmemory. At the limit Redis evicts keys or refuses writes, as its maxmemory-policy says.",
        unit: "percent",
        queries: one(usedPercent),
        limits: above({ P3: highMemoryPercent }),
        min: 0,
        max: 100,
      },
      {
        type: "timeseries",
        key: "bytes",
        title: "Memory in bytes",
        description:
          "Used by Redis, held by its process, and the limit. Held far above used is fragmentation.",
        unit: "bytes",
        queries: [
          { expr: `redis_memory_used_bytes${of}`, legend: "used {{service}}" },
          { expr: `redis_memory_used_rss_bytes${of}`, legend: "held {{service}}" },
          { expr: most, legend: "limit {{service}}", limit: true },
        ],
        min: 0,
      },
      {
        type: "timeseries",
        key: "keys-gone",
        title: "Evicted and expired keys",
        description:
          "Keys a second. Expired ones are normal; evicted ones went because there was no room, and are missing too soon.",
        unit: "perSecond",
        queries: [
          {
            expr: `rate(redis_evicted_keys_total${of}[$__rate_interval])`,
            legend: "evicted {{service}}",
          },
          {
            expr: `rate(redis_expired_keys_total${of}[$__rate_interval])`,
            legend: "expired {{service}}",
          },
        ],
        min: 0,
      },
    ],
  };
}

const trafficRow: BoardRow = {
  board: redisBoard,
  key: "traffic",
  title: "Commands and clients",
  order: 30,
  panels: [
    {
      type: "timeseries",
      key: "commands",
      title: "Commands by kind",
      description:
        "The eight that are asked most. `keys` and `scan` among them walk over everything.",
      unit: "perSecond",
      queries: one(
        `topk(8, rate(redis_commands_total${of}[$__rate_interval]))`,
        "{{cmd}} {{service}}",
      ),
      min: 0,
    },
    {
      type: "timeseries",
      key: "durations",
      title: "Time by kind of command",
      description:
        "Mean time of the eight slowest. Redis does one command at a time: a slow one holds up all others.",
      unit: "seconds",
      queries: one(
        `topk(8, rate(redis_commands_duration_seconds_total${of}[$__rate_interval]) / (rate(redis_commands_total${of}[$__rate_interval]) > 0))`,
        "{{cmd}} {{service}}",
      ),
      min: 0,
    },
    {
      type: "timeseries",
      key: "errors",
      title: "Answers that are errors",
      description:
        "By their first word. OOM: no room for a write; WRONGPASS and NOAUTH: somebody has the wrong password; MISCONF: it cannot save.",
      unit: "perSecond",
      queries: one(`rate(redis_errors_total${of}[$__rate_interval])`, "{{err}} {{service}}"),
      min: 0,
    },
    {
      type: "timeseries",
      key: "hits",
      title: "Found keys over time",
      description:
        "Share of the reads that found their key. It falls after a restart of an empty cache.",
      unit: "ratio",
      queries: one(hitRatio),
      min: 0,
      max: 1,
    },
    {
      type: "timeseries",
      key: "clients",
      title: "Clients over time",
      description:
        "Connected and blocked ones. A number that only grows is a leak; blocked ones wait for a list or a stream, which queues do on purpose.",
      unit: "count",
      queries: [
        { expr: `redis_connected_clients${of}`, legend: "connected {{service}}" },
        { expr: `redis_blocked_clients${of}`, legend: "blocked {{service}}" },
        { expr: `redis_config_maxclients${of}`, legend: "most {{service}}", limit: true },
      ],
      min: 0,
    },
    {
      type: "timeseries",
      key: "keys",
      title: "Keys by database",
      description: "A number that only grows belongs to keys without expiry.",
      unit: "count",
      queries: one(`redis_db_keys${of} > 0`, "{{db}} {{service}}"),
      min: 0,
    },
  ],
};

/** What a Redis server adds to boards. @param highMemoryPercent per cent of `maxmemory`, as in the alert */
export function redisRows(service: string, highMemoryPercent: number): readonly BoardRow[] {
  return [nowRow(service, highMemoryPercent), memoryRow(service, highMemoryPercent), trafficRow];
}
