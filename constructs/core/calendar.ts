import { z } from "zod";
import { ConfigFile } from "./config-file";
import { show, type Fault } from "./errors";
import { distinct, kebabName, matching } from "./schema";

const weekdays = [
  "monday",
  "tuesday",
  "wednesday",
  "thursday",
  "friday",
  "saturday",
  "sunday",
] as const;

const clock = matching(/^([01]\d|2[0-3]):[0-5]\d$/, "a time such as '09:00'");
const moment = matching(
  /^\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d$/,
  "a local date and time such as '2026-12-01T22:00'",
);

const maintenance = z.strictObject({
  name: kebabName,
  /** When it begins, in the calendar's time zone. */
  from: moment,
  /** When it ends, in the calendar's time zone; at most 7 days after it began. */
  until: moment,
  /** The chain whose alerts are held back. Default: all alerts. */
  chain: kebabName.optional(),
});

/** When people work, and when work on the platform or a chain is planned: what an environment may write under `calendar`. */
export const calendarSchema = z.strictObject({
  /** Time zone of this calendar and of the times in messages, by its name in the IANA database. */
  timeZone: matching(
    /^[A-Z][A-Za-z]*(\/[A-Z0-9][A-Za-z0-9_+-]*)*$/,
    "a time zone such as 'Asia/Seoul'",
  ).default("UTC"),
  /** When P3 and P4 are told; what begins at another time is told when they open. Default: at any time. */
  businessHours: z
    .strictObject({
      from: clock.default("09:00"),
      until: clock.default("18:00"),
      days: z
        .array(z.enum(weekdays))
        .min(1)
        .default(["monday", "tuesday", "wednesday", "thursday", "friday"]),
    })
    .optional(),
  /** Days without business hours: once such as `'2027-02-07'`, or every year such as `'12-25'`. */
  holidays: z
    .array(matching(/^(\d{4}-)?\d{2}-\d{2}$/, "a date such as '2027-02-07' or '12-25'"))
    .default([]),
  /** Planned work: nothing is told while it lasts, save the heartbeat; what still fires afterwards is told then. */
  maintenance: z
    .array(maintenance)
    .superRefine(...distinct("name"))
    .default([]),
});

/** When people work, and when work is planned; checked. */
export type Calendar = z.output<typeof calendarSchema>;

/** No business hours, no holidays, no planned work, in UTC. */
export const openCalendar: Calendar = calendarSchema.parse({});

const dayMs = 86_400_000;
const longestMaintenanceDays = 7;

/** Whether Go's time zone database, which is case-sensitive, has it too. */
function isTimeZone(name: string): boolean {
  try {
    const { timeZone } = new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions();
    return timeZone === name || timeZone.toLowerCase() !== name.toLowerCase();
  } catch {
    return false;
  }
}

/** A date without a year is looked up in a leap year: 29 February is one. */
function isDate(text: string): boolean {
  const [day = "", month = "", year = "2028"] = text.split("-").reverse();
  const date = new Date(`${year}-${month}-${day}T00:00Z`);
  return date.getUTCMonth() + 1 === Number(month) && date.getUTCDate() === Number(day);
}

/** As if the local time were UTC: only differences and days of it are used. */
function milliseconds(local: string): number {
  return Date.parse(`${local}Z`);
}

function maintenanceFaults({ from, until }: z.output<typeof maintenance>, at: string): Fault[] {
  const impossible = (
    [
      ["from", from],
      ["until", until],
    ] as const
  ).flatMap(([field, value]) =>
    isDate(value.slice(0, 10))
      ? []
      : [{ field: `${at}.${field}`, allowed: "a day that the calendar has", got: show(value) }],
  );
  if (impossible.length > 0) return impossible;
  const lasts = milliseconds(until) - milliseconds(from);
  if (lasts > 0 && lasts <= longestMaintenanceDays * dayMs) return [];
  return [
    {
      field: `${at}.until`,
      allowed: `after 'from', ${show(from)}, and at most ${String(longestMaintenanceDays)} days later`,
      got: show(until),
      // Whoever forgets about it is deaf for as long.
      ...(lasts > 0 ? { repair: "write several windows if it is meant" } : {}),
    },
  ];
}

/** What a calendar's fields must agree on. */
export function calendarFaults({
  timeZone,
  businessHours,
  holidays,
  maintenance: windows,
}: Calendar): Fault[] {
  return [
    ...(isTimeZone(timeZone)
      ? []
      : [
          {
            field: "calendar.timeZone",
            allowed: "a name in the IANA time zone database, in its spelling",
            got: show(timeZone),
          },
        ]),
    ...(businessHours === undefined || businessHours.from < businessHours.until
      ? []
      : [
          {
            field: "calendar.businessHours.until",
            allowed: `after 'from', ${show(businessHours.from)}`,
            got: show(businessHours.until),
          },
        ]),
    ...holidays.flatMap((holiday, i) =>
      isDate(holiday)
        ? []
        : [
            {
              field: `calendar.holidays[${String(i)}]`,
              allowed: "a day that the calendar has",
              got: show(holiday),
            },
          ],
    ),
    ...windows.flatMap((window, i) =>
      maintenanceFaults(window, `calendar.maintenance[${String(i)}]`),
    ),
  ];
}

function day(date: string): object {
  const [dayOfMonth = "", month = "", year] = date.split("-").reverse();
  return {
    ...(year === undefined ? {} : { years: [year] }),
    months: [String(Number(month))],
    days_of_month: [String(Number(dayOfMonth))],
  };
}

/** One entry per day: Alertmanager has no range over midnight. */
function daysOf({ from, until }: z.output<typeof maintenance>): object[] {
  const first = milliseconds(`${from.slice(0, 10)}T00:00`);
  const count = Math.ceil((milliseconds(until) - first) / dayMs);
  return Array.from({ length: count }, (_, i) => {
    const date = new Date(first + i * dayMs).toISOString().slice(0, 10);
    const start = i === 0 ? from.slice(11) : "00:00";
    const end = i === count - 1 && until.slice(0, 10) === date ? until.slice(11) : "24:00";
    return { ...day(date), times: [{ start_time: start, end_time: end }] };
  });
}

const businessHoursName = "business-hours";
const holidaysName = "holidays";

function maintenanceName(name: string): string {
  return `maintenance-${name}`;
}

/** What Alertmanager calls `time_intervals`, each in the calendar's time zone. */
export function timeIntervals({
  timeZone,
  businessHours,
  holidays,
  maintenance: windows,
}: Calendar): object[] {
  const named = (name: string, entries: readonly object[]) =>
    entries.length === 0
      ? []
      : [{ name, time_intervals: entries.map((one) => ({ ...one, location: timeZone })) }];
  return [
    ...(businessHours === undefined
      ? []
      : [
          ...named(businessHoursName, [
            {
              weekdays: businessHours.days,
              times: [{ start_time: businessHours.from, end_time: businessHours.until }],
            },
          ]),
          ...named(holidaysName, holidays.map(day)),
        ]),
    ...windows.flatMap((window) => named(maintenanceName(window.name), daysOf(window))),
  ];
}

/** When the alerts of a route are told. */
export interface Timing {
  readonly mute_time_intervals?: readonly string[];
  readonly active_time_intervals?: readonly string[];
}

/**
 * When a route tells its alerts.
 * @param waits whether they wait for business hours
 * @param chain the route's chain: its planned work counts too
 */
export function timingOf(
  { businessHours, holidays, maintenance: windows }: Calendar,
  waits: boolean,
  chain?: string,
): Timing {
  const held = waits && businessHours !== undefined;
  const mute = [
    ...(held && holidays.length > 0 ? [holidaysName] : []),
    ...windows
      .filter((window) => window.chain === undefined || window.chain === chain)
      .map(({ name }) => maintenanceName(name)),
  ];
  return {
    ...(mute.length === 0 ? {} : { mute_time_intervals: mute }),
    ...(held ? { active_time_intervals: [businessHoursName] } : {}),
  };
}

/** Chains that have planned work of their own. */
export function chainsOf({ maintenance: windows }: Calendar): string[] {
  return [...new Set(windows.flatMap(({ chain }) => chain ?? []))];
}

/** How messages tell the time: in the calendar's time zone. */
export function timeTemplate(path: string, { timeZone }: Calendar): ConfigFile {
  return ConfigFile.text(
    path,
    `{{ define "l2o.time" }}{{ . | tz "${timeZone}" | date "2 Jan 15:04 MST" }}{{ end }}\n`,
  );
}
