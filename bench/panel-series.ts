import { createWriteStream } from "node:fs";
import { once } from "node:events";
import { isAlert, type RecordingRule } from "../constructs/core/alert";
import { labelsOf } from "../constructs/core/alert-rule";
import { queriesOf } from "../constructs/core/panel";
import { subjectOf } from "../commands/rendered";
import { boards, chains, rules } from "../__tests__/support/catalogue";
import { anything, asAsked } from "../__tests__/support/boards";
import { scrapeLabels } from "../__tests__/support/known-metrics";
import { matches, parsePromql, type Selector } from "../__tests__/support/promql";
import { lists, listsFor } from "../__tests__/support/recorded";

/** Labels of one series, with `__name__`. */
export type SeriesLabels = Readonly<Record<string, string>>;

/** One series that is made up. */
export interface Series {
  readonly labels: SeriesLabels;
  /** Its value at a time in seconds; what is counted never falls. */
  readonly at: (time: number) => number;
}

/** Most values of one label, and most bounds of one histogram, that a selector brings in. */
const mostValues = 2;
const mostBounds = 10;
/** Alerts that fire all the time. */
const firing = 20;
const defaultBounds = ["0.005", "0.05", "0.1", "0.5", "1", "5", "+Inf"];

/** The program behind a job that is not named as its list of metrics. */
const programs: Readonly<Record<string, string>> = {
  probe: "blackbox-exporter",
  "l2-geth": "op-geth",
  "l2-node": "op-node",
  "l2-reth": "op-reth",
};

const recordingRules: readonly RecordingRule[] = rules().flatMap((rule) =>
  isAlert(rule) ? [] : [rule],
);
const recorded = new Set(recordingRules.map(({ record }) => record));

/** Labels of everything that is scraped, as each Prometheus records what it expects. */
const targets: readonly SeriesLabels[] = recordingRules
  .filter(({ record }) => record === "observatory:expected_target")
  .map(({ labels = {} }) => labels);

/** The recording rules in the order of their groups. */
export function recordings(): readonly RecordingRule[] {
  return recordingRules;
}

function hash(text: string): number {
  let found = 0;
  for (const character of text) found = (found * 31 + (character.codePointAt(0) ?? 0)) % 1_000_003;
  return found;
}

/** Pseudo-random numbers from 0 to 1, the same at every run: blocks of a constant would compress too well. */
function noise(seed: number, time: number): number {
  const x = Math.sin(seed * 12.9898 + Math.floor(time) * 78.233) * 43758.5453;
  return x - Math.floor(x);
}

/** The share of requests that a histogram's bucket holds. */
function shareBelow(bound: string): number {
  const seconds = bound === "+Inf" ? Infinity : Number(bound);
  return 1 - Math.exp(-10 * seconds);
}

function valueOf(labels: SeriesLabels, about = 50): Series["at"] {
  const { __name__: name = "", le, ...others } = labels;
  const seed = hash(JSON.stringify(others));
  // One target is down, so that what shows such targets has something to show.
  if (name === "up" && labels["instance"] === targets.at(-1)?.["instance"]) return () => 0;
  if (/^(up|probe_success|ALERTS)$/.test(name) || /_(up|ok)$/.test(name)) return () => 1;
  if (/_(timestamp_seconds|time_seconds|unix)$|^ALERTS_FOR_STATE$/.test(name)) {
    return (time) => time - 30 - (seed % 30);
  }
  if (name.endsWith("_readonly")) return () => 0;
  const perSecond = 0.5 + (seed % 100) / 10;
  const share = le === undefined ? 1 : shareBelow(le);
  if (/_(total|count|sum|bucket)$/.test(name)) {
    // Less than one interval's worth of noise: the counter still rises.
    return (time) =>
      Math.floor((time % 31_536_000) * perSecond * share + noise(seed, time) * perSecond * share);
  }
  // What is free is less than what there is.
  const middle = /(size|total|limit|max)/i.test(name) ? 2 * about : about;
  return (time) => Number((middle * (0.8 + 0.4 * noise(seed, time))).toPrecision(6));
}

/** A series of which only the labels matter; `about` is the middle of what a gauge shows. */
export function seriesOf(labels: SeriesLabels, about?: number): Series {
  return { labels, at: valueOf(labels, about) };
}

function evenly<T>(values: readonly T[], most: number): T[] {
  if (values.length <= most) return [...values];
  return Array.from(
    { length: most },
    (_, i) => values[Math.floor((i * values.length) / most)],
  ).filter((value) => value !== undefined);
}

function candidates(label: string, known: readonly string[], { matchers }: Selector): string[] {
  const of = matchers.filter((matcher) => matcher.label === label);
  const offered = known.length > 0 ? known : label === "le" ? defaultBounds : ["one"];
  const fitting = offered.filter((value) => of.every((matcher) => matches(matcher, value)));
  const named = of.flatMap(({ operator, value }) => (operator === "=" ? [value] : []));
  const found = fitting.length > 0 ? fitting : named;
  if (label !== "le") return evenly(found, mostValues);
  const finite = found.filter((value) => value !== "+Inf").sort((a, b) => Number(a) - Number(b));
  return [...evenly(finite, mostBounds - 1), ...found.filter((value) => value === "+Inf")];
}

function product(labels: readonly (readonly [string, readonly string[]])[]): SeriesLabels[] {
  return labels.reduce<SeriesLabels[]>(
    (all, [label, values]) =>
      all.flatMap((one) => values.map((value) => ({ ...one, [label]: value }))),
    [{}],
  );
}

function isOf(target: SeriesLabels, { matchers }: Selector, own: readonly string[]): boolean {
  return matchers
    .filter(({ label }) => (scrapeLabels as readonly string[]).includes(label))
    .filter(({ label }) => !own.includes(label))
    .every((matcher) => matches(matcher, target[matcher.label] ?? ""));
}

/** Series for a selector: of every target that exports the metric, with the values that were recorded of it. */
function seriesFor(selector: Selector): SeriesLabels[] {
  const { metric } = selector;
  if (metric === "up" || metric.startsWith("scrape_")) {
    return targets.map((target) => ({ __name__: metric, ...target }));
  }
  const found = targets.flatMap((target) => {
    const list = lists.get(programs[target["job"] ?? ""] ?? target["job"] ?? "");
    const own = list?.metrics[metric];
    if (own === undefined || !isOf(target, selector, own)) return [];
    const values = list?.values?.[metric] ?? {};
    const each = own.map((label): [string, string[]] => [
      label,
      candidates(label, label === "chain" ? chains : (values[label] ?? []), selector),
    ]);
    return product(each).map((labels) => ({ __name__: metric, ...target, ...labels }));
  });
  if (found.length > 0) return found;
  // Pushed by a program that is no target, or by a person.
  const [[, list] = [undefined, undefined]] = listsFor(selector);
  const own = list?.metrics[metric] ?? [];
  const asked = selector.matchers.map(({ label }) => label);
  return product(
    [...new Set([...own, ...asked])].map((label) => [
      label,
      candidates(label, list?.values?.[metric]?.[label] ?? [], selector),
    ]),
  ).map((labels) => ({ __name__: metric, ...labels }));
}

/** What a person may choose finds everything. */
function withChoices(selector: Selector): Selector {
  const matchers = selector.matchers.map((one) =>
    one.value === anything ? { ...one, operator: "=~" } : one,
  );
  return { ...selector, matchers };
}

function alertSeries(): SeriesLabels[] {
  const alerts = rules().filter(isAlert);
  return evenly(alerts, firing).flatMap((alert) => {
    const labels = { alertname: alert.name, ...subjectOf(alert.expr), ...labelsOf(alert) };
    return [
      { __name__: "ALERTS", alertstate: "firing", ...labels },
      { __name__: "ALERTS_FOR_STATE", ...labels },
    ];
  });
}

/** One text per set of labels. */
export function identity(labels: SeriesLabels): string {
  const { __name__: name = "", ...others } = labels;
  const inside = Object.entries(others)
    .filter(([, value]) => value !== "")
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return `${name}{${inside.join(",")}}`;
}

/** Everything that the boards and the recording rules select and no rule records: about a thousand series. */
export function askedSeries(): readonly Series[] {
  const exprs = [
    ...boards().flatMap(({ rows }) =>
      rows.flatMap(({ panels }) =>
        panels.flatMap((panel) =>
          panel.type === "lines"
            ? []
            : queriesOf(panel).flatMap(({ store, expr }) =>
                store === "logs" ? [] : [asAsked(expr)],
              ),
        ),
      ),
    ),
    ...recordingRules.map(({ expr }) => expr),
  ];
  const selectors = exprs
    .flatMap((expr) => parsePromql(expr).selectors)
    .map(withChoices)
    .filter(({ metric }) => !recorded.has(metric) && !metric.startsWith("ALERTS"));
  const all = [...selectors.flatMap(seriesFor), ...alertSeries()];
  return [...new Map(all.map((labels) => [identity(labels), labels])).values()].map((labels) =>
    seriesOf(labels),
  );
}

/** Series of the same names from other instances, as many as wanted: what else a full server holds. */
export function loadSeries(asked: readonly Series[], wanted: number): readonly Series[] {
  const ofPrograms = asked.filter(
    ({ labels: { __name__: name = "" } }) => !/^(up|scrape_.*|ALERTS.*)$/.test(name),
  );
  const shapes = new Map(
    ofPrograms.map(({ labels }) => {
      const others = Object.entries(labels).filter(
        ([label]) => !["chain", "service"].includes(label),
      );
      const shape = { ...Object.fromEntries(others), job: "load", instance: "" };
      return [identity(shape), shape];
    }),
  );
  const all = [...shapes.values()];
  return Array.from({ length: wanted }, (_, i) =>
    seriesOf({
      ...all[i % all.length],
      instance: `load-${String(Math.floor(i / all.length))}`,
    }),
  );
}

/** Writes samples in OpenMetrics' text, from `from` up to but without `to`, in seconds. */
export async function writeSamples(
  file: string,
  series: readonly Series[],
  span: { readonly from: number; readonly to: number; readonly every: number },
): Promise<void> {
  const out = createWriteStream(file);
  const named = series.map(({ labels, at }) => ({ name: identity(labels), at }));
  for (let time = span.from; time < span.to; time += span.every) {
    const lines = named.map(({ name, at }) => `${name} ${String(at(time))} ${String(time)}\n`);
    if (!out.write(lines.join(""))) await once(out, "drain");
  }
  out.end("# EOF\n");
  await once(out, "finish");
}
