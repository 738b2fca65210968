import { z } from "zod";
import type { RuleGroup } from "../../core/alert";
import type { DownAlert } from "../../core/observation";
import { whyOf } from "../../core/thresholds";
import { seriesOf } from "../watched-server";
import { redisPanel } from "./dashboard";

/** The alert for the exporter itself. */
export const redisExporterDown: DownAlert = {
  name: "RedisExporterDown",
  priority: "P1",
  for: "1m",
  summary: "A Redis server is not watched",
  runbook: {
    meaning: "The exporter beside the Redis server that the alert names does not answer.",
    impact: "Redis may be well, but if it fails or fills up nobody is told.",
    steps: [
      "Read its log: `docker ps -a --filter name=redis-exporter`, then `docker logs --tail 50 <container>`.",
      "If it says that it cannot open its secret, write the secret and start the container again.",
    ],
  },
};

/** What an environment may decide about the alerts of a Redis server. */
export const redisThresholds = {
  /**
   * Per cent of `maxmemory`. A server without `maxmemory` has no limit to come near: no alert. A cache that is meant to
   * be full needs 100.
   */
  highMemoryPercent: z
    .number()
    .positive()
    .max(100)
    .default(80)
    .describe("A fifth is left before keys are evicted or writes refused."),
};

/** Reachability and memory of one Redis server. */
export function redisRules(
  service: string,
  { highMemoryPercent }: z.output<z.ZodObject<typeof redisThresholds>>,
): RuleGroup {
  const of = seriesOf("redis-exporter", service);
  // 0 where no maxmemory is set.
  const usedPercent = `redis_memory_used_bytes${of} / (redis_memory_max_bytes${of} > 0) * 100`;
  const limit = String(highMemoryPercent);
  return {
    name: `redis-exporter.${service}`,
    intervalSeconds: 10,
    rules: [
      {
        name: "RedisConnectionFailed",
        priority: "P1",
        expr: `redis_up${of} == 0`,
        for: "30s",
        summary: "Redis cannot be reached",
        description:
          "Redis of {{ $labels.service }} at {{ $labels.instance }} has refused or not answered the exporter for 30 seconds.",
        graph: `redis_up${of}`,
        panel: redisPanel("up"),
        why: "It is three scrapes: one that is lost, or a server that loads its data, says nothing.",
        runbook: {
          meaning:
            "The exporter, which logs in to Redis every 10 seconds, is refused, gets no answer or has the wrong password.",
          impact: "Whatever keeps sessions, caches or queues in it fails or becomes slow.",
          steps: [
            "Ask Prometheus `redis_exporter_last_scrape_error == 1`: its label `err` says why.",
            "Connection refused or a time-out: is the process there, and is it busy with one long command? Ask it: `redis-cli -h <host> -p <port> ping`.",
            "A wrong password: write the right one into the exporter's secret and start its container again.",
            "If Redis loads its data set after a restart, wait: its log says how far it is.",
          ],
        },
      },
      {
        name: "RedisHighMemory",
        priority: "P3",
        expr: `${usedPercent} > ${limit}`,
        for: "5m",
        summary: "Redis is nearly full",
        description: `Redis of {{ $labels.service }} at {{ $labels.instance }} uses {{ $value | printf "%.0f" }} % of its maxmemory, more than ${limit} %.`,
        graph: usedPercent,
        panel: redisPanel("used"),
        why: whyOf(redisThresholds.highMemoryPercent),
        runbook: {
          meaning: "The memory that Redis uses comes near the limit that it was given.",
          impact: "At the limit it evicts keys or refuses writes, as its `maxmemory-policy` says.",
          steps: [
            "Which policy is set? `redis-cli config get maxmemory-policy`: with `noeviction` writes fail at the limit, a cache with another policy may be full on purpose.",
            "What takes the room? `redis-cli --bigkeys`; do keys have an expiry? `redis-cli info keyspace`.",
            "Raise `maxmemory` if the machine has room, or raise the threshold for a cache that is meant to be full.",
          ],
        },
      },
    ],
  };
}
