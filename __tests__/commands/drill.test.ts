import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { parse } from "yaml";
import { deliveryLeg, drillOf, filled, ruleLeg, valueIn, type Drill } from "../../commands/drill";
import type { RenderedAlert } from "../../commands/rendered";
import { mutedAt, routesFor, type AlertmanagerConfig, type Labels } from "../../commands/routes";
import { receiverSchema } from "../../constructs/alertmanager";
import { calendarSchema } from "../../constructs/core/calendar";
import { alertmanagerFile } from "../../constructs/alertmanager/config";
import { secret } from "../../constructs/core/secret";
import { sampleAlert } from "../constructs/core/samples";

/** Alertmanager, Prometheus and Pushgateway as far as a drill asks them. */
class FakePlatform {
  requests = 0;
  failed = 0;
  /** Whether messages are taken. */
  works = true;
  /** Whether a pushed metric fires the rule. */
  evaluates = true;
  active: { labels: Labels }[] = [];
  firing: { labels: Labels; state: string }[] = [];
  readonly posted: { labels: Labels; annotations: Labels; endsAt: string }[] = [];
  readonly pushes: string[] = [];
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        response.end(
          this.#answer(request.method ?? "", request.url ?? "", Buffer.concat(chunks).toString()),
        );
      });
    });
  }

  #answer(method: string, url: string, body: string): string {
    if (url === "/metrics") {
      const labels = '{integration="slack",receiver_name="critical"}';
      return [
        `alertmanager_notification_requests_total${labels} ${String(this.requests)}`,
        `alertmanager_notification_requests_failed_total${labels} ${String(this.failed)}`,
        "",
      ].join("\n");
    }
    if (url.startsWith("/metrics/job/")) {
      this.pushes.push(`${method} ${url} ${body}`);
      const alert = { labels: { alertname: "AlertPathDrill", drill: "true" } };
      this.active = method === "POST" && this.evaluates ? [alert] : [];
      return "";
    }
    if (url.startsWith("/api/v1/query")) return '{"data":{"result":[1,"1700000000"]}}';
    if (url === "/api/v1/alerts") return JSON.stringify({ data: { alerts: this.firing } });
    if (method === "GET") return JSON.stringify(this.active);
    this.posted.push(...(JSON.parse(body) as FakePlatform["posted"]));
    this.requests += 1;
    if (!this.works) this.failed += 1;
    return "";
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

const config: AlertmanagerConfig = {
  route: {
    receiver: "critical",
    group_wait: "0s",
    group_interval: "0s",
    routes: [{ matchers: ['deaf="yes"'], receiver: "nobody" }],
  },
  receivers: [{ name: "critical", slack_configs: [{ channel: "#ops" }] }, { name: "nobody" }],
};

const rendered: RenderedAlert = {
  alert: sampleAlert,
  expr: "up == 0",
  intervalSeconds: 5,
  labels: { alertname: sampleAlert.name, chain: "alpha", severity: "critical" },
  annotations: {
    summary: "It is down",
    description:
      "{{ $labels.chain }}{{ with $labels.wallet }}, {{ . }},{{ end }} has {{ $value }} ETH",
  },
};

let platform: FakePlatform;
let url: string;
const lines: string[] = [];
const print = (line: string) => lines.push(line);

beforeEach(async () => {
  lines.length = 0;
  platform = new FakePlatform();
  url = await platform.listen();
});

afterEach(() => {
  platform.close();
});

function drill(more: Partial<Drill> = {}, labels: Labels = {}): Drill {
  return {
    rendered: { ...rendered, labels: { ...rendered.labels, ...labels } },
    config,
    addresses: { alertmanager: url, prometheus: url, push: url },
    ...more,
  };
}

describe("what is posted", () => {
  it("is the rendered alert, marked where people look and where inhibition does", () => {
    expect(drillOf(rendered)).toEqual({
      labels: { ...rendered.labels, drill: "true" },
      annotations: {
        summary: "DRILL: It is down",
        description: "DRILL, nothing is wrong: alpha has … ETH",
      },
    });
  });

  it("has labels where it knows them", () => {
    expect(
      filled("{{ with $labels.a }}x {{ . }} {{ end }}{{ $labels.b }} {{ $value | f }}", { a: "1" }),
    ).toBe("x 1 … …");
  });
});

test("the rendered routes tell a drill at night and in planned work, though its priority waits", () => {
  const { content } = alertmanagerFile({
    receivers: [receiverSchema.parse({ name: "ops", type: "slack", webhookUrl: secret("a") })],
    routes: { P1: [], P2: [], P3: ["ops"], P4: [], heartbeat: [] },
    calendar: calendarSchema.parse({
      businessHours: { days: ["monday"] },
      maintenance: [{ name: "w", from: "2026-11-20T00:00", until: "2026-11-22T00:00" }],
    }),
    alerts: [],
    hosts: [],
  });
  const night = new Date("2026-11-21T02:00:00Z");
  const muted = (labels: Labels) => {
    const parsed = parse(content) as AlertmanagerConfig;
    return routesFor(parsed, labels).map(({ receiver, route }) => [
      receiver,
      mutedAt(parsed, route, night),
    ]);
  };
  expect(muted({ severity: "warning" })).toEqual([["warning-ops", "during 'maintenance-w'"]]);
  expect(muted({ severity: "warning", drill: "true" })).toEqual([["warning-ops", undefined]]);
});

test("a metric's series are summed by labels", () => {
  const text = 'm{a="1",b="2"} 3\nm{a="1",b="3"} 4\nmm{a="1"} 50\n# m{a="1"} 7\n';
  expect(valueIn(text, "m", { a: "1" })).toBe(7);
  expect(valueIn(text, "m", { a: "1", b: "3" })).toBe(4);
  expect(valueIn(text, "m", { a: "2" })).toBe(0);
});

describe("the first leg", () => {
  it("tells when every receiver got it, and when each heard that it is over", async () => {
    expect(await deliveryLeg(drill(), print)).toBe(true);
    expect(lines.join("\n")).toMatch(
      /✓ critical, slack #ops: delivered after [\d.]+ s[^]*✓ critical, slack #ops: told that it is over after/,
    );
    expect(platform.posted.map(({ labels }) => labels["drill"])).toEqual(["true", "true"]);
    const [first, last] = platform.posted.map(({ endsAt }) => new Date(endsAt).getTime());
    // Over by itself if nobody resolves it, and resolved here.
    expect(first).toBeGreaterThan(Date.now());
    expect(last).toBeLessThanOrEqual(Date.now());
  });

  it("resolves the alert though a receiver refuses it", async () => {
    platform.works = false;
    const stop = new AbortController();
    setTimeout(() => {
      stop.abort();
    }, 600);
    await expect(deliveryLeg(drill({ signal: stop.signal }), print)).rejects.toThrow("interrupted");
    expect(platform.posted).toHaveLength(2);
    expect(lines.join("\n")).not.toContain("✓");
  });

  it.each([
    ["in Alertmanager", () => (platform.active = [{ labels: {} }]), "got a real one: see to that"],
    [
      "in Prometheus",
      () => (platform.firing = [{ labels: { alertname: sampleAlert.name }, state: "firing" }]),
      "got a real one in Prometheus",
    ],
    [
      "in another drill",
      () => (platform.active = [{ labels: { drill: "true" } }]),
      "got one that still runs",
    ],
  ])("is refused while the alert fires %s", async (_, given, words) => {
    given();
    await expect(deliveryLeg(drill(), print)).rejects.toThrow(words);
    expect(platform.posted).toEqual([]);
  });

  it("is refused where nobody would hear it", async () => {
    await expect(deliveryLeg(drill({}, { deaf: "yes" }), print)).rejects.toThrow(
      "got no channel in nobody",
    );
    expect(platform.posted).toEqual([]);
  });

  it("fails in words when Alertmanager cannot be reached", async () => {
    const addresses = { alertmanager: "http://127.0.0.1:1", prometheus: url };
    await expect(deliveryLeg(drill({ addresses }), print)).rejects.toThrow(
      "http://127.0.0.1:1 must answer, got nothing: is the tunnel up?",
    );
  });
});

describe("the second leg", () => {
  it("pushes a metric, sees its rule in Alertmanager, and removes it", async () => {
    expect(await ruleLeg(drill(), print)).toBe(true);
    expect(lines).toEqual([
      expect.stringMatching(/✓ rule leg: from a pushed metric over Prometheus to Alertmanager in/),
      expect.stringMatching(/✓ rule leg: over [\d.]+ s after its metric was removed/),
    ]);
    expect(platform.pushes[0]).toMatch(
      /^POST [^]*\nobservatory_drill_timestamp_seconds 1700000000\n$/,
    );
    expect(platform.pushes[1]).toMatch(/^DELETE /);
  });

  it("removes the metric when it is interrupted", async () => {
    platform.evaluates = false;
    const signal = AbortSignal.abort();
    await expect(ruleLeg(drill({ signal }), print)).rejects.toThrow("interrupted");
    expect(platform.pushes[1]).toMatch(/^DELETE /);
  });

  it("is left out, and said so, where nothing can be pushed", async () => {
    const addresses = { alertmanager: url, prometheus: url };
    expect(await ruleLeg({ addresses }, print)).toBe(true);
    expect(lines[0]).toContain("not tried");
  });
});
