import { retentionFaults } from "../../../constructs/core/retention";

test.each([1, 15, 365])("accepts %d days", (days) => {
  expect(retentionFaults(days)).toEqual([]);
});

test.each([0, -1, 1.5, 366, Number.NaN])("refuses %d days", (days) => {
  expect(retentionFaults(days, "traces.retentionDays")).toMatchObject([
    { field: "traces.retentionDays", allowed: "an integer from 1 to 365" },
  ]);
});
