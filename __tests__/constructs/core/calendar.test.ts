import { describeFault } from "../../../constructs/core/errors";
import {
  calendarFaults,
  calendarSchema,
  openCalendar,
  timeIntervals,
  timeTemplate,
  timingOf,
  type Calendar,
} from "../../../constructs/core/calendar";

function calendar(input: unknown): Calendar {
  return calendarSchema.parse(input);
}

const seoul = calendar({
  timeZone: "Asia/Seoul",
  businessHours: {},
  holidays: ["2027-02-07", "12-25"],
  maintenance: [
    { name: "upgrade", from: "2026-12-31T22:00", until: "2027-01-02T02:30", chain: "alpha" },
    { name: "move", from: "2026-12-05T00:00", until: "2026-12-06T00:00" },
  ],
});

describe("a calendar", () => {
  it("holds nothing back where it says nothing", () => {
    expect(openCalendar).toEqual({ timeZone: "UTC", holidays: [], maintenance: [] });
    expect(timeIntervals(openCalendar)).toEqual([]);
    expect(timingOf(openCalendar, true)).toEqual({});
  });

  it("has business hours, holidays and every day of planned work, in its time zone", () => {
    const location = "Asia/Seoul";
    const day = (year: string, month: string, dayOfMonth: string, start: string, end: string) => ({
      years: [year],
      months: [month],
      days_of_month: [dayOfMonth],
      times: [{ start_time: start, end_time: end }],
      location,
    });
    expect(timeIntervals(seoul)).toEqual([
      {
        name: "business-hours",
        time_intervals: [
          {
            weekdays: ["monday", "tuesday", "wednesday", "thursday", "friday"],
            times: [{ start_time: "09:00", end_time: "18:00" }],
            location,
          },
        ],
      },
      {
        name: "holidays",
        time_intervals: [
          { years: ["2027"], months: ["2"], days_of_month: ["7"], location },
          { months: ["12"], days_of_month: ["25"], location },
        ],
      },
      {
        name: "maintenance-upgrade",
        time_intervals: [
          day("2026", "12", "31", "22:00", "24:00"),
          day("2027", "1", "1", "00:00", "24:00"),
          day("2027", "1", "2", "00:00", "02:30"),
        ],
      },
      {
        name: "maintenance-move",
        time_intervals: [day("2026", "12", "5", "00:00", "24:00")],
      },
    ]);
  });

  it("holds back what waits outside business hours, and a chain's alerts while work on it lasts", () => {
    expect(timingOf(seoul, false)).toEqual({ mute_time_intervals: ["maintenance-move"] });
    expect(timingOf(seoul, false, "alpha")).toEqual({
      mute_time_intervals: ["maintenance-upgrade", "maintenance-move"],
    });
    expect(timingOf(seoul, true, "beta")).toEqual({
      mute_time_intervals: ["holidays", "maintenance-move"],
      active_time_intervals: ["business-hours"],
    });
  });

  it("tells the time in its time zone", () => {
    expect(timeTemplate("/a", seoul).content).toContain('tz "Asia/Seoul"');
  });

  it.each([
    ["UTC", "Asia/Seoul", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Asia/Calcutta"],
  ])("knows the time zones %s, %s, %s, %s and %s", (...zones) => {
    for (const timeZone of zones) expect(calendarFaults(calendar({ timeZone }))).toEqual([]);
  });

  const work = (from: string, until: string) => ({ maintenance: [{ name: "a", from, until }] });
  it.each([
    [
      "its time zone is not known",
      { timeZone: "Asia/Atlantis" },
      "'calendar.timeZone' must be a name in the IANA time zone database, in its spelling, got 'Asia/Atlantis'",
    ],
    [
      "its time zone is spelled otherwise than the file of that zone",
      { timeZone: "Asia/SEOUL" },
      "'calendar.timeZone' must be a name in the IANA time zone database, in its spelling, got 'Asia/SEOUL'",
    ],
    [
      "business hours end before they begin",
      { businessHours: { from: "22:00", until: "06:00" } },
      "'calendar.businessHours.until' must be after 'from', '22:00', got '06:00'",
    ],
    [
      "a holiday is no day",
      { holidays: ["02-29", "2027-02-29"] },
      "'calendar.holidays[1]' must be a day that the calendar has, got '2027-02-29'",
    ],
    [
      "planned work begins on no day",
      work("2026-11-31T10:00", "2026-12-01T10:00"),
      "'calendar.maintenance[0].from' must be a day that the calendar has, got '2026-11-31T10:00'",
    ],
    [
      "planned work ends before it begins",
      work("2026-12-01T10:00", "2026-12-01T10:00"),
      "'calendar.maintenance[0].until' must be after 'from', '2026-12-01T10:00', and at most 7 days later, got '2026-12-01T10:00'",
    ],
    [
      "planned work lasts longer than anybody remembers it",
      work("2026-12-01T10:00", "2027-12-01T10:00"),
      "'calendar.maintenance[0].until' must be after 'from', '2026-12-01T10:00', and at most 7 days later, got '2027-12-01T10:00'; write several windows if it is meant",
    ],
  ])("fails when %s", (_, input, says) => {
    expect(calendarFaults(calendar(input)).map(describeFault)).toEqual([says]);
  });
});
