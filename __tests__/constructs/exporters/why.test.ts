import { z } from "zod";
import { isAlert, type AnyAlert } from "../../../constructs/core/alert";
import { hostFields, whyOf } from "../../../constructs/core/thresholds";
import { mysqlThresholds } from "../../../constructs/exporters/mysqld-exporter/mixin";
import { catalogue, logRules } from "../../support/catalogue";

const watched =
  /^(host|spring-boot|axum|nginx-exporter|redis-exporter|mysqld-exporter)\.|^(probe|certificates|deployments)$/;

const groups: readonly { readonly name: string; readonly alerts: readonly AnyAlert[] }[] = [
  ...catalogue().map(({ name, rules }) => ({ name, alerts: rules.filter(isAlert) })),
  ...logRules(),
];
const alerts = groups
  .filter(({ name }) => watched.test(name))
  .flatMap((group) => group.alerts)
  .map(({ name, priority, why }) => ({ name, priority, why }));

test.each(alerts)("$name $priority says why its number is what it is", ({ why }) => {
  expect(why).toMatch(/^[A-Z].{20,}\.$/);
});

test("there are alerts of every kind", () => {
  const names = alerts.map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining(["HostCpuHigh", "HttpErrorsHigh", "NginxErrorsHigh", "ServiceDeployed"]),
  );
});

test("the reason is the one that the reference of sources shows", () => {
  const why = (name: string) => alerts.find((alert) => alert.name === name)?.why;
  expect(why("HostCpuHigh")).toBe(hostFields.cpuPercent.description);
  expect(why("MySQLSlowQueries")).toBe(mysqlThresholds.slowQueriesPerMinute.description);
});

test("a threshold without a reason is refused", () => {
  expect(() => whyOf(z.number().default(1))).toThrow("must say why");
  expect(whyOf(z.number().describe("A."), z.number().describe("B."))).toBe("A. B.");
});
