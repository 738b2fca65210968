import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { durationSeconds } from "../../constructs/core/promql";
import { renderLogRule } from "../../constructs/loki";
import { links } from "../support/catalogue";
import {
  logAlertFor,
  logAlerts,
  logRuleTests,
  type LogRuleTest,
  type PacedLogAlert,
  type WrittenLines,
} from "../support/log-rule-tests";

/** One series of what an expression gave over a time. */
export interface RangeSeries {
  readonly metric: Readonly<Record<string, string>>;
  /** Seconds since 1970 and the value. */
  readonly values: readonly (readonly [number, string])[];
}

/** A Loki that holds nothing else, takes lines of yesterday and answers at once what it took. */
export interface LogEvaluator {
  push(
    streams: readonly {
      readonly stream: Readonly<Record<string, string>>;
      readonly values: readonly (readonly [string, string, Readonly<Record<string, string>>?])[];
    }[],
  ): Promise<number>;
  /** The value of an expression at every step; times in seconds since 1970. */
  range(logql: string, from: number, to: number, step: number): Promise<readonly RangeSeries[]>;
}

// No case sees the lines of another: the longest looks back a quarter of an hour.
const apartSeconds = 7200;
const environment = "test";
const logLinks = { loki: "http://127.0.0.1:3100", runbooks: links.runbooks };

async function write(loki: LogEvaluator, lines: WrittenLines, start: number): Promise<void> {
  const [from, every] = [durationSeconds(lines.from), durationSeconds(lines.every)];
  const status = await loki.push([
    {
      stream: lines.stream,
      values: Array.from({ length: lines.times }, (_, i) => [
        String(BigInt(start) * 1_000_000_000n + BigInt(Math.round((from + i * every) * 1e9))),
        lines.line,
        lines.metadata,
      ]),
    },
  ]);
  if (status !== 204) throw new Error(`lines were answered ${String(status)}: ${lines.line}`);
}

/** The alerts that a case is about, each with a series that stands for its expression. */
function concernedBy(test: LogRuleTest): (PacedLogAlert & { readonly series: string })[] {
  const names = new Set(test.checks.map(({ alert }) => alert));
  return logAlerts()
    .filter(({ alert }) => names.has(alert.name))
    .map((paced, i) => ({ ...paced, series: `log_alert_${String(i)}` }));
}

/** Values in promtool's notation. */
function notation(values: RangeSeries["values"], start: number, step: number, count: number) {
  const at = new Map(values.map(([time, value]) => [Math.round(time - start), value]));
  return Array.from({ length: count }, (_, i) => at.get(i * step) ?? "stale").join(" ");
}

async function renderCase(loki: LogEvaluator, test: LogRuleTest, start: number) {
  const concerned = concernedBy(test);
  const [step, ...others] = new Set(concerned.map(({ intervalSeconds }) => intervalSeconds));
  if (step === undefined || others.length > 0) {
    throw new Error(`${test.case}: its alerts must exist and be evaluated at one pace`);
  }
  const seconds = Math.max(...test.checks.map(({ at }) => durationSeconds(at)));
  const results = await Promise.all(
    concerned.map(async ({ alert, series }) => {
      const found = await loki.range(alert.logql, start, start + seconds, step);
      return found.map(({ metric, values }) => ({
        series: `${series}{${Object.entries(metric)
          .map(([label, value]) => `${label}=${JSON.stringify(value)}`)
          .join(", ")}}`,
        values: notation(values, start, step, Math.floor(seconds / step) + 1),
      }));
    }),
  );
  const rules = concerned.map(({ alert, series }) => ({
    ...renderLogRule(alert, environment, logLinks),
    expr: series,
  }));
  const checks = test.checks.map(({ at, alert, firing }) => ({
    eval_time: at,
    alertname: alert,
    exp_alerts: firing.map(({ labels, description }) => {
      const rendered = renderLogRule(logAlertFor(alert, labels), environment, logLinks) as {
        readonly annotations: object;
      };
      return {
        exp_labels: { ...labels, environment },
        exp_annotations: { ...rendered.annotations, description },
      };
    }),
  }));
  return {
    rules: { groups: [{ name: "logs", interval: `${String(step)}s`, rules }] },
    tests: {
      evaluation_interval: `${String(step)}s`,
      tests: [
        {
          name: test.case,
          interval: `${String(step)}s`,
          input_series: results.flat(),
          alert_rule_test: checks,
        },
      ],
    },
  };
}

/**
 * Every case of __tests__/log-rules for `promtool test rules`: Loki says what the expressions give at each evaluation,
 * and promtool, which waits and words as Loki's ruler does, what follows from it.
 * @param folder is made
 * @returns absolute paths of the tests
 */
export async function renderLogRuleTests(
  loki: LogEvaluator,
  folder: string,
): Promise<readonly string[]> {
  mkdirSync(folder, { recursive: true });
  const cases = logRuleTests();
  const now = Math.floor(Date.now() / 1000 / apartSeconds) * apartSeconds;
  const paths: string[] = [];
  for (const [i, test] of cases.entries()) {
    const start = now - (cases.length - i) * apartSeconds;
    for (const lines of test.lines) await write(loki, lines, start);
    const { rules, tests } = await renderCase(loki, test, start);
    const name = `case-${String(i)}`;
    writeFileSync(join(folder, `${name}.rules.yml`), stringify(rules, { lineWidth: 0 }));
    const path = join(folder, `${name}.test.yml`);
    const content = { rule_files: [`${name}.rules.yml`], ...tests };
    writeFileSync(path, stringify(content, { lineWidth: 0, aliasDuplicateObjects: false }));
    paths.push(path);
  }
  return paths;
}
