import { isAlert, type RuleGroup } from "../../constructs/core/alert";
import { catalogue } from "../support/catalogue";
import { parsePromql, type Selector } from "../support/promql";
import { lists, listsFor, ownLabels, recordedFault } from "../support/recorded";
import { built } from "../support/synth";
import { unrecorded } from "../support/unrecorded";

function selectorsOf(groups: readonly RuleGroup[]): readonly Selector[] {
  const rules = groups.flatMap((group) => group.rules);
  const records = new Set(rules.flatMap((rule) => (isAlert(rule) ? [] : [rule.record])));
  return rules
    .flatMap((rule) => [rule.expr, isAlert(rule) ? (rule.graph ?? rule.expr) : rule.expr])
    .flatMap((expr) => parsePromql(expr).selectors)
    .filter(({ metric }) => !records.has(metric));
}

const sets = [...built, { name: "catalogue", ruleGroups: catalogue() }];
const selectors = sets.flatMap(({ ruleGroups }) => selectorsOf(ruleGroups));
const day = /\b20\d\d-\d\d-\d\d\b/;

describe("no alert is dead", () => {
  test.each(sets)("every series that a rule of $name selects was seen", ({ ruleGroups }) => {
    const faults = selectorsOf(ruleGroups).flatMap((selector) => recordedFault(selector) ?? []);
    expect([...new Set(faults)]).toEqual([]);
  });

  const selected = new Set(selectors.flatMap((one) => listsFor(one).map(([name]) => name)));
  test.each([...selected])("%s was recorded on a day that it names, or is excepted", (name) => {
    const { source = "" } = lists.get(name) ?? {};
    expect([name, day.test(source)]).toEqual([name, !(name in unrecorded.lists)]);
  });
});

describe("excepted, since no running program was seen to show it", () => {
  const metricsOf = (list: string) =>
    selectors
      .filter((selector) => listsFor(selector).some(([name]) => name === list))
      .map(({ metric }) => metric);
  const labels = selectors.flatMap((one) =>
    ownLabels(one).map(({ label }) => `${one.metric} ${label}`),
  );
  const exceptions = [
    ...Object.entries(unrecorded.lists).map(([list, reason]) => ({
      what: list,
      reason,
      concerns: metricsOf(list),
    })),
    ...Object.entries(unrecorded.labels).map(([label, reason]) => ({
      what: label,
      reason,
      concerns: labels.filter((one) => one === label),
    })),
  ].map(({ concerns, ...rest }) => ({
    ...rest,
    selected: [...new Set(concerns)].sort().join(", "),
  }));

  test.each(exceptions)("$what: $reason (rules select: $selected)", ({ reason, selected }) => {
    expect(reason.length).toBeGreaterThan(20);
    expect(selected).not.toBe("");
  });
});

describe("a selector is at fault when", () => {
  const fault = (expr: string) =>
    parsePromql(expr).selectors.map((selector) => recordedFault(selector))[0];

  test("its value is shown by no program", () => {
    expect(fault('node_cpu_seconds_total{mode="steal"}')).toBeUndefined();
    expect(fault('node_cpu_seconds_total{mode=~"idle|iowait"}')).toBeUndefined();
    expect(fault('node_cpu_seconds_total{mode="stolen"}')).toBe(
      'no program showed a series for node_cpu_seconds_total{mode="stolen"}',
    );
    expect(fault('node_cpu_seconds_total{mode!~".*"}')).toMatch(/^no program showed/);
  });

  test("nobody wrote down the values of its label", () => {
    expect(fault('node_disk_io_now{device="sda"}')).toMatch(/^no value of device was recorded/);
  });

  test("another job exports it", () => {
    expect(fault('loki_discarded_samples_total{job="loki"}')).toBeUndefined();
    expect(fault('loki_discarded_samples_total{job="tempo"}')).toBe(
      "loki_discarded_samples_total is shown by no program of the job tempo",
    );
    expect(fault('up{job="loki"}')).toBeUndefined();
  });
});
