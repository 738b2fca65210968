import { innerWidth, margin, rowHeight, stroke, text, textSize, type Shape } from "./canvas";
import { fittedNames, textWidth } from "./text";
import type { Theme } from "./theme";

/** Width of the stroke before a name, in pixels. */
const swatch = 26;

/** A name with its last value. */
export interface Entry {
  readonly name: string;
  readonly value: string;
  readonly color: string;
  readonly dashed: boolean;
}

/** Two columns, or one where a few long names would not fit. */
export function legendColumns(entries: readonly Entry[]): number {
  const room = (innerWidth - margin) / 2 - swatch - 24;
  const wide = entries.some(
    ({ name, value }) => textWidth(name, textSize) + textWidth(value, textSize) > room,
  );
  return entries.length === 1 || (wide && entries.length <= 3) ? 1 : 2;
}

/** The legend below a chart. */
export function legendShapes(
  entries: readonly Entry[],
  columns: number,
  top: number,
  theme: Theme,
): Shape[] {
  const width = (innerWidth - (columns - 1) * margin) / columns;
  const before = swatch + 8;
  const valueWidth = Math.max(
    ...entries.map(({ value }) => textWidth(value, textSize, "semiBold")),
  );
  const names = fittedNames(
    entries.map(({ name }) => name),
    width - before - valueWidth - 16,
    textSize,
  );
  const widest = Math.max(...names.map((name) => textWidth(name, textSize)));
  // In a single column the values stand by their names, not at the far side.
  const valueAt = columns === 1 ? Math.min(width, before + widest + 24 + valueWidth) : width;
  return entries.flatMap(({ value, color, dashed }, i) => {
    const x = margin + (i % columns) * (width + margin);
    const middle = top + Math.floor(i / columns) * rowHeight + rowHeight / 2;
    return [
      stroke([x, middle, swatch], color, dashed),
      text(names[i] ?? "", x + before, middle, { color: theme.text }),
      text(value, x + valueAt, middle, { color: theme.text, face: "semiBold", align: "right" }),
    ];
  });
}
