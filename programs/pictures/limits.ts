import type { Priority } from "../../constructs/core/alert";
import { limitSteps, type Limits, type Unit } from "../../constructs/core/panel";
import { formatMark, formatValue } from "./numbers";

/** A limit that lies where the picture shows it, or beyond. */
export interface ShownLimit {
  readonly priority: Priority;
  readonly at: number;
  readonly text: string;
}

function limitText(priority: Priority, at: number, unit: Unit): string {
  const exact = formatMark(at, unit);
  const short = formatValue(at, unit);
  return `${priority} ${exact.length <= short.length + 2 ? exact : short}`;
}

/** All limits in words, from the mildest to the worst. */
export function shownLimits(limits: Limits | undefined, unit: Unit): readonly ShownLimit[] {
  if (limits === undefined) return [];
  return limitSteps(limits).map(({ priority, at }) => ({
    priority,
    at,
    text: limitText(priority, at, unit),
  }));
}

/** How often higher than the measurements the picture may become for a limit's sake. */
const mostStretch = 3;

/** The heights of limits that are near enough to the measurements to be drawn; the others would flatten them. */
export function withinReach(limits: readonly number[], values: readonly number[]): number[] {
  let low = values.reduce((a, b) => Math.min(a, b), Infinity);
  let high = values.reduce((a, b) => Math.max(a, b), -Infinity);
  // Nothing, or zero all along: no limit flattens that.
  if (low > high || (low === 0 && high === 0)) return [...limits];
  const size = Math.max(Math.abs(high), Math.abs(low));
  // A flat line has no height of its own: its value stands for one.
  const most = mostStretch * (high - low > size * 0.2 ? high - low : size);
  const distance = (at: number) => Math.max(at - high, low - at, 0);
  return [...limits]
    .sort((a, b) => distance(a) - distance(b))
    .filter((at) => {
      if (Math.max(high, at) - Math.min(low, at) > most && distance(at) > 0) return false;
      low = Math.min(low, at);
      high = Math.max(high, at);
      return true;
    });
}
