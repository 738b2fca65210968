import {
  clockText,
  isTimeZone,
  offsetOf,
  rateSeconds,
  spanText,
  stepSeconds,
  timeMarks,
} from "../../../programs/pictures/time";

const hour = 3_600_000;
const at = (text: string) => Date.parse(text);
const span = (from: string, to: string) => ({ from: at(from), to: at(to) });

describe("the step between points", () => {
  // Written by Grafana 13.2's own function (@grafana/data, rangeutil.roundInterval).
  it.each([
    [700_000, 600],
    [1_000_000, 900],
    [2_000_000, 1800],
    [3_000_000, 3600],
    [6_000_000, 7200],
    [10_000_000, 10_800],
    [20_000_000, 21_600],
    [40_000_000, 43_200],
    [100_000_000, 86_400],
    [700_000_000, 604_800],
    [2_000_000_000, 2_592_000],
    [4_000_000_000, 31_536_000],
  ])("of %d ms is rounded to %d s as Grafana does", (raw, seconds) => {
    expect(stepSeconds({ from: 0, to: raw }, 1, 15)).toBe(seconds);
  });

  it("is never below the scrape interval", () => {
    expect(stepSeconds({ from: 0, to: hour / 4 }, 450, 15)).toBe(15);
  });

  it("is a minute for six hours in 450 points", () => {
    expect(stepSeconds({ from: 0, to: 6 * hour }, 450, 15)).toBe(60);
  });
});

test.each([
  [15, 15, 60],
  [60, 15, 75],
  [300, 15, 315],
  [30, 30, 120],
])("a step of %d s at a scrape every %d s makes a rate interval of %d s", (step, scrape, rate) => {
  expect(rateSeconds(step, scrape)).toBe(rate);
});

describe("a time zone", () => {
  it("is ahead of or behind UTC, by what its clocks show that day", () => {
    expect(offsetOf(at("2026-11-21T00:00:00Z"), "Asia/Seoul")).toBe(9 * hour);
    expect(offsetOf(at("2026-07-01T00:00:00Z"), "America/New_York")).toBe(-4 * hour);
    expect(offsetOf(at("2026-12-01T00:00:00Z"), "America/New_York")).toBe(-5 * hour);
    expect(offsetOf(1_795_255_199_999, "UTC")).toBe(0);
  });

  it("is known or not", () => {
    expect(isTimeZone("Asia/Seoul")).toBe(true);
    expect(isTimeZone("Asia/Nowhere")).toBe(false);
  });

  it("decides what a span is called", () => {
    expect(spanText(span("2026-11-21T00:00:00Z", "2026-11-21T06:00:00Z"), "Asia/Seoul")).toBe(
      "2026-11-21 09:00 – 15:00 Asia/Seoul",
    );
    expect(spanText(span("2026-11-20T12:00:00Z", "2026-11-21T12:00:00Z"), "UTC")).toBe(
      "2026-11-20 12:00 – 2026-11-21 12:00 UTC",
    );
    expect(clockText(at("2026-11-21T00:00:07Z"), "Asia/Seoul", true)).toBe("09:00:07");
  });
});

describe("the marks of a time axis", () => {
  const texts = (from: string, to: string, zone: string) =>
    timeMarks(span(from, to), zone, 8).map(({ text }) => text);

  it("are whole hours of the zone", () => {
    expect(texts("2026-11-21T04:35:00Z", "2026-11-21T10:35:00Z", "Asia/Seoul")).toEqual([
      "14:00",
      "15:00",
      "16:00",
      "17:00",
      "18:00",
      "19:00",
    ]);
  });

  it("are whole hours where a zone is off by half an hour", () => {
    const marks = timeMarks(
      span("2026-11-21T00:00:00Z", "2026-11-21T03:00:00Z"),
      "Asia/Kolkata",
      4,
    );
    expect(marks).toEqual([
      { at: at("2026-11-21T00:30:00Z"), text: "06:00" },
      { at: at("2026-11-21T01:30:00Z"), text: "07:00" },
      { at: at("2026-11-21T02:30:00Z"), text: "08:00" },
    ]);
  });

  it("name the day at midnight", () => {
    expect(texts("2026-11-20T09:00:00Z", "2026-11-21T09:00:00Z", "Asia/Seoul")).toEqual([
      "18:00",
      "21:00",
      "11-21",
      "03:00",
      "06:00",
      "09:00",
      "12:00",
      "15:00",
      "18:00",
    ]);
  });

  it("stay at midnight when the clocks change", () => {
    const marks = timeMarks(
      span("2026-10-30T04:00:00Z", "2026-11-03T05:00:00Z"),
      "America/New_York",
      8,
    );
    expect(marks.filter(({ text }) => text.includes("-")).map((mark) => mark.at)).toEqual([
      at("2026-10-30T04:00:00Z"),
      at("2026-10-31T04:00:00Z"),
      at("2026-11-01T04:00:00Z"),
      at("2026-11-02T05:00:00Z"),
      at("2026-11-03T05:00:00Z"),
    ]);
  });

  it("are minutes and seconds in a short span", () => {
    expect(texts("2026-11-21T04:00:10Z", "2026-11-21T04:01:00Z", "UTC")).toEqual([
      "04:00:10",
      "04:00:20",
      "04:00:30",
      "04:00:40",
      "04:00:50",
      "04:01:00",
    ]);
  });
});
