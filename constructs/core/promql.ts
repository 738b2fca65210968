/**
 * How much a counter of failures grew in 5 minutes, by labels. Many programs make such a counter at the first failure,
 * and `increase()` cannot see the step from absent: a series that was not there 5 minutes ago counts whole.
 * @param series a selector, e.g. `failed_total{job="x"}`
 * @param by labels that are kept
 */
export function newFailures(series: string, by: readonly string[]): string {
  return `sum by (${by.join(", ")}) ((${series} unless ${series} offset 5m) or increase(${series}[5m]))`;
}

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** Seconds of a duration in Prometheus' notation, e.g. `1m30s`. */
export function durationSeconds(duration: string): number {
  return [...duration.matchAll(/(\d+)([smhdw])/g)].reduce(
    (sum, [, number, unit = ""]) => sum + Number(number) * (units[unit] ?? 0),
    0,
  );
}
