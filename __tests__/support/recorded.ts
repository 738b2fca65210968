import { metricLists, scrapeLabels, type MetricList } from "./known-metrics";
import { matches, type Matcher, type Selector } from "./promql";
import { unrecorded } from "./unrecorded";

/** Every list of what a program shows. */
export const lists = metricLists();

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
export function listsFor({ metric, matchers }: Selector): readonly Named[] {
  const holding = [...lists].filter(([, { metrics }]) => metric in metrics);
  const job = jobOf(matchers) ?? "";
  const own = listOfJob[job] ?? job;
  return lists.has(own) && !addedByScrape.test(metric)
    ? holding.filter(([name]) => name === own)
    : holding;
}

/** The matchers of a selector that no scrape adds. */
export const ownLabels = ({ matchers }: Selector): readonly Matcher[] =>
  matchers.filter(({ label }) => !(scrapeLabels as readonly string[]).includes(label));

/** Whether the values that were recorded of one program hold one for every matcher; `undefined` where none were recorded. */
function shown([, { values = {} }]: Named, { metric }: Selector, matcher: Matcher) {
  return values[metric]?.[matcher.label]?.some((value) => matches(matcher, value));
}

/** What is wrong with a selector; nothing where a program showed such a series, or an exception allows it. */
export function recordedFault(selector: Selector): string | undefined {
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
