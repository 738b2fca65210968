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
import { mysqlRows } from "./dashboard";
import { mysqlRules, mysqlThresholds, mysqldExporterDown } from "./mixin";

/**
 * A MySQL or MariaDB server, without TLS. Its account needs `GRANT PROCESS, REPLICATION CLIENT ON *.*`, in MariaDB also
 * `SLAVE MONITOR`, and no right to read data; it should have `MAX_USER_CONNECTIONS 3`.
 */
export const mysqldExporter = defineSource({
  type: "mysqld-exporter",
  schema: z.strictObject({
    ...watchedServer({ port: 3306 }),
    /** The account. */
    user: accountName.default("exporter"),
    /** That of the account. */
    password: secretReference,
    thresholds: z.strictObject(mysqlThresholds).prefault({}),
  }),
  instance: ({ service }) => service,
  secrets: ({ password }) => [password],
  targets: (server) => [serverAddress(server)],
  create({ user, password, network, thresholds, ...server }, { scope, id, runtime }) {
    const exporter = new Service(scope, id, {
      runtime,
      image: "mysqld-exporter",
      user: "65534:65534",
      memory: {
        reservationMiB: 24,
        workingSetMiB: 20,
        limitMiB: 48,
        measured: "8 MiB anonymous and 12 of file pages, v0.19.0 scraped every 15 s, amd64",
      },
      cpus: 0.25,
      // Not a my.cnf made of the password: in one, `$`, quotes and spaces are not read as written.
      command: withSecret({
        variable: "MYSQLD_EXPORTER_PASSWORD",
        secret: password,
        program: "/bin/mysqld_exporter",
        args: [`--mysqld.address=${serverAddress(server)}`, `--mysqld.username=${user}`],
      }),
      // Its first page: /metrics would ask the database.
      health: { command: ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:9104/"] },
      secrets: [password],
      networks: () => (network === undefined ? [] : [network]),
    });
    exporter.container.entrypoint = [shell];
    return [
      {
        observation: {
          job: "mysqld-exporter",
          targets: [exporterTarget(exporter, 9104, server)],
          scrape: { intervalSeconds: 15 },
          down: mysqldExporterDown,
          rules: [mysqlRules(server.service, thresholds)],
          boards: mysqlRows(server.service, thresholds),
        },
      },
    ];
  },
});
