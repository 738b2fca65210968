import { springBoot } from "../../../constructs/exporters/spring-boot";
import { alertsIn, observe, recordsIn } from "../../support/observe";

describe("spring-boot", () => {
  test("scrapes Actuator's page of each application under its service's name", () => {
    const source = springBoot({ service: "api", host: "10.0.0.20" });
    expect(source.id).toBe("spring-boot-api");
    expect(source.targets).toEqual(["10.0.0.20:8080"]);
    const { observations, container } = observe(source);
    expect(container).toBeUndefined();
    expect(observations).toHaveLength(1);
    expect(observations[0]).toMatchObject({
      job: "spring-boot",
      down: { name: "ServiceDown", priority: "P1" },
      targets: [
        {
          labels: { service: "api" },
          endpoint: { host: "10.0.0.20", port: 8080, path: "/actuator/prometheus" },
        },
      ],
    });
  });

  test("reaches a container on its own network", () => {
    const source = springBoot({ service: "api", host: "api", network: "apps", port: 9000 });
    expect(observe(source).observations[0]?.targets[0]).toMatchObject({ network: "apps" });
  });

  test("has alerts on requests, heap, pauses, connections and starts of this application alone", () => {
    const alerts = alertsIn(observe(springBoot({ service: "api", host: "api" })).observations);
    expect(alerts.map(({ name, priority }) => `${name} ${priority}`)).toEqual([
      "HttpErrorsHigh P1",
      "HttpErrorsHigh P2",
      "HttpErrorsHigh P3",
      "HttpLatencyHigh P2",
      "HttpLatencyHigh P3",
      "RateLimiterOverload P4",
      "HttpLatencyUnmeasured P4",
      "HikariPoolPending P2",
      "JVMHeapHigh P3",
      "JVMGcPauseLong P3",
      "ServiceRestarted P4",
    ]);
    for (const { expr } of alerts) expect(expr).toContain('service="api"');
  });

  test("leaves what the platform itself asks out of its requests", () => {
    const records = recordsIn(observe(springBoot({ service: "api", host: "api" })).observations);
    expect(records.map(({ record }) => record)).toEqual([
      "service:http_requests:increase5m",
      "service:http_errors:increase5m",
      "service:http_refused:rate2m",
      "service:http_request_seconds:p50_5m",
      "service:http_request_seconds:p95_5m",
      "service:http_request_seconds:p99_5m",
      "service_route:http_requests:rate5m",
      "service_route:http_errors:rate5m",
      "service_route:http_request_seconds:p50_5m",
      "service_route:http_request_seconds:p95_5m",
      "service_route:http_request_seconds:p99_5m",
    ]);
    for (const { expr } of records) expect(expr).toContain('uri!~"/actuator(/.*)?"');
  });

  test("judges by the thresholds of the environment", () => {
    const alerts = alertsIn(
      observe(
        springBoot({
          service: "api",
          host: "api",
          thresholds: {
            errorPercent: 2,
            minimumErrors: 30,
            p95Milliseconds: 250,
            minimumRequests: 7,
          },
        }),
      ).observations,
    );
    const [, , errors, p99, p95] = alerts.map(({ expr }) => expr);
    expect(errors).toMatch(/\* 100 > 2 and .* >= 30$/);
    expect(p95).toMatch(/ > 0\.25 and .* >= 7$/);
    expect(p99).toMatch(/ > 5 and .* >= 35$/);
  });
});
