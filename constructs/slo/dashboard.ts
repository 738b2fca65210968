import type { PanelAddress } from "../core/alert";
import type { Board, BoardRow } from "../core/board";
import { above, below, type GaugePanel, type Limits, type Query } from "../core/panel";
import { burnWindows, fastestBurn, latencySeries, slowestBurn, type Window } from "./burns";
import { budgetDays, type Slo } from "./schema";

/** What services promise, and how much of it is left. */
export const sloBoard: Board = {
  uid: "slo-dashboard",
  title: "SLO",
  description:
    "What services promise over a month, whether they keep it, and how fast the room for mistakes goes: may we deploy, or must we repair?",
  folder: "Applications",
  variables: [{ name: "service", title: "Service", from: "slo:availability:avg1d" }],
  span: "24h",
};

/** The panel that shows an alert on a promise. */
export function sloPanel(slo: "availability" | "errors" | "latency"): PanelAddress {
  return { board: sloBoard.uid, row: "burn", panel: slo };
}

const days = String(budgetDays);

function of(slo: string): string {
  return `{service="$service", slo="${slo}"}`;
}

function gauge(
  panel: Pick<GaugePanel, "key" | "title" | "description" | "unit" | "max" | "width"> & {
    readonly expr: string;
    readonly limits: Limits;
    readonly min?: number;
  },
): GaugePanel {
  const { expr, min = 0, ...rest } = panel;
  return { type: "gauge", height: 7, ...rest, min, queries: [{ expr, legend: "{{service}}" }] };
}

function speed({ latency, pagePriority }: Slo): readonly GaugePanel[] {
  if (latency === false) return [];
  const { percent, milliseconds } = latency;
  const most = milliseconds / 1000;
  return [
    gauge({
      key: "speed",
      title: `${String(percent)} % are faster than`,
      description: `Of 5 minutes; ${String(milliseconds)} ms are promised.`,
      unit: "seconds",
      width: 6,
      expr: `${latencySeries(percent)}{service="$service"}`,
      max: most * 2,
      limits: above({ [pagePriority]: most }),
    }),
  ];
}

function nowRow(slo: Slo): BoardRow {
  const { service, availabilityPercent, errorPercent, latency, pagePriority } = slo;
  const width = latency === false ? 8 : 6;
  return {
    board: sloBoard,
    key: "now",
    title: "Now",
    order: 10,
    about: { variable: "service", value: service },
    panels: [
      gauge({
        key: "availability",
        title: "Availability",
        description: `Share of the last 24 hours in which the service answered; ${String(availabilityPercent)} % are promised over ${days} days.`,
        unit: "percent",
        width,
        expr: 'slo:availability:avg1d{service="$service"} * 100',
        // Twice the budget below what is promised is the left end.
        min: Number((100 - 3 * (100 - availabilityPercent)).toPrecision(12)),
        max: 100,
        limits: below({ [pagePriority]: availabilityPercent }),
      }),
      ...speed(slo),
      gauge({
        key: "errors",
        title: "Errors",
        description: `Share of the requests of the last hour that failed; ${String(errorPercent)} % are promised at most over ${days} days.`,
        unit: "percent",
        width,
        expr: `slo:bad_ratio:rate1h${of("errors")} * 100`,
        max: Number((errorPercent * fastestBurn * 2).toPrecision(12)),
        limits: above({
          P3: errorPercent,
          [pagePriority]: Number((errorPercent * fastestBurn).toPrecision(12)),
        }),
      }),
      gauge({
        key: "budget",
        title: "Error budget left",
        description: `Of the failures that ${days} days allow, how many are still allowed. Below nothing the promise is broken: only repairs should be deployed.`,
        unit: "percent",
        width,
        expr: `slo:error_budget:percent${days}d${of("errors")}`,
        max: 100,
        limits: below({ [pagePriority]: 0 }),
      }),
    ],
  };
}

function burnOf(slo: string, budget: number): readonly Query[] {
  const share = String(Number(budget.toPrecision(12)));
  const burn = (window: Window): Query => ({
    expr: `slo:bad_ratio:rate${window}${of(slo)} / ${share}`,
    legend: window,
  });
  return burnWindows.map(burn);
}

function burnRow(slo: Slo): BoardRow {
  const { service, availabilityPercent, errorPercent, latency, pagePriority } = slo;
  const panels = [
    {
      key: "availability",
      title: "Availability: burn rate",
      budget: 1 - availabilityPercent / 100,
    },
    { key: "errors", title: "Errors: burn rate", budget: errorPercent / 100 },
    ...(latency === false
      ? []
      : [{ key: "latency", title: "Speed: burn rate", budget: 1 - latency.percent / 100 }]),
  ];
  return {
    board: sloBoard,
    key: "burn",
    title: "Burn rates by window",
    order: 20,
    about: { variable: "service", value: service },
    panels: panels.map(({ key, title, budget }) => ({
      type: "timeseries" as const,
      key,
      title,
      description: `How many times as fast as it may the budget goes, over windows of different length. 1 for ${days} days uses all of it. A long window above its line while the short ones fell is over; both above is still going on.`,
      unit: "count" as const,
      width: latency === false ? 12 : 8,
      queries: burnOf(key, budget),
      limits: above({ P3: slowestBurn, [pagePriority]: fastestBurn }),
      min: 0,
    })),
  };
}

const servicesRow: BoardRow = {
  board: sloBoard,
  key: "services",
  title: "All services",
  order: 30,
  panels: [
    {
      type: "timeseries",
      key: "budgets",
      title: "Budgets left by service",
      description: `Per cent of the budget of ${days} days. A steady fall is a fault that nobody repairs, a step an outage.`,
      unit: "percent",
      width: 12,
      queries: [{ expr: `slo:error_budget:percent${days}d`, legend: "{{service}} {{slo}}" }],
      max: 100,
    },
    {
      type: "timeseries",
      key: "availability",
      title: "Availability by service",
      description: "Share of the last 24 hours in which each service answered.",
      unit: "ratio",
      width: 12,
      queries: [{ expr: "slo:availability:avg1d", legend: "{{service}}" }],
      max: 1,
    },
    {
      type: "timeseries",
      key: "bad",
      title: "Failed and slow requests by service",
      description:
        "Share of the requests of the last hour that failed, and of those that were slower than promised.",
      unit: "ratio",
      width: 12,
      queries: [
        {
          expr: 'slo:bad_ratio:rate1h{slo=~"errors|latency"}',
          legend: "{{service}} {{slo}}",
        },
      ],
      min: 0,
    },
    {
      type: "table",
      key: "alerts",
      title: "Active alerts on these services",
      description:
        "Everything that fires about a service that promises something, and for how long. It is what spends the budget now.",
      unit: "seconds",
      width: 12,
      queries: [
        {
          expr: 'time() - min by (alertname, priority, service) (ALERTS_FOR_STATE and on (service) slo:availability:avg1d) and on (alertname, priority, service) ALERTS{alertstate="firing"}',
          legend: "{{alertname}}",
        },
      ],
      columns: { priority: "Priority", alertname: "Alert", service: "Service" },
      values: ["Since"],
    },
  ],
};

/** What one service's promises add to the board. */
export function sloRows(slo: Slo): readonly BoardRow[] {
  return [nowRow(slo), burnRow(slo), servicesRow];
}
