import type { LineSeriesOption, XAXisComponentOption, YAXisComponentOption } from "echarts";
import type { TimeSeriesPanel, Unit } from "../../constructs/core/panel";
import { marksOf, niceScale, type Scale } from "./axis";
import {
  contentTop,
  drawing,
  leastHeight,
  margin,
  rowHeight,
  textSize,
  type Drawing,
  type Heading,
} from "./canvas";
import type { NamedSeries } from "./content";
import { legendColumns, legendShapes, type Entry } from "./legend";
import { beyondShapes, limitLayer } from "./limit-layer";
import { shownLimits, withinReach } from "./limits";
import { formatMarks, formatValue } from "./numbers";
import { textWidth } from "./text";
import { limitSeriesColor, type Theme } from "./theme";
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
const leastPlot = 272;
const axisHeight = 40;
const axisGap = 12;
const mostTimeMarks = 8;

type Point = [at: number, value: number | null];

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
): (one: NamedSeries) => Point[] {
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
function withLonePoints(grid: readonly Point[]): LineSeriesOption["data"] {
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
  for (const { points } of series) {
    for (const [at, value] of points) sums.set(at, (sums.get(at) ?? 0) + value);
  }
  return [...single, ...sums.values()];
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

/** Where things are, in pixels from the top. */
interface Layout {
  readonly height: number;
  readonly bottom: number;
  readonly legendTop: number;
}

function layoutOf(legendRows: number): Layout {
  const legendHeight = legendRows * rowHeight;
  const least = contentTop + leastPlot + axisHeight + axisGap + legendHeight + margin / 2;
  const height = Math.max(leastHeight, least);
  const legendTop = height - margin / 2 - legendHeight;
  return { height, legendTop, bottom: legendTop - axisGap - axisHeight };
}

function axes(scale: Scale, unit: Unit, { theme, span, timeZone }: TimeView) {
  const style = { color: theme.muted, fontSize: textSize };
  const heightMarks = marksOf(scale);
  const heightTexts = formatMarks(heightMarks, unit);
  const moments = timeMarks(span, timeZone, mostTimeMarks);
  const customValues = moments.map(({ at }) => at);
  const textOf = (at: number) => moments.find((mark) => mark.at === at)?.text ?? "";
  const xAxis: XAXisComponentOption = {
    type: "value",
    min: span.from,
    max: span.to,
    axisLine: { onZero: false, lineStyle: { color: theme.muted } },
    axisTick: { show: true, customValues, lineStyle: { color: theme.muted } },
    axisLabel: { ...style, customValues, formatter: textOf, hideOverlap: true },
    splitLine: { show: false },
  };
  const yAxis: YAXisComponentOption = {
    type: "value",
    ...scale,
    axisLabel: {
      ...style,
      customValues: heightMarks,
      formatter: (_: number, i: number) => heightTexts[i] ?? "",
    },
    splitLine: { lineStyle: { color: theme.grid } },
  };
  const left = margin + Math.max(...heightTexts.map((one) => textWidth(one, textSize))) + 12;
  return { xAxis, yAxis, left };
}

function lineOf(
  one: StyledSeries,
  points: readonly Point[],
  { stacked, alone }: { readonly stacked: boolean; readonly alone: boolean },
): LineSeriesOption {
  const piled = stacked && !one.limit;
  return {
    type: "line",
    silent: true,
    data: piled ? points.map(([at, value]) => [at, value ?? 0]) : withLonePoints(points),
    symbol: "none",
    showSymbol: true,
    showAllSymbol: true,
    stack: piled ? "all" : undefined,
    stackStrategy: "all",
    color: one.color,
    lineStyle: {
      width: one.named ? (piled ? 2 : 3) : 1.5,
      type: one.limit ? [10, 6] : "solid",
    },
    areaStyle:
      piled || (alone && !one.limit) ? { opacity: piled ? 0.6 : 0.12, origin: "start" } : undefined,
  };
}

/** Lines over time with axes, limits and a legend of last values. */
export function drawTimeSeries(
  panel: TimeSeriesPanel,
  series: readonly NamedSeries[],
  view: TimeView,
): Drawing {
  const { theme } = view;
  const drawn = styled(series, panel, theme);
  const limits = shownLimits(panel.limits, panel.unit);
  const measured = drawn.filter(({ limit }) => !limit);
  const values = heights(measured, panel.stacked ?? false);
  const queried = heights(
    drawn.filter(({ limit }) => limit),
    false,
  );
  const near = withinReach([...limits.map(({ at }) => at), ...queried], values);
  const scale = niceScale(
    { values: [...values, ...near], min: panel.min, max: panel.max },
    panel.unit,
  );

  const entries = legendEntries(drawn, series.length, panel, theme);
  const columns = legendColumns(entries);
  const { height, bottom, legendTop } = layoutOf(Math.ceil(entries.length / columns));
  const { xAxis, yAxis, left } = axes(scale, panel.unit, view);

  const points = onGrid(drawn, view.stepSeconds);
  const kind = {
    stacked: panel.stacked ?? false,
    alone: measured.length === 1,
  };
  // Grey first, so that what has a name lies over it.
  const order = [...drawn].sort((a, b) => Number(a.named) - Number(b.named));
  const layers =
    panel.limits === undefined ? [] : [limitLayer(limits, panel.limits.bad, scale, theme)];
  return drawing(
    view.heading,
    theme,
    height,
    [
      ...legendShapes(entries, columns, legendTop, theme),
      ...beyondShapes(limits, scale, bottom, theme),
    ],
    {
      grid: { left, right: margin, top: contentTop, bottom: height - bottom },
      xAxis,
      yAxis,
      series: [...layers, ...order.map((one) => lineOf(one, points(one), kind))],
    },
  );
}
