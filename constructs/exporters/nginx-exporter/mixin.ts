import type { RuleGroup } from "../../core/alert";
import type { DownAlert } from "../../core/observation";
import { seriesOf } from "../watched-server";

/**
 * The alert for the exporter itself. As urgent as that for nginx: the exporter's `--nginx.timeout` has no effect (v1.5.3
 * reads a copy of its value), so it does not answer either while nginx hangs.
 */
export const nginxExporterDown: DownAlert = {
  name: "NginxExporterDown",
  priority: "P1",
  for: "1m",
  summary: "nginx, or its exporter, does not answer",
  runbook: {
    meaning:
      "The exporter beside the nginx server that the alert names does not answer. It waits for nginx without limit, so nginx may be what hangs.",
    impact:
      "What is behind this nginx may be cut off; if only the exporter is gone, a failure of nginx would not be announced.",
    steps: [
      "Does nginx answer? `curl -m 5 http://<host>:<port>/stub_status`. If not, go on as for NginxDown.",
      "Read the exporter's log: `docker ps -a --filter name=nginx-exporter`, then `docker logs --tail 50 <container>`.",
    ],
  },
};

/** Reachability and dropped connections of one nginx server. */
export function nginxRules(service: string): RuleGroup {
  const of = seriesOf("nginx-exporter", service);
  // Subtracted first: two increases are extrapolated differently, and any difference would be an alert.
  const dropped = `increase((nginx_connections_accepted${of} - nginx_connections_handled${of})[5m:15s])`;
  return {
    name: `nginx-exporter.${service}`,
    intervalSeconds: 15,
    rules: [
      {
        name: "NginxDown",
        priority: "P1",
        expr: `nginx_up${of} == 0`,
        for: "1m",
        summary: "nginx cannot be reached",
        description:
          "nginx of {{ $labels.service }} at {{ $labels.instance }} has not shown its status page for a minute.",
        graph: `nginx_up${of}`,
        runbook: {
          meaning:
            "The exporter asks for nginx's status page every 15 seconds and does not get it.",
          impact: "What is behind this nginx can probably not be reached from outside.",
          steps: [
            "The exporter's log says why: `docker ps --filter name=nginx-exporter`, then `docker logs --tail 20 <container>`.",
            "Connection refused: is the process there? `nginx -t` names a fault of its configuration.",
            "A status of 403 or 404: the `stub_status` location has moved, or does not allow the exporter's address.",
          ],
        },
      },
      {
        name: "NginxConnectionsDropped",
        priority: "P2",
        expr: `${dropped} > 0`,
        for: "1m",
        summary: "nginx drops connections",
        description:
          'nginx of {{ $labels.service }} at {{ $labels.instance }} dropped {{ $value | printf "%.0f" }} connections in 5 minutes.',
        graph: dropped,
        runbook: {
          meaning:
            "nginx accepted connections that it could not handle: a worker has no connection left.",
          impact: "Some users are cut off at once, though the programs behind nginx are well.",
          steps: [
            "nginx's error log says `worker_connections are not enough` or `Too many open files`.",
            "Is it a rush, or does a slow program behind nginx hold connections? Look at nginx_connections_writing.",
            "Raise `worker_connections` and `worker_rlimit_nofile`, reload nginx.",
          ],
        },
      },
    ],
  };
}
