import type { Unit } from "../../constructs/core/panel";

/** Writes a number with its unit; without `decimals` with as many as three significant digits need. */
export type Format = (value: number, decimals?: number) => string;

/** Three significant digits; whole numbers have no decimals. */
function decimalsFor(value: number): number {
  if (value % 1 === 0) return 0;
  return Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
}

/** Without the noise of a division, which would make decimals of a whole number. */
function quotient(value: number, by: number): number {
  return Number((value / by).toPrecision(14));
}

function digits(value: number, decimals = decimalsFor(value)): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "-∞";
  const factor = 10 ** decimals;
  const rounded = Math.round(value * factor) / factor;
  if (rounded === 0) return "0";
  return String(rounded).includes("e") ? String(rounded) : rounded.toFixed(Math.min(decimals, 20));
}

function suffixed(suffix: string): Format {
  return (value, decimals) => `${digits(value, decimals)}${suffix}`;
}

/** Divides by the factor until the number is short; the suffixes start at `factor ** first`. */
function scaled(factor: number, suffixes: readonly string[], first = 0): Format {
  const last = first + suffixes.length - 1;
  return (value, decimals) => {
    // The small addition keeps an exact power from landing below itself.
    const power = Math.floor(Math.log(Math.abs(value)) / Math.log(factor) + 1e-12);
    const used = Number.isFinite(power) ? Math.min(Math.max(power, first), last) : 0;
    return `${digits(quotient(value, factor ** used), decimals)}${suffixes[used - first] ?? ""}`;
  };
}

interface Step {
  /** How many of the format's own unit make one of this. */
  readonly size: number;
  readonly name: string;
  /** Whether more than one of it is written with an s. */
  readonly plural: boolean;
  /** Used from this many of the format's own unit on. */
  readonly from: number;
}

function duration(steps: readonly Step[]): Format {
  return (value, decimals) => {
    const size = Math.abs(value);
    const step = steps.findLast(({ from }) => size >= from) ?? steps[0];
    if (step === undefined) return digits(value, decimals);
    const shown = quotient(value, step.size);
    const plural = step.plural && Math.abs(shown) > 1 ? "s" : "";
    return `${digits(shown, decimals)} ${step.name}${plural}`;
  };
}

function step(name: string, size: number, { from = size, plural = true } = {}): Step {
  return { name, size, from, plural };
}

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;
const week = 7 * day;
const year = 365 * day;

const seconds = duration([
  step("ns", 1e-9, { plural: false, from: Number.MIN_VALUE }),
  step("µs", 1e-6, { plural: false }),
  step("ms", 1e-3, { plural: false }),
  step("s", 1, { plural: false }),
  step("min", minute),
  step("hour", hour),
  step("day", day),
  step("week", week),
  // Grafana divides by the solar year and starts at the calendar's.
  step("year", 31_556_900, { from: year }),
]);

const binary = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB"];
const decimal = ["n", "µ", "m", "", "k", "M", "G", "T", "P", "E", "Z"];
const perSecond = (what: string) =>
  scaled(
    1000,
    ["", "K", "M", "B", "T"].map((one) => `${one} ${what}/s`),
  );

const formats: Readonly<Record<Unit, Format>> = {
  count: scaled(1000, ["", " K", " Mil", " Bil", " Tri", " Quadr", " Quint", " Sext", " Sept"]),
  text: suffixed(""),
  seconds: (value, decimals) => (value === 0 ? "0 s" : seconds(value, decimals)),
  milliseconds: duration([
    step("ms", 1, { plural: false }),
    step("s", 1000, { plural: false }),
    ...[step("min", minute), step("hour", hour), step("day", day), step("year", year)].map(
      (one) => ({ ...one, size: one.size * 1000, from: one.from * 1000 }),
    ),
  ]),
  hours: duration([
    // Without an s however many: as Grafana writes the unit itself.
    step("hour", 1, { plural: false }),
    step("day", 24),
    step("week", 24 * 7),
    step("year", 24 * 365),
  ]),
  days: duration([step("day", 1), step("week", 7), step("year", 365)]),
  bytes: scaled(
    1024,
    binary.map((one) => ` ${one}`),
  ),
  bytesPerSecond: scaled(
    1000,
    decimal.map((one) => ` ${one}B/s`),
    -3,
  ),
  percent: suffixed("%"),
  ratio: (value, decimals) => `${digits(quotient(value, 0.01), decimals)}%`,
  perSecond: perSecond("ops"),
  requestsPerSecond: perSecond("req"),
  linesPerSecond: suffixed(" lines/s"),
  eth: suffixed(" ETH"),
  gwei: suffixed(" gwei"),
  tia: suffixed(" TIA"),
  blocks: suffixed(" blocks"),
  blocksPerSecond: suffixed(" blocks/s"),
  megagasPerSecond: suffixed(" Mgas/s"),
};

/** Writes a value as Grafana does: 1536 bytes are `1.50 KiB`, 93.6 seconds `1.56 mins`, a ratio of 0.0312 `3.12%`. */
export function formatValue(value: number, unit: Unit): string {
  return formats[unit](value);
}

/** Writes a round number without needless zeros: for limits and for the marks of an axis. */
export function formatMark(value: number, unit: Unit): string {
  const texts = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((decimals) => formats[unit](value, decimals));
  const exact = texts.at(-1) ?? "";
  return texts.find((text) => Number.parseFloat(text) === Number.parseFloat(exact)) ?? exact;
}
