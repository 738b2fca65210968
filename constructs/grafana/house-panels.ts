import * as common from "@grafana/grafana-foundation-sdk/common";
import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import * as bargauge from "@grafana/grafana-foundation-sdk/bargauge";
import * as gauge from "@grafana/grafana-foundation-sdk/gauge";
import * as logs from "@grafana/grafana-foundation-sdk/logs";
import * as loki from "@grafana/grafana-foundation-sdk/loki";
import * as prometheus from "@grafana/grafana-foundation-sdk/prometheus";
import * as stat from "@grafana/grafana-foundation-sdk/stat";
import * as table from "@grafana/grafana-foundation-sdk/table";
import * as text from "@grafana/grafana-foundation-sdk/text";
import * as timeseries from "@grafana/grafana-foundation-sdk/timeseries";
import { priorityDetails } from "../core/alert";
import type { PlacedPanel } from "../core/board";
import {
  limitSteps,
  units,
  type BarsPanel,
  type GaugePanel,
  type Limits,
  type LinesPanel,
  type Panel,
  type Query,
  type StatPanel,
  type TablePanel,
  type TextPanel,
  type TimeSeriesPanel,
} from "../core/panel";

type Built = dashboard.Panel;
type Target = prometheus.DataqueryBuilder | loki.DataqueryBuilder;

const good = "green";

/** Names of the variables that choose the stores, and their uids. */
export const storeVariables = { metrics: "metrics", logs: "logs" } as const;

/** The store of a query, as a variable of the dashboard. */
export function storeOf(store: NonNullable<Query["store"]>): common.DataSourceRef {
  return {
    type: store === "logs" ? "loki" : "prometheus",
    uid: `\${${storeVariables[store]}}`,
  };
}

function refId(i: number): string {
  return String.fromCharCode("A".charCodeAt(0) + i);
}

/** Over the time shown, now, or now as rows of a table. */
type When = "range" | "instant" | "rows";

function target(query: Query, i: number, when: When): Target {
  const { store = "metrics", expr, legend, exemplars = false } = query;
  if (store === "logs") {
    return new loki.DataqueryBuilder()
      .refId(refId(i))
      .datasource(storeOf(store))
      .expr(expr)
      .legendFormat(legend)
      .queryType(when === "range" ? "range" : "instant");
  }
  const built = new prometheus.DataqueryBuilder()
    .refId(refId(i))
    .datasource(storeOf(store))
    .expr(expr)
    .legendFormat(legend);
  if (when === "instant") return built.instant();
  if (when === "rows") return built.instant().format(prometheus.PromQueryFormat.Table);
  return exemplars ? built.range().exemplar(true) : built.range();
}

/** Steps as Grafana reads them: each colour holds from its value upwards. */
function thresholds(limits: Limits | undefined): dashboard.ThresholdsConfigBuilder {
  const steps = new dashboard.ThresholdsConfigBuilder().mode(dashboard.ThresholdsMode.Absolute);
  if (limits === undefined) return steps.steps([{ value: null, color: "text" }]);
  const mildestFirst = limitSteps(limits).map(({ priority, at }) => ({
    at,
    color: priorityDetails[priority].color,
  }));
  if (limits.bad === "above") {
    return steps.steps([
      { value: null, color: good },
      ...mildestFirst.map(({ at, color }) => ({ value: at, color })),
    ]);
  }
  const worstFirst = [...mildestFirst].reverse();
  const colours = [...worstFirst.map(({ color }) => color), good];
  return steps.steps(
    colours.map((color, i) => ({ value: i === 0 ? null : (worstFirst[i - 1]?.at ?? null), color })),
  );
}

function timeSeries(panel: TimeSeriesPanel): timeseries.PanelBuilder {
  const { queries, limits, min, max, stacked = false } = panel;
  const built = new timeseries.PanelBuilder()
    .unit(units[panel.unit])
    .targets(queries.map((query, i) => target(query, i, "range")))
    .thresholds(thresholds(limits))
    .thresholdsStyle(
      new common.GraphThresholdsStyleConfigBuilder().mode(
        limits === undefined
          ? common.GraphThresholdsStyleMode.Off
          : common.GraphThresholdsStyleMode.DashedAndArea,
      ),
    )
    .lineWidth(2)
    .fillOpacity(stacked ? 30 : 8)
    .showPoints(common.VisibilityMode.Never)
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom)
        .calcs(["lastNotNull"]),
    )
    .tooltip(
      new common.VizTooltipOptionsBuilder()
        .mode(common.TooltipDisplayMode.Multi)
        .sort(common.SortOrder.Descending),
    );
  if (stacked) {
    built.stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal));
  }
  if (min !== undefined) built.min(min);
  if (max !== undefined) built.max(max);
  queries.forEach((query, i) => {
    if (query.limit !== true) return;
    built.overrideByQuery(refId(i), [
      { id: "color", value: { mode: "fixed", fixedColor: "red" } },
      { id: "custom.lineStyle", value: { fill: "dash", dash: [10, 10] } },
      { id: "custom.fillOpacity", value: 0 },
    ]);
  });
  return built;
}

const lastValue = () => new common.ReduceDataOptionsBuilder().calcs(["lastNotNull"]).values(false);

function statValue(panel: StatPanel): stat.PanelBuilder {
  const { queries, limits, words = {} } = panel;
  const coloured = limits !== undefined;
  return new stat.PanelBuilder()
    .unit(units[panel.unit])
    .targets(queries.map((query, i) => target(query, i, "range")))
    .thresholds(thresholds(limits))
    .mappings(
      Object.keys(words).length === 0
        ? []
        : [
            {
              type: dashboard.MappingType.ValueToText,
              options: Object.fromEntries(
                Object.entries(words).map(([value, word]) => [value, { text: word }]),
              ),
            },
          ],
    )
    .reduceOptions(lastValue())
    .colorMode(coloured ? common.BigValueColorMode.Background : common.BigValueColorMode.None)
    .graphMode(common.BigValueGraphMode.Area);
}

function gaugeValue(panel: GaugePanel): gauge.PanelBuilder {
  return new gauge.PanelBuilder()
    .unit(units[panel.unit])
    .targets(panel.queries.map((query, i) => target(query, i, "instant")))
    .min(panel.min)
    .max(panel.max)
    .thresholds(thresholds(panel.limits))
    .reduceOptions(lastValue());
}

function bars(panel: BarsPanel): bargauge.PanelBuilder {
  const built = new bargauge.PanelBuilder()
    .unit(units[panel.unit])
    .targets(panel.queries.map((query, i) => target(query, i, "instant")))
    .min(0)
    .thresholds(thresholds(panel.limits))
    .orientation(common.VizOrientation.Horizontal)
    .displayMode(common.BarGaugeDisplayMode.Basic)
    .reduceOptions(lastValue());
  return panel.max === undefined ? built : built.max(panel.max);
}

function rows(panel: TablePanel): table.PanelBuilder {
  const { queries, columns, values, limits } = panel;
  const shown = Object.keys(columns);
  const valueName = (i: number) => (queries.length === 1 ? "Value" : `Value #${refId(i)}`);
  return new table.PanelBuilder()
    .targets(queries.map((query, i) => target(query, i, "rows")))
    .thresholds(thresholds(limits))
    .withTransformation({ id: "merge", options: {} })
    .withTransformation({
      id: "filterFieldsByName",
      options: { include: { names: [...shown, ...values.map((_, i) => valueName(i))] } },
    })
    .withTransformation({
      id: "organize",
      options: {
        excludeByName: {},
        indexByName: Object.fromEntries(
          [...shown, ...values.map((_, i) => valueName(i))].map((name, i) => [name, i]),
        ),
        renameByName: {
          ...columns,
          ...Object.fromEntries(values.map((heading, i) => [valueName(i), heading])),
        },
      },
    })
    .overrides(
      values.map((heading) => ({
        matcher: { id: "byName", options: heading },
        properties: [
          { id: "unit", value: units[panel.unit] },
          ...(limits === undefined
            ? []
            : [{ id: "custom.cellOptions", value: { type: "color-background" } }]),
        ],
      })),
    );
}

function lines(panel: LinesPanel): logs.PanelBuilder {
  return new logs.PanelBuilder()
    .targets(panel.queries.map((query, i) => target({ ...query, store: "logs" }, i, "range")))
    .showTime(true)
    .wrapLogMessage(true)
    .enableLogDetails(true)
    .sortOrder(common.LogsSortOrder.Descending)
    .dedupStrategy(common.LogsDedupStrategy.None);
}

function words(panel: TextPanel): text.PanelBuilder {
  return new text.PanelBuilder().mode(text.TextMode.Markdown).content(panel.markdown);
}

function builderOf(panel: Panel) {
  switch (panel.type) {
    case "timeseries":
      return timeSeries(panel);
    case "stat":
      return statValue(panel);
    case "gauge":
      return gaugeValue(panel);
    case "bars":
      return bars(panel);
    case "table":
      return rows(panel);
    case "lines":
      return lines(panel);
    case "text":
      return words(panel);
  }
}

/** A panel in Grafana's model, at its place. */
export function grafanaPanel({ panel, id, x, y, width, height }: PlacedPanel): Built {
  const [first] = panel.type === "text" ? [] : panel.queries;
  const store = panel.type === "lines" ? "logs" : (first?.store ?? "metrics");
  const built = builderOf(panel)
    .id(id)
    .title(panel.title)
    .description(panel.description)
    .gridPos({ x, y, w: width, h: height });
  return (panel.type === "text" ? built : built.datasource(storeOf(store))).build();
}
