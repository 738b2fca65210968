import { parse } from "yaml";
import { calendarSchema, openCalendar } from "../../../constructs/core/calendar";
import type { Alert } from "../../../constructs/core/alert";
import { receiverSchema, type Receiver } from "../../../constructs/core/receiver";
import { secret } from "../../../constructs/core/secret";
import { alertingFiles, type AlertingProps } from "../../../constructs/grafana/alerting";
import { sampleAlert, sampleGroup, sampleLogGroup } from "../core/samples";
import {
  alertRulesSchema,
  asGrafanaReads,
  contactPointsSchema,
  muteTimingsSchema,
  policiesSchema,
  templatesSchema,
} from "./provisioning";

const receivers: readonly Receiver[] = [
  { name: "slack", type: "slack", webhookUrl: secret("slack-url"), channel: "#ops" },
  {
    name: "discord",
    type: "discord",
    webhookUrls: { P1: secret("discord-urgent"), P3: secret("discord-normal") },
  },
  { name: "telegram", type: "telegram", botToken: secret("bot-token"), chatId: -7 },
  {
    name: "mail",
    type: "email",
    to: ["a@example.com", "b@example.com"],
    from: "from@example.com",
    host: "mail.example.com",
  },
  { name: "dooray", type: "dooray" },
  {
    name: "hook",
    type: "webhook",
    url: "http://hook.example.com/a$b",
    bearerToken: secret("hook-token"),
  },
  { name: "dead-man", type: "webhook", url: secret("dead-man-url") },
].map((one) => receiverSchema.parse(one));

const people = receivers.map(({ name }) => name).filter((name) => name !== "dead-man");

function files(props: Partial<AlertingProps> = {}): Map<string, unknown> {
  return new Map(
    alertingFiles(
      {
        receivers,
        routes: { P1: people, P2: people, P3: people, P4: [], heartbeat: ["dead-man"] },
        rules: () => ({ groups: [sampleGroup], logGroups: [sampleLogGroup] }),
        links: { prometheus: "http://prometheus.invalid", loki: "http://loki.invalid" },
        ...props,
      },
      "test",
    ).map(({ path, content }) => [
      path.replace("/etc/grafana/provisioning/alerting/", ""),
      parse(content),
    ]),
  );
}

function rules(alerts: readonly Alert[], intervalSeconds = 15) {
  const group = { ...sampleGroup, intervalSeconds, rules: alerts };
  const all = files({ rules: () => ({ groups: [group], logGroups: [] }) });
  const [first] = alertRulesSchema.parse(all.get("alert-rules.yaml")).groups;
  if (first === undefined) throw new Error("no group was rendered");
  return first;
}

describe("alert rules", () => {
  const { groups } = alertRulesSchema.parse(files().get("alert-rules.yaml"));

  it("are those on series and those on logs, and no recording rule", () => {
    expect(groups.map(({ name, rules: [rule] }) => [name, rule?.title])).toEqual([
      ["sample", "SampleSlow"],
      ["sample (logs)", "SampleBroken"],
    ]);
  });

  it("ask what the alert asks, and fire for every series that comes back, also for zero", () => {
    const [slow, broken] = groups.map(({ rules: [rule] }) => rule);
    expect(slow?.data).toEqual([
      {
        refId: "A",
        datasourceUid: "prometheus",
        relativeTimeRange: { from: 600, to: 0 },
        model: { refId: "A", expr: sampleAlert.expr, instant: true, range: false },
      },
      {
        refId: "B",
        datasourceUid: "__expr__",
        relativeTimeRange: { from: 0, to: 0 },
        model: { refId: "B", type: "reduce", expression: "A", reducer: "last" },
      },
      {
        refId: "C",
        datasourceUid: "__expr__",
        relativeTimeRange: { from: 0, to: 0 },
        model: {
          refId: "C",
          type: "math",
          expression: "is_number($B) || is_nan($B) || is_inf($B)",
        },
      },
    ]);
    expect(slow?.condition).toBe("C");
    expect(broken?.data[0]).toEqual({
      refId: "A",
      queryType: "instant",
      datasourceUid: "loki",
      relativeTimeRange: { from: 600, to: 0 },
      model: { refId: "A", expr: sampleLogGroup.alerts[0]?.logql, queryType: "instant" },
    });
  });

  it("say and carry what Prometheus' rules do, and the environment", () => {
    const [slow] = groups.map(({ rules: [rule] }) => rule);
    expect(slow).toMatchObject({
      for: "5m",
      labels: { severity: "warning", priority: "P3", environment: "test" },
      annotations: {
        summary: "The sample is slow",
        steps: "1. Look.\n2. Start it.",
        dashboard_url: expect.stringMatching(/^http:\/\/prometheus\.invalid\/graph/) as unknown,
      },
    });
    expect(slow?.annotations["description"]).toContain("$values.B");
    expect(slow).not.toHaveProperty("keepFiringFor");
    expect(rules([{ ...sampleAlert, keepFiringFor: "3m" }]).rules[0]?.keepFiringFor).toBe("3m");
  });

  it.each([
    [5, "10s"],
    [10, "10s"],
    [15, "10s"],
    [30, "30s"],
    [59, "50s"],
    [300, "300s"],
  ])("of a group of %i s are looked at every %s: Grafana ticks every 10 s", (seconds, interval) => {
    expect(rules([sampleAlert], seconds).interval).toBe(interval);
  });

  it.each<[string, Partial<Alert>, string]>([
    ["stays what it was", {}, "KeepLast"],
    ["fires, where it is said", { unanswered: "fires" }, "Alerting"],
    ["ends, as a heartbeat", { labels: { heartbeat: "true" } }, "OK"],
  ])("an alert whose store does not answer %s", (_, alert, state) => {
    expect(rules([{ ...sampleAlert, ...alert }]).rules[0]?.execErrState).toBe(state);
  });

  it("that get no series are well, and end as soon as their series does", () => {
    const [rule] = rules([sampleAlert]).rules;
    expect(rule?.noDataState).toBe("OK");
    expect(rule?.missing_series_evals_to_resolve).toBe(1);
  });

  it("keep their uid while group, name, priority and labels stay", () => {
    const uid = (alert: Partial<Alert>) => rules([{ ...sampleAlert, ...alert }]).rules[0]?.uid;
    expect(uid({})).toBe("l2o-SampleSlow-1423a362");
    expect(uid({ expr: "other > 1", for: "1m", summary: "Other" })).toBe(uid({}));
    const others = [{ priority: "P2" }, { labels: { tier: "a" } }, { name: "Other" }] as const;
    for (const other of others) expect(uid(other)).not.toBe(uid({}));
    expect(uid({ name: "A".repeat(80) })).toMatch(/^l2o-A{27}-[0-9a-f]{8}$/);
  });

  it("fails when two alerts of a group are the same to Grafana", () => {
    expect(() => rules([sampleAlert, { ...sampleAlert, expr: "other > 1" }])).toThrow(
      "'sample.SampleSlow' must be different from the group's other alerts in name, priority or labels",
    );
  });

  it("ask beside their expression what their description asks, and get an answer in any case", () => {
    const description =
      'It lasts {{ with query "hours" }}{{ . | first | value }} h{{ else }}nobody knows how long{{ end }}.';
    const [rule] = rules([{ ...sampleAlert, description }]).rules;
    expect(rule?.data[3]).toEqual({
      refId: "Q1",
      datasourceUid: "prometheus",
      relativeTimeRange: { from: 600, to: 0 },
      model: {
        refId: "Q1",
        expr: "(hours) or on () ((sample_seconds > 5) * NaN)",
        instant: true,
        range: false,
      },
    });
  });

  it("fails when an alert on logs asks in its description", () => {
    const asks = '{{ with query "x" }}{{ . | first | value }}{{ else }}none{{ end }}';
    const [alert] = sampleLogGroup.alerts;
    if (alert === undefined) throw new Error("the sample has no alert");
    const group = { ...sampleLogGroup, alerts: [{ ...alert, description: asks }] };
    expect(() => files({ rules: () => ({ groups: [], logGroups: [group] }) })).toThrow(
      "the description of SampleBroken, an alert on logs, must not ask Prometheus",
    );
  });

  it("on logs are left out where no logs are kept", () => {
    const links = { prometheus: "http://prometheus.invalid" };
    const { groups: rendered } = alertRulesSchema.parse(files({ links }).get("alert-rules.yaml"));
    expect(rendered.map(({ name }) => name)).toEqual(["sample"]);
  });
});

describe("dollars, as Grafana reads the files", () => {
  it("survive in labels and contact points, which it expands, and stand alone in the rest, which it does not", () => {
    const rule = rules([
      {
        ...sampleAlert,
        expr: 'x{a=~"b$"} > 1',
        summary: "It costs $5",
        labels: { price: "$5", home: "${HOME}" },
      },
    ]).rules[0];
    expect(rule?.labels).toMatchObject({ price: "$$5", home: "$${HOME}" });
    expect(asGrafanaReads(rule?.labels["home"] ?? "", { HOME: "/root" })).toBe("${HOME}");
    expect(rule?.annotations["summary"]).toBe("It costs $5");
    expect(rule?.data[0]?.model).toMatchObject({ expr: 'x{a=~"b$"} > 1' });
    const { contactPoints } = contactPointsSchema.parse(files().get("contact-points.yaml"));
    const urls = contactPoints.flatMap(({ receivers: channels }) =>
      channels.flatMap(({ type, settings }) => (type === "webhook" ? [settings.url] : [])),
    );
    expect(urls).toContain("http://hook.example.com/a$$b");
    expect(urls.map((url) => asGrafanaReads(url))).toContain("http://hook.example.com/a$b");
  });
});

describe("contact points", () => {
  const { contactPoints } = contactPointsSchema.parse(files().get("contact-points.yaml"));
  const point = (who: string) => contactPoints.find(({ name }) => name.startsWith(who));

  it("are one for each priority that somebody hears, the heartbeat, every channel, and nobody", () => {
    expect(contactPoints.map(({ name }) => name.replace(/-[0-9a-f]{8}$/, ""))).toEqual([
      "critical",
      "high",
      "warning",
      "nobody",
      "heartbeat",
      "every-channel",
    ]);
    const uids = contactPoints.flatMap((one) => one.receivers.map(({ uid }) => uid));
    expect(new Set(uids).size).toBe(uids.length);
  });

  it("hold every kind of channel, secrets as files", () => {
    const settings = Object.fromEntries(
      point("critical")?.receivers.map(({ type, settings: of }, i) => [
        `${type}${String(i)}`,
        of,
      ]) ?? [],
    );
    const file = (name: string) => `$__file{/run/secrets/l2-observatory/${name}}`;
    expect(settings).toEqual({
      slack0: {
        url: file("slack-url"),
        recipient: "#ops",
        username: "l2-observatory",
        color: expect.stringContaining('eq .CommonLabels.severity "critical" }}#d62728') as unknown,
        title: '{{ template "l2o.title" . }}',
        text: '{{ template "l2o.slack.message" . }}',
      },
      discord1: {
        url: file("discord-urgent"),
        title: '{{ template "l2o.title" . }}',
        message: '{{ template "l2o.discord.message" . }}',
        use_discord_username: true,
      },
      telegram2: {
        bottoken: file("bot-token"),
        chatid: "-7",
        message: '{{ template "l2o.telegram.message" . }}',
        parse_mode: "HTML",
        disable_web_page_preview: true,
        disable_notifications: false,
      },
      email3: {
        addresses: "a@example.com;b@example.com",
        singleEmail: true,
        subject: '{{ template "l2o.title" . }}',
        message: '{{ template "l2o.email.text" . }}',
      },
      webhook4: { url: "http://responder:9095/dooray", httpMethod: "POST", maxAlerts: 200 },
      webhook5: {
        url: "http://hook.example.com/a$$b",
        httpMethod: "POST",
        maxAlerts: 0,
        authorization_scheme: "Bearer",
        authorization_credentials: file("hook-token"),
      },
    });
  });

  it("choose Discord's channel by the priority, and take all of them for what every channel is told", () => {
    const urls = (who: string) =>
      point(who)?.receivers.flatMap(({ type, settings }) =>
        type === "discord" ? [/discord-\w+/.exec(settings.url)?.[0]] : [],
      );
    expect(urls("high")).toEqual(["discord-urgent"]);
    expect(urls("warning")).toEqual(["discord-normal"]);
    expect(urls("every-channel")).toEqual(["discord-urgent", "discord-normal"]);
  });

  it("say nothing when the heartbeat ends, and make no sound for what is not urgent", () => {
    expect(point("heartbeat")?.receivers.map((one) => one.disableResolveMessage)).toEqual([true]);
    expect(point("critical")?.receivers.map((one) => one.disableResolveMessage)).toEqual(
      people.map(() => false),
    );
    const warning = point("warning")?.receivers.find(({ type }) => type === "telegram");
    expect(warning?.settings).toMatchObject({ disable_notifications: true });
  });

  it("are others with other channels: Grafana keeps the channels that a file no longer names", () => {
    const fewer = contactPointsSchema.parse(
      files({
        routes: { P1: ["slack"], P2: people, P3: people, P4: [], heartbeat: [] },
      }).get("contact-points.yaml"),
    ).contactPoints;
    const names = (of: readonly { readonly name: string }[]) => of.map(({ name }) => name);
    expect(names(fewer)[1]).toBe(names(contactPoints)[1]);
    expect(names(contactPoints)).not.toContain(names(fewer)[0]);
  });
});

describe("notification policies", () => {
  function tree(props: Partial<AlertingProps> = {}) {
    const [policy] = policiesSchema.parse(files(props).get("notification-policies.yaml")).policies;
    if (policy === undefined) throw new Error("no tree was rendered");
    return policy;
  }

  it("tell what Alertmanager's routes tell, at their pace", () => {
    const of = tree();
    expect(of).toMatchObject({
      group_by: ["alertname", "environment", "chain", "service"],
      group_wait: "30s",
      group_interval: "5m",
      repeat_interval: "1h",
    });
    expect(
      of.routes
        .slice(1)
        .map(({ receiver, object_matchers: matchers, group_wait: wait }) => [
          matchers?.[0],
          receiver.replace(/-[0-9a-f]{8}$/, ""),
          wait,
        ]),
    ).toEqual([
      [["heartbeat", "=", "true"], "heartbeat", "0s"],
      [["only_inhibits", "=", "true"], "nobody", undefined],
      [["every_channel", "=", "true"], "every-channel", "10s"],
      [["severity", "=", "critical"], "critical", "2s"],
      [["severity", "=", "high"], "high", "10s"],
      [["severity", "=", "warning"], "warning", "30s"],
      [["severity", "=", "info"], "nobody", "30s"],
    ]);
  });

  it("tell nobody of rules that an earlier file left in Grafana, and people's own rules as ever", () => {
    expect(tree().routes[0]).toEqual({
      receiver: "nobody",
      object_matchers: [
        ["__alert_rule_uid__", "=~", "l2o-.*"],
        [
          "__alert_rule_uid__",
          "!~",
          expect.stringMatching(/^l2o-SampleSlow-\w+\|l2o-SampleBroken-\w+$/),
        ],
      ],
    });
    expect(
      tree({ rules: () => ({ groups: [], logGroups: [] }) }).routes[0]?.object_matchers,
    ).toEqual([["heartbeat", "=", "true"]]);
  });

  it("name contact points that are there", () => {
    const { contactPoints } = contactPointsSchema.parse(files().get("contact-points.yaml"));
    const of = tree();
    const named = [of.receiver, ...of.routes.map(({ receiver }) => receiver)];
    const known = contactPoints.map(({ name }) => name);
    for (const name of named) expect(known).toContain(name);
  });

  it("hold back what waits, and what is planned, by times that are there", () => {
    const calendar = calendarSchema.parse({
      timeZone: "Asia/Seoul",
      businessHours: {},
      holidays: ["12-25"],
      maintenance: [
        { name: "upgrade", from: "2026-12-01T22:00", until: "2026-12-02T02:00", chain: "a" },
      ],
    });
    const all = files({ calendar });
    const { muteTimes } = muteTimingsSchema.parse(all.get("mute-timings.yaml"));
    expect(muteTimes.map(({ name }) => name)).toEqual([
      "business-hours",
      "holidays",
      "maintenance-upgrade",
    ]);
    expect(muteTimes[0]?.time_intervals[0]?.location).toBe("Asia/Seoul");
    const of = tree({ calendar });
    const route = (severity: string) =>
      of.routes.find(({ object_matchers: matchers }) => matchers?.[0]?.[2] === severity);
    expect(route("critical")).not.toHaveProperty("active_time_intervals");
    expect(route("critical")?.routes).toEqual([
      {
        receiver: route("critical")?.receiver,
        object_matchers: [["chain", "=", "a"]],
        mute_time_intervals: ["maintenance-upgrade"],
      },
    ]);
    expect(route("warning")).toMatchObject({
      mute_time_intervals: ["holidays"],
      active_time_intervals: ["business-hours"],
    });
    expect(files({ calendar: openCalendar }).has("mute-timings.yaml")).toBe(false);
  });
});

describe("templates", () => {
  const { templates } = templatesSchema.parse(files().get("templates.yaml"));
  const all = templates.map(({ template }) => template).join("\n");

  it("define once what they and the contact points refer to", () => {
    const defined = [...all.matchAll(/\{\{ define "([^"]+)"/g)].map(([, name]) => name);
    expect(new Set(defined).size).toBe(defined.length);
    const points = JSON.stringify(files().get("contact-points.yaml"));
    const used = [...`${all}${points}`.matchAll(/\{\{-? ?template \\?"([^"\\]+)/g)].map(
      ([, name]) => name,
    );
    expect(used.length).toBeGreaterThan(10);
    for (const name of used) expect(defined).toContain(name);
  });

  it("lead to Grafana's silences and to nothing of Alertmanager's", () => {
    expect(all).toContain("/alerting/");
    expect(all).not.toContain("#/silences");
  });
});
