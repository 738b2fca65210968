import { z } from "zod";
import type { RuleGroup } from "../../core/alert";
import type { DownAlert } from "../../core/observation";
import { whyOf } from "../../core/thresholds";
import { fourScrapes, seriesOf } from "../watched-server";
import { mysqlPanel } from "./dashboard";

/** The alert for the exporter itself, which before v0.20.0 does not answer either while the database hangs. */
export const mysqldExporterDown: DownAlert = {
  name: "MySQLExporterDown",
  priority: "P1",
  for: "1m",
  summary: "A MySQL server is not watched",
  runbook: {
    meaning: "The exporter beside the MySQL server that the alert names does not answer.",
    impact: "The database may be well, but if it fails or runs out of connections nobody is told.",
    steps: [
      "Read its log: `docker ps -a --filter name=mysqld-exporter`, then `docker logs --tail 50 <container>`.",
      "If it says that it cannot open its secret, write the secret and start the container again.",
      "If it runs, does the database hang? Log in yourself: `mysql -h <host> -P <port> -u exporter -p`.",
    ],
  },
};

/** What an environment may decide about the alerts of a database. */
export const mysqlThresholds = {
  /** Queries per minute slower than the server's `long_query_time`: 10 s unless the server says less. */
  slowQueriesPerMinute: z
    .number()
    .positive()
    .max(100_000)
    .default(10)
    .describe(
      "Ten a minute that take 10 s each: at any time one of them runs and holds what others need.",
    ),
  /** Per cent of `max_connections`. */
  highConnectionsPercent: z
    .number()
    .positive()
    .max(100)
    .default(80)
    .describe("A fifth is left for the second set of pools during a deployment."),
};

/** Reachability, slow queries and connections of one database server. */
export function mysqlRules(
  service: string,
  thresholds: z.output<z.ZodObject<typeof mysqlThresholds>>,
): RuleGroup {
  const of = seriesOf("mysqld-exporter", service);
  const slow = `rate(mysql_global_status_slow_queries${of}[5m]) * 60`;
  const slowLimit = String(thresholds.slowQueriesPerMinute);
  const usedPercent = `mysql_global_status_threads_connected${of} / mysql_global_variables_max_connections${of} * 100`;
  const usedLimit = String(thresholds.highConnectionsPercent);
  return {
    name: `mysqld-exporter.${service}`,
    intervalSeconds: 15,
    rules: [
      {
        name: "MySQLDown",
        priority: "P1",
        expr: `mysql_up${of} == 0`,
        for: "1m",
        summary: "MySQL cannot be reached",
        description:
          "MySQL of {{ $labels.service }} at {{ $labels.instance }} has refused or not answered the exporter for a minute.",
        graph: `mysql_up${of}`,
        panel: mysqlPanel("up"),
        why: fourScrapes,
        runbook: {
          meaning:
            "The exporter, which logs in to the database every 15 seconds, is refused, gets no answer or has the wrong password.",
          impact: "Whatever reads or writes this database fails.",
          steps: [
            "The exporter's log says why: `docker ps --filter name=mysqld-exporter`, then `docker logs --tail 20 <container>`.",
            "Connection refused: is the process there? Its error log names the cause, mostly memory or a full disk.",
            "Too many connections: see MySQLHighConnections.",
            "Access denied: write the right password into the exporter's secret and start its container again.",
          ],
        },
      },
      {
        name: "MySQLHighConnections",
        priority: "P2",
        expr: `${usedPercent} > ${usedLimit}`,
        for: "5m",
        summary: "MySQL is running out of connections",
        description: `{{ $value | printf "%.0f" }} % of the connections of MySQL of {{ $labels.service }} at {{ $labels.instance }} are in use, more than ${usedLimit} %.`,
        graph: usedPercent,
        panel: mysqlPanel("used"),
        why: whyOf(mysqlThresholds.highConnectionsPercent),
        runbook: {
          meaning: "The open connections come near the server's `max_connections`.",
          impact: "At the limit every new connection is refused, for all applications alike.",
          steps: [
            "Who holds them? `select user, host, command, count(*) from information_schema.processlist group by 1, 2, 3 order by 4 desc`.",
            "Many of them sleep: a pool is too large or leaks; add up the pool sizes of all instances.",
            "Many of them run: find what they wait for in `show full processlist` and `show engine innodb status`.",
            "Raise `max_connections` only if the machine has the memory for it.",
          ],
        },
      },
      {
        name: "MySQLSlowQueries",
        priority: "P3",
        expr: `${slow} > ${slowLimit}`,
        for: "5m",
        summary: "MySQL answers many queries slowly",
        description: `MySQL of {{ $labels.service }} at {{ $labels.instance }} has {{ $value | printf "%.0f" }} slow queries per minute, more than ${slowLimit}.`,
        graph: slow,
        panel: mysqlPanel("slow"),
        why: whyOf(mysqlThresholds.slowQueriesPerMinute),
        runbook: {
          meaning: "More queries than usual take longer than the server's `long_query_time`.",
          impact: "Users wait, and slow queries hold locks and connections that others need.",
          steps: [
            "Which ones? Read the slow query log (`slow_query_log`), or `performance_schema.events_statements_summary_by_digest`.",
            "Explain the worst: `explain <query>`. A full scan wants an index, or statistics are old: `analyze table <table>`.",
            "Did a deployment bring them? Go back to the version before.",
          ],
        },
      },
    ],
  };
}
