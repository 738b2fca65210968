import {
  isAlert,
  priorities,
  type Alert,
  type RecordingRule,
  type RuleGroup,
} from "../../constructs/core/alert";
import { Observations } from "../../constructs/core/observation";
import { renderRule } from "../../constructs/prometheus";
import { catalogue, links } from "../support/catalogue";
import { knownMetrics, recordedValues, scrapeLabels } from "../support/known-metrics";
import { matches, parsePromql } from "../support/promql";
import { built } from "../support/synth";

const sets: readonly { readonly name: string; readonly ruleGroups: readonly RuleGroup[] }[] = [
  ...built,
  { name: "catalogue", ruleGroups: catalogue() },
];

/** Labels of recorded series: those that the rule adds, and those that its expression keeps. */
function recordedLabels(records: readonly RecordingRule[]): ReadonlyMap<string, readonly string[]> {
  return new Map(
    records.map(({ record, labels = {}, expr }) => [
      record,
      [...Object.keys(labels), ...parsePromql(expr).grouping],
    ]),
  );
}

const duration = /^(\d+[smhd])+$/;
const oneLine = /^[^\n{]+$/;

describe.each(sets)("rules of $name", ({ ruleGroups }) => {
  const all = ruleGroups.flatMap((group) => group.rules);
  const alerts = all.filter(isAlert);
  const records = all.flatMap((rule) => (isAlert(rule) ? [] : [rule]));
  const recorded = recordedLabels(records);
  const known = knownMetrics();
  const values = recordedValues();

  test("there are some, and no group twice", () => {
    expect(alerts.length).toBeGreaterThan(5);
    const names = ruleGroups.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { intervalSeconds } of ruleGroups) {
      expect(intervalSeconds).toBeGreaterThanOrEqual(1);
      expect(intervalSeconds).toBeLessThanOrEqual(300);
    }
  });

  test.each(alerts)("$name says what it is, in words and with links", (alert) => {
    expect(alert.name).toMatch(/^([A-Z][a-z0-9]*|[A-Z]\d*)+$/);
    expect(priorities).toContain(alert.priority);
    expect(alert.summary).toMatch(oneLine);
    expect(alert.description.length).toBeGreaterThan(20);
    if (alert.for !== undefined) expect(alert.for).toMatch(duration);
    expect(alert.runbook.meaning).toMatch(oneLine);
    expect(alert.runbook.impact).toMatch(oneLine);
    expect(alert.runbook.steps.length).toBeGreaterThan(0);
    for (const step of alert.runbook.steps) expect(step).not.toContain("{{");
    const { labels, annotations } = renderRule(alert, links) as {
      labels: Readonly<Record<string, string>>;
      annotations: Readonly<Record<string, string>>;
    };
    expect(Object.keys(annotations)).toEqual([
      "summary",
      "description",
      "respond_within",
      "meaning",
      "impact",
      "steps",
      "dashboard_url",
      "runbook_url",
    ]);
    expect(labels["priority"]).toBe(alert.priority);
    expect(annotations["runbook_url"]).toBe(`${links.runbooks}/${alert.name}`);
    const { searchParams } = new URL(annotations["dashboard_url"] ?? "");
    expect(parsePromql(searchParams.get("g0.expr") ?? "").fault).toBeUndefined();
  });

  test("one name and tier means one thing, per chain, job, service, instance and agent", () => {
    const subjects = alerts.map(({ name, labels, expr, priority }) =>
      [
        name,
        labels?.["tier"],
        priority,
        ...["chain", "job", "service", "instance", "agent"].map(
          (label) => new RegExp(`\\b${label}="[^"]*"`).exec(expr)?.[0],
        ),
      ].join(" "),
    );
    expect(new Set(subjects).size).toBe(subjects.length);
    const tiers = new Map<string, Set<string>>();
    for (const { name, labels, priority } of alerts) {
      const of = tiers.get(name) ?? new Set();
      tiers.set(name, of.add(`${labels?.["tier"] ?? ""}=${priority}`));
    }
    for (const [name, of] of tiers) {
      const names = [...of].map((one) => one.split("=")[0]);
      // Priorities of one name differ by a tier that says so.
      expect([name, new Set(names).size]).toEqual([name, of.size]);
    }
  });

  test("an alert is inhibited by alerts that exist somewhere, never by itself", () => {
    const names = new Set(
      catalogue().flatMap((group) => group.rules.filter(isAlert).map((a) => a.name)),
    );
    for (const { name, inhibitedBy = [] } of alerts) {
      for (const source of inhibitedBy) {
        expect(names).toContain(source);
        expect(source).not.toBe(name);
      }
    }
  });

  test.each(all)("$name$record is PromQL over metrics and labels that exist", (rule) => {
    const graph = isAlert(rule) ? (rule.graph ?? rule.expr) : rule.expr;
    for (const expr of [rule.expr, graph]) {
      const { fault, selectors, grouping } = parsePromql(expr);
      expect([expr, fault]).toEqual([expr, undefined]);
      for (const { metric, labels } of selectors) {
        const own = known.get(metric) ?? recorded.get(metric);
        expect([metric, own === undefined ? "is exported by nothing" : "exists"]).toEqual([
          metric,
          "exists",
        ]);
        const allowed = [...scrapeLabels, ...(own ?? [])];
        for (const label of labels.keys())
          expect([metric, allowed]).toEqual([metric, expect.arrayContaining([label])]);
      }
      const groupable = [
        ...scrapeLabels,
        ...selectors.flatMap(({ metric }) => known.get(metric) ?? recorded.get(metric) ?? []),
        // Those that label_replace makes.
        ...[...expr.matchAll(/, "(\w+)", "[^"]*", "\w+", "/g)].map(([, label]) => label),
      ];
      for (const label of grouping) expect(groupable).toContain(label);
    }
  });

  test.each(all)("$name$record selects by values that the software shows", (rule) => {
    for (const { metric, matchers } of parsePromql(rule.expr).selectors) {
      for (const matcher of matchers) {
        const shown = values.get(metric)?.[matcher.label];
        if (shown === undefined) continue;
        const found = shown.filter((value) => matches(matcher, value));
        expect([metric, matcher, found]).not.toEqual([metric, matcher, []]);
      }
    }
  });

  test.each(alerts)("$name watches a known job or metric", (alert: Alert) => {
    const { selectors } = parsePromql(alert.expr);
    const jobs = new Set(
      records
        .filter(({ record }) => record === "observatory:expected_target")
        .map(({ labels }) => labels?.["job"]),
    );
    for (const { label, operator, value } of selectors.flatMap(({ matchers }) => matchers)) {
      if (label === "job" && operator !== "!=") expect(jobs).toContain(value);
    }
    // The heartbeat is the only alert about nothing.
    expect(selectors.length > 0 || alert.labels?.["heartbeat"] === "true").toBe(true);
  });

  test("templates of descriptions name labels that the alert has", () => {
    for (const { name, description, expr } of alerts) {
      const { selectors, grouping } = parsePromql(expr);
      const labels = new Set([
        ...scrapeLabels,
        ...grouping,
        ...selectors.flatMap(({ metric }) => known.get(metric) ?? recorded.get(metric) ?? []),
      ]);
      for (const [, label] of description.matchAll(/\$labels\.(\w+)/g)) {
        expect([name, [...labels]]).toEqual([name, expect.arrayContaining([label])]);
      }
    }
  });
});

test("the parser notices what is not PromQL", () => {
  expect(parsePromql("sum(up").fault).toBeDefined();
  expect(parsePromql("up{job=}").fault).toBeDefined();
  expect(parsePromql('sum by (job) (up{job="a"}) > 0').fault).toBeUndefined();
});

test("the recorded values tell a matcher that finds something from one that does not", () => {
  const steal = recordedValues().get("node_cpu_seconds_total")?.["mode"] ?? [];
  const found = (value: string, operator = "=") =>
    steal.filter((one) => matches({ label: "mode", operator, value }, one));
  expect(found("steal")).toEqual(["steal"]);
  expect(found("stolen")).toEqual([]);
  expect(found("idle|iowait", "=~")).toEqual(["idle", "iowait"]);
  expect(found("idle", "!=")).not.toContain("idle");
  expect(found(".*", "!~")).toEqual([]);
});

test("a set of observations refuses a group that contradicts another", () => {
  const group = catalogue()[0];
  if (group === undefined) throw new Error("the catalogue is empty");
  const observation = {
    job: "a",
    targets: [],
    scrape: { intervalSeconds: 5 },
    down: {
      name: "ADown",
      priority: "P1",
      for: "1m",
      summary: "s",
      runbook: { meaning: "m", impact: "i", steps: ["s"] },
    },
    rules: [group],
  } as const;
  expect(
    () =>
      new Observations(
        { observation },
        { observation: { ...observation, rules: [{ ...group, intervalSeconds: 299 }] } },
      ),
  ).toThrow("contributed twice with different content");
});
