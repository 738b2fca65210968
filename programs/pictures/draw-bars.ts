import type { BarSeriesOption } from "echarts";
import type { BarsPanel } from "../../constructs/core/panel";
import { niceScale } from "./axis";
import {
  contentTop,
  drawing,
  innerWidth,
  leastHeight,
  margin,
  stroke,
  text,
  textSize,
  type Drawing,
  type Shape,
} from "./canvas";
import type { NamedSample } from "./content";
import { shownLimits, withinReach, type ShownLimit } from "./limits";
import { formatMark, formatValue } from "./numbers";
import { textWidth } from "./text";
import { limitColor, type Theme } from "./theme";
import { fillOf, footer, moreText, namesFor, worst, type View } from "./tiles";

const mostBars = 20;
const barRow = 40;
const axisHeight = 44;
const limitRow = 30;
const swatch = 26;

/** The limits with their colours in one row, since beside near lines their names would lie over each other. */
function limitNames(limits: readonly ShownLimit[], theme: Theme): Shape[] {
  let x = margin;
  return limits.flatMap(({ priority, text: words }) => {
    const left = x;
    x += swatch + 8 + textWidth(words, textSize) + margin;
    return [
      stroke([left, contentTop + 8, swatch], limitColor(priority), true),
      text(words, left + swatch + 8, contentTop + 8, { color: theme.text }),
    ];
  });
}

function bars(
  panel: BarsPanel,
  values: readonly number[],
  limits: readonly ShownLimit[],
  theme: Theme,
): BarSeriesOption {
  return {
    type: "bar",
    silent: true,
    // Over the limits, so that their lines do not cross the numbers.
    z: 10,
    barMaxWidth: 44,
    barCategoryGap: "30%",
    data: values.map((value) => ({
      value,
      itemStyle: { color: fillOf(panel.limits, value, theme.series[0]) },
      label: { formatter: formatValue(value, panel.unit) },
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
    markLine: {
      silent: true,
      symbol: "none",
      // The default rounds to two decimals, where the line stands too.
      precision: 12,
      label: { show: false },
      data: limits.map(({ at, priority }) => ({
        xAxis: at,
        lineStyle: { color: limitColor(priority), type: [10, 6], width: 3 },
      })),
    },
  };
}

/** Present values side by side, as bars from left to right. */
export function drawBars(
  panel: BarsPanel,
  samples: readonly NamedSample[],
  { heading, theme }: View,
): Drawing {
  const { kept, more } = worst(samples, panel.limits, mostBars);
  const values = kept.map(({ value }) => value);
  const limits = shownLimits(panel.limits, panel.unit);
  const near = withinReach(
    limits.map(({ at }) => at),
    [0, ...values],
  );
  const extent = [0, ...values, ...near];
  const scale = niceScale({ values: extent, max: panel.max }, panel.unit, 4);

  const top = contentTop + (limits.length === 0 ? 0 : limitRow);
  const tail = more === 0 ? 0 : footer;
  const names = namesFor(kept, innerWidth * 0.4);
  const widest = (texts: readonly string[], face: "regular" | "semiBold") =>
    Math.max(...texts.map((one) => textWidth(one, textSize, face)));
  const numbers = values.map((value) => formatValue(value, panel.unit));
  const axisLabel = { color: theme.muted, fontSize: textSize };
  const height = Math.max(leastHeight, top + kept.length * barRow + axisHeight + tail + 12);
  return drawing(
    heading,
    theme,
    height,
    [...limitNames(limits, theme), ...moreText(more, height, theme)],
    {
      grid: {
        left: margin + widest(names, "regular") + 12,
        right: margin + widest(numbers, "semiBold") + 10,
        top,
        bottom: axisHeight + tail,
      },
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
        axisLine: { onZero: false, lineStyle: { color: theme.muted } },
      },
      series: [
        bars(
          panel,
          values,
          limits.filter(({ at }) => at >= scale.min && at <= scale.max),
          theme,
        ),
      ],
    },
  );
}
