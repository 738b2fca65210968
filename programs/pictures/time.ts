/** From when to when, in milliseconds since 1970. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** Grafana's round steps, each with the raw step from which the next one is taken. */
const roundSteps: readonly (readonly [below: number, step: number])[] = [
  [1.5 * second, second],
  [3.5 * second, 2 * second],
  [7.5 * second, 5 * second],
  [12.5 * second, 10 * second],
  [17.5 * second, 15 * second],
  [25 * second, 20 * second],
  [45 * second, 30 * second],
  [1.5 * minute, minute],
  [3.5 * minute, 2 * minute],
  [7.5 * minute, 5 * minute],
  [12.5 * minute, 10 * minute],
  [17.5 * minute, 15 * minute],
  [25 * minute, 20 * minute],
  [45 * minute, 30 * minute],
  [1.5 * hour, hour],
  [2.5 * hour, 2 * hour],
  [4.5 * hour, 3 * hour],
  [9 * hour, 6 * hour],
  [day, 12 * hour],
  [7 * day, day],
  [21 * day, 7 * day],
  [42 * day, 30 * day],
];

/** The step between two points in seconds, as Grafana chooses it; never below the scrape interval. */
export function stepSeconds({ from, to }: Span, points: number, scrapeSeconds: number): number {
  const raw = (to - from) / points;
  const round = roundSteps.find(([below]) => raw < below)?.[1] ?? 365 * day;
  return Math.max(round / second, scrapeSeconds);
}

/** Grafana's `$__rate_interval` in seconds: long enough for four scrapes, whatever the step. */
export function rateSeconds(step: number, scrapeSeconds: number): number {
  return Math.max(step + scrapeSeconds, 4 * scrapeSeconds);
}

/** Milliseconds that a zone's clocks are ahead of UTC at a moment. */
export function offsetOf(at: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(at);
  const part = (type: Intl.DateTimeFormatPartTypes) =>
    Number(parts.find((one) => one.type === type)?.value ?? 0);
  const local = Date.UTC(
    part("year"),
    part("month") - 1,
    part("day"),
    part("hour"),
    part("minute"),
    part("second"),
  );
  return local - Math.floor(at / second) * second;
}

/** Whether a zone is known, e.g. `Asia/Seoul`. */
export function isTimeZone(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

function local(at: number, timeZone: string): string {
  return new Date(at + offsetOf(at, timeZone)).toISOString();
}

/** Year, month and day, e.g. `2026-11-21`. */
export function dateText(at: number, timeZone: string): string {
  return local(at, timeZone).slice(0, 10);
}

/** Hours and minutes, e.g. `09:30`; with seconds where asked. */
export function clockText(at: number, timeZone: string, withSeconds = false): string {
  return local(at, timeZone).slice(11, withSeconds ? 19 : 16);
}

/** A span in words, e.g. `2026-11-21 03:00 – 09:00 Asia/Seoul`. */
export function spanText({ from, to }: Span, timeZone: string): string {
  const days = [dateText(from, timeZone), dateText(to, timeZone)] as const;
  const end = days[0] === days[1] ? "" : `${days[1]} `;
  return `${days[0]} ${clockText(from, timeZone)} – ${end}${clockText(to, timeZone)} ${timeZone}`;
}

const markSteps = [
  ...[1, 2, 5, 10, 15, 30].map((n) => n * second),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * minute),
  ...[1, 2, 3, 6, 12].map((n) => n * hour),
  ...[1, 2, 7, 14, 30, 90, 365].map((n) => n * day),
];

/** Where a time axis is marked, and what stands there. */
export interface Mark {
  readonly at: number;
  readonly text: string;
}

/** Round moments of the zone's clocks, at most `most` of them; the first of a day names the day. */
export function timeMarks(span: Span, timeZone: string, most: number): Mark[] {
  const step = markSteps.find((one) => (span.to - span.from) / one <= most) ?? 365 * day;
  const next = (after: number) => {
    const offset = offsetOf(after, timeZone);
    const guess = Math.ceil((after + offset) / step) * step - offset;
    // Between the two the clocks may have been changed.
    return guess + offset - offsetOf(guess, timeZone);
  };
  const marks: Mark[] = [];
  for (let at = next(span.from); at <= span.to; at = next(at + 1)) {
    const [date, clock] = [
      dateText(at, timeZone).slice(5),
      clockText(at, timeZone, step < minute),
    ] as const;
    marks.push({ at, text: /^00:00(:00)?$/.test(clock) ? date : clock });
  }
  return marks;
}
