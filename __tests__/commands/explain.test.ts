import { explained } from "../../commands/explain";
import { alertmanagerOf, renderEnvironment, subjectOf } from "../../commands/rendered";
import { labelsIn, timeIn, told } from "../../commands/simulate";

const production = renderEnvironment("production");
const local = renderEnvironment("local");

describe("explain", () => {
  const text = explained("BatcherLowETH", [local, production]).join("\n");

  it.each([
    [
      "what it means, and what to do",
      /What it means\n.*\n {2}If nobody acts\n.*\n {2}What to do\n {4}1\. /,
    ],
    ["the expression with its threshold", /fires when .*< 0\.5/],
    ["how long it must hold", /for +1m, looked at every 5 s/],
    ["priority and response time", /🔴 P1, respond within 15 minutes \(chain example-chain/],
    [
      "the graph",
      /graph +http:\/\/10\.88\.0\.1:3000\/d\/[a-z0-9-]+\?viewPanel=panel-\d+&from=now-3h&to=now&var-chain=example-chain$/m,
    ],
    ["the runbook", /runbook +http:\/\/10\.88\.0\.1:9091\/runbooks\/BatcherLowETH/],
    [
      "who hears it",
      /heard by +critical-ops-slack: slack #l2-ops-alert; after 2s.*\n +heard by +critical-team-discord: discord discord-alert-urgent-webhook-url; after 2s/,
    ],
    [
      "what keeps it silent",
      /silent while alertname="L1RpcDown", severity=~"critical" with the same environment, chain/,
    ],
    ["in which environment", /In production/],
  ])("tells %s", (_, pattern) => {
    expect(text).toMatch(pattern);
  });

  it("leaves out the environment that does not have it", () => {
    expect(text).not.toContain("In local");
  });

  it("tells why the numbers are what they are, per tier", () => {
    const slo = explained("SloErrorsBurn", [production]).join("\n");
    expect(slo).toMatch(/P2.*tier page[^]*why +14\.4 times[^]*P3.*tier ticket[^]*why +3 times/);
  });

  it("tells why a silent target is told when it is", () => {
    expect(explained("BatcherDown", [production]).join("\n")).toMatch(
      /why +Asked every 5 s: nothing for 1m/,
    );
  });

  it("tells of a local environment that nobody hears it", () => {
    expect(explained("Watchdog", [local]).join("\n")).toContain(
      "heartbeat: nobody, it has no channel",
    );
  });

  it("fails when no environment has it, with names that are similar", () => {
    expect(() => explained("BatcherLowEth", [production])).toThrow(
      "got 'BatcherLowEth'; similar: BatcherLowETH",
    );
  });

  it("reads what a series is about from its expression", () => {
    expect(subjectOf('up{job="a", chain="b"} == 0 or x{service="c"}')).toEqual({
      job: "a",
      chain: "b",
      service: "c",
    });
  });
});

describe("simulate", () => {
  const { config } = alertmanagerOf(production);
  const at = new Date("2026-11-20T12:00:00Z");

  it("tells who hears it and when", () => {
    expect(told(config, { severity: "critical", service: "api" }, at).slice(0, 3)).toEqual([
      "  critical-ops-slack: slack #l2-ops-alert; after 2s, again every 1h",
      "  critical-team-discord: discord discord-alert-urgent-webhook-url; after 2s, again every 1h",
      "  critical-on-call: webhook on-call-webhook-url; after 2s, again every 1h",
    ]);
  });

  it("tells what is muted and what inhibits", () => {
    const quiet = {
      ...config,
      route: { receiver: "warning-team-discord", mute_time_intervals: ["weekend"] },
      time_intervals: [{ name: "weekend", time_intervals: [{}] }],
    };
    const lines = told(quiet, { alertname: "BatcherLowETH", severity: "critical", chain: "a" }, at);
    expect(lines[0]).toBe(
      "  warning-team-discord: muted during 'weekend'; otherwise discord discord-alert-normal-webhook-url",
    );
    expect(lines.join("\n")).toContain('inhibited while alertname="L1RpcDown"');
  });

  it("reads labels with any value, and fails on what is none", () => {
    expect(labelsIn(["severity=high", "url=a=b"])).toEqual({ severity: "high", url: "a=b" });
    expect(() => labelsIn(["critical"])).toThrow(
      "a label must be such as severity=critical, got 'critical'",
    );
    expect(() => labelsIn([])).toThrow("got none");
    expect(() => labelsIn(["severity=urgent"])).toThrow(
      "'severity' must be one of critical, high, warning, info, got 'urgent'",
    );
  });

  it("reads a time, and fails on what is none", () => {
    expect(timeIn("2026-12-25T07:00+09:00").toISOString()).toBe("2026-12-24T22:00:00.000Z");
    expect(() => timeIn("tomorrow")).toThrow("'--at' must be a time such as");
  });
});
