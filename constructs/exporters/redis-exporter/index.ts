import { z } from "zod";
import { secretReference } from "../../core/schema";
import { Service } from "../../core/service";
import { defineSource } from "../../core/source";
import {
  accountName,
  exporterTarget,
  serverAddress,
  shell,
  watchedServer,
  withSecret,
} from "../watched-server";
import { redisRows } from "./dashboard";
import { redisExporterDown, redisRules, redisThresholds } from "./mixin";

/** A Redis or Valkey server, without TLS. */
export const redisExporter = defineSource({
  type: "redis-exporter",
  schema: z.strictObject({
    ...watchedServer({ port: 6379 }),
    /** Account of Redis' access list; without it the server's only password is meant. */
    user: accountName.optional(),
    /** Left out where the server asks for none. */
    password: secretReference.optional(),
    thresholds: z.strictObject(redisThresholds).prefault({}),
  }),
  instance: ({ service }) => service,
  secrets: ({ password }) => (password === undefined ? [] : [password]),
  targets: (server) => [serverAddress(server)],
  create({ user, password, network, thresholds, ...server }, { scope, id, runtime }) {
    const args = [
      // With a scheme it would hide the reason of a failure.
      `-redis.addr=${serverAddress(server)}`,
      // It connects twice before it gives up, and must answer before the scrape ends: 2 × 3 s < 9 s.
      "-connection-timeout=3s",
      ...(user === undefined ? [] : [`-redis.user=${user}`]),
    ];
    const exporter = new Service(scope, id, {
      runtime,
      image: "redis-exporter",
      user: "59000:59000",
      memory: {
        reservationMiB: 20,
        workingSetMiB: 16,
        limitMiB: 48,
        measured: "7 MiB anonymous and 9 of file pages, v1.45.0 scraped every 10 s, amd64",
      },
      cpus: 0.25,
      command:
        password === undefined
          ? args
          : withSecret({
              variable: "REDIS_PASSWORD",
              secret: password,
              program: "/redis_exporter",
              args,
            }),
      health: { command: ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:9121/health"] },
      ...(password === undefined ? {} : { secrets: [password] }),
      networks: () => (network === undefined ? [] : [network]),
    });
    if (password !== undefined) exporter.container.entrypoint = [shell];
    return [
      {
        observation: {
          job: "redis-exporter",
          targets: [exporterTarget(exporter, 9121, server)],
          scrape: { intervalSeconds: 10 },
          down: redisExporterDown,
          rules: [redisRules(server.service, thresholds)],
          boards: redisRows(server.service, thresholds.highMemoryPercent),
        },
      },
    ];
  },
});
