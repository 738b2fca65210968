import type { PanelAddress } from "../../core/alert";
import type { Board, BoardRow } from "../../core/board";
import type { Jvm } from "../../core/jvm";
import { above, below, type Query } from "../../core/panel";
import type { SpringThresholds } from "../../core/thresholds";
import { httpRows, tracesRow } from "../http-board";

/** A Spring Boot application, and what an environment decides about its alerts and its board. */
export interface SpringApplication {
  /** Label `service`. */
  readonly service: string;
  readonly thresholds: SpringThresholds;
  /** @default - it has no board of its own */
  readonly jvm?: Jvm | undefined;
}

const job = "spring-boot";

function jvmUid(service: string): string {
  return `jvm-${service}`;
}

/** The panel that shows an alert on this JVM, by its row and its key; none where no board is asked for. */
export function jvmPanel(
  { service, jvm }: SpringApplication,
  row: "now" | "memory" | "collector" | "pool",
  panel: string,
): { readonly panel?: PanelAddress } {
  if (jvm === undefined || (row === "pool" && jvm.pool === undefined)) return {};
  return { panel: { board: jvmUid(service), row, panel } };
}

function boardOf(service: string, title: string): Board {
  return {
    uid: jvmUid(service),
    title,
    description: `Heap, garbage collector, threads, database connections and CPU of ${service}: why it is slow, and what it runs out of next.`,
    folder: "Applications",
    variables: [
      {
        name: "instance",
        title: "Instance",
        from: `observatory:expected_target{job="${job}", service="${service}"}`,
        several: true,
      },
    ],
  };
}

/** PromQL that the panels of one JVM share. */
function exprsOf(service: string) {
  const of = `job="${job}", service="${service}", instance=~"$instance"`;
  const heap = `{${of}, area="heap"}`;
  const heapUsed = `sum by (instance) (jvm_memory_used_bytes${heap})`;
  const heapMax = `sum by (instance) (jvm_memory_max_bytes${heap} > 0)`;
  return {
    of,
    heap,
    heapUsed,
    heapMax,
    heapPercent: `${heapUsed} / ${heapMax} * 100`,
    pause: `max by (instance) (jvm_gc_pause_seconds_max{${of}}) * 1000`,
    busy: `sum by (instance) (tomcat_threads_busy_threads{${of}})`,
    cpu: `process_cpu_usage{${of}}`,
  };
}

type Exprs = ReturnType<typeof exprsOf>;

function one(expr: string): readonly Query[] {
  return [{ expr, legend: "{{instance}}" }];
}

function nowRow(board: Board, exprs: Exprs, thresholds: SpringThresholds, jvm: Jvm): BoardRow {
  const { of, heapPercent, busy, cpu } = exprs;
  const { pool } = jvm;
  return {
    board,
    key: "now",
    title: "Now",
    order: 10,
    panels: [
      {
        type: "stat",
        key: "up",
        title: "Answers",
        description: "Whether Actuator's page answers. While it does not, everything below is old.",
        unit: "text",
        width: 4,
        height: 5,
        queries: one(`up{${of}}`),
        words: { "0": "down", "1": "up" },
        limits: below({ P1: 1 }),
      },
      {
        type: "stat",
        key: "uptime",
        title: "Runs for",
        description: "Since the process was started. A short time that nobody meant is a crash.",
        unit: "seconds",
        width: 4,
        height: 5,
        queries: one(`process_uptime_seconds{${of}}`),
      },
      {
        type: "stat",
        key: "heap",
        title: "Heap",
        description: "Share of the largest heap that is in use.",
        unit: "percent",
        width: 4,
        height: 5,
        queries: one(heapPercent),
        limits: above({ P3: thresholds.heapPercent }),
      },
      ...(pool === undefined
        ? []
        : [
            {
              type: "stat" as const,
              key: "waiting",
              title: "Wait for the database",
              description: `Threads that wait for a connection of ${pool}. Any that stay are requests that stand still.`,
              unit: "count" as const,
              width: 4,
              height: 5,
              queries: one(`hikaricp_connections_pending{${of}, pool="${pool}"}`),
              limits: waiting(thresholds),
            },
          ]),
      {
        type: "gauge",
        key: "tomcat",
        title: "Busy request threads",
        description: `Of at most ${String(jvm.tomcatMaxThreads)}. At the end of the scale new requests wait in a queue. Needs server.tomcat.mbeanregistry.enabled=true.`,
        unit: "count",
        width: pool === undefined ? 6 : 4,
        height: 5,
        queries: one(busy),
        min: 0,
        max: jvm.tomcatMaxThreads,
      },
      {
        type: "gauge",
        key: "cpu",
        title: "CPU",
        description: "Share of all cores that this process uses.",
        unit: "ratio",
        width: pool === undefined ? 6 : 4,
        height: 5,
        queries: one(cpu),
        min: 0,
        max: 1,
      },
    ],
  };
}

// The alert fires above the number, a colour begins at it.
function waiting({ poolPending }: SpringThresholds) {
  return above({ P2: poolPending + 1 });
}

function memoryRow(board: Board, exprs: Exprs, thresholds: SpringThresholds): BoardRow {
  const { of, heap, heapUsed, heapMax, heapPercent } = exprs;
  return {
    board,
    key: "memory",
    title: "Memory",
    order: 20,
    panels: [
      {
        type: "timeseries",
        key: "heap",
        title: "Heap in bytes",
        description:
          "A saw: each fall is a collection. When its lowest points rise over a day, something is kept that should go.",
        unit: "bytes",
        queries: [
          { expr: heapUsed, legend: "used {{instance}}" },
          {
            expr: `sum by (instance) (jvm_memory_committed_bytes${heap})`,
            legend: "committed {{instance}}",
          },
          { expr: heapMax, legend: "largest {{instance}}", limit: true },
        ],
        min: 0,
      },
      {
        type: "timeseries",
        key: "heap-percent",
        title: "Heap in per cent",
        description:
          "Share of the largest heap. Above the line for minutes, collections no longer bring it down.",
        unit: "percent",
        queries: one(heapPercent),
        limits: above({ P3: thresholds.heapPercent }),
        min: 0,
        max: 100,
      },
      {
        type: "timeseries",
        key: "outside",
        title: "Memory outside the heap",
        description:
          "Classes, compiled code and direct buffers, which the container's limit must hold beside the heap. Metaspace that grows for days is a leak of classes.",
        unit: "bytes",
        queries: [
          {
            expr: `sum by (id) (jvm_memory_used_bytes{${of}, area="nonheap"})`,
            legend: "{{id}}",
          },
          {
            expr: `sum by (id) (jvm_buffer_memory_used_bytes{${of}})`,
            legend: "buffers {{id}}",
          },
        ],
        min: 0,
        stacked: true,
      },
    ],
  };
}

function collectorRow(
  board: Board,
  { of, pause }: Exprs,
  { gcPauseMilliseconds }: SpringThresholds,
): BoardRow {
  return {
    board,
    key: "collector",
    title: "Garbage collector",
    order: 30,
    panels: [
      {
        type: "timeseries",
        key: "pause",
        title: "Longest pause",
        description: "Of the last minutes. Every request of that moment waited as long.",
        unit: "milliseconds",
        queries: one(pause),
        limits: above({ P3: gcPauseMilliseconds }),
        min: 0,
      },
      {
        type: "timeseries",
        key: "share",
        title: "Time in pauses",
        description:
          "Share of the time in which all threads stand still. Some per cent are much: the heap is too small, or too much is thrown away.",
        unit: "ratio",
        queries: [
          {
            expr: `sum by (instance, cause) (rate(jvm_gc_pause_seconds_sum{${of}}[$__rate_interval]))`,
            legend: "{{cause}} {{instance}}",
          },
        ],
        min: 0,
      },
      {
        type: "timeseries",
        key: "allocation",
        title: "Allocated",
        description:
          "Bytes a second that the program asks for, and those that outlive the young generation. The second is what fills the heap.",
        unit: "bytesPerSecond",
        queries: [
          {
            expr: `sum by (instance) (rate(jvm_gc_memory_allocated_bytes_total{${of}}[$__rate_interval]))`,
            legend: "allocated {{instance}}",
          },
          {
            expr: `sum by (instance) (rate(jvm_gc_memory_promoted_bytes_total{${of}}[$__rate_interval]))`,
            legend: "kept {{instance}}",
          },
        ],
        min: 0,
      },
    ],
  };
}

function poolRow(
  board: Board,
  { of }: Exprs,
  pool: string,
  thresholds: SpringThresholds,
): BoardRow {
  const ofPool = `{${of}, pool="${pool}"}`;
  return {
    board,
    key: "pool",
    title: `Database connections: ${pool}`,
    order: 40,
    panels: [
      {
        type: "timeseries",
        key: "connections",
        title: "Connections of the pool",
        description:
          "In use and free, below the most that the pool may open. In use at the dashed line, the next request waits.",
        unit: "count",
        queries: [
          { expr: `hikaricp_connections_active${ofPool}`, legend: "in use {{instance}}" },
          { expr: `hikaricp_connections_idle${ofPool}`, legend: "free {{instance}}" },
          { expr: `hikaricp_connections_max${ofPool}`, legend: "most {{instance}}", limit: true },
        ],
        min: 0,
      },
      {
        type: "timeseries",
        key: "pending",
        title: "Threads that wait for a connection",
        description:
          "A rush empties a pool for seconds; more is a slow database, a call within a transaction, or a pool that is too small.",
        unit: "count",
        queries: one(`hikaricp_connections_pending${ofPool}`),
        limits: waiting(thresholds),
        min: 0,
      },
      {
        type: "timeseries",
        key: "times",
        title: "Longest wait and use",
        description:
          "Of the last minutes: how long a thread waited for a connection, and how long one was kept. Kept for seconds means slow queries or long transactions.",
        unit: "seconds",
        queries: [
          {
            expr: `hikaricp_connections_acquire_seconds_max${ofPool}`,
            legend: "wait {{instance}}",
          },
          { expr: `hikaricp_connections_usage_seconds_max${ofPool}`, legend: "use {{instance}}" },
        ],
        min: 0,
      },
    ],
  };
}

function threadsRow(board: Board, { of, busy, cpu }: Exprs, tomcatMaxThreads: number): BoardRow {
  return {
    board,
    key: "threads",
    title: "Threads and CPU",
    order: 50,
    panels: [
      {
        type: "timeseries",
        key: "tomcat",
        title: "Request threads",
        description:
          "Busy and started ones of Tomcat. Busy at the dashed line, new requests wait: look at what the threads wait for, mostly the database or another service.",
        unit: "count",
        queries: [
          { expr: busy, legend: "busy {{instance}}" },
          {
            expr: `sum by (instance) (tomcat_threads_current_threads{${of}})`,
            legend: "started {{instance}}",
          },
          { expr: `vector(${String(tomcatMaxThreads)})`, legend: "most", limit: true },
        ],
        min: 0,
      },
      {
        type: "timeseries",
        key: "states",
        title: "Threads by state",
        description:
          "Of the whole JVM. Many that are blocked wait for one lock; a number that only grows is a leak of threads.",
        unit: "count",
        queries: [
          { expr: `sum by (state) (jvm_threads_states_threads{${of}})`, legend: "{{state}}" },
        ],
        min: 0,
        stacked: true,
      },
      {
        type: "timeseries",
        key: "cpu",
        title: "CPU of process and host",
        description:
          "Shares of all cores. When the host is busy and the process is not, somebody else takes the time.",
        unit: "ratio",
        queries: [
          { expr: cpu, legend: "process {{instance}}" },
          { expr: `system_cpu_usage{${of}}`, legend: "host {{instance}}" },
        ],
        min: 0,
        max: 1,
      },
    ],
  };
}

function jvmRows(service: string, thresholds: SpringThresholds, jvm: Jvm): readonly BoardRow[] {
  const board = boardOf(service, jvm.title);
  const exprs = exprsOf(service);
  return [
    nowRow(board, exprs, thresholds, jvm),
    memoryRow(board, exprs, thresholds),
    collectorRow(board, exprs, thresholds),
    ...(jvm.pool === undefined ? [] : [poolRow(board, exprs, jvm.pool, thresholds)]),
    threadsRow(board, exprs, jvm.tomcatMaxThreads),
  ];
}

/** What a Spring Boot application adds to boards: its requests, and its JVM where a board is asked for. */
export function springRows({ service, thresholds, jvm }: SpringApplication): readonly BoardRow[] {
  return [
    ...httpRows(service, thresholds),
    tracesRow(`http_server_requests_seconds_bucket{job="${job}", service=~"$service"}`),
    ...(jvm === undefined ? [] : jvmRows(service, thresholds, jvm)),
  ];
}
