import { isAlert, type RuleGroup } from "../../../constructs/core/alert";
import { describeFault } from "../../../constructs/core/errors";
import { Observations, type Observable } from "../../../constructs/core/observation";
import { Objectives, sloFaults, sloRules, sloSchema, type Slo } from "../../../constructs/slo";
import { serviceDown } from "../../../constructs/core/service-down";
import { testStack } from "../core/synthesised";

const slo = (more: object = {}): Slo =>
  sloSchema.parse({ service: "api", requests: "spring-boot", ...more });

const rulesOf = (groups: readonly RuleGroup[]) => groups.flatMap(({ rules }) => rules);

const records = (of: Slo) => rulesOf(sloRules(of)).flatMap((rule) => (isAlert(rule) ? [] : [rule]));

const alerts = (of: Slo) => rulesOf(sloRules(of)).filter(isAlert);

const expr = (of: Slo, record: string, objective: string) =>
  records(of).find((rule) => rule.record === record && rule.labels?.["slo"] === objective)?.expr;

describe("what a service promises", () => {
  it("is 99.9 % available, one failure in a thousand and a p95 of 500 ms, unless it says so", () => {
    expect(slo()).toMatchObject({
      availabilityPercent: 99.9,
      errorPercent: 0.1,
      latency: { percent: 95, milliseconds: 500 },
      leastBadRequests: 10,
      pagePriority: "P2",
    });
  });

  it("has a budget left in per cent: of this moment, and of 30 days", () => {
    expect(expr(slo(), "slo:error_budget:percent5m", "errors")).toBe(
      '(1 - slo:bad_ratio:rate5m{service="api", slo="errors"} / 0.001) * 100',
    );
    expect(expr(slo(), "slo:error_budget:percent30d", "availability")).toBe(
      '(1 - slo:bad_ratio:rate30d{service="api", slo="availability"} / 0.001) * 100',
    );
    expect(expr(slo(), "slo:error_budget:percent5m", "latency")).toContain("/ 0.05)");
  });

  it("counts requests of users in the histogram that it names", () => {
    expect(expr(slo(), "slo:events:rate5m", "errors")).toContain(
      'http_server_requests_seconds_count{job="spring-boot", service="api", uri!~"/actuator.*"}',
    );
    const axum = slo({ requests: "axum", service: "ledger" });
    expect(expr(axum, "slo:bad_events:rate5m", "errors")).toContain(
      'axum_http_requests_duration_seconds_count{job="axum", service="ledger", endpoint!~"/(metrics|health.*)", status=~"5.."}',
    );
  });

  it("names a bucket as Prometheus does", () => {
    const at = (milliseconds: number) =>
      expr(slo({ latency: { milliseconds } }), "slo:bad_events:rate5m", "latency");
    expect(at(500)).toContain('le="0.5"');
    expect(at(1000)).toContain('le="1.0"');
    expect(at(2500)).toContain('le="2.5"');
  });

  it("leaves speed out where the histogram cannot tell it", () => {
    const all = rulesOf(sloRules(slo({ latency: false })));
    expect(JSON.stringify(all)).not.toMatch(/latency|_bucket/i);
  });
});

describe("burn alerts", () => {
  it("page at 14.4 and 6 times the pace, and ask for a ticket at 3 and 1 times, in two windows each", () => {
    const [page, ticket] = alerts(slo()).filter(({ name }) => name === "SloErrorsBurn");
    const of = '{service="api", slo="errors"}';
    for (const [alert, limits] of [
      [page, { "1h": 0.0144, "5m": 0.0144, "6h": 0.006, "30m": 0.006 }],
      [ticket, { "1d": 0.003, "2h": 0.003, "3d": 0.001, "6h": 0.001 }],
    ] as const) {
      for (const [window, limit] of Object.entries(limits)) {
        expect(alert?.expr).toContain(`slo:bad_ratio:rate${window}${of} > ${String(limit)} `);
      }
    }
    expect(page).toMatchObject({ priority: "P2", labels: { tier: "page" } });
    expect(ticket).toMatchObject({ priority: "P3", labels: { tier: "ticket" } });
  });

  it("need a number of bad requests, and of seconds without an answer", () => {
    const [availability, , errors] = alerts(slo({ leastBadRequests: 25 }));
    expect(errors?.expr).toContain('slo="errors"}[1h]) * 30 >= 25)');
    expect(availability?.expr).toContain('slo="availability"}[1h]) * 30 >= 51.84)');
    expect(availability?.expr).toContain('slo="availability"}[6h]) * 30 >= 129.6)');
  });

  it("say why their numbers are what they are", () => {
    for (const { name, why } of alerts(slo())) {
      if (name !== "SloLatencyUnmeasured") expect(why).toMatch(/14\.4|3 times/);
    }
  });

  it("are as urgent as the environment says", () => {
    const priorities = alerts(slo({ pagePriority: "P1" })).map(({ priority }) => priority);
    expect(priorities).toEqual(["P1", "P3", "P1", "P3", "P1", "P3", "P3"]);
  });
});

describe("faults", () => {
  const words = (slos: readonly Slo[] | undefined, days?: number) =>
    sloFaults(slos, days).map(describeFault);

  it("are a service twice, and series that are not kept as long as a budget is counted", () => {
    expect(words([slo(), slo({ requests: "axum" })], 15)).toEqual([
      "'slos' must be objectives of different services, got 'api' twice",
      "'retention.days' must be at least 30 where 'slos' is given, got 15; an error budget is counted over that many days of series",
    ]);
  });

  it("are none where nothing is promised, or what there is was told already", () => {
    expect(words(undefined)).toEqual([]);
    expect(words([], 1)).toEqual([]);
    expect(words([slo()])).toEqual([]);
    expect(words([slo()], 30)).toEqual([]);
  });
});

test("objectives are rules beside those of what evaluates them, and no target", () => {
  const prometheus: Observable = {
    observation: {
      job: "prometheus",
      targets: [],
      scrape: { intervalSeconds: 15 },
      down: serviceDown,
      rules: [],
    },
  };
  const objectives = new Objectives(testStack(), "slo", {
    evaluatedBy: prometheus,
    slos: [slo(), slo({ service: "chat" })],
  });
  const observations = new Observations(prometheus, objectives);
  expect(observations.jobs()).toHaveLength(1);
  expect(observations.ruleGroups().map(({ name }) => name)).toEqual([
    "slo.api",
    "slo-budget.api",
    "slo.chat",
    "slo-budget.chat",
  ]);
});
