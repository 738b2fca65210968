import { isAlert, priorities, priorityDetails } from "../../../constructs/core/alert";
import { renderRunbook } from "../../../constructs/core/runbook";
import { sampleAlert } from "./samples";

describe("priorities", () => {
  it("have a severity each, the label that routes", () => {
    expect(priorities.map((priority) => [priority, priorityDetails[priority].severity])).toEqual([
      ["P1", "critical"],
      ["P2", "high"],
      ["P3", "warning"],
      ["P4", "info"],
    ]);
  });

  it("differ in time, sign and colour", () => {
    for (const detail of ["severity", "emoji", "respondWithin", "color"] as const) {
      expect(new Set(priorities.map((one) => priorityDetails[one][detail])).size).toBe(4);
    }
  });
});

describe("isAlert", () => {
  it("tells an alert from a recording rule", () => {
    expect(isAlert(sampleAlert)).toBe(true);
    expect(isAlert({ record: "a:b:c", expr: "1" })).toBe(false);
  });
});

describe("a runbook page", () => {
  it("says what it means, what happens, and what to do, in order", () => {
    expect(renderRunbook({ ...sampleAlert, priority: "P1" })).toBe(
      [
        "# SampleSlow",
        "",
        "🔴 P1, respond within 15 minutes. The sample is slow.",
        "",
        "## What it means",
        "",
        "It is down.",
        "",
        "## If nobody acts",
        "",
        "Nothing works.",
        "",
        "## What to do",
        "",
        "1. Look.",
        "2. Start it.",
        "",
      ].join("\n"),
    );
  });
});
