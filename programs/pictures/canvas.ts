import type { EChartsOption, GraphicComponentOption } from "echarts";
import { cut, textWidth, type Face } from "./text";
import type { Theme } from "./theme";

/** Width of every picture in pixels. */
export const pictureWidth = 1000;

/** Least height of a picture in pixels; what needs rows grows beyond it. */
export const leastHeight = 500;

/** Around everything, in pixels. */
export const margin = 24;

/** Width between the margins. */
export const innerWidth = pictureWidth - 2 * margin;

/** Where the panel begins, below its title. */
export const contentTop = 104;

/** Smallest letters, in pixels: a phone shows the picture at less than half its width. */
export const textSize = 20;

/** Height of a row of small letters. */
export const rowHeight = 30;

/** Names of the faces as the font files have them; Hangul and signs come from files that only hold those. */
export const fontFamilies: Readonly<Record<Face, string>> = {
  regular: "Noto Sans",
  semiBold: "Noto Sans",
  mono: "Noto Sans Mono",
};

/** What the charting library draws. */
export interface Drawing {
  /** In pixels; the width is {@link pictureWidth}. */
  readonly height: number;
  readonly option: EChartsOption;
}

/** One shape or text that is no part of a chart. */
export type Shape = GraphicComponentOption;

/** What stands over every panel. */
export interface Heading {
  readonly title: string;
  /** Left of the second line: which board, and what was chosen. */
  readonly context: string;
  /** Right of the second line. */
  readonly span: string;
}

/** How a text is drawn. */
export interface TextStyle {
  readonly size?: number;
  readonly face?: Face;
  readonly color: string;
  readonly align?: "left" | "center" | "right";
}

/** A text whose middle is at a height. */
export function text(words: string, x: number, middle: number, style: TextStyle): Shape {
  const { size = textSize, face = "regular", color, align = "left" } = style;
  return {
    type: "text",
    silent: true,
    style: {
      text: words.replaceAll(/[\n\r]+/g, " "),
      x,
      y: middle,
      fill: color,
      fontFamily: fontFamilies[face],
      fontSize: size,
      fontWeight: face === "semiBold" ? 600 : 400,
      align,
      verticalAlign: "middle",
    },
  };
}

/** A filled box; its corners may be round. */
export function box(
  [x, y, width, height]: readonly [number, number, number, number],
  fill: string,
  radius = 0,
): Shape {
  return { type: "rect", silent: true, shape: { x, y, width, height, r: radius }, style: { fill } };
}

/** A horizontal stroke. */
export function stroke(
  [x, y, width]: readonly [number, number, number],
  color: string,
  dashed = false,
): Shape {
  return {
    type: "line",
    silent: true,
    shape: { x1: x, y1: y, x2: x + width, y2: y },
    style: { stroke: color, lineWidth: 4, lineDash: dashed ? [6, 4] : undefined },
  };
}

function headingShapes({ title, context, span }: Heading, theme: Theme): Shape[] {
  const room = innerWidth - textWidth(span, textSize) - margin;
  const titleStyle = { size: 28, face: "semiBold", color: theme.text } as const;
  return [
    text(cut(title, innerWidth, 28, "semiBold"), margin, 36, titleStyle),
    text(cut(context, room, textSize), margin, 74, { color: theme.muted }),
    text(span, pictureWidth - margin, 74, { color: theme.muted, align: "right" }),
  ];
}

/** A picture: heading, chart and shapes over it. */
export function drawing(
  heading: Heading,
  theme: Theme,
  height: number,
  shapes: readonly Shape[],
  chart: EChartsOption = {},
): Drawing {
  return {
    height,
    option: {
      animation: false,
      backgroundColor: theme.background,
      textStyle: { fontFamily: fontFamilies.regular, fontSize: textSize },
      ...chart,
      graphic: [...headingShapes(heading, theme), ...shapes],
    },
  };
}
