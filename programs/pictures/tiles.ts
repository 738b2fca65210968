import type { Limits, Unit } from "../../constructs/core/panel";
import {
  contentTop,
  innerWidth,
  leastHeight,
  margin,
  text,
  textSize,
  type Heading,
  type Shape,
} from "./canvas";
import type { NamedSample } from "./content";
import { shownLimits } from "./limits";
import { fittedNames } from "./text";
import { crossed, limitColor, type Theme } from "./theme";

/** How present values are drawn. */
export interface View {
  readonly heading: Heading;
  readonly theme: Theme;
}

/** Between tiles, in pixels. */
export const gap = 16;

/** Height of the line below everything. */
export const footer = 34;

/** A place for one value. */
export interface Tile {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A value in its place. */
export interface Placed extends NamedSample {
  readonly tile: Tile;
}

/** The worst ones first where there are too many, and how many were left out. */
export function worst(
  samples: readonly NamedSample[],
  limits: Limits | undefined,
  most: number,
): { readonly kept: readonly NamedSample[]; readonly more: number } {
  if (samples.length <= most) return { kept: samples, more: 0 };
  const sorted = [...samples].sort((a, b) =>
    limits?.bad === "below" ? a.value - b.value : b.value - a.value,
  );
  return { kept: sorted.slice(0, most), more: samples.length - most };
}

/** Names that fit into a width. */
export function namesFor(samples: readonly NamedSample[], width: number): string[] {
  return fittedNames(
    samples.map(({ name }) => name),
    width,
    textSize,
  );
}

/** Height of a picture of tiles, each at least so high. */
export function heightOf(count: number, columns: number, least: number): number {
  const rows = Math.ceil(count / columns);
  return Math.max(leastHeight, contentTop + margin + rows * least + (rows - 1) * gap);
}

/** Values in rows of equal tiles, which fill the height. */
export function placed(samples: readonly NamedSample[], columns: number, height: number): Placed[] {
  const rows = Math.ceil(samples.length / columns);
  const width = (innerWidth - (columns - 1) * gap) / columns;
  const tileHeight = (height - contentTop - margin - (rows - 1) * gap) / rows;
  const names = namesFor(samples, width - 2 * gap);
  return samples.map(({ value }, i) => ({
    value,
    name: names[i] ?? "",
    tile: {
      width,
      height: tileHeight,
      x: margin + (i % columns) * (width + gap),
      y: contentTop + Math.floor(i / columns) * (tileHeight + gap),
    },
  }));
}

/** What tells that values were left out. */
export function moreText(more: number, height: number, theme: Theme): Shape[] {
  const words = `${more} more are not shown`;
  return more === 0 ? [] : [text(words, margin, height - footer / 2 - 4, { color: theme.muted })];
}

/** The colour of an area that stands for a value. */
export function fillOf(limits: Limits | undefined, value: number, otherwise: string): string {
  const priority = crossed(limits, value);
  return priority === undefined ? otherwise : limitColor(priority);
}

/** The colour of a value's letters. */
export function inkOf(limits: Limits | undefined, value: number, theme: Theme): string {
  const priority = crossed(limits, value);
  return priority === undefined ? theme.text : theme.limitText[priority];
}

/** Which limit a value is beyond, in words, since colour alone does not tell everybody; empty for none. */
export function crossedText(limits: Limits | undefined, value: number, unit: Unit): string {
  const priority = crossed(limits, value);
  const limit = shownLimits(limits, unit).find((one) => one.priority === priority);
  return limits === undefined || limit === undefined ? "" : `${limits.bad} ${limit.text}`;
}
