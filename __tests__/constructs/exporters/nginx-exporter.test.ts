import { nginxExporter } from "../../../constructs/exporters/nginx-exporter";
import { alertsIn, observe } from "../../support/observe";

describe("nginx-exporter", () => {
  const source = nginxExporter({ service: "edge", host: "edge", network: "apps" });

  test("is one container per nginx, scraped under the name of the nginx", () => {
    expect(source.id).toBe("nginx-exporter-edge");
    expect(source.targets).toEqual(["edge:8080"]);
    expect(source.secrets).toEqual([]);
    const { observations } = observe(source);
    expect(observations).toHaveLength(1);
    expect(observations[0]).toMatchObject({
      job: "nginx-exporter",
      down: { name: "NginxExporterDown", priority: "P1", for: "1m" },
      targets: [
        {
          endpoint: { host: "nginx-exporter-edge", port: 9113, path: "/metrics" },
          instance: "edge:8080",
          labels: { service: "edge" },
        },
      ],
    });
  });

  test("joins the network of the nginx and asks for its status page", () => {
    const { container } = observe(source);
    expect(container?.networks_advanced?.map(({ name }) => name)[1]).toBe("apps");
    expect(container?.command).toEqual(["--nginx.scrape-uri=http://edge:8080/stub_status"]);
    const elsewhere = nginxExporter({ service: "edge", host: "10.0.0.30", port: 81, path: "/s/1" });
    expect(observe(elsewhere).container?.command).toEqual([
      "--nginx.scrape-uri=http://10.0.0.30:81/s/1",
    ]);
  });

  test("cannot be probed by the engine: its image holds the exporter alone", () => {
    const { container } = observe(source);
    expect(container?.healthcheck?.test).toEqual(["NONE"]);
    expect(container?.wait).toBeUndefined();
  });

  test("has alerts about this nginx alone", () => {
    const alerts = alertsIn(observe(source).observations);
    expect(alerts.map(({ name, priority }) => [name, priority])).toEqual([
      ["NginxDown", "P1"],
      ["NginxConnectionsDropped", "P2"],
    ]);
    for (const { expr } of alerts) expect(expr).toContain('service="edge"');
  });

  test("judges the requests in its access log, with thresholds that the environment decides", () => {
    const stricter = nginxExporter({
      service: "edge",
      host: "edge",
      thresholds: { errorHighPercent: 5, minimumErrors: 50 },
    });
    const [{ logRules = [] } = {}] = observe(stricter).observations;
    const alerts = logRules.flatMap((group) => group.alerts);
    expect(
      alerts.map(({ name, priority, logql }) => [name, priority, logql.split(" * 100 ")[1]]),
    ).toEqual(
      [
        ["P1", 50],
        ["P2", 5],
        ["P3", 1],
      ].map(([priority, percent]) => [
        "NginxErrorsHigh",
        priority,
        `> ${String(percent)} and sum by (service) (count_over_time({service="edge"} | status=~"5.." [5m])) >= 50`,
      ]),
    );
  });
});
