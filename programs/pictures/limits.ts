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

/** The limits that are near enough to the measurements to be drawn; the others would flatten them. */
export function limitsInReach(
  limits: readonly ShownLimit[],
  values: readonly number[],
): readonly ShownLimit[] {
  let low = values.reduce((a, b) => Math.min(a, b), Infinity);
  let high = values.reduce((a, b) => Math.max(a, b), -Infinity);
  if (low > high) return limits;
  // A flat line has no height of its own: its value stands for one.
  const height =
    high - low > Math.abs(high) * 0.2 ? high - low : Math.max(Math.abs(high), Math.abs(low));
  return limits.filter(({ at }) => {
    const stretched = Math.max(high, at) - Math.min(low, at);
    if (stretched > mostStretch * height && (at > high || at < low)) return false;
    low = Math.min(low, at);
    high = Math.max(high, at);
    return true;
  });
}
