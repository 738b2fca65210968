import { z } from "zod";
import { Endpoint } from "../../core/endpoint";
import { hostName, kebabName, matching, port } from "../../core/schema";
import { serviceDown } from "../../core/service-down";
import { defineSource } from "../../core/source";
import { httpThresholds } from "../../core/thresholds";
import { httpRows } from "../http-board";
import { httpOverview } from "../http-overview";
import { axumRules } from "./mixin";

/** A Rust service on axum with the crate axum-prometheus, whose names it keeps (`axum_http_requests_*`). */
export const axum = defineSource({
  type: "axum",
  schema: z.strictObject({
    /** Label `service`, e.g. `indexer`. */
    service: kebabName,
    /** As seen from the platform: an address in the tunnel, or a container on `network`. */
    host: hostName,
    port: port.default(3000),
    /** Where the metrics are; requests to it do not count, nor do those below `/health`. */
    path: matching(/^\/[A-Za-z0-9._/-]*$/, "a path such as '/metrics', without query").default(
      "/metrics",
    ),
    /** An existing Docker network on which it is reached. */
    network: z.string().min(1).optional(),
    thresholds: z.strictObject(httpThresholds).prefault({}),
  }),
  instance: ({ service }) => service,
  targets: ({ host, port: number }) => [`${host}:${String(number)}`],
  create: ({ service, host, port: number, path, network, thresholds }) => [
    {
      observation: {
        job: "axum",
        targets: [
          {
            endpoint: new Endpoint({ protocol: "metrics", host, port: number, path }),
            labels: { service },
            ...(network === undefined ? {} : { network }),
          },
        ],
        scrape: { intervalSeconds: 15 },
        down: serviceDown,
        rules: axumRules(service, path, thresholds),
        boards: [...httpRows(service, thresholds), httpOverview(service, thresholds)],
      },
    },
  ],
});
