import type { GaugeSeriesOption } from "echarts";
import type { GaugePanel } from "../../constructs/core/panel";
import { drawing, text, textSize, type Drawing, type Shape } from "./canvas";
import type { NamedSample } from "./content";
import { shownLimits } from "./limits";
import { formatMark, formatValue } from "./numbers";
import { textWidth } from "./text";
import { limitColor, type Theme } from "./theme";
import {
  crossedText,
  fillOf,
  footer,
  heightOf,
  inkOf,
  moreText,
  placed,
  worst,
  type Placed,
  type Tile,
  type View,
} from "./tiles";

const mostGauges = 9;
const leastTile = 240;

type Segment = [end: number, color: string];

/** The ring of a gauge: where its scale is good, and where it is beyond each limit. */
export function ringSegments({ limits, min, max }: GaugePanel, good: string): Segment[] {
  const share = (at: number) => Math.min(1, Math.max(0, (at - min) / (max - min)));
  const steps = shownLimits(limits, "count");
  if (limits?.bad === "below") {
    // From the left: the worst limit's part ends first.
    const bad = [...steps].reverse();
    return [
      ...bad.map(({ at, priority }): Segment => [share(at), limitColor(priority)]),
      [1, good],
    ];
  }
  const colors = [good, ...steps.map(({ priority }) => limitColor(priority))];
  const ends = [...steps.map(({ at }) => share(at)), 1];
  return ends.map((end, i): Segment => [end, colors[i] ?? good]);
}

function geometry({ x, y, width, height }: Tile) {
  const radius = Math.min(width / 2 - 40, (height - 70) / 1.5);
  return { radius, centerX: x + width / 2, centerY: y + radius + 14 };
}

function gaugeSeries(
  panel: GaugePanel,
  { value, tile }: Placed,
  theme: Theme,
): GaugeSeriesOption[] {
  const { radius, centerX, centerY } = geometry(tile);
  const arc: GaugeSeriesOption = {
    type: "gauge",
    silent: true,
    center: [centerX, centerY],
    startAngle: 200,
    endAngle: -20,
    min: panel.min,
    max: panel.max,
    pointer: { show: false },
    axisTick: { show: false },
    splitLine: { show: false },
    axisLabel: { show: false },
  };
  const ring = Math.max(6, radius * 0.05);
  const bar = radius * 0.2;
  return [
    {
      ...arc,
      radius,
      axisLine: { lineStyle: { width: ring, color: ringSegments(panel, theme.muted) } },
      detail: { show: false },
    },
    {
      ...arc,
      radius: radius - ring - 4,
      axisLine: { lineStyle: { width: bar, color: [[1, theme.raised]] } },
      progress: {
        show: true,
        width: bar,
        itemStyle: { color: fillOf(panel.limits, value, theme.series[0]) },
      },
      detail: {
        formatter: formatValue(value, panel.unit),
        fontSize: Math.max(24, Math.min(64, radius * 0.3)),
        fontWeight: 600,
        color: inkOf(panel.limits, value, theme),
        offsetCenter: [0, -radius * 0.18],
      },
      data: [{ value: Math.min(panel.max, Math.max(panel.min, value)) }],
    },
  ];
}

function gaugeShapes(panel: GaugePanel, { name, value, tile }: Placed, theme: Theme): Shape[] {
  const { radius, centerX, centerY } = geometry(tile);
  const muted = { color: theme.muted, align: "center" } as const;
  const limit = crossedText(panel.limits, value, panel.unit);
  // Inside the arc there is room for the priority at least.
  const fits = textWidth(limit, textSize) < radius * 1.2;
  const ends = centerY + radius * 0.34 + 22;
  const side = radius * 0.84;
  return [
    text(formatMark(panel.min, panel.unit), centerX - side, ends, muted),
    text(formatMark(panel.max, panel.unit), centerX + side, ends, muted),
    text(fits ? limit : limit.replace(/^\w+ /, ""), centerX, centerY + radius * 0.1, muted),
    text(name, centerX, tile.y + tile.height - 14, { color: theme.text, align: "center" }),
  ];
}

/** Present values between two ends. */
export function drawGauge(
  panel: GaugePanel,
  samples: readonly NamedSample[],
  { heading, theme }: View,
): Drawing {
  const { kept, more } = worst(samples, panel.limits, mostGauges);
  const columns = Math.min(kept.length === 4 ? 2 : 3, kept.length);
  const inner = heightOf(kept.length, columns, leastTile);
  const height = inner + (more === 0 ? 0 : footer);
  const gauges = placed(kept, columns, inner);
  return drawing(
    heading,
    theme,
    height,
    [...gauges.flatMap((one) => gaugeShapes(panel, one, theme)), ...moreText(more, height, theme)],
    { series: gauges.flatMap((one) => gaugeSeries(panel, one, theme)) },
  );
}
