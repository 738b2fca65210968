import { isAlert, type Alert, type RecordingRule } from "../../../constructs/core/alert";
import type { Leg } from "../../../constructs/core/observation";
import { heartbeatGroup, prometheusLegs } from "../../../constructs/prometheus/heartbeat";
import { parsePromql } from "../../support/promql";

const other: Leg = { name: "other", works: "sum(up)\n> 1", toldBy: "OtherDown" };

function named(name: string, legs: readonly Leg[]): Alert {
  const found = heartbeatGroup(legs)
    .rules.filter(isAlert)
    .find((alert) => alert.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

function records(legs: readonly Leg[]): readonly RecordingRule[] {
  return heartbeatGroup(legs).rules.flatMap((rule) => (isAlert(rule) ? [] : [rule]));
}

describe("the heartbeat", () => {
  it("asks of every part itself, and is routed apart", () => {
    const { expr, labels } = named("Watchdog", [...prometheusLegs, other]);
    expect(expr.startsWith("vector(1)\nand on () (")).toBe(true);
    for (const { works } of prometheusLegs) expect(expr).toContain(works);
    expect(expr).toContain("and on () (\n  sum(up)\n  > 1\n)");
    expect(parsePromql(expr).fault).toBeUndefined();
    expect(labels).toEqual({ heartbeat: "true" });
  });

  it("says of every part whether it works, for the person who looks why there is none", () => {
    expect(records([other])).toEqual([
      {
        record: "observatory:heartbeat_leg",
        expr: "count(\n  sum(up)\n  > 1\n) > bool 0 or vector(0)",
        labels: { leg: "other" },
      },
    ]);
  });

  it("tells people itself of a part that has no alert of its own", () => {
    const { expr } = named("HeartbeatWithheld", [...prometheusLegs, other]);
    expect(expr).toBe('observatory:heartbeat_leg{leg=~"scraping|rule-evaluation"} == 0');
  });
});
