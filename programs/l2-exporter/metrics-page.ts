import { DEFINITIONS, LABEL_VALUES } from "./metrics";

type Row = readonly string[];

function table(head: Row, rows: readonly Row[]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: Row): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const rule = line(widths.map((width) => "-".repeat(width)));
  return [line(head), rule, ...rows.map(line)].join("\n");
}

function code(text: string): string {
  return `\`${text}\``;
}

/** The table of all metrics and the table of label values, as Markdown. */
export function metricsTables(): string {
  const metrics = Object.entries(DEFINITIONS).map(
    ([name, { type, unit, labels, help, exists }]) => [
      code(name),
      type,
      unit,
      labels.map(code).join(", "),
      help,
      exists,
    ],
  );
  const values = Object.entries(LABEL_VALUES).map(([label, list]) => [
    code(label),
    list.map(code).join(", "),
  ]);
  return [
    table(["Metric", "Type", "Unit", "Labels", "Meaning", "Exists"], metrics),
    table(["Label", "Values"], values),
  ].join("\n\n");
}

const BEGIN = "<!-- generated: node programs/l2-exporter/build.mjs docs -->";
const END = "<!-- end of generated part -->";

/** The page with its generated part renewed; throws when the page has lost the markers. */
export function renewPage(page: string): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) {
    throw new Error(
      `'docs/l2-exporter-metrics.md' must be a page with the markers ${BEGIN} and ${END}, ` +
        "got one without; put them back",
    );
  }
  return `${page.slice(0, begin)}${BEGIN}\n\n${metricsTables()}\n\n${page.slice(end)}`;
}
