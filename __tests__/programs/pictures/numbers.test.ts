import { units, type Unit } from "../../../constructs/core/panel";
import { formatMark, formatValue } from "../../../programs/pictures/numbers";

/**
 * Written by Grafana 13.2's own formatter (@grafana/data, getValueFormat); one space where it puts two, after a suffix
 * that begins with one.
 */
const byGrafana: Readonly<Record<Unit, readonly (readonly [number, string])[]>> = {
  count: [
    [0, "0"],
    [0.5, "0.500"],
    [4.2, "4.20"],
    [93.6, "93.6"],
    [1000, "1 K"],
    [1234.5678, "1.23 K"],
    [-1536, "-1.54 K"],
    [1e6, "1 Mil"],
    [1.5e9, "1.50 Bil"],
    [1e22, "10 Sext"],
    [0.000045, "0.0000450"],
    [3e-7, "3e-7"],
    [999.999, "1000"],
  ],
  text: [
    [1234567, "1234567"],
    [1234.5678, "1235"],
    [1 / 3, "0.333"],
  ],
  seconds: [
    [0, "0 s"],
    [2e-10, "0.200 ns"],
    [3e-7, "300 ns"],
    [0.000045, "45 µs"],
    [0.0312, "31.2 ms"],
    [1.5, "1.50 s"],
    [59.9, "59.9 s"],
    [60, "1 min"],
    [93.6, "1.56 mins"],
    [-93.6, "-1.56 mins"],
    [3600, "1 hour"],
    [65000, "18.1 hours"],
    [90000, "1.04 days"],
    [604800, "1 week"],
    [1e7, "16.5 weeks"],
    [31536000, "0.999 year"],
    [1e8, "3.17 years"],
  ],
  milliseconds: [
    [0, "0 ms"],
    [0.5, "0.500 ms"],
    [1536, "1.54 s"],
    [65000, "1.08 mins"],
    [10000000, "2.78 hours"],
    [1e8, "1.16 days"],
    [2.5e12, "79.3 years"],
  ],
  hours: [
    [0, "0 hour"],
    [12, "12 hour"],
    [93.6, "3.90 days"],
    [1000, "5.95 weeks"],
    [65000, "7.42 years"],
  ],
  days: [
    [0.5, "0.500 day"],
    [1.5, "1.50 days"],
    [12, "1.71 weeks"],
    [1000, "2.74 years"],
  ],
  bytes: [
    [0, "0 B"],
    [1000, "1000 B"],
    [1536, "1.50 KiB"],
    [1e6, "977 KiB"],
    [1.5e9, "1.40 GiB"],
    [-1536, "-1.50 KiB"],
  ],
  bytesPerSecond: [
    [0, "0 B/s"],
    [0.0312, "31.2 mB/s"],
    [3e-7, "300 nB/s"],
    [1536, "1.54 kB/s"],
    [1.5e9, "1.50 GB/s"],
  ],
  percent: [
    [1.5, "1.50%"],
    [93.6, "93.6%"],
  ],
  ratio: [
    [0, "0%"],
    [0.0312, "3.12%"],
    [1 / 3, "33.3%"],
    [-0.25, "-25%"],
    [0.001, "0.100%"],
    [1, "100%"],
  ],
  perSecond: [
    [0.5, "0.500 ops/s"],
    [1234.5678, "1.23K ops/s"],
    [1e15, "1000T ops/s"],
  ],
  requestsPerSecond: [[65000, "65K req/s"]],
  linesPerSecond: [[1234.5678, "1235 lines/s"]],
  eth: [
    [4.2, "4.20 ETH"],
    [0.0312, "0.0312 ETH"],
  ],
  gwei: [[93.6, "93.6 gwei"]],
  tia: [[12, "12 TIA"]],
  blocks: [[1234567, "1234567 blocks"]],
  blocksPerSecond: [[0.5, "0.500 blocks/s"]],
  megagasPerSecond: [[1.5, "1.50 Mgas/s"]],
};

describe("a value", () => {
  it.each(
    Object.keys(units).flatMap((unit) =>
      byGrafana[unit as Unit].map(([value, text]) => ({ unit: unit as Unit, value, text })),
    ),
  )("$value in $unit is written $text", ({ unit, value, text }) => {
    expect(formatValue(value, unit)).toBe(text);
  });

  it.each([
    [Number.NaN, "NaN"],
    [Infinity, "∞"],
    [-Infinity, "-∞"],
  ])("that is no number is written %s", (value, text) => {
    expect(formatValue(value, "count")).toBe(text);
  });
});

describe("a mark of an axis", () => {
  it.each([
    [0.5, "eth", "0.5 ETH"],
    [2, "eth", "2 ETH"],
    [90, "seconds", "1.5 mins"],
    [62, "seconds", "62 s"],
    [-5400, "seconds", "-1.5 hours"],
    [0, "seconds", "0 s"],
    [1025 * 1024 ** 2, "bytes", "1025 MiB"],
    [1 / 3, "ratio", "33.33%"],
    [0.25, "seconds", "250 ms"],
    [1536, "bytes", "1.5 KiB"],
    [0.995, "ratio", "99.5%"],
    [0.1 + 0.2, "count", "0.3"],
    [2e-7, "count", "2e-7"],
  ] as const)("%s %s is written %s", (value, unit, text) => {
    expect(formatMark(value, unit)).toBe(text);
  });
});
