import {
  channelsOf,
  inhibitorsOf,
  matches,
  mutedAt,
  routesFor,
  type AlertmanagerConfig,
} from "../../commands/routes";
import { trickyCases, trickyTree } from "../support/route-trees";

test.each(trickyCases)("$labels lead to $receivers, as amtool says", ({ labels, receivers }) => {
  expect(routesFor(trickyTree, labels).map(({ receiver }) => receiver)).toEqual(receivers);
});

test("what is not said is inherited, but for the times that mute", () => {
  const config: AlertmanagerConfig = {
    route: {
      receiver: "root",
      group_wait: "7s",
      mute_time_intervals: ["night"],
      routes: [{ matchers: ['a="1"'], group_interval: "2m" }],
    },
    receivers: [],
  };
  expect(routesFor(config, { a: "1" })).toEqual([
    {
      receiver: "root",
      groupWait: "7s",
      groupInterval: "2m",
      repeatInterval: "4h",
      route: { matchers: ['a="1"'], group_interval: "2m" },
    },
  ]);
});

test("fails when a matcher cannot be read", () => {
  expect(() => matches(['severity~"x"'], {})).toThrow("a matcher must be such as");
});

describe("times", () => {
  const config = (interval: object): AlertmanagerConfig => ({
    route: {},
    receivers: [],
    time_intervals: [{ name: "t", time_intervals: [interval] }],
  });
  const muted = (interval: object, at: string) =>
    mutedAt(config(interval), { mute_time_intervals: ["t"] }, new Date(at)) !== undefined;

  it.each([
    [{ times: [{ start_time: "09:00", end_time: "18:00" }] }, "2026-11-20T09:00:00Z", true],
    [{ times: [{ start_time: "09:00", end_time: "18:00" }] }, "2026-11-20T18:00:00Z", false],
    [{ times: [{ start_time: "23:00", end_time: "24:00" }] }, "2026-11-20T23:59:59Z", true],
    // A Friday evening in UTC is Saturday in Seoul.
    [{ weekdays: ["saturday"], location: "Asia/Seoul" }, "2026-11-20T15:30:00Z", true],
    [{ weekdays: ["monday:friday"], location: "Asia/Seoul" }, "2026-11-20T15:30:00Z", false],
    [{ days_of_month: ["-1"] }, "2026-02-28T12:00:00Z", true],
    [{ days_of_month: ["25"], months: ["december"] }, "2026-12-25T12:00:00Z", true],
    [{ days_of_month: ["25"], months: ["12"], years: ["2027"] }, "2026-12-25T12:00:00Z", false],
    [{}, "2026-12-25T12:00:00Z", true],
  ])("%j at %s: %s", (interval, at, expected) => {
    expect(muted(interval, at)).toBe(expected);
  });

  it("say in words why a route is silent", () => {
    const day = { times: [{ start_time: "09:00", end_time: "18:00" }] };
    const night = new Date("2026-11-20T03:00:00Z");
    expect(mutedAt(config(day), { active_time_intervals: ["t"] }, night)).toBe("outside 't'");
    expect(mutedAt(config({}), { mute_time_intervals: ["t"] }, night)).toBe("during 't'");
    expect(mutedAt(config(day), {}, night)).toBeUndefined();
  });
});

test("channels are named by what tells them apart, never by a secret", () => {
  const config: AlertmanagerConfig = {
    route: {},
    receivers: [
      {
        name: "critical",
        slack_configs: [{ channel: "#ops", api_url_file: "/run/secrets/x/slack-url" }],
        webhook_configs: [
          { url_file: "/run/secrets/x/hook-url", send_resolved: false },
          { url: "http://10.0.0.1/a" },
        ],
      },
      { name: "info" },
    ],
  };
  expect(channelsOf(config, "critical")).toEqual([
    { integration: "slack", name: "slack #ops", sendResolved: true },
    { integration: "webhook", name: "webhook hook-url", sendResolved: false },
    { integration: "webhook", name: "webhook http://10.0.0.1/a", sendResolved: true },
  ]);
  expect(channelsOf(config, "info")).toEqual([]);
});

test("an alert is told what can keep it silent", () => {
  const config: AlertmanagerConfig = {
    route: {},
    receivers: [],
    inhibit_rules: [
      {
        source_matchers: ['alertname="L1RpcDown"'],
        target_matchers: ['alertname="BatcherLowETH"'],
        equal: ["environment", "chain"],
      },
      { source_matchers: ['a="1"'], target_matchers: ['alertname="Other"'] },
    ],
  };
  expect(inhibitorsOf(config, { alertname: "BatcherLowETH", chain: "alpha" })).toEqual([
    'alertname="L1RpcDown" with the same chain',
  ]);
});
