import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { packageRoot } from "../../constructs/core/paths";

/** What one program exports: a file of known-metrics/, made by tools/record-metrics.ts. */
export interface MetricList {
  /** Software, version, what it was made to show, and the day on which it ran; without a day it did not run. */
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
  return [...page.matchAll(/^\| `(l2_\w+)` +\|([^|]*)\|([^|]*)\|([^|]*)\|/gm)].map((row) => [
    row[1] ?? "",
    [...(row[4] ?? "").matchAll(/`(\w+)`/g)].map((label) => label[1] ?? ""),
  ]);
}

/** Every list by its name: the job of the program, where it has one. */
export function metricLists(): ReadonlyMap<string, MetricList> {
  const folder = join(packageRoot, "__tests__", "support", "known-metrics");
  return new Map(
    readdirSync(folder)
      .filter((name) => name.endsWith(".json"))
      .map((name) => [
        basename(name, ".json"),
        JSON.parse(readFileSync(join(folder, name), "utf8")) as MetricList,
      ]),
  );
}

const lists = (): readonly MetricList[] => [...metricLists().values()];

/** Several programs export a metric of one name, and not always with the same labels. */
function united(
  entries: readonly (readonly [string, readonly string[]])[],
): ReadonlyMap<string, readonly string[]> {
  const all = new Map<string, readonly string[]>();
  for (const [name, values] of entries) {
    all.set(name, [...new Set([...(all.get(name) ?? []), ...values])]);
  }
  return all;
}

/** Labels by metric, of everything that scraped software really exports: known-metrics/*.json and the exporter's page. */
export function knownMetrics(): ReadonlyMap<string, readonly string[]> {
  return united([...lists().flatMap(({ metrics }) => Object.entries(metrics)), ...ownMetrics()]);
}
