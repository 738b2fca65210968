import type { LineSeriesOption } from "echarts";
import type { Scale } from "./axis";
import { contentTop, margin, pictureWidth, text, textSize, type Shape } from "./canvas";
import type { ShownLimit } from "./limits";
import { textWidth } from "./text";
import { limitColor, type Theme } from "./theme";

/** How far from the right end each limit's words stand: beside those of the one before where their lines are near. */
function wordsRight(limits: readonly ShownLimit[], { min, max }: Scale): number[] {
  let right = 0;
  return limits.map(({ at }, i) => {
    const before = limits[i - 1];
    const near = before !== undefined && Math.abs(at - before.at) < (max - min) / 9;
    right = near ? right + textWidth(before.text, textSize) + 24 : 0;
    return right;
  });
}

/** Limits as dashed lines, and what is beyond each of them shaded up to the next one. */
export function limitLayer(
  limits: readonly ShownLimit[],
  bad: "above" | "below",
  scale: Scale,
  theme: Theme,
): LineSeriesOption {
  const inside = limits.filter(({ at }) => at >= scale.min && at <= scale.max);
  const rights = wordsRight(inside, scale);
  const within = (at: number) => Math.min(scale.max, Math.max(scale.min, at));
  const worst = bad === "above" ? scale.max : scale.min;
  const areas = limits.map(({ at, priority }, i) => ({
    from: within(at),
    to: within(limits[i + 1]?.at ?? worst),
    color: limitColor(priority),
  }));
  return {
    type: "line",
    silent: true,
    data: [],
    markLine: {
      silent: true,
      symbol: "none",
      // The default rounds to two decimals, where the line stands too.
      precision: 12,
      data: inside.map(({ at, priority, text: words }, i) => ({
        yAxis: at,
        lineStyle: { color: limitColor(priority), type: [10, 6], width: 3 },
        label: {
          position: "insideEndTop",
          formatter: words,
          color: theme.text,
          fontSize: textSize,
          textBorderColor: theme.background,
          textBorderWidth: 4,
          padding: [0, rights[i] ?? 0, 0, 0],
        },
      })),
    },
    markArea: {
      silent: true,
      data: areas
        .filter(({ from, to }) => from !== to)
        .map(({ from, to, color }) => [
          { yAxis: from, itemStyle: { color, opacity: 0.14 } },
          { yAxis: to },
        ]),
    },
  };
}

/** Words for the limits that the picture is not high enough for. */
export function beyondShapes(
  limits: readonly ShownLimit[],
  scale: Scale,
  bottom: number,
  theme: Theme,
): Shape[] {
  const words = (arrow: string, beyond: readonly ShownLimit[], middle: number) => {
    const style = { color: theme.muted, align: "right" } as const;
    const list = `${arrow} ${beyond.map((one) => one.text).join(", ")}`;
    return beyond.length === 0 ? [] : [text(list, pictureWidth - margin - 6, middle, style)];
  };
  return [
    ...words(
      "↑",
      limits.filter(({ at }) => at > scale.max),
      contentTop + 14,
    ),
    ...words(
      "↓",
      limits.filter(({ at }) => at < scale.min),
      bottom - 16,
    ),
  ];
}
