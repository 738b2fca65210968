import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { isAlert } from "../../constructs/core/alert";
import { rules } from "../support/catalogue";
import { alertFor, renderRuleTests, ruleTests } from "../support/rule-tests";

const key = (name: string, priority: string | undefined) => `${name} ${String(priority)}`;
const cases = [...ruleTests().values()].flat();
const checks = cases.flatMap((test) =>
  test.checks.flatMap((check) => ("alert" in check ? [check] : [])),
);
const catalogued = [
  ...new Set(
    rules()
      .filter(isAlert)
      .map(({ name, priority }) => key(name, priority)),
  ),
];

describe("promtool tests of the catalogue", () => {
  const firing = new Set(
    checks.flatMap(({ alert, firing }) =>
      firing.map(({ labels }) => key(alert, labels["priority"])),
    ),
  );
  const silent = new Set(
    checks.flatMap(({ alert, firing }) =>
      catalogued
        .filter((one) => one.startsWith(`${alert} `))
        .filter((one) => !firing.some(({ labels }) => key(alert, labels["priority"]) === one)),
    ),
  );

  test.each(catalogued)("%s has a case in which it fires", (alert) => {
    expect(firing).toContain(alert);
  });

  test.each(catalogued)("%s has a case in which it stays silent", (alert) => {
    expect(silent).toContain(alert);
  });

  test("every expectation belongs to an alert of the catalogue", () => {
    for (const { alert, firing } of checks) {
      expect(catalogued.map((one) => one.split(" ")[0])).toContain(alert);
      for (const { labels } of firing) expect(alertFor(alert, labels).name).toBe(alert);
    }
  });

  test("every case has a name of its own", () => {
    const names = cases.map((test) => test.case);
    expect(new Set(names).size).toBe(names.length);
  });

  test("expected annotations are the rendered ones, with the literal description", () => {
    const folder = mkdtempSync(join(tmpdir(), "l2o-rules-"));
    try {
      const written = renderRuleTests(folder);
      expect(written.rules.length).toBeGreaterThan(20);
      const file = written.tests.find((path) => path.endsWith("l1-gas-5s.test.yml")) ?? "";
      const { tests } = parse(readFileSync(file, "utf8")) as {
        tests: {
          alert_rule_test: { exp_alerts: { exp_annotations: Record<string, string> }[] }[];
        }[];
      };
      const annotations = tests[0]?.alert_rule_test[1]?.exp_alerts[0]?.exp_annotations ?? {};
      expect(annotations["summary"]).toBe("Posting batches has become expensive");
      expect(annotations["description"]).toBe(
        "The L1 base fee for alpha has been above 50 gwei for 10 minutes; it is 60.0 gwei.",
      );
      expect(annotations["runbook_url"]).toBe("http://127.0.0.1:9091/runbooks/HighL1GasPrice");
      expect(annotations["dashboard_url"]).toMatch(/^http:\/\/127\.0\.0\.1:9090\/graph\?g0\.expr=/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
