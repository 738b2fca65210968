import type { Unit } from "../../constructs/core/panel";

/** A value axis: its ends and the distance of its marks. */
export interface Scale {
  readonly min: number;
  readonly max: number;
  readonly interval: number;
}

const tens = [1, 2, 2.5, 5, 10];
/** Round steps within one size of a unit, and the sizes. */
const rounds: Readonly<Partial<Record<Unit, readonly number[]>>> = {
  bytes: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512].flatMap((n) =>
    [0, 1, 2, 3, 4, 5].map((power) => n * 1024 ** power),
  ),
  seconds: [
    ...[1, 2, 5, 10, 15, 30],
    ...[1, 2, 5, 10, 15, 30].map((n) => n * 60),
    ...[1, 2, 3, 6, 12].map((n) => n * 3600),
    ...[1, 2, 3.5, 7, 14].map((n) => n * 86_400),
  ],
  hours: [1, 2, 3, 6, 12, 24, 48, 84, 168, 336],
};

function roundStep(least: number, unit: Unit): number {
  const own = [...(rounds[unit] ?? [])].sort((a, b) => a - b);
  const found = own.find((step) => step >= least);
  if (found !== undefined && least >= (own[0] ?? 0) / 2) return found;
  const power = 10 ** Math.floor(Math.log10(least));
  // Without the noise of the multiplication, which every label would show.
  const step = tens.find((n) => n * power >= least * (1 - 1e-9)) ?? 10;
  return Number((step * power).toPrecision(12));
}

/** What an axis must hold. */
export interface Extent {
  readonly values: readonly number[];
  /** @default - from the values */
  readonly min?: number;
  /** @default - from the values */
  readonly max?: number;
}

function ends({ values, min, max }: Extent): readonly [number, number] {
  // Not by spreading: there may be more values than a call takes arguments.
  const least = values.reduce((a, b) => Math.min(a, b), Infinity);
  const most = values.reduce((a, b) => Math.max(a, b), -Infinity);
  if (least > most) return [min ?? 0, max ?? (min ?? 0) + 1];
  // A line that moves by little must not be drawn flat at the top; every other one starts at zero.
  const fromZero = least >= 0 && least < most * 0.8;
  const low = min ?? (fromZero ? 0 : least);
  const high = max ?? most;
  if (high > low) return [low, high];
  const room = high === 0 ? 1 : Math.abs(high) * 0.1;
  return [
    min ?? (high > 0 ? Math.max(0, high - room) : high === 0 ? 0 : high - room),
    max ?? high + room,
  ];
}

/** Ends and marks that are round in the unit; no line lies on an end, other than on zero. */
export function niceScale(extent: Extent, unit: Unit, marks = 5): Scale {
  const [low, high] = ends(extent);
  const interval = roundStep((high - low) / marks, unit);
  const round = (steps: number) => Number((steps * interval).toPrecision(12));
  return {
    min: extent.min ?? (low === 0 ? 0 : round(Math.ceil(low / interval - 0.02) - 1)),
    max: extent.max ?? round(Math.floor(high / interval + 0.02) + 1),
    interval,
  };
}

/** Where an axis is marked. */
export function marksOf({ min, max, interval }: Scale): number[] {
  const count = Math.floor((max - min) / interval + 1e-6) + 1;
  return Array.from({ length: count }, (_, i) => Number((min + i * interval).toPrecision(12)));
}
