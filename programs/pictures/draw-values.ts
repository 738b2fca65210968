import type { BarSeriesOption, GaugeSeriesOption } from "echarts";
import type { BarsPanel, GaugePanel, Limits, StatPanel, Unit } from "../../constructs/core/panel";
import { niceScale } from "./axis";
import {
  box,
  contentTop,
  drawing,
  innerWidth,
  leastHeight,
  margin,
  pictureWidth,
  text,
  textSize,
  type Drawing,
  type Heading,
  type Shape,
} from "./canvas";
import type { NamedSample } from "./content";
import { limitsInReach, shownLimits } from "./limits";
import { formatMark, formatValue } from "./numbers";
import { fitted, textWidth } from "./text";
import { crossed, limitColor, type Theme } from "./theme";

/** How values are drawn. */
export interface View {
  readonly heading: Heading;
  readonly theme: Theme;
}

const gap = 16;
const footer = 34;

/** The worst ones first, as far as there is room, and how many were left out. */
function worst(
  samples: readonly NamedSample[],
  limits: Limits | undefined,
  most: number,
): { kept: readonly NamedSample[]; more: number } {
  if (samples.length <= most) return { kept: samples, more: 0 };
  const sorted = [...samples].sort((a, b) =>
    limits?.bad === "below" ? a.value - b.value : b.value - a.value,
  );
  return { kept: sorted.slice(0, most), more: samples.length - most };
}

function moreText(more: number, height: number, theme: Theme): Shape[] {
  const words = `${more} more are not shown`;
  return more === 0 ? [] : [text(words, margin, height - footer / 2 - 4, { color: theme.muted })];
}

interface Tile {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function tiles(count: number, columns: number, height: number): Tile[] {
  const rows = Math.ceil(count / columns);
  const size = {
    width: (innerWidth - (columns - 1) * gap) / columns,
    height: (height - contentTop - margin - (rows - 1) * gap) / rows,
  };
  return Array.from({ length: count }, (_, i) => ({
    ...size,
    x: margin + (i % columns) * (size.width + gap),
    y: contentTop + Math.floor(i / columns) * (size.height + gap),
  }));
}

function colorOf(limits: Limits | undefined, value: number, otherwise: string): string {
  const priority = crossed(limits, value);
  return priority === undefined ? otherwise : limitColor(priority);
}

/** Which limit a value is beyond, in words: colour alone does not tell everybody. */
function crossedText(limits: Limits | undefined, value: number, unit: Unit): string {
  const priority = crossed(limits, value);
  const limit = shownLimits(limits, unit).find((one) => one.priority === priority);
  return limits === undefined || limit === undefined ? "" : `${limits.bad} ${limit.text}`;
}

function statTile(
  panel: StatPanel,
  { name, value }: NamedSample,
  tile: Tile,
  alone: boolean,
  theme: Theme,
): Shape[] {
  const words = panel.words?.[String(value)] ?? formatValue(value, panel.unit);
  const room = tile.width - 2 * gap;
  const largest = Math.min(140, tile.height * 0.45);
  const size = Math.max(
    textSize,
    Math.floor(Math.min(largest, (largest * room) / textWidth(words, largest, "semiBold"))),
  );
  const center = tile.x + tile.width / 2;
  const limit = crossedText(panel.limits, value, panel.unit);
  const color = colorOf(panel.limits, value, theme.text);
  return [
    box([tile.x, tile.y, tile.width, tile.height], theme.raised, 8),
    ...(limit === "" ? [] : [box([tile.x, tile.y, 8, tile.height], color, 4)]),
    text(fitted(name, room, textSize), center, tile.y + 24, {
      color: theme.muted,
      align: "center",
    }),
    text(
      fitted(words, room, size, "semiBold"),
      center,
      tile.y + tile.height / 2 + (alone ? 0 : 4),
      {
        size,
        face: "semiBold",
        color,
        align: "center",
      },
    ),
    text(limit, center, tile.y + tile.height - 22, { color: theme.muted, align: "center" }),
  ];
}

/** Present values, large. */
export function drawStat(
  panel: StatPanel,
  samples: readonly NamedSample[],
  { heading, theme }: View,
): Drawing {
  const { kept, more } = worst(samples, panel.limits, 12);
  const columns = kept.length === 1 ? 1 : kept.length <= 4 ? 2 : 3;
  const rows = Math.ceil(kept.length / columns);
  const inner = Math.max(leastHeight, contentTop + margin + rows * 136 + (rows - 1) * gap);
  const height = inner + (more === 0 ? 0 : footer);
  const places = tiles(kept.length, columns, inner);
  return drawing(heading, theme, height, [
    ...kept.flatMap((sample, i) => {
      const tile = places[i];
      return tile === undefined ? [] : statTile(panel, sample, tile, kept.length === 1, theme);
    }),
    ...moreText(more, height, theme),
  ]);
}

type Segment = [number, string];

/** The ring of a gauge: where its scale is good, and where it is beyond each limit. */
export function ringSegments({ limits, min, max }: GaugePanel, good: string): Segment[] {
  const share = (at: number) => Math.min(1, Math.max(0, (at - min) / (max - min)));
  const steps = shownLimits(limits, "count");
  if (limits?.bad === "below") {
    // From the left: the worst limit's segment ends first.
    return [
      ...[...steps].reverse().map(({ at, priority }): Segment => [share(at), limitColor(priority)]),
      [1, good],
    ];
  }
  const colors = [good, ...steps.map(({ priority }) => limitColor(priority))];
  const ends = [...steps.map(({ at }) => share(at)), 1];
  return ends.map((end, i): Segment => [end, colors[i] ?? good]);
}

function gaugeSeries(
  panel: GaugePanel,
  { value }: NamedSample,
  tile: Tile,
  theme: Theme,
): GaugeSeriesOption[] {
  const radius = Math.min(tile.width / 2 - 40, (tile.height - 70) / 1.5);
  const arc: GaugeSeriesOption = {
    type: "gauge",
    silent: true,
    center: [tile.x + tile.width / 2, tile.y + radius + 14],
    startAngle: 200,
    endAngle: -20,
    min: panel.min,
    max: panel.max,
    splitNumber: 1,
    pointer: { show: false },
    axisTick: { show: false },
    splitLine: { show: false },
  };
  const ring = Math.max(6, radius * 0.05);
  const color = colorOf(panel.limits, value, theme.series[0]);
  return [
    {
      ...arc,
      radius,
      axisLine: { lineStyle: { width: ring, color: ringSegments(panel, theme.muted) } },
      axisLabel: { show: false },
      detail: { show: false },
    },
    {
      ...arc,
      radius: radius - ring - 4,
      axisLine: { lineStyle: { width: radius * 0.2, color: [[1, theme.raised]] } },
      axisLabel: { show: false },
      progress: { show: true, width: radius * 0.2, itemStyle: { color } },
      detail: {
        formatter: formatValue(value, panel.unit),
        fontSize: Math.max(24, Math.min(64, radius * 0.3)),
        fontWeight: 600,
        color: colorOf(panel.limits, value, theme.text),
        offsetCenter: [0, -4],
      },
      data: [{ value: Math.min(panel.max, Math.max(panel.min, value)) }],
    },
  ];
}

function gaugeShapes(
  panel: GaugePanel,
  { name, value }: NamedSample,
  tile: Tile,
  theme: Theme,
): Shape[] {
  const radius = Math.min(tile.width / 2 - 40, (tile.height - 70) / 1.5);
  const center = tile.x + tile.width / 2;
  const ends = tile.y + radius + 14 + radius * 0.34 + 22;
  const side = radius * 0.84;
  const muted = { color: theme.muted, align: "center" } as const;
  const limit = crossedText(panel.limits, value, panel.unit);
  return [
    text(formatMark(panel.min, panel.unit), center - side, ends, muted),
    text(formatMark(panel.max, panel.unit), center + side, ends, muted),
    text(limit, center, tile.y + radius + 14 + Math.max(28, radius * 0.2), muted),
    text(fitted(name, tile.width, textSize), center, tile.y + tile.height - 14, {
      color: theme.text,
      align: "center",
    }),
  ];
}

/** Present values between two ends. */
export function drawGauge(
  panel: GaugePanel,
  samples: readonly NamedSample[],
  { heading, theme }: View,
): Drawing {
  const { kept, more } = worst(samples, panel.limits, 9);
  const columns = Math.min(kept.length === 4 ? 2 : 3, kept.length);
  const rows = Math.ceil(kept.length / columns);
  const inner = Math.max(leastHeight, contentTop + margin + rows * 240 + (rows - 1) * gap);
  const height = inner + (more === 0 ? 0 : footer);
  const placed = tiles(kept.length, columns, inner).flatMap((tile, i) => {
    const sample = kept[i];
    return sample === undefined ? [] : [{ tile, sample }];
  });
  return drawing(
    heading,
    theme,
    height,
    [
      ...placed.flatMap(({ tile, sample }) => gaugeShapes(panel, sample, tile, theme)),
      ...moreText(more, height, theme),
    ],
    { series: placed.flatMap(({ tile, sample }) => gaugeSeries(panel, sample, tile, theme)) },
  );
}

const barRow = 40;

/** Present values side by side, as bars from left to right. */
export function drawBars(
  panel: BarsPanel,
  samples: readonly NamedSample[],
  { heading, theme }: View,
): Drawing {
  const { kept, more } = worst(samples, panel.limits, 20);
  const values = kept.map(({ value }) => value);
  const limits = shownLimits(panel.limits, panel.unit);
  const near = limitsInReach(limits, [0, ...values]);
  const scale = niceScale(
    { values: [0, ...values, ...near.map(({ at }) => at)], max: panel.max },
    panel.unit,
    4,
  );
  const inside = limits.filter(({ at }) => at >= scale.min && at <= scale.max);
  const outside = limits.filter((limit) => !inside.includes(limit));
  const tail = more === 0 && outside.length === 0 ? 0 : footer;
  const top = contentTop + (inside.length === 0 ? 0 : 26);
  const height = Math.max(leastHeight, top + kept.length * barRow + 44 + tail + 12);
  const names = kept.map(({ name }) => fitted(name, innerWidth * 0.4, textSize));
  const left = margin + Math.max(...names.map((name) => textWidth(name, textSize))) + 12;
  const texts = values.map((value) => formatValue(value, panel.unit));
  const right = margin + Math.max(...texts.map((one) => textWidth(one, textSize, "semiBold"))) + 10;
  const axisLabel = { color: theme.muted, fontSize: textSize };
  const outsideText = outside.map((one) => one.text).join(", ");
  const series: BarSeriesOption = {
    type: "bar",
    silent: true,
    barMaxWidth: 44,
    barCategoryGap: "30%",
    data: kept.map(({ value }, i) => ({
      value,
      itemStyle: { color: colorOf(panel.limits, value, theme.series[0]) },
      label: { formatter: texts[i] },
    })),
    label: {
      show: true,
      position: "right",
      color: theme.text,
      fontSize: textSize,
      fontWeight: 600,
      textBorderColor: theme.background,
      textBorderWidth: 5,
    },
    z: 10,
    markLine: {
      silent: true,
      symbol: "none",
      precision: 12,
      data: inside.map(({ at, priority, text: words }) => ({
        xAxis: at,
        lineStyle: { color: limitColor(priority), type: [10, 6], width: 3 },
        label: { position: "start", formatter: words, color: theme.text, fontSize: textSize },
      })),
    },
  };
  return drawing(
    heading,
    theme,
    height,
    [
      ...moreText(more, height, theme),
      ...(outsideText === ""
        ? []
        : [
            text(
              `limits beyond the scale: ${outsideText}`,
              pictureWidth - margin,
              height - footer / 2 - 4,
              {
                color: theme.muted,
                align: "right",
              },
            ),
          ]),
    ],
    {
      grid: { left, right, top, bottom: 44 + tail },
      xAxis: {
        type: "value",
        ...scale,
        axisLabel: {
          ...axisLabel,
          hideOverlap: true,
          formatter: (at: number) => formatMark(at, panel.unit),
        },
        splitLine: { lineStyle: { color: theme.grid } },
      },
      yAxis: {
        type: "category",
        inverse: true,
        data: names,
        axisLabel: { ...axisLabel, color: theme.text, interval: 0 },
        axisTick: { show: false },
        axisLine: { lineStyle: { color: theme.muted } },
      },
      series: [series],
    },
  );
}
