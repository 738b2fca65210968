import { z } from "zod";
import { show, type Fault } from "../core/errors";
import { kebabName } from "../core/schema";

/**
 * The least a share may promise. Its budget is 6 % then; the fastest burn, 14.4 times that, is 86 % of everything, and
 * with a larger budget it would be more than there is.
 */
const leastPercent = 94;

/** What an environment may write under `slos`: what one service promises over 30 days. */
export const sloSchema = z.strictObject({
  /** Label `service` of its series. */
  service: kebabName,
  /**
   * Whose histogram counts its requests: `http_server_requests_seconds` of Micrometer, job `spring-boot`, or
   * `axum_http_requests_duration_seconds` of axum-prometheus, job `axum`.
   */
  requests: z.enum(["spring-boot", "axum"]),
  /** Share of the time in which its targets answer a scrape; 99.9 is 43 minutes a month. */
  availabilityPercent: z.number().min(leastPercent).max(99.999).default(99.9),
  /** Share of requests that may fail (status 5xx); 0.1 is one in a thousand. */
  errorPercent: z
    .number()
    .min(0.001)
    .max(100 - leastPercent)
    .default(0.1),
  /** How fast requests are, or `false` where its histogram has no bucket for it. */
  latency: z
    .union([
      z.literal(false),
      z.strictObject({
        /** Share of requests that must be faster: 95 for a p95. */
        percent: z.number().min(leastPercent).max(99.999).default(95),
        /**
         * Milliseconds that count as slow. The histogram needs a bucket that ends exactly there: axum-prometheus has
         * one at 500, Spring Boot gets it with `management.metrics.distribution.slo.http.server.requests: 500ms`.
         */
        milliseconds: z.int().min(1).max(60_000).default(500),
      }),
    ])
    .prefault({}),
  /**
   * Bad requests that an alert needs in its long window, whatever their share: at one request a minute a single
   * failure is already 16 times the budget of an hour, and nobody should get up for it.
   */
  leastBadRequests: z.int().min(1).max(1_000_000).default(10),
  /** How urgent a fast burn is. The default leaves an hour, in which 2 % of the budget go at 14.4 times the pace. */
  pagePriority: z.enum(["P1", "P2"]).default("P2"),
});

/** What one service promises, checked. */
export type Slo = z.output<typeof sloSchema>;

/** Days over which a budget is counted. */
export const budgetDays = 30;

/** What holds between objectives and the rest of an environment. */
export function sloFaults(
  slos: readonly Slo[] | undefined,
  retentionDays: number | undefined,
): Fault[] {
  if (slos === undefined || slos.length === 0) return [];
  const services = slos.map(({ service }) => service);
  const twice = services.filter((service, i) => services.indexOf(service) !== i);
  return [
    ...[...new Set(twice)].map((service) => ({
      field: "slos",
      allowed: "objectives of different services",
      got: `${show(service)} twice`,
    })),
    ...(retentionDays === undefined || retentionDays >= budgetDays
      ? []
      : [
          {
            field: "retention.days",
            allowed: `at least ${String(budgetDays)} where 'slos' is given`,
            got: show(retentionDays),
            repair: "an error budget is counted over that many days of series",
          },
        ]),
  ];
}
