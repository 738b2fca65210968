import { grafanaAnnotations, grafanaRouting } from "../../commands/grafana-routing";
import { channelsOf, mutedAt, routesFor } from "../../commands/routes";
import { calendarSchema } from "../../constructs/core/calendar";
import { receiverSchema } from "../../constructs/core/receiver";
import { secret } from "../../constructs/core/secret";
import { alertingFiles } from "../../constructs/grafana/alerting";
import { sampleAlert, sampleGroup } from "../constructs/core/samples";

const receivers = [
  { name: "chat", type: "slack", webhookUrl: secret("slack-url"), channel: "#ops" },
  { name: "mail", type: "email", to: ["a@b.example"], from: "c@b.example", host: "b.example" },
  { name: "dead-man", type: "webhook", url: secret("dead-man-url") },
].map((one) => receiverSchema.parse(one));

const files = new Map(
  alertingFiles(
    {
      receivers,
      routes: { P1: ["chat", "mail"], P2: ["chat"], P3: ["mail"], P4: [], heartbeat: ["dead-man"] },
      calendar: calendarSchema.parse({ timeZone: "Asia/Seoul", businessHours: {} }),
      rules: () => ({ groups: [sampleGroup], logGroups: [] }),
      links: { prometheus: "http://prometheus.invalid" },
    },
    "test",
  ).map(({ path, content }) => [path, content]),
);
const config = grafanaRouting(files);

function heard(labels: Readonly<Record<string, string>>) {
  return routesFor(config, labels).map(({ receiver, groupWait, route }) => ({
    channels: channelsOf(config, receiver).map(({ name }) => name),
    groupWait,
    muted: mutedAt(config, route, new Date("2026-11-20T15:00:00Z")),
  }));
}

describe("Grafana's routing in Alertmanager's words", () => {
  it.each([
    [{ severity: "critical" }, ["slack #ops", "email a@b.example"], "2s", undefined],
    [{ severity: "warning" }, ["email a@b.example"], "30s", "outside 'business-hours'"],
    [{ severity: "info" }, [], "30s", "outside 'business-hours'"],
    [{ heartbeat: "true", severity: "info" }, ["webhook dead-man-url"], "0s", undefined],
    [
      { every_channel: "true", severity: "high" },
      ["slack #ops", "email a@b.example"],
      "10s",
      undefined,
    ],
    [{ severity: "misspelt" }, ["email a@b.example"], "30s", undefined],
  ])("tells who hears %o", (labels, channels, groupWait, muted) => {
    expect(heard(labels)).toEqual([{ channels, groupWait, muted }]);
  });

  it("names secrets by their files, never by what Grafana puts in their place", () => {
    expect(JSON.stringify(config)).not.toContain("$__file");
  });
});

test("what Grafana's rules say is found by name and expression", () => {
  expect(grafanaAnnotations(files).get(`SampleSlow ${sampleAlert.expr}`)).toMatchObject({
    summary: "The sample is slow",
  });
  expect(grafanaAnnotations(new Map()).size).toBe(0);
  expect(grafanaRouting(new Map())).toEqual({
    route: { routes: [] },
    receivers: [],
    time_intervals: [],
  });
});
