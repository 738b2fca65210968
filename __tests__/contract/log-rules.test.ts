import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { priorities } from "../../constructs/core/alert";
import { packageRoot } from "../../constructs/core/paths";
import { renderRunbook } from "../../constructs/core/runbook";
import { renderLogRule } from "../../constructs/loki";
import { logRules, rules } from "../support/catalogue";
import { canParseLogql, logqlFault, selectedLabels, streamLabels } from "../support/logql";

const groups = logRules();
const alerts = groups.flatMap((group) => group.alerts);
const oneLine = /^[^\n{]+$/;
const links = { loki: "http://127.0.0.1:3100", runbooks: "http://127.0.0.1:9091/runbooks" };

test("every chain has its alerts, every nginx three tiers, and the services one", () => {
  expect(alerts.map(({ name }) => name).sort()).toEqual([
    "BatcherInsufficientFunds",
    "BatcherInsufficientFunds",
    "BatcherNonceTooLow",
    "BatcherNonceTooLow",
    "LogErrorBurst",
    ...Array<string>(6).fill("NginxErrorsHigh"),
    "NodePipelineReset",
    "NodePipelineReset",
  ]);
  const names = groups.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

describe.each(alerts.map((alert) => ({ id: `${alert.name} ${alert.logql}`, alert })))(
  "$id",
  ({ alert }) => {
    test("says what it is, in words and with links", () => {
      expect(alert.name).toMatch(/^([A-Z][a-z0-9]*|[A-Z]\d*)+$/);
      expect(priorities).toContain(alert.priority);
      expect(alert.summary).toMatch(oneLine);
      expect(alert.description.length).toBeGreaterThan(20);
      expect(alert.runbook.meaning).toMatch(oneLine);
      expect(alert.runbook.impact).toMatch(oneLine);
      expect(alert.runbook.steps.length).toBeGreaterThan(0);
      for (const step of alert.runbook.steps) expect(step).not.toContain("{{");
      expect(renderRunbook(alert)).toContain(alert.runbook.meaning);
      const { labels, annotations } = renderLogRule(alert, "test", links) as {
        labels: Readonly<Record<string, string>>;
        annotations: Readonly<Record<string, string>>;
      };
      expect(labels).toMatchObject({ priority: alert.priority, environment: "test" });
      expect(Object.keys(annotations)).toEqual([
        "summary",
        "description",
        "respond_within",
        "meaning",
        "impact",
        "steps",
        "dashboard_url",
        "runbook_url",
      ]);
      const { pathname, searchParams } = new URL(annotations["dashboard_url"] ?? "");
      expect([pathname, searchParams.get("query")]).toEqual([
        "/loki/api/v1/query_range",
        alert.lines,
      ]);
    });

    test("selects by labels that agents set, and names its chain", () => {
      for (const expr of [alert.logql, alert.lines]) {
        const selected = selectedLabels(expr);
        expect(selected.length).toBeGreaterThan(0);
        for (const label of selected) expect(streamLabels).toContain(label);
      }
      expect(alert.logql).toContain(alert.lines);
    });

    test("is inhibited by alerts that exist", () => {
      const known = rules().flatMap((rule) => ("name" in rule ? [rule.name] : []));
      expect(known).toEqual(expect.arrayContaining([...(alert.inhibitedBy ?? [])]));
      // The runbook page of a name is one.
      expect(known).not.toContain(alert.name);
    });

    (canParseLogql ? test : test.skip)("is LogQL (needs @grafana/lezer-logql)", () => {
      expect(logqlFault(alert.logql)).toBeUndefined();
      expect(logqlFault(alert.lines)).toBeUndefined();
    });
  },
);

(canParseLogql ? test : test.skip)("the grammar tells LogQL from what is none", () => {
  expect(
    logqlFault('sum by (chain) (count_over_time({chain="a"} |= "b" [5m])) > 0'),
  ).toBeUndefined();
  expect(logqlFault('sum by (chain) (count_over_time({chain="a"} |= [5m])) > 0')).toBeDefined();
});

test("an operator's own files are groups of rules with an expression each", () => {
  const folder = join(packageRoot, "assets", "loki", "rules");
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".yml"))) {
    const file = parse(readFileSync(join(folder, name), "utf8")) as {
      groups: { name: string; rules: { expr: string }[] }[];
    };
    for (const rule of file.groups.flatMap((group) => group.rules)) {
      expect([name, typeof rule.expr]).toEqual([name, "string"]);
      if (canParseLogql) expect([name, logqlFault(rule.expr)]).toEqual([name, undefined]);
    }
  }
});
