import { z } from "zod";
import { Endpoint } from "../../core/endpoint";
import { jvmSchema } from "../../core/jvm";
import { hostName, kebabName, port } from "../../core/schema";
import { serviceDown } from "../../core/service-down";
import { defineSource } from "../../core/source";
import { springThresholds } from "../../core/thresholds";
import { httpOverview } from "../http-overview";
import { springRows } from "./dashboard";
import { springRules } from "./mixin";

/**
 * A Spring Boot application with Micrometer's Prometheus registry; for p95 and p99 it needs
 * `management.metrics.distribution.percentiles-histogram.http.server.requests=true`.
 */
export const springBoot = defineSource({
  type: "spring-boot",
  schema: z.strictObject({
    /** Label `service`, e.g. `api`. */
    service: kebabName,
    /** As seen from the platform: an address in the tunnel, or a container on `network`. */
    host: hostName,
    /** Application or management port. */
    port: port.default(8080),
    /** An existing Docker network on which it is reached. */
    network: z.string().min(1).optional(),
    thresholds: springThresholds,
    /** A board of its own for heap, collector, threads and database connections. */
    jvm: jvmSchema.optional(),
  }),
  instance: ({ service }) => service,
  targets: ({ host, port: number }) => [`${host}:${String(number)}`],
  create: ({ service, host, port: number, network, thresholds, jvm }) => [
    {
      observation: {
        job: "spring-boot",
        targets: [
          {
            endpoint: new Endpoint({
              protocol: "metrics",
              host,
              port: number,
              path: "/actuator/prometheus",
            }),
            labels: { service },
            ...(network === undefined ? {} : { network }),
          },
        ],
        scrape: { intervalSeconds: 15 },
        down: serviceDown,
        rules: springRules({ service, thresholds, jvm }),
        boards: [...springRows({ service, thresholds, jvm }), httpOverview(service, thresholds)],
      },
    },
  ],
});
