import { parse } from "yaml";
import { calendarSchema, openCalendar } from "../../../constructs/core/calendar";
import { alertmanagerFile, type WatchedHost } from "../../../constructs/alertmanager/config";
import {
  accessFaults,
  receiverSchema,
  secretsOf,
  type Receiver,
} from "../../../constructs/core/receiver";
import type { Alert } from "../../../constructs/core/alert";
import { describeFault } from "../../../constructs/core/errors";
import { secret } from "../../../constructs/core/secret";
import { sampleAlert } from "../core/samples";

interface Route {
  readonly receiver: string;
  readonly matchers?: readonly string[];
  readonly group_by?: readonly string[];
  readonly group_wait: string;
  readonly group_interval: string;
  readonly repeat_interval: string;
  readonly continue?: boolean;
  readonly mute_time_intervals?: readonly string[];
  readonly active_time_intervals?: readonly string[];
  readonly routes?: readonly Route[];
}

interface Config {
  readonly global: { readonly resolve_timeout: string };
  readonly templates: readonly string[];
  readonly route: Route & { readonly routes: readonly Route[] };
  readonly inhibit_rules: readonly unknown[];
  readonly receivers: readonly Record<string, unknown>[];
}

const slack = receiverSchema.parse({
  name: "ops-slack",
  type: "slack",
  webhookUrl: secret("slack-webhook-url"),
});
const open = receiverSchema.parse({
  name: "open",
  type: "webhook",
  url: "http://10.88.0.9:8080/a",
});
const guarded = receiverSchema.parse({
  name: "guarded",
  type: "webhook",
  url: secret("hook-url"),
  bearerToken: secret("hook-token"),
});
const receivers: readonly Receiver[] = [slack, open, guarded];
const routes = {
  P1: ["ops-slack", "guarded"],
  P2: ["ops-slack"],
  P3: ["open"],
  P4: [],
  heartbeat: ["open"],
};

function config(
  alerts: readonly Alert[] = [],
  hosts: readonly WatchedHost[] = [],
  calendar = openCalendar,
): Config {
  const props = { receivers, routes, calendar, alerts, hosts };
  return parse(alertmanagerFile(props).content) as Config;
}

/** The receivers of an environment where one channel hears everything. */
function told(channel: unknown): Record<string, Record<string, unknown>> {
  const receiver = receiverSchema.parse(channel);
  const everyone = [receiver.name];
  const all = { P1: everyone, P2: everyone, P3: everyone, P4: everyone, heartbeat: [] };
  const { content } = alertmanagerFile({
    receivers: [receiver],
    routes: all,
    calendar: openCalendar,
    alerts: [],
    hosts: [],
  });
  const { receivers: rendered } = parse(content) as Config;
  return Object.fromEntries(
    rendered.map(({ name, ...configs }) => [
      String(name).replace(`-${receiver.name}`, ""),
      (Object.values(configs)[0] as Record<string, unknown>[] | undefined)?.[0] ?? {},
    ]),
  );
}

/** What a channel is told of that every channel is told, by address. */
function everyAddress(channel: unknown): Record<string, unknown>[] {
  const receiver = receiverSchema.parse(channel);
  const only = [receiver.name];
  const { content } = alertmanagerFile({
    receivers: [receiver],
    routes: { P1: only, P2: [], P3: [], P4: [], heartbeat: [] },
    calendar: openCalendar,
    alerts: [],
    hosts: [],
  });
  const every = (parse(content) as Config).receivers.find((one) => one["name"] === "every-a");
  return Object.values(every ?? {}).flatMap((one) =>
    Array.isArray(one) ? (one as Record<string, unknown>[]) : [],
  );
}

function routeOf(severity: string): Route {
  const found = config().route.routes.find(({ matchers }) =>
    matchers?.includes(`severity="${severity}"`),
  );
  if (found === undefined) throw new Error(`no route for ${severity}`);
  return found;
}

/** What the receivers tell together that are called after something: one per channel. */
function receiverOf(group: string): Record<string, unknown> {
  const configs = config()
    .receivers.filter(({ name }) => String(name).startsWith(`${group}-`))
    .flatMap((one) => Object.entries(one).filter(([key]) => key !== "name"));
  const keys = [...new Set(configs.map(([key]) => key))];
  return {
    name: group,
    ...Object.fromEntries(
      keys.map((key) => [key, configs.flatMap(([of, one]) => (of === key ? one : []))]),
    ),
  };
}

function seconds(duration: string): number {
  const [, number, unit] = /^(\d+)([smh])$/.exec(duration) ?? [];
  return Number(number) * ({ s: 1, m: 60, h: 3600 }[unit ?? ""] ?? Number.NaN);
}

describe("routes", () => {
  it("match every severity to a receiver of the same name, and end there", () => {
    for (const severity of ["critical", "high", "warning", "info"]) {
      expect(routeOf(severity)).toMatchObject({
        matchers: [`severity="${severity}"`],
        receiver: severity,
      });
      expect(routeOf(severity).continue).toBeUndefined();
    }
  });

  it("tell what is critical at once, and its news soon", () => {
    const { group_wait, group_interval, repeat_interval } = routeOf("critical");
    expect(seconds(group_wait)).toBeLessThanOrEqual(5);
    expect(seconds(group_interval)).toBeLessThanOrEqual(30);
    expect(seconds(repeat_interval)).toBeLessThanOrEqual(3600);
  });

  it("group by alert, chain and service, so that one chain does not hide another", () => {
    expect(routeOf("critical").group_by).toEqual(
      expect.arrayContaining(["alertname", "chain", "service"]),
    );
  });

  it("are no slower for what is more urgent", () => {
    const waits = ["critical", "high", "warning", "info"].map((one) =>
      seconds(routeOf(one).group_wait),
    );
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
  });

  it("lose no rule of an operator that has no known severity", () => {
    const last = config().route.routes.at(-1);
    expect(last).toMatchObject({ receiver: "warning", group_wait: "30s", repeat_interval: "1h" });
    expect(last).not.toHaveProperty("matchers");
    expect(last?.routes).toEqual([{ receiver: "warning-open" }]);
  });

  it("tell each channel by a receiver of its own, so that one that hangs holds up no other", () => {
    expect(routeOf("critical").routes).toEqual([
      { receiver: "critical-ops-slack", continue: true },
      { receiver: "critical-guarded" },
    ]);
    expect(routeOf("info")).not.toHaveProperty("routes");
  });

  it("say again what lasts every hour, and every day what has time until the next business day", () => {
    expect(
      ["critical", "high", "warning", "info"].map((one) => routeOf(one).repeat_interval),
    ).toEqual(["1h", "1h", "1h", "24h"]);
  });

  it("take the heartbeat away first, once a minute", () => {
    const [first] = config().route.routes;
    expect(first).toMatchObject({
      matchers: ['heartbeat="true"'],
      receiver: "heartbeat",
      group_interval: "1m",
      repeat_interval: "50s",
    });
    expect(first?.continue).toBeUndefined();
  });

  it("tell nobody what only inhibits, and every channel that one of them does not work", () => {
    const [, silent, every] = config().route.routes;
    expect(silent).toEqual({ matchers: ['only_inhibits="true"'], receiver: "silent" });
    expect(config().receivers).toContainEqual({ name: "silent" });
    expect(every).toMatchObject({
      matchers: ['every_channel="true"'],
      receiver: "every",
      repeat_interval: "1h",
    });
    expect(every?.continue).toBeUndefined();
  });

  it("lead to receivers that exist", () => {
    const { route, receivers: all } = config();
    const names = all.map((one) => one["name"]);
    expect([route, ...route.routes].map(({ receiver }) => receiver)).toEqual(
      expect.arrayContaining(["heartbeat", "critical", "high", "warning", "info"]),
    );
    for (const { receiver } of [route, ...route.routes]) expect(names).toContain(receiver);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe("receivers", () => {
  it("tell the channels that the environment routes to", () => {
    expect(Object.keys(receiverOf("critical"))).toEqual([
      "name",
      "slack_configs",
      "webhook_configs",
    ]);
    expect(Object.keys(receiverOf("high"))).toEqual(["name", "slack_configs"]);
    expect(Object.keys(receiverOf("warning"))).toEqual(["name", "webhook_configs"]);
    expect(receiverOf("info")).toEqual({ name: "info" });
    expect(receiverOf("heartbeat")["webhook_configs"]).toEqual([
      expect.objectContaining({ url: "http://10.88.0.9:8080/a" }),
    ]);
  });

  it("tell every channel that is routed to, on each of its addresses", () => {
    expect(receiverOf("every")).toMatchObject({
      slack_configs: [{ channel: "#l2-ops-alert" }],
      webhook_configs: [
        { url: "http://10.88.0.9:8080/a" },
        { url_file: "/run/secrets/l2-observatory/hook-url" },
      ],
    });
    const four = {
      name: "a",
      type: "discord",
      webhookUrls: { P1: secret("u"), P2: secret("u"), P3: secret("n"), P4: secret("i") },
    };
    expect(everyAddress(four).map((one) => one["webhook_url_file"])).toEqual(
      ["u", "n", "i"].map((name) => `/run/secrets/l2-observatory/${name}`),
    );
  });

  it("do not tell that the heartbeat is over: any message is a sign of life", () => {
    expect(receiverOf("heartbeat")["webhook_configs"]).toMatchObject([{ send_resolved: false }]);
  });

  it("say when it is over", () => {
    for (const name of ["critical", "high", "warning"]) {
      const configs = Object.values(receiverOf(name)).filter(Array.isArray).flat() as unknown[];
      expect(configs.length).toBeGreaterThan(0);
      for (const one of configs) expect(one).toMatchObject({ send_resolved: true });
    }
    expect(config().global.resolve_timeout).toBe("5m");
  });

  it("write to Slack's default channel, by our template", () => {
    expect(receiverOf("high")["slack_configs"]).toEqual([
      expect.objectContaining({
        channel: "#l2-ops-alert",
        title: '{{ template "l2o.title" . }}',
        text: '{{ template "l2o.slack.message" . }}',
      }),
    ]);
    expect(config().templates).toEqual(["/etc/alertmanager/templates/*.tmpl"]);
  });

  it("read their secrets from files only", () => {
    const folder = "/run/secrets/l2-observatory";
    expect(receiverOf("critical")).toMatchObject({
      slack_configs: [{ api_url_file: `${folder}/slack-webhook-url` }],
      webhook_configs: [
        {
          url_file: `${folder}/hook-url`,
          http_config: { authorization: { credentials_file: `${folder}/hook-token` } },
        },
      ],
    });
    const keys: string[] = [];
    JSON.stringify(config(), (key, value: unknown) => {
      keys.push(key);
      return value;
    });
    expect(keys).not.toEqual(expect.arrayContaining(["api_url"]));
    expect(keys).not.toEqual(expect.arrayContaining(["credentials"]));
    expect(keys.filter((key) => key === "url")).toHaveLength(
      // The one URL that carries no key, for warnings, for the heartbeat and for what every channel is told.
      3,
    );
  });

  it("name the secrets that they need", () => {
    expect(receivers.map(secretsOf)).toEqual([
      [secret("slack-webhook-url")],
      [],
      [secret("hook-url"), secret("hook-token")],
    ]);
  });

  it.each([
    ["an unknown type", { name: "a", type: "pager" }],
    [
      "a URL in place of a secret",
      { name: "a", type: "slack", webhookUrl: "https://hooks.slack.com/x" },
    ],
    [
      "a channel without its sign",
      { name: "a", type: "slack", webhookUrl: secret("a"), channel: "ops" },
    ],
    ["a URL with a key", { name: "a", type: "webhook", url: "https://a.example.com/?key=1" }],
    ["a name with capitals", { name: "Ops", type: "webhook", url: "http://a" }],
  ])("fails when there is %s", (_, value) => {
    expect(receiverSchema.safeParse(value).success).toBe(false);
  });
});

describe("Discord", () => {
  const two = { name: "a", type: "discord", webhookUrls: { P1: secret("u"), P3: secret("n") } };
  const file = (name: string) => `/run/secrets/l2-observatory/${name}`;

  it("has an urgent channel and a normal one, and up to four", () => {
    const files = (channel: unknown) =>
      ["critical", "high", "warning", "info"].map(
        (name) => told(channel)[name]?.["webhook_url_file"],
      );
    expect(files(two)).toEqual([file("u"), file("u"), file("n"), file("n")]);
    const four = { ...two, webhookUrls: { ...two.webhookUrls, P2: secret("h"), P4: secret("i") } };
    expect(files(four)).toEqual([file("u"), file("h"), file("n"), file("i")]);
    expect(secretsOf(receiverSchema.parse(four)).map(({ secret: name }) => name)).toEqual([
      "u",
      "h",
      "n",
      "i",
    ]);
  });

  it("calls everybody for P1 only", () => {
    const { critical, ...others } = told(two);
    expect(critical).toMatchObject({
      content: '{{ template "l2o.discord.mention" . }}',
      send_resolved: true,
    });
    for (const other of Object.values(others)) expect(other).not.toHaveProperty("content");
  });
});

describe("Telegram", () => {
  const channel = { name: "a", type: "telegram", botToken: secret("t"), chatId: -100 };

  it("has its token in a file, and makes no sound for what can wait", () => {
    const { critical, high, warning, info } = told(channel);
    expect(critical).toMatchObject({
      bot_token_file: "/run/secrets/l2-observatory/t",
      chat_id: -100,
      parse_mode: "HTML",
      send_resolved: true,
    });
    expect([critical, high, warning, info].map((one) => one?.["disable_notifications"])).toEqual([
      false,
      false,
      true,
      true,
    ]);
    expect(told({ ...channel, apiUrl: "http://10.88.0.9:8081" })["critical"]).toMatchObject({
      api_url: "http://10.88.0.9:8081",
    });
    expect(secretsOf(receiverSchema.parse(channel))).toEqual([secret("t")]);
  });

  it("fails when the chat is 0", () => {
    const zero = receiverSchema.parse({ ...channel, chatId: 0 });
    expect(accessFaults(zero, "receivers[0]").map(describeFault)).toEqual([
      "'receivers[0].chatId' must be the number of a chat, never 0, got 0",
    ]);
  });
});

describe("mail", () => {
  const mail = {
    name: "a",
    type: "email",
    to: ["a@b.example", "c@b.example"],
    from: "l2@b.example",
    host: "mail.b.example",
  };

  it("is encrypted, and its password is in a file", () => {
    const access = { username: "l2", password: secret("p"), authority: secret("ca") };
    expect(told({ ...mail, ...access })["high"]).toMatchObject({
      to: "a@b.example, c@b.example",
      smarthost: "mail.b.example:587",
      require_tls: true,
      force_implicit_tls: false,
      auth_username: "l2",
      auth_password_file: "/run/secrets/l2-observatory/p",
      tls_config: { ca_file: "/run/secrets/l2-observatory/ca" },
      send_resolved: true,
    });
    expect(secretsOf(receiverSchema.parse({ ...mail, ...access }))).toEqual([
      secret("ca"),
      secret("p"),
    ]);
    expect(told({ ...mail, port: 465, tls: "implicit" })["high"]).toMatchObject({
      smarthost: "mail.b.example:465",
      force_implicit_tls: true,
    });
    expect(told({ ...mail, tls: "none" })["high"]).toMatchObject({ require_tls: false });
  });

  it.each([
    [
      "a user has no password",
      { username: "l2" },
      "'receivers[0].password' must be given together with the other of 'username' and 'password', got nothing",
    ],
    [
      "a password has no user",
      { password: secret("p") },
      "'receivers[0].username' must be given together with the other of 'username' and 'password', got nothing",
    ],
    [
      "a password would be read on the way",
      { username: "l2", password: secret("p"), tls: "none" },
      "'receivers[0].tls' must be 'starttls' or 'implicit' where a password is sent, got 'none'",
    ],
  ])("fails when %s", (_, fields, says) => {
    const receiver = receiverSchema.parse({ ...mail, ...fields });
    expect(accessFaults(receiver, "receivers[0]").map(describeFault)).toEqual([says]);
  });
});

describe("Dooray", () => {
  it("is told through the adapter, by Alertmanager's own webhook", () => {
    expect(told({ name: "a", type: "dooray" })["critical"]).toEqual({
      url: "http://responder:9095/dooray",
      send_resolved: true,
      max_alerts: 200,
      timeout: "10s",
    });
  });
});

describe("a calendar", () => {
  it("holds back P3 and P4, never P1 and P2, and everything of a chain that is worked on", () => {
    const { route, ...rest } = config(
      [],
      [],
      calendarSchema.parse({
        businessHours: {},
        holidays: ["12-25"],
        maintenance: [
          { name: "upgrade", chain: "alpha", from: "2026-12-01T22:00", until: "2026-12-02T02:00" },
        ],
      }),
    );
    expect(rest).toMatchObject({
      time_intervals: [
        { name: "business-hours" },
        { name: "holidays" },
        { name: "maintenance-upgrade" },
      ],
    });
    const drills = { matchers: ['drill="true"'] };
    const told = (receiver: string) =>
      route.routes
        .filter(({ matchers }) => matchers !== undefined)
        .flatMap(({ routes: channels = [] }) => channels)
        .find((one) => one.receiver === receiver);
    expect(told("heartbeat-open")).toEqual({ receiver: "heartbeat-open" });
    for (const urgent of ["every-guarded", "critical-guarded", "high-ops-slack"]) {
      expect(told(urgent)).toEqual({
        receiver: urgent,
        routes: [
          drills,
          { matchers: ['chain="alpha"'], mute_time_intervals: ["maintenance-upgrade"] },
        ],
      });
    }
    expect(told("warning-open")).toEqual({
      receiver: "warning-open",
      active_time_intervals: ["business-hours"],
      mute_time_intervals: ["holidays"],
      routes: [
        drills,
        {
          matchers: ['chain="alpha"'],
          active_time_intervals: ["business-hours"],
          mute_time_intervals: ["holidays", "maintenance-upgrade"],
        },
      ],
    });
    // Nothing says how urgent it is.
    expect(route.routes.at(-1)?.routes).toEqual([{ receiver: "warning-open" }]);
  });
});

describe("inhibition", () => {
  const quiet = {
    ...sampleAlert,
    name: "Quiet",
    priority: "P2",
    inhibitedBy: ["Loud", "Louder"],
  } as const;
  const sources = [
    { ...sampleAlert, name: "Loud", priority: "P1" },
    { ...sampleAlert, name: "Louder", priority: "P1" },
    { ...sampleAlert, name: "Louder", priority: "P3" },
  ] as const;
  const silences = (source: string, severities: string, target: string, severity: string) => ({
    source_matchers: [`alertname="${source}"`, `severity=~"${severities}"`],
    target_matchers: [`alertname="${target}"`, `severity="${severity}"`],
  });
  const tier = (severity: string, lower: string) => ({
    source_matchers: [`severity="${severity}"`],
    target_matchers: [`severity=~"${lower}"`],
    equal: expect.arrayContaining([
      "alertname",
      "environment",
      "chain",
      "service",
      "instance",
      "mountpoint",
    ]) as unknown,
  });
  const tiers = [
    tier("critical", "high|warning|info"),
    tier("high", "warning|info"),
    tier("warning", "info"),
  ];

  it("silences within one chain of one environment only", () => {
    const equal = ["environment", "chain", "drill"];
    expect(config([...sources, quiet]).inhibit_rules).toEqual([
      ...tiers,
      { ...silences("Loud", "critical", "Quiet", "high"), equal },
      { ...silences("Louder", "critical", "Quiet", "high"), equal },
    ]);
  });

  it("lets no less urgent tier silence anything", () => {
    const calm = { ...quiet, priority: "P3" } as const;
    expect(config([...sources, calm]).inhibit_rules).toContainEqual({
      ...silences("Louder", "critical|warning", "Quiet", "warning"),
      equal: ["environment", "chain", "drill"],
    });
  });

  it("lets a silent agent hide what that agent would say, and not what another says", () => {
    const target = { ...quiet, name: "AgentTargetDown", inhibitedBy: ["AgentSilent"] };
    const silent = { ...sampleAlert, name: "AgentSilent", priority: "P1" } as const;
    expect(config([silent, target]).inhibit_rules).toContainEqual({
      ...silences("AgentSilent", "critical", "AgentTargetDown", "high"),
      equal: ["environment", "chain", "agent", "drill"],
    });
  });

  it("is stated once for each tier, for however many chains", () => {
    const all = [...sources, quiet, quiet, { ...quiet, priority: "P1" } as const];
    expect(config(all).inhibit_rules).toHaveLength(tiers.length + 4);
  });

  it("lets a higher tier of an alert hide the lower ones, and nothing else where nothing inhibits", () => {
    expect(config([sampleAlert]).inhibit_rules).toEqual(tiers);
  });

  it("lets a silent host hide what is scraped on it, and on no host whose address begins alike", () => {
    const [, , , host] = config(
      [],
      [{ agent: "application", address: "10.88.0.20" }],
    ).inhibit_rules;
    expect(host).toEqual({
      source_matchers: ['alertname=~"AgentStale|AgentSilent"', 'agent="application"'],
      target_matchers: [
        'alertname!~"AgentStale|AgentSilent"',
        'instance=~"10[.]88[.]0[.]20(:[0-9]+)?"',
      ],
      equal: ["environment", "drill"],
    });
  });
});
