import type { Alert, RuleGroup } from "../../core/alert";
import { springFields, whyOf } from "../../core/thresholds";
import { httpPanel } from "../http-board";
import {
  httpAlerts,
  httpRecords,
  httpRouteRules,
  restartAlert,
  type HttpMetrics,
} from "../http-rules";
import { seriesOf } from "../watched-server";
import { jvmPanel, type SpringApplication } from "./dashboard";

const job = "spring-boot";

function measuredAlert(of: string): Alert {
  const requests = `sum by (job, service) (rate(http_server_requests_seconds_count${of}[5m]))`;
  return {
    name: "HttpLatencyUnmeasured",
    priority: "P4",
    expr: `${requests} unless on (job, service) http_server_requests_seconds_bucket${of}`,
    for: "1h",
    summary: "How long a service takes to answer cannot be judged",
    description:
      "{{ $labels.service }} counts its requests but shows no histogram of their durations, so HttpLatencyHigh cannot fire.",
    graph: requests,
    panel: httpPanel("p95"),
    why: "After an hour of requests it is no start: the histogram is not turned on.",
    runbook: {
      meaning: "Micrometer makes no histogram of requests unless it is told to.",
      impact: "A slow service is not announced, and its objective for p95 has no data.",
      steps: [
        "Set `management.metrics.distribution.percentiles-histogram.http.server.requests=true` in the application and start it again.",
        "Look for `http_server_requests_seconds_bucket` in `curl http://<instance>/actuator/prometheus`.",
      ],
    },
  };
}

function jvmAlerts(application: SpringApplication): Alert[] {
  const { service, thresholds } = application;
  const { heapPercent, gcPauseMilliseconds, poolPending } = thresholds;
  const of = seriesOf(job, service);
  const heap = `{job="${job}", service="${service}", area="heap"}`;
  // Only some pools of a collector have a maximum, the others say -1.
  const heapUsed = `sum by (job, instance, service) (jvm_memory_used_bytes${heap}) / sum by (job, instance, service) (jvm_memory_max_bytes${heap} > 0) * 100`;
  const pause = `max by (job, instance, service) (jvm_gc_pause_seconds_max${of}) * 1000`;
  const pending = `hikaricp_connections_pending${of}`;
  return [
    {
      name: "HikariPoolPending",
      priority: "P2",
      expr: `${pending} > ${String(poolPending)}`,
      for: "1m",
      summary: "Threads wait for a database connection",
      description: `{{ $value | printf "%.0f" }} threads of {{ $labels.service }} at {{ $labels.instance }} wait for a connection of {{ $labels.pool }}, more than ${String(poolPending)}.`,
      graph: pending,
      ...jvmPanel(application, "pool", "pending"),
      why: whyOf(springFields.poolPending),
      runbook: {
        meaning: "All connections of the pool are in use, and stay so.",
        impact:
          "Requests that need the database wait, and fail after the pool's time-out (30 s unless set).",
        steps: [
          "Are connections held long? `hikaricp_connections_usage_seconds_max`: seconds mean slow queries, or a call to another service within a transaction.",
          "Is the database slow? Look at MySQLSlowQueries, at locks and at its host.",
          "Usage is short and the pool small: raise `spring.datasource.hikari.maximum-pool-size`, and count all pools against the database's `max_connections`.",
        ],
      },
    },
    {
      name: "JVMHeapHigh",
      priority: "P3",
      expr: `${heapUsed} > ${String(heapPercent)}`,
      for: "5m",
      summary: "A Java service's heap is nearly full",
      description: `{{ $labels.service }} at {{ $labels.instance }} uses {{ $value | printf "%.0f" }} % of its largest heap, more than ${String(heapPercent)} %.`,
      graph: heapUsed,
      ...jvmPanel(application, "memory", "heap-percent"),
      why: whyOf(springFields.heapPercent),
      runbook: {
        meaning: "Collections no longer bring the heap down.",
        impact:
          "The collector runs more and more, answers become slow, and it ends in OutOfMemoryError.",
        steps: [
          "Does what is left after a collection grow? `jvm_gc_live_data_size_bytes` over a day: a slope is a leak.",
          "A leak: keep a dump (`jcmd <pid> GC.heap_dump /tmp/heap.hprof`), start it again, look for the largest owner.",
          "No leak: the heap is too small for the work; raise `-Xmx` or `-XX:MaxRAMPercentage`, and the container's limit with it.",
        ],
      },
    },
    {
      name: "JVMGcPauseLong",
      priority: "P3",
      expr: `${pause} > ${String(gcPauseMilliseconds)}`,
      summary: "The garbage collector stopped a Java service for long",
      description: `A pause of {{ $labels.service }} at {{ $labels.instance }} took {{ $value | printf "%.0f" }} ms, more than ${String(gcPauseMilliseconds)} ms.`,
      graph: pause,
      ...jvmPanel(application, "collector", "pause"),
      why: whyOf(springFields.gcPauseMilliseconds),
      runbook: {
        meaning:
          "All threads stood still while the collector worked; Micrometer shows the longest pause of the last minutes.",
        impact: "Every request of that moment waited.",
        steps: [
          "Which collection? Labels `cause` and `action` of `jvm_gc_pause_seconds_max`; `System.gc()` is somebody's call.",
          "Is the heap nearly full, or does the machine swap? Both make pauses long.",
          "Otherwise try a collector with short pauses: `-XX:+UseZGC`.",
        ],
      },
    },
  ];
}

/** Requests, heap, pauses, connections and starts of one Spring Boot application. */
export function springRules(application: SpringApplication): readonly RuleGroup[] {
  const { service, thresholds } = application;
  const metrics: HttpMetrics = {
    job,
    service,
    histogram: "http_server_requests_seconds",
    route: "uri",
    users: 'uri!~"/actuator(/.*)?"',
  };
  const { panel } = jvmPanel(application, "now", "uptime");
  return [
    {
      name: `${job}.${service}`,
      intervalSeconds: 15,
      rules: [
        ...httpRecords(metrics),
        ...httpAlerts(metrics, thresholds),
        measuredAlert(seriesOf(job, service)),
        ...jvmAlerts(application),
        restartAlert(`changes(process_start_time_seconds${seriesOf(job, service)}[10m])`, panel),
      ],
    },
    httpRouteRules(metrics),
  ];
}
