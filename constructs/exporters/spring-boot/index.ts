import { z } from "zod";
import { Endpoint } from "../../core/endpoint";
import type { DownAlert } from "../../core/observation";
import { hostName, kebabName, port } from "../../core/schema";
import { defineSource } from "../../core/source";

const serviceDown: DownAlert = {
  name: "SpringBootDown",
  priority: "P1",
  for: "1m",
  summary: "An application does not answer",
  runbook: {
    meaning: "The Actuator endpoint of the application gave no answer for a minute.",
    impact: "The application is down, or so loaded that its users wait as well.",
    steps: [
      "Ask it yourself: `curl http://<instance>/actuator/health`.",
      "Read the application's log from a minute before the alert began.",
      "If it was deployed just then, go back to the version before.",
    ],
  },
};

/** A Spring Boot application with Micrometer's Prometheus registry. */
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
  }),
  instance: ({ service }) => service,
  targets: ({ host, port: number }) => [`${host}:${String(number)}`],
  create: ({ service, host, port: number, network }) => [
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
        rules: [],
      },
    },
  ],
});
