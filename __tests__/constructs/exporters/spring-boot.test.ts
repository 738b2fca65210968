import { Observations } from "../../../constructs/core/observation";
import { above, queriesOf } from "../../../constructs/core/panel";
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

  describe("with a board of its own", () => {
    const jvm = { title: "JVM Chat", pool: "ChatHikariPool", tomcatMaxThreads: 100 };
    const thresholds = { heapPercent: 70, gcPauseMilliseconds: 250, poolPending: 2 };
    const observed = (more: object) =>
      observe(springBoot({ service: "chat", host: "chat", thresholds, ...more })).observations;
    const rowsOf = (more: object) => {
      const rows = observed(more).flatMap(({ boards = [] }) => boards);
      return rows.filter(({ board }) => board.uid === "jvm-chat");
    };
    const panel = (more: object, row: string, key: string) =>
      rowsOf(more)
        .find((one) => one.key === row)
        ?.panels.find((one) => one.key === key);

    test("shows the pool by its name, and request threads up to their most", () => {
      expect(rowsOf({ jvm }).map(({ key }) => key)).toEqual([
        "now",
        "memory",
        "collector",
        "pool",
        "threads",
      ]);
      expect(rowsOf({ jvm })[0]?.board.title).toBe("JVM Chat");
      expect(panel({ jvm }, "now", "tomcat")).toMatchObject({ max: 100 });
      for (const { expr } of rowsOf({ jvm })
        .filter(({ key }) => key === "pool")
        .flatMap(({ panels }) => panels.flatMap(queriesOf))) {
        expect(expr).toContain('pool="ChatHikariPool"');
      }
    });

    test("draws the limits of the alerts, which lead to it", () => {
      expect(panel({ jvm }, "memory", "heap-percent")).toMatchObject({ limits: above({ P3: 70 }) });
      expect(panel({ jvm }, "collector", "pause")).toMatchObject({ limits: above({ P3: 250 }) });
      // Two may wait, the third is an alert.
      expect(panel({ jvm }, "pool", "pending")).toMatchObject({ limits: above({ P2: 3 }) });
      const panels = alertsIn(observed({ jvm })).map((alert) => [alert.name, alert.panel]);
      expect(Object.fromEntries(panels)).toMatchObject({
        HikariPoolPending: { board: "jvm-chat", row: "pool", panel: "pending" },
        JVMHeapHigh: { board: "jvm-chat", row: "memory", panel: "heap-percent" },
        JVMGcPauseLong: { board: "jvm-chat", row: "collector", panel: "pause" },
        ServiceRestarted: { board: "jvm-chat", row: "now", panel: "uptime" },
      });
    });

    test("fails when the name of the service makes a uid that Grafana refuses", () => {
      const service = "a-service-of-which-the-name-is-far-too-long";
      const [observation] = observe(springBoot({ service, host: "a", jvm })).observations;
      if (observation === undefined) throw new Error("nothing is observed");
      expect(() => new Observations({ observation })).toThrow(
        `'jvm-${service}' must be a uid of 1 to 40 letters, digits, hyphens and underscores, got 'jvm-${service}'`,
      );
    });

    test("has no panel of connections where no pool is named, and no board where none is asked for", () => {
      const { title } = jvm;
      expect(rowsOf({ jvm: { title } }).map(({ key }) => key)).not.toContain("pool");
      expect(panel({ jvm: { title } }, "now", "waiting")).toBeUndefined();
      expect(panel({ jvm: { title } }, "now", "tomcat")).toMatchObject({ max: 200 });
      expect(rowsOf({})).toEqual([]);
      const leads = alertsIn(observed({})).flatMap(({ panel: to }) => to?.board ?? []);
      expect(new Set(leads)).toEqual(new Set(["http-red"]));
    });
  });
});
