import type { RuleGroup } from "../../core/alert";
import type { HttpThresholds } from "../../core/thresholds";
import {
  httpAlerts,
  httpRecords,
  httpRouteRules,
  restartAlert,
  type HttpMetrics,
} from "../http-rules";
import { seriesOf } from "../watched-server";

const job = "axum";

/**
 * Requests and starts of one axum service.
 * @param path where its metrics are
 */
export function axumRules(
  service: string,
  path: string,
  thresholds: HttpThresholds,
): readonly RuleGroup[] {
  const metrics: HttpMetrics = {
    job,
    service,
    histogram: "axum_http_requests_duration_seconds",
    route: "endpoint",
    users: `endpoint!~"(${path}|/health.*)"`,
  };
  // The crate shows nothing of the process; its counters begin anew with it.
  const starts = `max by (job, instance, service) (resets(axum_http_requests_total${seriesOf(job, service)}[10m]))`;
  return [
    {
      name: `${job}.${service}`,
      intervalSeconds: 15,
      rules: [...httpRecords(metrics), ...httpAlerts(metrics, thresholds), restartAlert(starts)],
    },
    httpRouteRules(metrics),
  ];
}
