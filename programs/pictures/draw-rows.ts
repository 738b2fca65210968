import type { TablePanel } from "../../constructs/core/panel";
import {
  box,
  contentTop,
  drawing,
  innerWidth,
  leastHeight,
  margin,
  pictureWidth,
  rowHeight,
  text,
  textSize,
  type Drawing,
  type Shape,
} from "./canvas";
import type { View } from "./tiles";
import { formatValue } from "./numbers";
import type { Line, Sample } from "./store";
import { fitted, textWidth, wrapped } from "./text";
import { crossed, type Theme } from "./theme";
import { clockText } from "./time";

const tableRow = 38;
const cellGap = 24;
const mostRows = 25;

interface Row {
  readonly labels: readonly string[];
  /** One per query; nothing where a query has no value for these labels. */
  readonly values: readonly (number | undefined)[];
}

/** Rows of equal labels become one, with a value of each query. */
export function tableRows(panel: TablePanel, answers: readonly (readonly Sample[])[]): Row[] {
  const columns = Object.keys(panel.columns);
  const rows = new Map<string, { labels: string[]; values: (number | undefined)[] }>();
  answers.forEach((answer, query) => {
    for (const { labels, value } of answer) {
      const cells = columns.map((column) => labels[column] ?? "");
      const key = JSON.stringify(cells);
      const row = rows.get(key) ?? { labels: cells, values: answers.map(() => undefined) };
      row.values[query] = value;
      rows.set(key, row);
    }
  });
  return [...rows.values()];
}

interface Column {
  readonly heading: string;
  readonly cells: readonly string[];
  readonly colors: readonly (string | undefined)[];
  readonly align: "left" | "right";
}

/** Widths that fill the picture: what each column needs, and less for the widest where that is too much. */
export function columnWidths(needs: readonly number[], room: number): number[] {
  const sum = (of: readonly number[]) => of.reduce((a, b) => a + b, 0);
  const spare = room - sum(needs);
  if (spare >= 0) return needs.map((need) => need + spare / needs.length);
  const fair = room / needs.length;
  const modest = needs.filter((need) => need <= fair);
  const left = room - sum(modest);
  const greedy = sum(needs.filter((need) => need > fair));
  return needs.map((need) => (need <= fair ? need : (need / greedy) * left));
}

function tableColumns(panel: TablePanel, rows: readonly Row[], theme: Theme): Column[] {
  const labels = Object.values(panel.columns).map((heading, i): Column => ({
    heading,
    cells: rows.map((row) => row.labels[i] ?? ""),
    colors: [],
    align: "left",
  }));
  const values = panel.values.map((heading, i): Column => {
    const numbers = rows.map((row) => row.values[i]);
    const priorities = numbers.map((one) =>
      one === undefined ? undefined : crossed(panel.limits, one),
    );
    return {
      heading,
      // The priority in words too: colour alone does not tell everybody.
      cells: numbers.map((one, row) =>
        one === undefined ? "–" : `${priorities[row] ?? ""} ${formatValue(one, panel.unit)}`.trim(),
      ),
      colors: priorities.map((one) => (one === undefined ? undefined : theme.limitText[one])),
      align: "right",
    };
  });
  return [...labels, ...values];
}

/** Series as rows of a table. */
export function drawTable(
  panel: TablePanel,
  answers: readonly (readonly Sample[])[],
  { heading, theme }: View,
): Drawing {
  const rows = tableRows(panel, answers);
  const shown = rows.slice(0, mostRows);
  const columns = tableColumns(panel, shown, theme);
  const widths = columnWidths(
    columns.map(({ heading: head, cells }) =>
      Math.max(...[head, ...cells].map((cell) => textWidth(cell, textSize, "semiBold"))),
    ),
    innerWidth - 24 - (columns.length - 1) * cellGap,
  );
  const more = rows.length - shown.length;
  const height = Math.max(
    leastHeight,
    contentTop + (shown.length + 1 + (more === 0 ? 0 : 1)) * tableRow + margin / 2,
  );
  const middle = (row: number) => contentTop + row * tableRow + tableRow / 2;
  const cells = columns.flatMap(({ heading: head, cells: texts, colors, align }, i): Shape[] => {
    const left = margin + 12 + widths.slice(0, i).reduce((a, b) => a + b + cellGap, 0);
    const width = widths[i] ?? 0;
    const x = align === "left" ? left : left + width;
    return [
      text(fitted(head, width, textSize, "semiBold"), x, middle(0), {
        face: "semiBold",
        color: theme.muted,
        align,
      }),
      ...texts.map((cell, row) => {
        const color = colors[row];
        const face = color === undefined ? "regular" : "semiBold";
        const words = fitted(cell, width, textSize, face);
        return text(words, x, middle(row + 1), { face, color: color ?? theme.text, align });
      }),
    ];
  });
  return drawing(heading, theme, height, [
    ...shown.flatMap((_, row) =>
      row % 2 === 0
        ? [box([margin, contentTop + (row + 1) * tableRow, innerWidth, tableRow], theme.raised, 4)]
        : [],
    ),
    ...cells,
    ...(more === 0
      ? []
      : [text(`${more} more rows`, margin + 12, middle(shown.length + 1), { color: theme.muted })]),
  ]);
}

const mostLineRows = 3;
const mostRowsOfLines = 26;

/** The last log lines, the newest at the bottom. */
export function drawLines(lines: readonly Line[], view: View, timeZone: string): Drawing {
  const { heading, theme } = view;
  const clock = textWidth("00:00:00 ", textSize, "mono");
  const blocks = lines.map(({ at, text: words }) => ({
    clock: clockText(at, timeZone, true),
    rows: wrapped(words, innerWidth - clock, mostLineRows, textSize, "mono"),
  }));
  let room = mostRowsOfLines;
  const shown = blocks.reverse().filter(({ rows }) => (room -= Math.max(1, rows.length)) >= 0);
  shown.reverse();
  const shapes: Shape[] = [];
  let middle = contentTop + rowHeight / 2;
  for (const [i, { clock: time, rows }] of shown.entries()) {
    const count = Math.max(1, rows.length);
    if (i % 2 === 0) {
      shapes.push(
        box(
          [margin - 8, middle - rowHeight / 2, innerWidth + 16, count * rowHeight],
          theme.raised,
          4,
        ),
      );
    }
    shapes.push(text(time, margin, middle, { face: "mono", color: theme.muted }));
    rows.forEach((row, n) => {
      shapes.push(
        text(row, margin + clock, middle + n * rowHeight, { face: "mono", color: theme.text }),
      );
    });
    middle += count * rowHeight;
  }
  return drawing(heading, theme, Math.max(leastHeight, middle + 4), shapes);
}

/** What is drawn where the stores have nothing: the queries, so that a person sees what was asked. */
export function drawNothing(queries: readonly string[], { heading, theme }: View): Drawing {
  const rows = queries
    .slice(0, 4)
    .flatMap((query) => wrapped(query, innerWidth, 4, textSize, "mono"));
  const first = 290;
  return drawing(heading, theme, Math.max(leastHeight, first + rows.length * rowHeight + margin), [
    text("No data", pictureWidth / 2, 200, {
      size: 64,
      face: "semiBold",
      color: theme.muted,
      align: "center",
    }),
    ...rows.map((row, i) =>
      text(row, margin, first + i * rowHeight, { face: "mono", color: theme.muted }),
    ),
  ]);
}
