import type { BoardRow } from "../core/board";
import { overviewBoard, overviewOrder } from "../core/house-boards";
import { below } from "../core/panel";
import { budgetDays } from "./schema";

const left = `slo:error_budget:percent${String(budgetDays)}d`;

/** What is left of every service's error budgets, on the first page. */
export const budgetOverview: BoardRow = {
  board: overviewBoard,
  key: "objectives",
  title: "Error budgets",
  order: overviewOrder.objectives,
  panels: [
    {
      type: "bars",
      key: "left",
      title: "Budget that is left",
      description:
        "Of 30 days, by service and promise. Red: the promise is broken; leave out what is risky.",
      unit: "percent",
      width: 12,
      queries: [{ expr: left, legend: "{{service}} {{slo}}" }],
      limits: below({ P3: 0 }),
      max: 100,
    },
    {
      type: "timeseries",
      key: "over-time",
      title: "Budget over time",
      description: "A straight line down that ends below 0 within the month is too fast.",
      unit: "percent",
      width: 12,
      queries: [{ expr: left, legend: "{{service}} {{slo}}" }],
      limits: below({ P3: 0 }),
      max: 100,
    },
  ],
};
