import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { isAlert, type Alert, type RuleGroup } from "../../constructs/core/alert";
import { packageRoot } from "../../constructs/core/paths";
import { renderRule, ruleFile } from "../../constructs/prometheus";
import { catalogue, links, rules } from "./catalogue";

const time = z.string().regex(/^(\d+[smhd])+$/);

/** What an alert must do at a time. */
export const alertCheck = z.strictObject({
  at: time,
  alert: z.string(),
  /** Every alert of that name that fires then; none means silence. */
  firing: z.array(
    z.strictObject({ labels: z.record(z.string(), z.string()), description: z.string() }),
  ),
});

const queryCheck = z.strictObject({
  at: time,
  query: z.string(),
  samples: z.array(z.strictObject({ labels: z.string(), value: z.number() })),
});

const ruleTest = z.strictObject({
  case: z.string(),
  /** Time between the values of a series, and between evaluations. */
  every: time.default("5s"),
  /** In promtool's notation; always quoted where it starts with `0x`, which is a number in YAML. */
  series: z.record(z.string(), z.string()).default({}),
  checks: z.array(z.union([alertCheck, queryCheck])).min(1),
});

/** One case of a file of __tests__/rules: what is scraped, and what must follow from it. */
export type RuleTest = z.output<typeof ruleTest>;

const folder = join(packageRoot, "__tests__", "rules");

/** The cases of every file of __tests__/rules, by the file's name without its ending. */
export function ruleTests(): ReadonlyMap<string, readonly RuleTest[]> {
  return new Map(
    readdirSync(folder)
      .filter((name) => name.endsWith(".yml"))
      .sort()
      .map((name) => [
        basename(name, ".yml"),
        z.array(ruleTest).parse(parse(readFileSync(join(folder, name), "utf8"))),
      ]),
  );
}

/**
 * The one alert of the catalogue that has this name and priority, and watches this chain, job, service, instance or agent.
 * @throws Error when there is none, or more than one
 */
export function alertFor(name: string, labels: Readonly<Record<string, string>>): Alert {
  const { priority, chain, job, service, instance, agent = "" } = labels;
  const named = rules()
    .filter(isAlert)
    .filter((alert) => alert.name === name && alert.priority === priority);
  // Only some rules are about one service, one instance or one agent.
  const about = (label: string, value: string | undefined, among: readonly Alert[]) =>
    among.length > 1 && value !== undefined
      ? among.filter(
          ({ expr }) => !expr.includes(`${label}="`) || expr.includes(`${label}="${value}"`),
        )
      : among;
  const found = Object.entries({ chain, job, service, instance, agent }).reduce<readonly Alert[]>(
    (among, [label, value]) => about(label, value, among),
    named,
  );
  const [only, ...others] = found;
  if (only === undefined || others.length > 0) {
    throw new Error(
      `${name} with priority ${String(priority)}, chain ${String(chain)}, job ${String(job)}, service ${String(service)}, instance ${String(instance)} and agent '${agent}' must be one alert of the catalogue, got ${String(found.length)}`,
    );
  }
  return only;
}

function annotationsOf(alert: Alert, description: string): object {
  const rendered = renderRule(alert, links) as { readonly annotations: object };
  return { ...rendered.annotations, description };
}

function renderCase(test: RuleTest): object {
  return {
    name: test.case,
    interval: test.every,
    input_series: Object.entries(test.series).map(([series, values]) => ({ series, values })),
    alert_rule_test: test.checks.flatMap((check) =>
      "alert" in check
        ? [
            {
              eval_time: check.at,
              alertname: check.alert,
              exp_alerts: check.firing.map(({ labels, description }) => ({
                exp_labels: labels,
                exp_annotations: annotationsOf(alertFor(check.alert, labels), description),
              })),
            },
          ]
        : [],
    ),
    promql_expr_test: test.checks.flatMap((check) =>
      "query" in check
        ? [{ expr: check.query, eval_time: check.at, exp_samples: check.samples }]
        : [],
    ),
  };
}

/** The groups that the checks of some cases are about, and those they build on: evaluating all of them takes minutes. */
function groupsFor(cases: readonly RuleTest[]): readonly RuleGroup[] {
  const checks = cases.flatMap((test) => test.checks);
  const alerts = new Set(checks.flatMap((check) => ("alert" in check ? [check.alert] : [])));
  const queries = checks.flatMap((check) => ("query" in check ? [check.query] : []));
  const needed = new Set<RuleGroup>();
  const recordedFor = (exprs: readonly string[]): void => {
    for (const group of catalogue()) {
      if (needed.has(group)) continue;
      if (
        group.rules.some(
          (rule) => !isAlert(rule) && exprs.some((expr) => expr.includes(rule.record)),
        )
      ) {
        add(group);
      }
    }
  };
  const add = (group: RuleGroup): void => {
    needed.add(group);
    recordedFor(group.rules.map(({ expr }) => expr));
  };
  for (const group of catalogue()) {
    if (group.rules.some((rule) => isAlert(rule) && alerts.has(rule.name))) add(group);
  }
  recordedFor(queries);
  return catalogue().filter((group) => needed.has(group));
}

/** What {@link renderRuleTests} wrote: absolute paths. */
export interface RenderedRuleTests {
  /** For `promtool check rules`. */
  readonly rules: readonly string[];
  /** For `promtool test rules`. */
  readonly tests: readonly string[];
}

/**
 * Writes every rule group of the catalogue, and every test of __tests__/rules in promtool's notation.
 * @param directory an existing folder
 */
export function renderRuleTests(directory: string): RenderedRuleTests {
  mkdirSync(join(directory, "rules"), { recursive: true });
  const ruleFiles = catalogue().map((group) => {
    const path = join(directory, "rules", `${group.name}.yml`);
    writeFileSync(path, ruleFile(group, links).content);
    return path;
  });
  const tests = [...ruleTests()].flatMap(([name, cases]) =>
    [...new Set(cases.map(({ every }) => every))].map((every) => {
      const path = join(directory, `${name}-${every}.test.yml`);
      const paced = cases.filter((test) => test.every === every);
      const groups = groupsFor(paced);
      const content = {
        rule_files: groups.map((group) => `rules/${group.name}.yml`),
        evaluation_interval: every,
        // Without it promtool takes groups in another order at every run, and a group that reads what another
        // records sees it now at once and now a step later.
        group_eval_order: groups.map(({ name: group }) => group),
        fuzzy_compare: true,
        tests: paced.map(renderCase),
      };
      writeFileSync(path, stringify(content, { lineWidth: 0, aliasDuplicateObjects: false }));
      return path;
    }),
  );
  return { rules: ruleFiles, tests };
}
