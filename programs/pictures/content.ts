import type { Panel, Query } from "../../constructs/core/panel";
import { inQuery, inWords, type Replacements } from "./variables";
import type { Labels, Line, Reader, Sample, Series } from "./store";
import type { Span } from "./time";

/** A series with its name in the legend. */
export interface NamedSeries extends Pick<Series, "points"> {
  readonly name: string;
  /** What a measurement must not reach, rather than a measurement. */
  readonly limit: boolean;
}

/** A present value with its name. */
export interface NamedSample {
  readonly name: string;
  readonly value: number;
}

/** What the stores said to each query of a panel. */
export type Content =
  | { readonly kind: "series"; readonly series: readonly NamedSeries[] }
  | { readonly kind: "samples"; readonly samples: readonly NamedSample[] }
  | { readonly kind: "table"; readonly answers: readonly (readonly Sample[])[] }
  | { readonly kind: "lines"; readonly lines: readonly Line[] };

function labelText(labels: Labels): string {
  const { __name__: name = "", ...others } = labels;
  const pairs = Object.entries(others).map(([label, value]) => `${label}="${value}"`);
  return name === "" || pairs.length > 0 ? `${name}{${pairs.join(", ")}}` : name;
}

/** A series' name: the query's pattern with the labels' values, or all labels where there is no pattern. */
export function legendText(pattern: string, labels: Labels): string {
  if (pattern.trim() === "") return labelText(labels);
  return pattern.replaceAll(/\{\{\s*([\w.]+)\s*\}\}/g, (_, label: string) => labels[label] ?? "");
}

/** What is asked for, and where. */
export interface Asked {
  readonly panel: Exclude<Panel, { type: "text" }>;
  readonly replacements: Replacements;
  readonly span: Span;
  readonly stepSeconds: number;
}

/** The queries as the stores get them. */
export function questionsOf({
  panel,
  replacements,
}: Pick<Asked, "panel" | "replacements">): Query[] {
  return panel.queries.map((query) => ({
    ...query,
    expr: inQuery(query.expr, replacements),
    legend: inWords(query.legend, replacements),
  }));
}

/** The most lines that a picture of lines holds. */
export const mostLines = 20;

async function all<T>(
  queries: readonly Query[],
  answer: (query: Query) => Promise<readonly T[]>,
): Promise<T[]> {
  const answers: T[] = [];
  // One after another: only one answer is held as text.
  for (const query of queries) answers.push(...(await answer(query)));
  return answers;
}

/** Asks the stores what a panel shows. */
export async function contentOf(asked: Asked, reader: Reader): Promise<Content> {
  const { panel, span, stepSeconds } = asked;
  const queries = questionsOf(asked);
  const samplesOf = (query: Query) => reader.samples(query, span.to);
  switch (panel.type) {
    case "timeseries": {
      const series = await all(queries, async (query) =>
        (await reader.series(query, span, stepSeconds)).map(({ labels, points }) => ({
          name: legendText(query.legend, labels),
          limit: query.limit ?? false,
          points,
        })),
      );
      return { kind: "series", series: series.filter(({ points }) => points.length > 0) };
    }
    case "stat":
    case "gauge":
    case "bars": {
      const samples = await all(queries, async (query) =>
        (await samplesOf(query)).map(({ labels, value }) => ({
          name: legendText(query.legend, labels),
          value,
        })),
      );
      // No bar is as long as infinity.
      const drawable =
        panel.type === "bars" ? ({ value }: NamedSample) => Number.isFinite(value) : () => true;
      return { kind: "samples", samples: samples.filter(drawable) };
    }
    case "table":
      return {
        kind: "table",
        answers: await all(queries, async (query) => [await samplesOf(query)]),
      };
    case "lines": {
      const lines = await all(queries, (query) => reader.lines(query, span, mostLines));
      const sorted = [...lines].sort((a, b) => a.at - b.at);
      return { kind: "lines", lines: sorted.slice(-mostLines) };
    }
  }
}

/** Whether the stores had anything to say. */
export function isEmpty(content: Content): boolean {
  switch (content.kind) {
    case "series":
      return content.series.every(({ limit }) => limit);
    case "samples":
      return content.samples.length === 0;
    case "table":
      return content.answers.every((answer) => answer.length === 0);
    case "lines":
      return content.lines.length === 0;
  }
}
