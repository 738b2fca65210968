import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { durationSeconds } from "../../constructs/core/promql";
import {
  incidentPlatform,
  incidents,
  renderIncidents,
  timelineOf,
  toldIn,
  type Firing,
} from "../support/incidents";

const urgent = ({ labels }: Firing) => ["critical", "high"].includes(labels["severity"] ?? "");

test("there are the six incidents that operators fear", () => {
  expect([...incidents().keys()]).toEqual([
    "batcher-out-of-funds",
    "da-refuses",
    "l1-rate-limited",
    "l1-slow",
    "safe-head-stalls",
    "sequencer-frozen",
  ]);
});

describe.each([...incidents()])("%s", (_, incident) => {
  const { config } = incidentPlatform(incident.altDa);
  const timeline = timelineOf(incident);

  test("makes exactly one page", () => {
    const { alertname, severity, at } = incident.page;
    expect(
      toldIn(timeline, config)
        .filter(urgent)
        .map(({ labels, from }) => ({
          alertname: labels["alertname"],
          severity: labels["severity"],
          from,
        })),
    ).toEqual([{ alertname, severity, from: durationSeconds(at) }]);
  });

  test("would make more without what keeps alerts silent, or has but one alert", () => {
    const pages = timeline.filter(urgent).length;
    expect(toldIn(timeline, { ...config, inhibit_rules: [] }).filter(urgent)).toHaveLength(pages);
  });
});

test("promtool is asked when each alert fires first and last, and for all rules of the chain", () => {
  const folder = mkdtempSync(join(tmpdir(), "l2o-incidents-"));
  try {
    const [file = ""] = renderIncidents(folder);
    const { rule_files, tests } = parse(readFileSync(file, "utf8")) as {
      rule_files: readonly string[];
      tests: readonly {
        input_series: readonly unknown[];
        promql_expr_test: readonly { expr: string; exp_samples: readonly unknown[] }[];
      }[];
    };
    expect(rule_files.length).toBeGreaterThan(15);
    expect(tests[0]?.input_series.length).toBeGreaterThan(50);
    expect(tests[0]?.promql_expr_test.map(({ expr }) => expr.slice(0, 13))).toEqual([
      "min_over_time",
      "max_over_time",
    ]);
    expect(tests[0]?.promql_expr_test[0]?.exp_samples.length).toBeGreaterThan(3);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
