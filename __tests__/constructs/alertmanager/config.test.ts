import { parse } from "yaml";
import { alertmanagerFile } from "../../../constructs/alertmanager/config";
import {
  receiverSchema,
  secretsOf,
  type Receiver,
} from "../../../constructs/alertmanager/receivers";
import type { Alert } from "../../../constructs/core/alert";
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

function config(alerts: readonly Alert[] = []): Config {
  return parse(alertmanagerFile({ receivers, routes, alerts }).content) as Config;
}

function routeOf(severity: string): Route {
  const found = config().route.routes.find(({ matchers }) =>
    matchers?.includes(`severity="${severity}"`),
  );
  if (found === undefined) throw new Error(`no route for ${severity}`);
  return found;
}

function receiverOf(name: string): Record<string, unknown> {
  return config().receivers.find((one) => one["name"] === name) ?? {};
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
    expect(config().route.receiver).toBe("warning");
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
        text: '{{ template "l2o.slack.text" . }}',
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
      // The one URL that carries no key, for warnings and for the heartbeat.
      2,
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

describe("inhibition", () => {
  const quiet = { ...sampleAlert, name: "Quiet", inhibitedBy: ["Loud", "Louder"] };
  const tiers = {
    source_matchers: ['severity="critical"'],
    target_matchers: ['severity!="critical"'],
    equal: ["alertname", "environment", "chain", "instance", "drill"],
  };

  it("silences within one chain of one environment only", () => {
    expect(config([sampleAlert, quiet]).inhibit_rules).toEqual([
      tiers,
      {
        source_matchers: ['alertname="Loud"'],
        target_matchers: ['alertname="Quiet"'],
        equal: ["environment", "chain", "drill"],
      },
      {
        source_matchers: ['alertname="Louder"'],
        target_matchers: ['alertname="Quiet"'],
        equal: ["environment", "chain", "drill"],
      },
    ]);
  });

  it("is stated once for alerts of several tiers and chains", () => {
    expect(config([quiet, { ...quiet, priority: "P2" }]).inhibit_rules).toHaveLength(3);
  });

  it("lets the critical tier of an alert hide its lower tiers, and nothing else where nothing inhibits", () => {
    expect(config([sampleAlert]).inhibit_rules).toEqual([tiers]);
  });
});
