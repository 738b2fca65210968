import { z } from "zod";
import { matching } from "../../core/schema";
import { Service } from "../../core/service";
import { defineSource } from "../../core/source";
import { accessLogThresholds } from "../../core/thresholds";
import { exporterTarget, serverAddress, watchedServer } from "../watched-server";
import { nginxRows } from "./dashboard";
import { nginxExporterDown, nginxLogRules, nginxRules } from "./mixin";

/** An nginx server with a `stub_status` location that the exporter may read. */
export const nginxExporter = defineSource({
  type: "nginx-exporter",
  schema: z.strictObject({
    ...watchedServer({ port: 8080 }),
    /** Where `stub_status` is. */
    path: matching(/^\/[A-Za-z0-9._/-]*$/, "a path such as '/stub_status', without query").default(
      "/stub_status",
    ),
    /** Of its access log, where an agent reads it under the same label `service`. */
    thresholds: accessLogThresholds,
  }),
  instance: ({ service }) => service,
  targets: (server) => [serverAddress(server)],
  create({ path, network, thresholds, ...server }, { scope, id, runtime }) {
    const exporter = new Service(scope, id, {
      runtime,
      image: "nginx-exporter",
      user: "1001:1001",
      memory: {
        reservationMiB: 24,
        workingSetMiB: 18,
        limitMiB: 48,
        measured: "7 MiB anonymous and 11 of file pages, v1.5.1 scraped every 15 s, amd64",
      },
      cpus: 0.25,
      command: [`--nginx.scrape-uri=http://${serverAddress(server)}${path}`],
      health: {
        none: "the public image holds the exporter alone, without a shell: NginxExporterDown watches it",
      },
      networks: () => (network === undefined ? [] : [network]),
    });
    return [
      {
        observation: {
          job: "nginx-exporter",
          targets: [exporterTarget(exporter, 9113, server)],
          scrape: { intervalSeconds: 15 },
          down: nginxExporterDown,
          rules: [nginxRules(server.service)],
          logRules: [nginxLogRules(server.service, thresholds)],
          boards: nginxRows(server.service, thresholds),
        },
      },
    ];
  },
});
