import { isAlert, type RuleGroup } from "../../constructs/core/alert";
import { catalogue } from "../support/catalogue";
import { metricLists, scrapeLabels, type MetricList } from "../support/known-metrics";
import { matches, parsePromql, type Matcher, type Selector } from "../support/promql";
import { built } from "../support/synth";
import { unrecorded } from "../support/unrecorded";

const lists = metricLists();

/** Lists of jobs that are not named as the program behind them. */
const listOfJob: Readonly<Record<string, string>> = {
  probe: "blackbox-exporter",
  "l2-geth": "op-geth",
  "l2-node": "op-node",
};

/** Series that Prometheus adds to those of a target. */
const addedByScrape = /^(up|scrape_.+)$/;

function jobOf(matchers: readonly Matcher[]): string | undefined {
  return matchers.find(({ label, operator }) => label === "job" && operator === "=")?.value;
}

type Named = readonly [name: string, list: MetricList];

/** The lists in which a selector must find its series: that of its job alone, where the job has one. */
function listsFor({ metric, matchers }: Selector): readonly Named[] {
  const holding = [...lists].filter(([, { metrics }]) => metric in metrics);
  const job = jobOf(matchers) ?? "";
  const own = listOfJob[job] ?? job;
  return lists.has(own) && !addedByScrape.test(metric)
    ? holding.filter(([name]) => name === own)
    : holding;
}

const ownLabels = ({ matchers }: Selector): readonly Matcher[] =>
  matchers.filter(({ label }) => !(scrapeLabels as readonly string[]).includes(label));

/** Whether the values that were recorded of one program hold one for every matcher; `undefined` where none were recorded. */
function shown([, { values = {} }]: Named, { metric }: Selector, matcher: Matcher) {
  return values[metric]?.[matcher.label]?.some((value) => matches(matcher, value));
}

/** What is wrong with a selector; nothing where a program showed such a series, or an exception allows it. */
function faultOf(selector: Selector): string | undefined {
  const { metric } = selector;
  const found = listsFor(selector);
  if (found.length === 0) {
    const job = jobOf(selector.matchers);
    return `${metric} is shown by no program${job === undefined ? "" : ` of the job ${job}`}`;
  }
  if (found.some(([name]) => name in unrecorded.lists)) return undefined;
  for (const matcher of ownLabels(selector)) {
    const { label, operator, value } = matcher;
    if (`${metric} ${label}` in unrecorded.labels) continue;
    const answers = found.map((list) => shown(list, selector, matcher));
    const text = `${metric}{${label}${operator}"${value}"}`;
    if (answers.every((answer) => answer === undefined)) {
      return `no value of ${label} was recorded for ${text}: see tools/record-metrics.ts`;
    }
    if (!answers.includes(true)) return `no program showed a series for ${text}`;
  }
  return undefined;
}

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
    const faults = selectorsOf(ruleGroups).flatMap((selector) => faultOf(selector) ?? []);
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
    parsePromql(expr).selectors.map((selector) => faultOf(selector))[0];

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
