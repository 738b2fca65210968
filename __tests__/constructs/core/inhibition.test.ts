import type { Alert, RuleGroup } from "../../../constructs/core/alert";
import {
  firingRecords,
  inhibitedExpression,
  recordsOnly,
} from "../../../constructs/core/inhibition";
import { parsePromql } from "../../support/promql";
import { sampleAlert, sampleGroup } from "./samples";

const low: Alert = { ...sampleAlert, labels: { tier: "low" } };
const high: Alert = { ...sampleAlert, priority: "P1", expr: "sample_seconds > 50", for: "1m" };
const rpc: Alert = { ...sampleAlert, name: "RpcDown", expr: "rpc_up == 0", for: "51s" };
const agent: Alert = { ...sampleAlert, name: "AgentSilent", expr: "silent", for: "30m" };
const atOnce: Alert = { ...sampleAlert, name: "Event", expr: "a or b", for: "0s" };

function groups(...rules: readonly Alert[]): readonly RuleGroup[] {
  return [{ name: "all", intervalSeconds: 15, rules }];
}

function recorded(...rules: readonly Alert[]) {
  return firingRecords(groups(...rules))?.rules.map((rule) => rule.expr) ?? [];
}

describe("what an engine without inhibition evaluates", () => {
  it("is the alert's own expression where nothing keeps it silent", () => {
    expect(inhibitedExpression(low, groups(low, rpc))).toBe(low.expr);
    expect(inhibitedExpression(high, groups(low, high))).toBe(high.expr);
    expect(inhibitedExpression({ ...low, inhibitedBy: ["Absent"] }, groups(low))).toBe(low.expr);
  });

  it("is silent about what a higher tier tells", () => {
    expect(inhibitedExpression(low, groups(low, high, { ...high, priority: "P2" }))).toBe(
      '(sample_seconds > 5) unless on (chain, service, job, instance, agent, host, device, mountpoint, wallet, target) observatory:alert_firing{alert="SampleSlow", severity=~"critical|high"}',
    );
  });

  it("is silent about a chain or an agent of which another alert says more", () => {
    const alert = { ...low, inhibitedBy: ["RpcDown", "AgentSilent"] };
    expect(inhibitedExpression(alert, groups(alert, rpc, agent))).toBe(
      '(sample_seconds > 5) unless on (chain) observatory:alert_firing{alert="RpcDown", severity=~"warning"} unless on (chain, agent) observatory:alert_firing{alert="AgentSilent", severity=~"warning"}',
    );
  });
});

describe("what is recorded for it", () => {
  it("is nothing where no alert keeps another one silent", () => {
    expect(firingRecords([sampleGroup])).toBeUndefined();
  });

  it("is a series while an alert fires that keeps others silent: it held as long as its `for`", () => {
    const target = { ...low, inhibitedBy: ["RpcDown", "AgentSilent", "Event"] };
    expect(recorded(target, rpc, agent, atOnce)).toEqual([
      "(count_over_time((rpc_up == 0)[51s:10s]) >= 5)",
      "(count_over_time((silent)[30m:180s]) >= 10)",
      "(a or b)",
    ]);
  });

  it("has one rule for all alerts of one name and priority", () => {
    const other = { ...high, expr: "other_seconds > 50" };
    const records = firingRecords(groups(low, high, other));
    expect(records).toMatchObject({ name: "firing", intervalSeconds: 10 });
    expect(records?.rules).toEqual([
      {
        record: "observatory:alert_firing",
        expr: "(count_over_time((sample_seconds > 50)[1m:10s]) >= 6) or (count_over_time((other_seconds > 50)[1m:10s]) >= 6)",
        labels: { alert: "SampleSlow", severity: "critical" },
      },
    ]);
    for (const { expr } of records?.rules ?? []) expect(parsePromql(expr).fault).toBeUndefined();
  });

  it("stands beside the other recording rules", () => {
    expect(recordsOnly(sampleGroup)?.rules).toEqual([sampleGroup.rules[0]]);
    expect(recordsOnly({ ...sampleGroup, rules: [sampleAlert] })).toBeUndefined();
  });
});
