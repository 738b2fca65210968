import { secret } from "../../../constructs/core/secret";
import { mysqldExporter } from "../../../constructs/exporters/mysqld-exporter";
import { alertsIn, observe } from "../../support/observe";

const password = secret("orders-password");

describe("mysqld-exporter", () => {
  const source = mysqldExporter({ service: "orders", host: "10.0.0.32", password });

  test("is one container per database, scraped under the name of the database", () => {
    expect(source.id).toBe("mysqld-exporter-orders");
    expect(source.targets).toEqual(["10.0.0.32:3306"]);
    expect(source.secrets).toEqual([password]);
    const { observations } = observe(source);
    expect(observations).toHaveLength(1);
    expect(observations[0]).toMatchObject({
      job: "mysqld-exporter",
      down: { name: "MySQLExporterDown", priority: "P1", for: "1m" },
      targets: [
        {
          endpoint: { host: "mysqld-exporter-orders", port: 9104, path: "/metrics" },
          instance: "10.0.0.32:3306",
          labels: { service: "orders" },
        },
      ],
    });
  });

  test("reads the password from its file when it starts, and hands on every argument", () => {
    const { container } = observe(source);
    expect(container).toMatchObject({ entrypoint: ["/bin/sh"] });
    expect(container?.command).toEqual([
      "-ec",
      'MYSQLD_EXPORTER_PASSWORD="$(cat /run/secrets/l2-observatory/orders-password)"; export MYSQLD_EXPORTER_PASSWORD; exec "$0" "$@"',
      "/bin/mysqld_exporter",
      "--mysqld.address=10.0.0.32:3306",
      "--mysqld.username=exporter",
    ]);
    expect(container?.env ?? []).toEqual([]);
    expect(container?.mounts).toEqual([
      {
        type: "bind",
        source: "/secrets/mysqld-exporter-orders",
        target: "/run/secrets/l2-observatory",
        read_only: true,
      },
    ]);
  });

  test("joins the network of the database, under another port and account", () => {
    const { container } = observe(
      mysqldExporter({
        service: "orders",
        host: "orders-db",
        port: 3307,
        user: "watcher",
        network: "apps",
        password,
      }),
    );
    expect(container?.networks_advanced?.map(({ name }) => name)[1]).toBe("apps");
    expect(container?.command).toEqual(
      expect.arrayContaining(["--mysqld.address=orders-db:3307", "--mysqld.username=watcher"]),
    );
  });

  test("has alerts about this database alone, with the environment's thresholds", () => {
    const alerts = alertsIn(
      observe(
        mysqldExporter({
          service: "orders",
          host: "orders-db",
          password,
          thresholds: { slowQueriesPerMinute: 30, highConnectionsPercent: 90 },
        }),
      ).observations,
    );
    expect(
      alerts.map(({ name, priority, expr }) => [
        name,
        priority,
        expr.replace(/^.* (?=[=>] |==)/, ""),
      ]),
    ).toEqual([
      ["MySQLDown", "P1", "== 0"],
      ["MySQLHighConnections", "P2", "> 90"],
      ["MySQLSlowQueries", "P3", "> 30"],
    ]);
    for (const { expr } of alerts) expect(expr).toContain('service="orders"');
  });
});
