import type { Asked, Content } from "./content";
import { isEmpty, questionsOf } from "./content";
import type { Drawing } from "./canvas";
import { drawLines, drawNothing, drawTable } from "./draw-rows";
import { drawTimeSeries, type TimeView } from "./draw-timeseries";
import { drawBars } from "./draw-bars";
import { drawGauge } from "./draw-gauge";
import { drawStat } from "./draw-stat";

/** The picture of a panel with what the stores said. */
export function draw(asked: Asked, content: Content, view: TimeView): Drawing {
  const { panel } = asked;
  if (isEmpty(content)) {
    const queries = questionsOf(asked).map(({ expr }) => expr);
    return drawNothing(queries, view);
  }
  switch (content.kind) {
    case "series":
      if (panel.type === "timeseries") return drawTimeSeries(panel, content.series, view);
      break;
    case "samples":
      if (panel.type === "stat") return drawStat(panel, content.samples, view);
      if (panel.type === "gauge") return drawGauge(panel, content.samples, view);
      if (panel.type === "bars") return drawBars(panel, content.samples, view);
      break;
    case "table":
      if (panel.type === "table") return drawTable(panel, content.answers, view);
      break;
    case "lines":
      return drawLines(content.lines, view, view.timeZone);
  }
  throw new Error(`'content' must be that of a panel '${panel.type}', got '${content.kind}'`);
}
