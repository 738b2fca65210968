/** Seconds of the windows over which shares of bad events are recorded. */
export const seconds = {
  "5m": 300,
  "30m": 1800,
  "1h": 3600,
  "2h": 7200,
  "6h": 21_600,
  "1d": 86_400,
  "3d": 259_200,
} as const;

/** A window, in Prometheus' notation. */
export type Window = keyof typeof seconds;

/** All of them, the shortest first. */
export const windows = Object.keys(seconds) as readonly Window[];

/** The budget goes `times` as fast as it may in both windows: the long one says that it counts, the short one that it goes on. */
export interface Burn {
  readonly times: number;
  readonly long: Window;
  readonly short: Window;
}

/** The pairs of windows of Google's SRE workbook, chapter 5: 2, 5, 10 and 10 % of a month's budget. */
export const burns: Readonly<Record<"page" | "ticket", readonly Burn[]>> = {
  page: [
    { times: 14.4, long: "1h", short: "5m" },
    { times: 6, long: "6h", short: "30m" },
  ],
  ticket: [
    { times: 3, long: "1d", short: "2h" },
    { times: 1, long: "3d", short: "6h" },
  ],
};

/** The pace at which somebody is told at once, over an hour. */
export const fastestBurn = Math.max(...burns.page.map(({ times }) => times));

/** The pace at which somebody is told in business hours, over days. */
export const slowestBurn = Math.min(...burns.ticket.map(({ times }) => times));

/** The windows that a person looks at: the shortest, and the long ones of the alerts. */
export const burnWindows: readonly Window[] = [
  "5m",
  ...[...burns.page, ...burns.ticket].map(({ long }) => long),
];

/** Name of the series of the time within which this share of the requests is answered. @param percent e.g. 95 */
export function latencySeries(percent: number): string {
  return `slo:latency_seconds:p${String(percent).replace(".", "_")}_rate5m`;
}
