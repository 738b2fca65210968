import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../constructs/core/paths";

interface MetricList {
  /** Software, version and where in it. */
  readonly source: string;
  /** Labels of the program itself, by metric. */
  readonly metrics: Readonly<Record<string, readonly string[]>>;
  /** Values of labels that rules select by, by metric and label, as far as they were recorded. */
  readonly values?: Readonly<Record<string, LabelValues>>;
}

/** Recorded values by label. */
export type LabelValues = Readonly<Record<string, readonly string[]>>;

/** Labels that a scrape adds to every series, and those of a series that an agent sent. */
export const scrapeLabels = ["job", "instance", "chain", "service", "agent", "host"] as const;

function ownMetrics(): [string, readonly string[]][] {
  const page = readFileSync(join(packageRoot, "docs", "l2-exporter-metrics.md"), "utf8");
  return [...page.matchAll(/^\| `(l2_\w+)` +\|([^|]*)\|([^|]*)\|([^|]*)\|/gm)].flatMap((row) => {
    const [, name = "", type = "", , labels = ""] = row;
    const own = [...labels.matchAll(/`(\w+)`/g)].map((label) => label[1] ?? "");
    return type.trim() === "histogram" ? [[`${name}_bucket`, [...own, "le"]]] : [[name, own]];
  });
}

function lists(): readonly MetricList[] {
  const folder = join(packageRoot, "__tests__", "support", "known-metrics");
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as MetricList);
}

/** Labels by metric, of everything that scraped software really exports: known-metrics/*.json and the exporter's page. */
export function knownMetrics(): ReadonlyMap<string, readonly string[]> {
  return new Map([...lists().flatMap(({ metrics }) => Object.entries(metrics)), ...ownMetrics()]);
}

/** Recorded values of labels, by metric. */
export function recordedValues(): ReadonlyMap<string, LabelValues> {
  return new Map(lists().flatMap(({ values = {} }) => Object.entries(values)));
}
