import type { BoardRow } from "../core/board";
import { overviewBoard, overviewOrder } from "../core/house-boards";
import { above } from "../core/panel";
import type { HttpThresholds } from "../core/thresholds";
import { httpSeries } from "./http-board";

const chosen = '{service=~"$service"}';

/** How the requests to a service fare, on the first page. */
export function httpOverview(service: string, thresholds: HttpThresholds): BoardRow {
  const { errorPercent, errorHighPercent, errorCriticalPercent, p95Milliseconds } = thresholds;
  return {
    board: overviewBoard,
    key: "services",
    title: "Services",
    order: overviewOrder.services,
    about: { variable: "service", value: service },
    panels: [
      {
        type: "timeseries",
        key: "errors",
        title: "Requests that fail",
        description:
          "Share of requests answered with 5xx in 5 minutes. Several services at once: what they share is the cause.",
        unit: "percent",
        width: 12,
        queries: [
          {
            // A service without requests fails none.
            expr: `${httpSeries.errors}${chosen} / clamp_min(${httpSeries.requests}${chosen}, 1) * 100`,
            legend: "{{service}}",
          },
        ],
        limits: above({ P3: errorPercent, P2: errorHighPercent, P1: errorCriticalPercent }),
        min: 0,
      },
      {
        type: "timeseries",
        key: "p95",
        title: "Slowest requests",
        description:
          "The time within which 95 % of the requests are answered. Empty: nobody asks, or no histogram is made.",
        unit: "seconds",
        width: 12,
        queries: [{ expr: `${httpSeries.p95}${chosen}`, legend: "{{service}}" }],
        limits: above({ P3: p95Milliseconds / 1000 }),
        min: 0,
      },
    ],
  };
}
