import type { Unit } from "../../constructs/core/panel";

/** One size of a unit, e.g. KiB. */
interface Size {
  /** How many of the unit make one of this. */
  readonly per: number;
  /** Used from this many of the unit on. */
  readonly from: number;
  /** Behind the number, with its space. */
  readonly suffix: string;
  /** Whether more than one of it is written with an s. */
  readonly plural: boolean;
}

function size(suffix: string, per: number, { from = per, plural = false } = {}): Size {
  return { suffix, per, from, plural };
}

function only(suffix: string, per = 1): readonly Size[] {
  return [size(suffix, per)];
}

/** Sizes a factor apart; the first is `factor ** power` of the unit. */
function scaled(factor: number, suffixes: readonly string[], power = 0): readonly Size[] {
  return suffixes.map((suffix, i) => size(suffix, factor ** (power + i)));
}

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;
const week = 7 * day;
const year = 365 * day;

const named = (suffix: string, per: number, from = per) =>
  size(suffix, per, { from, plural: true });
const rates = (what: string) =>
  scaled(
    1000,
    ["", "K", "M", "B", "T"].map((one) => `${one} ${what}/s`),
  );

// As Grafana has them; each from the smallest on.
const sizes: Readonly<Record<Unit, readonly Size[]>> = {
  count: scaled(1000, ["", " K", " Mil", " Bil", " Tri", " Quadr", " Quint", " Sext", " Sept"]),
  text: only(""),
  seconds: [
    size(" ns", 1e-9),
    size(" µs", 1e-6),
    size(" ms", 1e-3),
    size(" s", 1),
    named(" min", minute),
    named(" hour", hour),
    named(" day", day),
    named(" week", week),
    // Grafana divides by the solar year and starts at the calendar's.
    named(" year", 31_556_900, year),
  ],
  milliseconds: [
    size(" ms", 1),
    size(" s", 1000),
    named(" min", minute * 1000),
    named(" hour", hour * 1000),
    named(" day", day * 1000),
    named(" year", year * 1000),
  ],
  // Without an s however many: as Grafana writes the unit itself.
  hours: [size(" hour", 1), named(" day", 24), named(" week", 24 * 7), named(" year", 24 * 365)],
  days: [named(" day", 1), named(" week", 7), named(" year", 365)],
  bytes: scaled(1024, [" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB", " ZiB"]),
  bytesPerSecond: scaled(
    1000,
    ["n", "µ", "m", "", "k", "M", "G", "T", "P", "E", "Z"].map((one) => ` ${one}B/s`),
    -3,
  ),
  percent: only("%"),
  ratio: only("%", 0.01),
  perSecond: rates("ops"),
  requestsPerSecond: rates("req"),
  linesPerSecond: only(" lines/s"),
  eth: only(" ETH"),
  gwei: only(" gwei"),
  tia: only(" TIA"),
  blocks: only(" blocks"),
  blocksPerSecond: only(" blocks/s"),
  megagasPerSecond: only(" Mgas/s"),
};

/** Which size a value is written in: 1 for zero, else the largest that it reaches. */
function sizeIndex(value: number, of: readonly Size[]): number {
  const found =
    value === 0
      ? of.findIndex(({ per }) => per === 1)
      : of.findLastIndex(({ from }) => Math.abs(value) >= from);
  return Math.max(found, 0);
}

/** Without the noise of a division, which would make decimals of a whole number. */
function quotient(value: number, by: number): number {
  return Number((value / by).toPrecision(14));
}

/** Three significant digits; whole numbers have no decimals. */
function digits(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "-∞";
  if (value % 1 === 0) return String(value === 0 ? 0 : value);
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  const factor = 10 ** decimals;
  const rounded = Math.round(value * factor) / factor;
  return String(rounded).includes("e") ? String(rounded) : rounded.toFixed(decimals);
}

function suffixed(number: string, shown: number, { suffix, plural }: Size): string {
  return `${number}${suffix}${plural && Math.abs(shown) > 1 ? "s" : ""}`;
}

/** Writes a value as Grafana does: 1536 bytes are `1.50 KiB`, 93.6 seconds `1.56 mins`, a ratio of 0.0312 `3.12%`. */
export function formatValue(value: number, unit: Unit): string {
  const one = sizes[unit][sizeIndex(value, sizes[unit])];
  if (one === undefined || !Number.isFinite(value)) return digits(value);
  const shown = quotient(value, one.per);
  return suffixed(digits(shown), shown, one);
}

function isShort(value: number, { per }: Size): boolean {
  const shown = quotient(value, per);
  return Number(shown.toFixed(3)) === shown;
}

/** The largest size in which a value needs no more than three decimals; none for one that always needs more. */
function shortIndex(value: number, of: readonly Size[]): number {
  return of.slice(0, sizeIndex(value, of) + 1).findLastIndex((one) => isShort(value, one));
}

/**
 * Writes the marks of an axis without needless zeros: 60 and 90 seconds are `1 min` and `1.5 mins`, but 60 and 62 are
 * `60 s` and `62 s`.
 */
export function formatMarks(values: readonly number[], unit: Unit): string[] {
  const of = sizes[unit];
  const natural = values.every((value) => shortIndex(value, of) === sizeIndex(value, of));
  // One size that suits all, where somebody's own does not.
  const common = Math.min(...values.filter((one) => one !== 0).map((one) => shortIndex(one, of)));
  return values.map((value) => {
    const own = sizeIndex(value, of);
    const one = of[natural || value === 0 || common < 0 ? own : common] ?? size("", 1);
    const shown = quotient(value, one.per);
    const short = isShort(value, one) ? shown : Number(shown.toPrecision(4));
    return suffixed(String(short), shown, one);
  });
}

/** Writes a limit: as the mark of an axis that has no other. */
export function formatMark(value: number, unit: Unit): string {
  return formatMarks([value], unit).join("");
}
