/**
 * How much a counter of failures grew in 5 minutes, by labels. Many programs make such a counter at the first failure,
 * and `increase()` cannot see the step from absent: a series that was not there 5 minutes ago counts whole.
 * @param series a selector, e.g. `failed_total{job="x"}`
 * @param by labels that are kept
 */
export function newFailures(series: string, by: readonly string[]): string {
  return `sum by (${by.join(", ")}) ((${series} unless ${series} offset 5m) or increase(${series}[5m]))`;
}

const units: Readonly<Record<string, number>> = {
  ms: 0.001,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
};

/** Seconds of a duration in Prometheus' notation, e.g. `1m30s`. */
export function durationSeconds(duration: string): number {
  return [...duration.matchAll(/(\d+)(ms|[smhdw])/g)].reduce(
    (sum, [, number, unit = ""]) => sum + Number(number) * (units[unit] ?? 0),
    0,
  );
}

/**
 * Finds something while no group of rules is more than a round and a minute behind; after a start each has the time of
 * its first round.
 * @param metrics what the evaluator's own metrics begin with, e.g. `prometheus`
 * @param job the evaluator's job
 */
export function rulesEvaluated(metrics: string, job: string): string {
  const of = `{job="${job}"}`;
  const last = `${metrics}_rule_group_last_evaluation_timestamp_seconds${of}`;
  const interval = `${metrics}_rule_group_interval_seconds${of}`;
  const started = `scalar(process_start_time_seconds${of})`;
  return `count(time() - clamp_min(${last}, ${started}) <= 2 * ${interval} + 60) == count(${interval})`;
}
