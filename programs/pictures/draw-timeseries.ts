import type { LineSeriesOption } from "echarts";
import type { TimeSeriesPanel } from "../../constructs/core/panel";
import { niceScale, type Scale } from "./axis";
import {
  contentTop,
  drawing,
  innerWidth,
  leastHeight,
  margin,
  pictureWidth,
  rowHeight,
  stroke,
  text,
  textSize,
  type Drawing,
  type Heading,
  type Shape,
} from "./canvas";
import type { NamedSeries } from "./content";
import { limitsInReach, shownLimits, type ShownLimit } from "./limits";
import { formatMark, formatValue } from "./numbers";
import { fitted, textWidth } from "./text";
import { limitColor, limitSeriesColor, type Theme } from "./theme";
import { timeMarks, type Span } from "./time";

/** How and when a chart over time is drawn. */
export interface TimeView {
  readonly heading: Heading;
  readonly theme: Theme;
  readonly span: Span;
  readonly timeZone: string;
  readonly stepSeconds: number;
}

/** More than these cannot be told apart, and cost memory. */
const mostDrawn = 60;
const leastPlot = 280;
const axisHeight = 40;
const swatch = 26;

interface StyledSeries extends NamedSeries {
  readonly color: string;
  readonly named: boolean;
}

function last({ points }: NamedSeries): number {
  return points.at(-1)?.[1] ?? 0;
}

/** Every measurement has a colour where there are enough, else the worst ones; the others are grey. */
function styled(
  series: readonly NamedSeries[],
  panel: TimeSeriesPanel,
  theme: Theme,
): StyledSeries[] {
  const measured = series.filter(({ limit }) => !limit);
  const worstFirst = [...measured].sort((a, b) =>
    panel.limits?.bad === "below" ? last(a) - last(b) : last(b) - last(a),
  );
  const drawn = measured.length > theme.series.length ? worstFirst : measured;
  return [
    ...drawn.slice(0, mostDrawn).map((one, i) => {
      const color = theme.series[i];
      return { ...one, color: color ?? theme.unnamed, named: color !== undefined };
    }),
    ...series
      .filter(({ limit }) => limit)
      .map((one) => ({ ...one, color: limitSeriesColor, named: true })),
  ];
}

/** Every series at every moment that any has, with nothing where it has none: lines break there, and stacks stand. */
function onGrid(
  series: readonly NamedSeries[],
  stepSeconds: number,
): (one: NamedSeries) => (number | null)[][] {
  const step = stepSeconds * 1000;
  const starts = series.flatMap(({ points }) => (points[0] === undefined ? [] : [points[0][0]]));
  const ends = series.flatMap(({ points }) => points.slice(-1).map(([at]) => at));
  const first = Math.min(...starts);
  const count = Math.round((Math.max(...ends) - first) / step) + 1;
  return ({ points }) => {
    const values = new Map(points.map(([at, value]) => [Math.round((at - first) / step), value]));
    return Array.from({ length: count }, (_, i) => [first + i * step, values.get(i) ?? null]);
  };
}

/** A point without neighbours would be no line. */
function withLonePoints(grid: readonly (readonly (number | null)[])[]): LineSeriesOption["data"] {
  return grid.map((point, i) => {
    const lone =
      point[1] !== null &&
      (grid[i - 1]?.[1] ?? null) === null &&
      (grid[i + 1]?.[1] ?? null) === null;
    return lone ? { value: [...point], symbol: "circle", symbolSize: 7 } : [...point];
  });
}

/** All heights that are drawn: of the lines, or of what they are stacked to. */
function heights(series: readonly NamedSeries[], stacked: boolean): number[] {
  const single = series.flatMap(({ points }) => points.map(([, value]) => value));
  if (!stacked) return single;
  const sums = new Map<number, number>();
  for (const { points, limit } of series) {
    if (limit) continue;
    for (const [at, value] of points) sums.set(at, (sums.get(at) ?? 0) + value);
  }
  return [...single, ...sums.values()];
}

function limitLayer(
  limits: readonly ShownLimit[],
  bad: "above" | "below",
  scale: Scale,
  theme: Theme,
): LineSeriesOption {
  const near = (i: number) => {
    const [one, before] = [limits[i], limits[i - 1]];
    if (one === undefined || before === undefined) return false;
    return Math.abs(one.at - before.at) < (scale.max - scale.min) / 9;
  };
  let shift = 0;
  const shifts = limits.map(({ text: words }, i) => {
    const before = limits[i - 1];
    shift = near(i) && before !== undefined ? shift + textWidth(before.text, textSize) + 24 : 0;
    return { words, shift };
  });
  return {
    type: "line",
    silent: true,
    data: [],
    markLine: {
      silent: true,
      symbol: "none",
      // The default rounds to two decimals, where the line stands too.
      precision: 12,
      data: limits.map(({ at, priority }, i) => ({
        yAxis: at,
        lineStyle: { color: limitColor(priority), type: [10, 6], width: 3 },
        label: {
          position: "insideEndTop",
          formatter: shifts[i]?.words ?? "",
          color: theme.text,
          fontSize: textSize,
          textBorderColor: theme.background,
          textBorderWidth: 4,
          padding: [0, shifts[i]?.shift ?? 0, 0, 0],
        },
      })),
    },
    markArea: {
      silent: true,
      data: limits.map(({ at, priority }, i) => [
        { yAxis: at, itemStyle: { color: limitColor(priority), opacity: 0.14 } },
        { yAxis: limits[i + 1]?.at ?? (bad === "above" ? scale.max : scale.min) },
      ]),
    },
  };
}

interface Entry {
  readonly name: string;
  readonly value: string;
  readonly color: string;
  readonly dashed: boolean;
}

function legendEntries(
  series: readonly StyledSeries[],
  all: number,
  panel: TimeSeriesPanel,
  theme: Theme,
): Entry[] {
  const entries = series
    .filter(({ named }) => named)
    .map((one) => ({
      name: one.name,
      value: formatValue(last(one), panel.unit),
      color: one.color,
      dashed: one.limit,
    }));
  const more = all - entries.length;
  return more === 0
    ? entries
    : [...entries, { name: `${more} more`, value: "", color: theme.unnamed, dashed: false }];
}

function legendColumns(entries: readonly Entry[]): number {
  const room = (innerWidth - margin) / 2 - swatch - 24;
  const wide = entries.some(
    ({ name, value }) => textWidth(name, textSize) + textWidth(value, textSize) > room,
  );
  return entries.length === 1 || (wide && entries.length <= 3) ? 1 : 2;
}

function legendShapes(
  entries: readonly Entry[],
  columns: number,
  top: number,
  theme: Theme,
): Shape[] {
  const width = (innerWidth - (columns - 1) * margin) / columns;
  return entries.flatMap(({ name, value, color, dashed }, i) => {
    const x = margin + (i % columns) * (width + margin);
    const middle = top + Math.floor(i / columns) * rowHeight + rowHeight / 2;
    const valueWidth = textWidth(value, textSize, "semiBold");
    const room = width - swatch - 8 - valueWidth - 16;
    return [
      stroke([x, middle, swatch], color, dashed),
      text(fitted(name, room, textSize), x + swatch + 8, middle, { color: theme.text }),
      text(
        value,
        columns === 1
          ? Math.min(
              x + width,
              x + swatch + 24 + textWidth(fitted(name, room, textSize), textSize) + valueWidth,
            )
          : x + width,
        middle,
        { color: theme.text, face: "semiBold", align: "right" },
      ),
    ];
  });
}

/** Words for the limits that the picture is not high enough for. */
function beyond(limits: readonly ShownLimit[], scale: Scale): { above: string; below: string } {
  const words = (arrow: string, of: readonly ShownLimit[]) =>
    of.length === 0 ? "" : `${arrow} ${of.map((one) => one.text).join(", ")}`;
  return {
    above: words(
      "↑",
      limits.filter(({ at }) => at > scale.max),
    ),
    below: words(
      "↓",
      limits.filter(({ at }) => at < scale.min),
    ),
  };
}

/** Lines over time with axes, limits and a legend of last values. */
export function drawTimeSeries(
  panel: TimeSeriesPanel,
  series: readonly NamedSeries[],
  view: TimeView,
): Drawing {
  const { theme, span } = view;
  const stacked = panel.stacked ?? false;
  const drawn = styled(series, panel, theme);
  const values = heights(drawn, stacked);
  const limits = shownLimits(panel.limits, panel.unit);
  const near = limitsInReach(limits, values);
  const scale = niceScale(
    { values: [...values, ...near.map(({ at }) => at)], min: panel.min, max: panel.max },
    panel.unit,
  );
  const inside = limits.filter(({ at }) => at >= scale.min && at <= scale.max);
  const outside = beyond(limits, scale);

  const entries = legendEntries(drawn, series.length, panel, theme);
  const columns = legendColumns(entries);
  const legendHeight = Math.ceil(entries.length / columns) * rowHeight;
  const height = Math.max(
    leastHeight,
    contentTop + leastPlot + axisHeight + legendHeight + margin + 12,
  );
  const legendTop = height - margin / 2 - legendHeight;
  const bottom = legendTop - 12 - axisHeight;

  const axisLabel = { color: theme.muted, fontSize: textSize };
  const labels = [];
  for (let at = scale.min; at <= scale.max + scale.interval / 1e6; at += scale.interval) {
    labels.push(formatMark(Number(at.toPrecision(12)), panel.unit));
  }
  const left = margin + Math.max(...labels.map((one) => textWidth(one, textSize))) + 12;
  const marks = timeMarks(span, view.timeZone, 8);
  const moments = marks.map(({ at }) => at);
  const cells = onGrid(drawn, view.stepSeconds);
  // Grey first, so that what has a name lies over it.
  const order = [...drawn].sort((a, b) => Number(a.named) - Number(b.named));
  const single = drawn.filter(({ limit }) => !limit).length === 1;

  const note = (words: string, middle: number) =>
    words === ""
      ? []
      : [text(words, pictureWidth - margin - 6, middle, { color: theme.muted, align: "right" })];

  return drawing(
    view.heading,
    theme,
    height,
    [
      ...legendShapes(entries, columns, legendTop, theme),
      ...note(outside.above, contentTop + 14),
      ...note(outside.below, bottom - 16),
    ],
    {
      grid: { left, right: margin, top: contentTop, bottom: height - bottom },
      xAxis: {
        type: "value",
        min: span.from,
        max: span.to,
        axisLine: { lineStyle: { color: theme.muted } },
        axisTick: { show: true, customValues: moments, lineStyle: { color: theme.muted } },
        axisLabel: {
          ...axisLabel,
          customValues: moments,
          formatter: (at: number) => marks.find((mark) => mark.at === at)?.text ?? "",
          hideOverlap: true,
        },
        splitLine: { show: false },
      },
      yAxis: {
        type: "value",
        ...scale,
        axisLabel: {
          ...axisLabel,
          formatter: (at: number) => formatMark(Number(at.toPrecision(12)), panel.unit),
        },
        splitLine: { lineStyle: { color: theme.grid } },
      },
      series: [
        ...(panel.limits === undefined ? [] : [limitLayer(inside, panel.limits.bad, scale, theme)]),
        ...order.map((one): LineSeriesOption => {
          const grid = cells(one);
          return {
            type: "line",
            silent: true,
            data: withLonePoints(
              stacked && !one.limit ? grid.map(([at, value]) => [at ?? 0, value ?? 0]) : grid,
            ),
            symbol: "none",
            showSymbol: true,
            showAllSymbol: true,
            clip: true,
            stack: stacked && !one.limit ? "all" : undefined,
            stackStrategy: "all",
            color: one.color,
            lineStyle: {
              width: one.named ? (stacked ? 2 : 3) : 1.5,
              type: one.limit ? [10, 6] : "solid",
            },
            areaStyle:
              one.limit || !(stacked || single)
                ? undefined
                : { opacity: stacked ? 0.6 : 0.12, origin: "start" },
          };
        }),
      ],
    },
  );
}
