import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import type { LogAlert } from "../../constructs/core/alert";
import { packageRoot } from "../../constructs/core/paths";
import { logRules } from "./catalogue";
import { alertCheck } from "./rule-tests";

const time = z.string().regex(/^(\d+(ms|[smh]))+$/);

const writtenLines = z.strictObject({
  stream: z.record(z.string(), z.string()),
  /** Structured metadata, as an agent adds it. */
  metadata: z.record(z.string(), z.string()).default({}),
  line: z.string(),
  /** When the first is written, from the beginning of the case. */
  from: time,
  every: time.default("1s"),
  times: z.int().min(1).default(1),
});

const logRuleTest = z.strictObject({
  case: z.string(),
  lines: z.array(writtenLines),
  checks: z.array(alertCheck).min(1),
});

/** One case of a file of __tests__/log-rules: what is written, and what must follow from it. */
export type LogRuleTest = z.output<typeof logRuleTest>;

/** Lines of a case that differ by their time alone. */
export type WrittenLines = z.output<typeof writtenLines>;

/** An alert on lines with the pace at which its group is evaluated. */
export interface PacedLogAlert {
  readonly alert: LogAlert;
  readonly intervalSeconds: number;
}

const folder = join(packageRoot, "__tests__", "log-rules");

/** The cases of every file of __tests__/log-rules. */
export function logRuleTests(): readonly LogRuleTest[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".yml"))
    .sort()
    .flatMap((name) => {
      const cases = z.array(logRuleTest).parse(parse(readFileSync(join(folder, name), "utf8")));
      return cases.map((one) => ({ ...one, case: `${basename(name, ".yml")}: ${one.case}` }));
    });
}

let kept: readonly PacedLogAlert[] | undefined;

/** Every alert on lines of the catalogue. */
export function logAlerts(): readonly PacedLogAlert[] {
  kept ??= logRules().flatMap(({ intervalSeconds, alerts }) =>
    alerts.map((alert) => ({ alert, intervalSeconds })),
  );
  return kept;
}

/**
 * The one alert on lines that has this name and priority, and watches this chain or service.
 * @throws Error when there is none, or more than one
 */
export function logAlertFor(name: string, labels: Readonly<Record<string, string>>): LogAlert {
  const about = (logql: string, label: string) =>
    !logql.includes(`${label}="`) || logql.includes(`${label}="${labels[label] ?? ""}"`);
  const found = logAlerts().filter(
    ({ alert }) =>
      alert.name === name &&
      alert.priority === labels["priority"] &&
      // A chain's alert selects one program's lines, and says the chain alone.
      about(alert.logql, labels["chain"] === undefined ? "service" : "chain"),
  );
  const [only, ...others] = found;
  if (only === undefined || others.length > 0) {
    throw new Error(
      `${name} ${JSON.stringify(labels)} must be one alert of the catalogue, got ${String(found.length)}`,
    );
  }
  return only.alert;
}
