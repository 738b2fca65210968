import { axum } from "../../../constructs/exporters/axum";
import { alertsIn, observe, recordsIn } from "../../support/observe";

describe("axum", () => {
  test("scrapes each service under its name, where its metrics are", () => {
    const source = axum({ service: "indexer", host: "indexer", network: "apps", path: "/m" });
    expect([source.id, source.targets]).toEqual(["axum-indexer", ["indexer:3000"]]);
    const { observations, container } = observe(source);
    expect(container).toBeUndefined();
    expect(observations).toHaveLength(1);
    expect(observations[0]).toMatchObject({
      job: "axum",
      down: { name: "ServiceDown", priority: "P1" },
      targets: [
        {
          labels: { service: "indexer" },
          network: "apps",
          endpoint: { host: "indexer", port: 3000, path: "/m" },
        },
      ],
    });
    for (const { expr } of recordsIn(observations)) {
      expect(expr).toContain('service="indexer", endpoint!~"(/m|/health.*)"');
    }
  });

  test("has alerts about this service alone, with thresholds that the environment decides", () => {
    const alerts = alertsIn(
      observe(axum({ service: "indexer", host: "indexer", thresholds: { p99Seconds: 2 } }))
        .observations,
    );
    expect(alerts.map(({ name, priority }) => `${name} ${priority}`)).toEqual([
      "HttpErrorsHigh P1",
      "HttpErrorsHigh P2",
      "HttpErrorsHigh P3",
      "HttpLatencyHigh P2",
      "HttpLatencyHigh P3",
      "RateLimiterOverload P4",
      "ServiceRestarted P4",
    ]);
    for (const { expr } of alerts) expect(expr).toContain('service="indexer"');
    expect(alerts[3]?.description).toContain("the limit is 2 s");
  });
});
