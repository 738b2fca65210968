import type { PanelAddress } from "../../core/alert";
import type { Board, BoardRow } from "../../core/board";
import { above, below, type Query } from "../../core/panel";

/** Connections, queries and locks of database servers. */
export const mysqlBoard: Board = {
  uid: "mysql",
  title: "MySQL",
  description:
    "Reachability, connections, queries and locks of MySQL and MariaDB servers: whether applications wait for them, and why.",
  folder: "Applications",
  variables: [
    {
      name: "service",
      title: "Service",
      from: 'observatory:expected_target{job="mysqld-exporter"}',
      several: true,
    },
  ],
};

/** The panel that shows an alert on a database server. */
export function mysqlPanel(panel: "up" | "used" | "slow"): PanelAddress {
  const rows = { up: "now", used: "connections", slow: "queries" } as const;
  return { board: mysqlBoard.uid, row: rows[panel], panel };
}

/** As in the alerts. */
export interface MysqlLimits {
  /** Per minute. */
  readonly slowQueriesPerMinute: number;
  /** Per cent of `max_connections`. */
  readonly highConnectionsPercent: number;
}

const of = '{job="mysqld-exporter", service=~"$service"}';
const connected = `mysql_global_status_threads_connected${of}`;
const most = `mysql_global_variables_max_connections${of}`;
const usedPercent = `${connected} / ${most} * 100`;
// Over 5 minutes, as the alert: the line means the same number.
const slowPerMinute = `increase(mysql_global_status_slow_queries${of}[5m]) / 5`;
const queries = perSecond("queries");
const running = `mysql_global_status_threads_running${of}`;

function perSecond(status: string): string {
  return `rate(mysql_global_status_${status}${of}[$__rate_interval])`;
}

function one(expr: string, legend = "{{service}}"): readonly Query[] {
  return [{ expr, legend }];
}

function nowRow(service: string, limits: MysqlLimits): BoardRow {
  return {
    board: mysqlBoard,
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
        queries: one(`mysql_up${of}`),
        words: { "0": "down", "1": "up" },
        limits: below({ P1: 1 }),
      },
      {
        type: "stat",
        key: "used",
        title: "Connections in use",
        description: "Share of max_connections. At the limit every new connection is refused.",
        unit: "percent",
        width: 4,
        height: 5,
        queries: one(usedPercent),
        limits: above({ P2: limits.highConnectionsPercent }),
      },
      {
        type: "stat",
        key: "slow",
        title: "Slow queries a minute",
        description: "Queries that took longer than the server's long_query_time.",
        unit: "count",
        width: 4,
        height: 5,
        queries: one(slowPerMinute),
        limits: above({ P3: limits.slowQueriesPerMinute }),
      },
      {
        type: "stat",
        key: "queries",
        title: "Queries",
        description: "Queries a second. A sudden fall means that the applications no longer ask.",
        unit: "perSecond",
        width: 4,
        height: 5,
        queries: one(queries),
      },
      {
        type: "stat",
        key: "running",
        title: "Running now",
        description:
          "Queries that run at this moment. More than the machine has cores, for long, means that they wait for each other.",
        unit: "count",
        width: 4,
        height: 5,
        queries: one(running),
      },
      {
        type: "stat",
        key: "uptime",
        title: "Runs for",
        description: "A short time that nobody meant is a crash: read the server's error log.",
        unit: "seconds",
        width: 4,
        height: 5,
        queries: one(`mysql_global_status_uptime${of}`),
      },
    ],
  };
}

function connectionsRow(service: string, { highConnectionsPercent }: MysqlLimits): BoardRow {
  return {
    board: mysqlBoard,
    key: "connections",
    title: "Connections",
    order: 20,
    about: { variable: "service", value: service },
    panels: [
      {
        type: "timeseries",
        key: "used",
        title: "Connections in per cent",
        description:
          "Share of max_connections that is open. The line leaves room for the second set of pools during a deployment.",
        unit: "percent",
        queries: one(usedPercent),
        limits: above({ P2: highConnectionsPercent }),
        min: 0,
        max: 100,
      },
      {
        type: "timeseries",
        key: "count",
        title: "Connections over time",
        description:
          "Open ones and those that run a query, below max_connections. Many open and few running: pools are larger than needed.",
        unit: "count",
        queries: [
          { expr: connected, legend: "open {{service}}" },
          { expr: running, legend: "running {{service}}" },
          { expr: most, legend: "most {{service}}", limit: true },
        ],
        min: 0,
      },
      {
        type: "timeseries",
        key: "refused",
        title: "Failed and broken connections",
        description:
          "Refused ones: a wrong password, or no connection left. Broken ones: a client went away without a word, such as one that was killed.",
        unit: "perSecond",
        queries: [
          { expr: perSecond("aborted_connects"), legend: "refused {{service}}" },
          { expr: perSecond("aborted_clients"), legend: "broken {{service}}" },
        ],
        min: 0,
      },
    ],
  };
}

function queriesRow(service: string, { slowQueriesPerMinute }: MysqlLimits): BoardRow {
  return {
    board: mysqlBoard,
    key: "queries",
    title: "Queries",
    order: 30,
    about: { variable: "service", value: service },
    panels: [
      {
        type: "timeseries",
        key: "slow",
        title: "Slow queries over time",
        description: "A minute. Did they begin with a deployment, or with a nightly job?",
        unit: "count",
        queries: one(slowPerMinute),
        limits: above({ P3: slowQueriesPerMinute }),
        min: 0,
      },
      {
        type: "timeseries",
        key: "commands",
        title: "Queries by kind",
        description: "The eight kinds that are asked most.",
        unit: "perSecond",
        queries: one(`topk(8, ${perSecond("commands_total")})`, "{{command}} {{service}}"),
        min: 0,
      },
      {
        type: "timeseries",
        key: "scans",
        title: "Queries without an index",
        description:
          "Whole tables read, and joins that read a whole table, a second. When they rise, an index is missing.",
        unit: "perSecond",
        queries: [
          { expr: perSecond("select_scan"), legend: "table {{service}}" },
          { expr: perSecond("select_full_join"), legend: "join {{service}}" },
        ],
        min: 0,
      },
    ],
  };
}

const workRow: BoardRow = {
  board: mysqlBoard,
  key: "work",
  title: "Locks, disk and network",
  order: 40,
  panels: [
    {
      type: "timeseries",
      key: "locks",
      title: "Waits for rows",
      description:
        "Queries that wait for a row that another transaction holds, at this moment. Any that stay: a transaction is left open.",
      unit: "count",
      queries: one(`mysql_global_status_innodb_row_lock_current_waits${of}`),
      min: 0,
    },
    {
      type: "timeseries",
      key: "disk",
      title: "Read from and written to disk",
      description:
        "By InnoDB. Reads that rise while the queries do not mean that the data no longer fits the buffer pool.",
      unit: "bytesPerSecond",
      queries: [
        { expr: perSecond("innodb_data_read"), legend: "read {{service}}" },
        { expr: perSecond("innodb_data_written"), legend: "written {{service}}" },
      ],
      min: 0,
    },
    {
      type: "timeseries",
      key: "temporary",
      title: "Temporary tables on disk",
      description:
        "A second. Sorts and groups that do not fit into memory: a query that asks for too much, or too small a tmp_table_size.",
      unit: "perSecond",
      queries: one(perSecond("created_tmp_disk_tables")),
      min: 0,
    },
  ],
};

/** What a database server adds to boards. */
export function mysqlRows(service: string, limits: MysqlLimits): readonly BoardRow[] {
  return [
    nowRow(service, limits),
    connectionsRow(service, limits),
    queriesRow(service, limits),
    workRow,
  ];
}
