import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

/** What a program exports, in the form of `__tests__/support/known-metrics/*.json`. */
export interface RecordedMetrics {
  /** Software, version, and how it was recorded. */
  readonly source: string;
  /** Labels by series name, both in order of the alphabet. */
  readonly metrics: Readonly<Record<string, readonly string[]>>;
  /** Values seen, by series name and label: only of the labels that were asked for. */
  readonly values?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

type Seen = Map<string, Map<string, Set<string>>>;

// What the client library says of itself is the same for every program: start and memory are all that is looked at.
const ofTheLibrary = /^(go|promhttp)_|^process_(?!(start_time_seconds|resident_memory_bytes)$)/;

// Series that one metric of a program's own list becomes in a scrape, with the label that each adds.
const series: Readonly<Record<string, readonly (readonly [suffix: string, label?: string])[]>> = {
  histogram: [["_bucket", "le"], ["_count"], ["_sum"]],
  summary: [["", "quantile"], ["_count"], ["_sum"]],
};

function note(seen: Seen, metric: string, label?: string, value?: string): void {
  if (ofTheLibrary.test(metric)) return;
  const labels = seen.get(metric) ?? new Map<string, Set<string>>();
  seen.set(metric, labels);
  if (label === undefined) return;
  const values = labels.get(label) ?? new Set<string>();
  labels.set(label, values);
  if (value !== undefined) values.add(value);
}

// geth puts a space before the labels.
function noteScrape(seen: Seen, text: string): void {
  for (const [, metric = "", labels = ""] of text.matchAll(/^(\w+) ?(?:\{(.*)\})? \S+$/gm)) {
    note(seen, metric);
    for (const [, label = "", value = ""] of labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
      note(seen, metric, label, value.replaceAll('\\"', '"').replaceAll("\\\\", "\\"));
    }
  }
}

// The table that `<program> doc metrics` of the OP Stack prints: metric | description | labels | type.
function noteTable(seen: Seen, text: string): void {
  for (const line of text.split("\n").slice(2)) {
    const columns = line.split("|").map((column) => column.trim());
    const [metric = "", labels = "", type = ""] = [columns[0], ...columns.slice(-2)];
    if (metric === "") continue;
    for (const [suffix, added] of series[type] ?? [[""]]) {
      note(seen, metric + suffix);
      for (const label of [...labels.split(","), added ?? ""].filter((name) => name !== "")) {
        note(seen, metric + suffix, label);
      }
    }
  }
}

function sorted<T>(entries: Iterable<readonly [string, T]>): [string, T][] {
  return [...entries].map(([k, v]): [string, T] => [k, v]).sort(([a], [b]) => (a < b ? -1 : 1));
}

/**
 * The union of some scrapes (text of `/metrics`) and of tables that a program prints of its own metrics. A series that
 * only a table knows has labels and no values. `valuesOf` names the labels whose values are kept.
 */
export function recordMetrics(
  source: string,
  texts: readonly string[],
  valuesOf: readonly string[],
): RecordedMetrics {
  const seen: Seen = new Map();
  for (const text of texts) {
    if (/^\s*Metric \|/.test(text)) noteTable(seen, text);
    else noteScrape(seen, text);
  }
  const values = sorted(seen).flatMap(([metric, labels]) => {
    const kept = sorted(labels)
      .filter(([label, found]) => valuesOf.includes(label) && found.size > 0)
      .map(([label, found]) => [label, [...found].sort()] as const);
    return kept.length === 0 ? [] : [[metric, Object.fromEntries(kept)] as const];
  });
  return {
    source,
    metrics: Object.fromEntries(
      sorted(seen).map(([metric, labels]) => [metric, [...labels.keys()].sort()]),
    ),
    ...(values.length === 0 ? {} : { values: Object.fromEntries(values) }),
  };
}

if (require.main === module) {
  const { values, positionals } = parseArgs({
    options: { source: { type: "string" }, values: { type: "string", default: "" } },
    allowPositionals: true,
  });
  if (values.source === undefined || positionals.length === 0) {
    process.stderr.write(
      "usage: record-metrics --source=<software, version, how> [--values=<label>,…] <file> …\n",
    );
    process.exitCode = 1;
  } else {
    const texts = positionals.map((path) => readFileSync(path, "utf8"));
    const recorded = recordMetrics(values.source, texts, values.values.split(","));
    process.stdout.write(`${JSON.stringify(recorded, null, 2)}\n`);
  }
}
