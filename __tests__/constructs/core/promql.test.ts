import { durationSeconds, newFailures } from "../../../constructs/core/promql";
import { parsePromql } from "../../support/promql";

test("counts what grew, and whole what was not there, by the labels that are asked for", () => {
  const expr = newFailures('lost_total{job="a"}', ["job", "reason"]);
  expect(expr).toBe(
    'sum by (job, reason) ((lost_total{job="a"} unless lost_total{job="a"} offset 5m) or increase(lost_total{job="a"}[5m]))',
  );
  const { fault, grouping } = parsePromql(expr);
  expect(fault).toBeUndefined();
  expect(grouping).toEqual(["job", "reason"]);
});

test.each([
  ["2s", 2],
  ["1m30s", 90],
  ["1h", 3600],
  ["500ms", 0.5],
  ["0s", 0],
])("%s is %d seconds", (text, seconds) => {
  expect(durationSeconds(text)).toBe(seconds);
});
