import type { Panel } from "../../../constructs/core/panel";
import { sloRules, sloSchema } from "../../../constructs/slo";
import { sloRows } from "../../../constructs/slo/dashboard";

const panelsOf = (more: object, row: string): readonly Panel[] =>
  sloRows(sloSchema.parse({ service: "api", requests: "spring-boot", ...more })).find(
    ({ key }) => key === row,
  )?.panels ?? [];

const limits = (panels: readonly Panel[]) =>
  panels.map((panel) => [
    panel.key,
    "limits" in panel ? { bad: panel.limits?.bad, ...panel.limits?.at } : undefined,
  ]);

describe("the board of promises", () => {
  it("has four gauges, coloured by what is promised", () => {
    expect(Object.fromEntries(limits(panelsOf({}, "now")))).toEqual({
      availability: { bad: "below", P2: 99.9 },
      speed: { bad: "above", P2: 0.5 },
      errors: { bad: "above", P2: 1.44, P3: 0.1 },
      budget: { bad: "below", P2: 0 },
    });
    expect(panelsOf({ pagePriority: "P1" }, "now")[3]).toMatchObject({
      limits: { at: { P1: 0 } },
    });
  });

  it("begins the scale of availability below what is promised, and ends that of errors above the alert", () => {
    const [availability, , errors] = panelsOf({ availabilityPercent: 99.5 }, "now");
    expect(availability).toMatchObject({ min: 98.5, max: 100 });
    expect(errors).toMatchObject({ min: 0, max: 2.88 });
  });

  it("draws burn rates over the windows of the alerts, against the budget of each promise", () => {
    const panels = panelsOf({ errorPercent: 0.5 }, "burn");
    expect(panels.map(({ key }) => key)).toEqual(["availability", "errors", "latency"]);
    const [, errors] = panels;
    expect(errors).toMatchObject({ limits: { bad: "above", at: { P2: 14.4, P3: 1 } } });
    const asked = errors?.type === "timeseries" ? errors.queries : [];
    expect(asked.map(({ legend }) => legend)).toEqual(["5m", "1h", "6h", "1d", "3d"]);
    for (const { expr } of asked) expect(expr).toMatch(/slo="errors"\} \/ 0\.005$/);
  });

  it("leaves speed out where nothing is promised about it", () => {
    for (const row of ["now", "burn"]) {
      const keys = panelsOf({ latency: false }, row).map(({ key }) => key);
      expect(keys).not.toContain("speed");
      expect(keys).not.toContain("latency");
      const width = panelsOf({ latency: false }, row).reduce(
        (sum, one) => sum + (one.width ?? 8),
        0,
      );
      expect(width).toBe(24);
    }
  });

  it("asks for the quantile that is recorded", () => {
    const slo = { latency: { percent: 99.5 } };
    const recorded = sloRules(
      sloSchema.parse({ service: "api", requests: "spring-boot", ...slo }),
    ).flatMap(({ rules }) => rules.flatMap((rule) => ("record" in rule ? [rule.record] : [])));
    const speed = panelsOf(slo, "now").find(({ key }) => key === "speed");
    const [query] = speed?.type === "gauge" ? speed.queries : [];
    expect(recorded).toContain(query?.expr.replace(/\{.*/, ""));
  });
});
