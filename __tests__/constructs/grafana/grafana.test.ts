import { readFileSync } from "node:fs";
import { assetPath } from "../../../constructs/core/paths";
import type { Receiver } from "../../../constructs/core/receiver";
import { secret, secretFile } from "../../../constructs/core/secret";
import {
  adminPassword,
  encryptionKey,
  Grafana,
  grafanaSecrets,
  type AlertReceiver,
  type AlertingProps,
  type Dashboard,
  type GrafanaProps,
  type MetricsStore,
} from "../../../constructs/grafana";
import { Alertmanager } from "../../../constructs/alertmanager";
import { Prometheus } from "../../../constructs/prometheus";
import { synthesise, testRuntime, testStack, type Synthesised } from "../core/synthesised";
import { stores } from "./stores";

const dashboard: Dashboard = {
  uid: "sample",
  title: "Sample",
  folder: "Platform",
  json: { panels: [{ datasource: { uid: "prometheus" }, description: "${__field.name}" }] },
};

/** Grafana as the engine of nothing. */
const quiet: AlertingProps = {
  receivers: [],
  routes: { P1: [], P2: [], P3: [], P4: [], heartbeat: [] },
  rules: () => ({ groups: [], logGroups: [] }),
  links: { prometheus: "http://127.0.0.1:9090" },
};

function synthesised(props: Partial<GrafanaProps> = {}): Synthesised {
  return synthesise(
    (stack, runtime) => {
      new Grafana(stack, "grafana", { runtime, ...stores("tempo"), ...props });
    },
    { bindAddress: "10.88.0.1" },
  );
}

function grafana(props: Partial<GrafanaProps> = {}): Grafana {
  const stack = testStack();
  return new Grafana(stack, "grafana", {
    runtime: testRuntime(stack),
    ...stores("tempo"),
    ...props,
  });
}

/** The settings of an ini file, as `section.key`. */
function ini(text: string): Map<string, string> {
  let section = "";
  const settings = new Map<string, string>();
  for (const line of text.split("\n")) {
    const header = /^\[(.+)\]$/.exec(line)?.[1];
    if (header !== undefined) section = header;
    const [, key = "", value = ""] = /^([a-z_]+) = (.*)$/.exec(line) ?? [];
    if (key !== "") settings.set(`${section}.${key}`, value);
  }
  return settings;
}

describe("Grafana", () => {
  it("has pages, an API and datasources with fixed uids", () => {
    const made = grafana();
    expect(made.url).toBe("http://127.0.0.1:3000");
    expect(made.api.url).toBe("http://grafana:3000");
    expect(made.datasources).toEqual(["prometheus", "loki", "tempo", "alertmanager"]);
  });

  it("is watched: its own page, its own down alert", () => {
    expect(grafana().observation).toMatchObject({
      job: "grafana",
      targets: [{ endpoint: { host: "grafana", port: 3000, path: "/metrics" } }],
      down: { name: "GrafanaDown", priority: "P3", for: "5m" },
      rules: [],
    });
  });

  it("shows the platform's own stores", () => {
    const stack = synthesise((scope, runtime) => {
      const metrics: MetricsStore = new Prometheus(scope, "prometheus", {
        runtime,
        observations: [],
      });
      const alertmanager: AlertReceiver = new Alertmanager(scope, "alertmanager", {
        runtime,
        receivers: [],
        routes: { P1: [], P2: [], P3: [], P4: [], heartbeat: [] },
      });
      new Grafana(scope, "grafana", { runtime, metrics, alertmanager });
    });
    expect(
      stack.yaml("grafana", "/etc/grafana/provisioning/datasources/datasources.yaml"),
    ).toMatchObject({
      datasources: [{ url: "http://prometheus:9090" }, { url: "http://alertmanager:9093" }],
    });
  });

  it("says its own address, runs as the image's user, keeps its data, bounds its memory", () => {
    const container = synthesised({ hostPort: 13000 }).container("grafana");
    expect(container).toMatchObject({
      image: expect.any(String) as unknown,
      user: "472:472",
      memory: 320,
      memory_reservation: 200,
      env: ["GOMEMLIMIT=240MiB", "GF_SERVER_ROOT_URL=http://10.88.0.1:13000/"],
      ports: [{ internal: 3000, external: 13000, ip: "10.88.0.1" }],
      volumes: [{ container_path: "/var/lib/grafana" }],
      healthcheck: {
        test: ["CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:3000/api/health"],
      },
    });
  });

  it("alerts only where it is the engine", () => {
    const variable = "GF_UNIFIED_ALERTING_ENABLED=true";
    expect(synthesised().container("grafana").env).not.toContain(variable);
    expect(synthesised({ alerting: quiet }).container("grafana").env).toContain(variable);
  });

  it("is told of as the engine: its own alerts, and parts of the heartbeat", () => {
    const { observation } = grafana({ alerting: quiet });
    expect(observation.rules.map(({ name }) => name)).toEqual(["grafana"]);
    expect(observation.legs?.map(({ name }) => name)).toEqual(["alert-evaluation", "delivery"]);
    expect(grafana().observation.legs).toBeUndefined();
  });

  it("sends mail by the receiver's server, whose password is a file", () => {
    const mail: Receiver = {
      name: "mail",
      type: "email",
      to: ["a@example.com"],
      from: "b@example.com",
      host: "mail.example.com",
      port: 587,
      tls: "starttls",
      username: "user",
      password: secret("mail-password"),
    };
    const container = synthesised({ alerting: { ...quiet, receivers: [mail] } }).container(
      "grafana",
    );
    expect(container.env).toEqual(
      expect.arrayContaining([
        "GF_SMTP_ENABLED=true",
        "GF_SMTP_HOST=mail.example.com:587",
        "GF_SMTP_FROM_ADDRESS=b@example.com",
        "GF_SMTP_STARTTLS_POLICY=MandatoryStartTLS",
        "GF_SMTP_USER=user",
        "GF_SMTP_PASSWORD=$__file{/run/secrets/l2-observatory/mail-password}",
      ]),
    );
    expect(JSON.stringify(container.mounts ?? container.volumes)).toContain("/run/secrets");
    expect(synthesised({ alerting: quiet }).container("grafana").env?.join()).not.toContain("SMTP");
  });

  it("fails when a channel is one that it cannot have", () => {
    const telegram = {
      name: "chat",
      type: "telegram",
      botToken: secret("token"),
      chatId: 1,
      apiUrl: "http://bots.example.com",
    } as const;
    expect(() => grafana({ alerting: { ...quiet, receivers: [telegram] } })).toThrow(
      "'receivers[0].apiUrl' must be left out where Grafana is the engine",
    );
  });

  it("provisions dashboards where there are some", () => {
    const provider = "/etc/grafana/provisioning/dashboards/dashboards.yaml";
    const paths = (props: Partial<GrafanaProps>) =>
      synthesised(props)
        .container("grafana")
        .upload?.map(({ file }) => file);
    expect(paths({})).not.toContain(provider);
    expect(paths({ dashboards: [dashboard] })).toEqual(
      expect.arrayContaining([provider, "/etc/grafana/dashboards/Platform/sample.json"]),
    );
  });

  it("gives dashboards to the page as they were written", () => {
    const stack = synthesised({ dashboards: [dashboard] });
    const text = stack.file("grafana", "/etc/grafana/dashboards/Platform/sample.json");
    expect(JSON.parse(text)).toEqual({ ...dashboard.json, uid: "sample", title: "Sample" });
  });

  it("takes dashboards until synth", () => {
    const stack = synthesise((scope, runtime) => {
      new Grafana(scope, "grafana", { runtime, ...stores("jaeger") }).addDashboards(dashboard);
    });
    expect(
      stack.container("grafana").upload?.some(({ file }) => file.endsWith("sample.json")),
    ).toBe(true);
  });

  it("fails when a dashboard names the store of traces that is not there", () => {
    const json = { panels: [{ datasource: { uid: "jaeger" } }] };
    expect(() => grafana({ dashboards: [{ ...dashboard, json }] })).toThrow(
      "'sample.datasource' must be one of prometheus, loki, tempo, alertmanager, or a datasource variable of the dashboard, got 'jaeger'",
    );
  });
});

describe("grafana.ini", () => {
  const path = "/etc/grafana/grafana.ini";
  const text = readFileSync(assetPath("grafana/grafana.ini"), "utf8");
  const settings = ini(text);

  it("is the asset, byte for byte", () => {
    expect(synthesised().file("grafana", path)).toBe(text);
  });

  it("reads its secrets from the mounted files, and nothing secret is in the container's definition", () => {
    expect(settings.get("security.admin_password")).toBe(`$__file{${secretFile(adminPassword)}}`);
    expect(settings.get("security.secret_key")).toBe(`$__file{${secretFile(encryptionKey)}}`);
    expect(grafanaSecrets.map(({ secret }) => secret)).toEqual([
      "grafana-admin-password",
      "grafana-secret-key",
    ]);
    const { mounts, env } = synthesised().container("grafana");
    expect(mounts).toMatchObject([{ source: "/etc/test/secrets/grafana", read_only: true }]);
    // The image's own way falls back to the default password when the file is missing.
    expect(env?.join()).not.toMatch(/PASSWORD|SECRET/);
  });

  it("lets nobody in without an account, by no way", () => {
    for (const [key, value] of [
      ["auth.anonymous.enabled", "false"],
      ["users.allow_sign_up", "false"],
      ["users.allow_org_create", "false"],
      ["users.auto_assign_org_role", "Viewer"],
      ["public_dashboards.enabled", "false"],
      ["snapshots.enabled", "false"],
    ] as const) {
      expect([key, settings.get(key)]).toEqual([key, value]);
    }
  });

  it("calls nobody outside", () => {
    for (const [key, value] of [
      ["analytics.reporting_enabled", "false"],
      ["analytics.check_for_updates", "false"],
      ["analytics.check_for_plugin_updates", "false"],
      ["analytics.feedback_links_enabled", "false"],
      ["news.news_feed_enabled", "false"],
      ["security.disable_gravatar", "true"],
      ["snapshots.external_enabled", "false"],
      ["plugins.plugin_admin_enabled", "false"],
      ["plugins.preinstall_disabled", "true"],
      ["plugins.preinstall_auto_update", "false"],
      ["plugins.public_key_retrieval_disabled", "true"],
    ] as const) {
      expect([key, settings.get(key)]).toEqual([key, value]);
    }
  });

  it("leaves alerting to Prometheus, and shows its own metrics", () => {
    expect(settings.get("unified_alerting.enabled")).toBe("false");
    expect(settings.get("metrics.enabled")).toBe("true");
  });
});
