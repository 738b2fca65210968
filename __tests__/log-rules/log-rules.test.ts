import { logAlertFor, logAlerts, logRuleTests } from "../support/log-rule-tests";

// Loki evaluates them in the end-to-end tests, see __tests__/e2e/log-alerts.ts.
describe("tests of the alerts on lines", () => {
  const cases = logRuleTests();
  const checks = cases.flatMap((test) => test.checks);
  const key = (name: string, priority: string | undefined) => `${name} ${String(priority)}`;
  const catalogued = [
    ...new Set(logAlerts().map(({ alert: { name, priority } }) => key(name, priority))),
  ];
  const firingIn = ({ alert, firing }: (typeof checks)[number]) =>
    firing.map(({ labels }) => key(alert, labels["priority"]));
  const silentIn = (check: (typeof checks)[number]) =>
    catalogued.filter((one) => one.startsWith(`${check.alert} `) && !firingIn(check).includes(one));

  test.each(catalogued)("%s has a case in which it fires", (alert) => {
    expect(checks.flatMap(firingIn)).toContain(alert);
  });

  test.each(catalogued)("%s is silent all through another case, with lines", (alert) => {
    const silent = cases.filter(
      (test) => test.lines.length > 0 && test.checks.every((one) => silentIn(one).includes(alert)),
    );
    expect(silent).not.toEqual([]);
  });

  test("every expectation belongs to an alert of the catalogue", () => {
    const names = new Set(logAlerts().map(({ alert }) => alert.name));
    for (const { alert, firing } of checks) {
      expect([...names]).toContain(alert);
      for (const { labels } of firing) expect(logAlertFor(alert, labels).name).toBe(alert);
    }
  });

  test("every case has a name of its own", () => {
    expect(new Set(cases.map((one) => one.case)).size).toBe(cases.length);
  });
});
