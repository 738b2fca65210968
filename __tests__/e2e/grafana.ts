import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { App, TerraformStack } from "cdktf";
import { DockerProvider } from "@cdktf/provider-docker/lib/provider";
import { terraformText } from "../../constructs/core/config-file";
import { Endpoint } from "../../constructs/core/endpoint";
import { Runtime } from "../../constructs/core/runtime";
import { calendarSchema, openCalendar } from "../../constructs/core/calendar";
import { receiverSchema, secretsOf } from "../../constructs/core/receiver";
import { secret } from "../../constructs/core/secret";
import {
  Grafana,
  grafanaSecrets,
  type AlertingProps,
  type Dashboard,
} from "../../constructs/grafana";
import { grafanaGroups } from "../../constructs/grafana/alert-rules";
import { messageTemplates } from "../../constructs/grafana/alerting";
import { contactPoints, distinctContactPoints } from "../../constructs/grafana/contact-points";
import { policyTree } from "../../constructs/grafana/policies";
import { catalogue, logRules } from "../support/catalogue";
import { datasourcesOf } from "../../constructs/grafana/datasources";
import { eventually, expect, type Steps } from "../../tools/rig/steps";
import { freePort } from "../../tools/rig/free-port";

type Kind = "jaeger" | "tempo";

const dashboard: Dashboard = {
  uid: "e2e-sample",
  title: "Sample",
  folder: "L2 chain",
  json: {
    schemaVersion: 41,
    panels: [
      {
        type: "timeseries",
        title: "Up",
        description: "${__field.name} of $$",
        datasource: { type: "prometheus", uid: "prometheus" },
        targets: [{ refId: "A", expr: "up" }],
        gridPos: { x: 0, y: 0, w: 24, h: 8 },
      },
    ],
  },
};

function stores(kind: Kind) {
  const at = (host: string, port: number) => ({ host, port });
  return {
    metrics: { query: new Endpoint({ protocol: "promql", ...at("prometheus", 9090) }) },
    logs: { query: new Endpoint({ protocol: "logql", ...at("loki", 3100) }) },
    traces: { kind, query: new Endpoint({ protocol: "traces", ...at(kind, 3200) }) },
    alertmanager: {
      api: new Endpoint({ protocol: "alertmanager", ...at("alertmanager", 9093) }),
    },
  } as const;
}

interface Rendered {
  readonly upload: readonly { readonly file: string; readonly content: string }[];
}

const environment = "e2e";

/** The whole catalogue, channels of every kind, times and planned work. */
function engine(): AlertingProps {
  const receivers = [
    { name: "slack", type: "slack", webhookUrl: secret("slack-url") },
    {
      name: "discord",
      type: "discord",
      webhookUrls: { P1: secret("discord-urgent"), P3: secret("discord-normal") },
    },
    { name: "telegram", type: "telegram", botToken: secret("bot-token"), chatId: -7 },
    { name: "mail", type: "email", to: ["a@b.example"], from: "c@b.example", host: "127.0.0.1" },
    { name: "dooray", type: "dooray", url: "http://127.0.0.1:9/dooray" },
    { name: "hook", type: "webhook", url: secret("hook-url"), bearerToken: secret("hook-token") },
  ].map((one) => receiverSchema.parse(one));
  const everyone = receivers.map(({ name }) => name);
  return {
    receivers,
    routes: { P1: everyone, P2: everyone, P3: everyone, P4: [], heartbeat: ["hook"] },
    calendar: calendarSchema.parse({
      timeZone: "Asia/Seoul",
      businessHours: {},
      holidays: ["12-25"],
      maintenance: [{ name: "upgrade", from: "2026-12-01T22:00", until: "2026-12-02T02:00" }],
    }),
    rules: () => ({ groups: catalogue(), logGroups: logRules() }),
    links: { prometheus: "http://127.0.0.1:9", loki: "http://127.0.0.1:9" },
  };
}

/** Grafana's files as Terraform hands them to the engine. */
function rendered(folder: string, kind: Kind, alerting?: AlertingProps): Map<string, string> {
  const outdir = join(folder, "cdktf.out");
  mkdirSync(folder, { recursive: true });
  const app = new App({ outdir });
  const stack = new TerraformStack(app, "grafana");
  new DockerProvider(stack, "docker", {});
  const runtime = new Runtime(stack, "runtime", {
    environment,
    machine: { name: "test", memoryMiB: 4096, swapMiB: 0, diskGiB: 50 },
    secretsDirectory: "/secrets",
  });
  new Grafana(stack, "grafana", {
    runtime,
    ...stores(kind),
    dashboards: [dashboard],
    ...(alerting === undefined ? {} : { alerting }),
  });
  app.synth();
  const { resource } = JSON.parse(
    readFileSync(join(outdir, "stacks", "grafana", "cdk.tf.json"), "utf8"),
  ) as { resource: { docker_container: Record<string, Rendered> } };
  const [container] = Object.values(resource.docker_container);
  return new Map(container?.upload.map(({ file, content }) => [file, terraformText(content)]));
}

/** One Grafana on loopback, of a home folder as its archive holds it. */
class Trial {
  readonly password = randomBytes(18).toString("base64url");
  readonly #log: string[] = [];
  #process: ChildProcess | undefined;
  #url = "";

  constructor(
    readonly home: string,
    readonly folder: string,
    readonly alerting?: AlertingProps,
  ) {}

  write(kind: Kind): void {
    rmSync(this.folder, { recursive: true, force: true });
    const secrets = join(this.folder, "secrets");
    for (const [path, content] of rendered(this.folder, kind, this.alerting)) {
      const target = join(this.folder, path);
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(
        target,
        content
          .replaceAll("/run/secrets/l2-observatory", secrets)
          .replaceAll(" /etc/grafana", ` ${this.folder}/etc/grafana`),
      );
    }
    mkdirSync(secrets);
    for (const { secret } of grafanaSecrets) {
      writeFileSync(join(secrets, secret), `${this.password}\n`);
    }
    // Nothing listens there.
    for (const { secret } of this.alerting?.receivers.flatMap(secretsOf) ?? []) {
      writeFileSync(join(secrets, secret), `http://127.0.0.1:9/${secret}\n`);
    }
  }

  forget(secret: string): void {
    rmSync(join(this.folder, "secrets", secret));
  }

  async start(): Promise<void> {
    const port = await freePort();
    const data = join(this.folder, "data");
    mkdirSync(data, { recursive: true });
    this.#url = `http://127.0.0.1:${String(port)}`;
    const path = (name: string) => join(data, name);
    this.#process = spawn(
      join(this.home, "bin", "grafana"),
      [
        "server",
        `--homepath=${this.home}`,
        `--config=${join(this.folder, "etc/grafana/grafana.ini")}`,
      ],
      {
        stdio: ["ignore", "pipe", "pipe"],
        env: {
          PATH: process.env["PATH"] ?? "",
          GOMEMLIMIT: "240MiB",
          GF_SERVER_HTTP_ADDR: "127.0.0.1",
          GF_SERVER_HTTP_PORT: String(port),
          GF_SERVER_ROOT_URL: `${this.#url}/`,
          GF_PATHS_DATA: data,
          GF_UNIFIED_ALERTING_ENABLED: String(this.alerting !== undefined),
          GF_PATHS_LOGS: path("log"),
          GF_PATHS_PLUGINS: path("plugins"),
          GF_PATHS_PROVISIONING: join(this.folder, "etc/grafana/provisioning"),
        },
      },
    );
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.on("data", (chunk: Buffer) => this.#log.push(chunk.toString()));
    }
  }

  get log(): string {
    return this.#log.join("").slice(-3000);
  }

  get ended(): boolean {
    return this.#process === undefined || this.#process.exitCode !== null;
  }

  async stop(): Promise<void> {
    const running = this.#process;
    if (running === undefined || this.ended) return;
    const gone = new Promise((resolve) => running.once("exit", resolve));
    running.kill("SIGTERM");
    const kill = setTimeout(() => running.kill("SIGKILL"), 20_000);
    await gone;
    clearTimeout(kill);
  }

  async healthy(): Promise<void> {
    await eventually(
      "Grafana is healthy",
      180,
      async () => {
        if (this.ended) return `ended: ${this.log}`;
        const answer = await this.get("/api/health");
        return answer.ok ? "healthy" : `answered ${String(answer.status)}`;
      },
      (said) => said === "healthy" || said.startsWith("ended"),
    );
    expect(!this.ended, `Grafana ended:\n${this.log}`);
  }

  /** @param password of the administrator; without it nobody is logged in */
  get(path: string, password?: string): Promise<Response> {
    const basic = Buffer.from(`admin:${password ?? ""}`).toString("base64");
    return fetch(`${this.#url}${path}`, {
      redirect: "manual",
      headers: password === undefined ? {} : { authorization: `Basic ${basic}` },
    });
  }

  async json<T>(path: string): Promise<T> {
    const answer = await this.get(path, this.password);
    expect(answer.ok, `${path} answered ${String(answer.status)}`);
    return (await answer.json()) as T;
  }
}

interface Kept {
  readonly uid: string;
  readonly url: string;
  readonly jsonData: unknown;
}

/** As JSON with sorted keys: the database keeps no order. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, canonical(inner)]),
  );
}

async function datasourcesAreMeant(trial: Trial, kind: Kind): Promise<readonly string[]> {
  const all = await trial.json<readonly Kept[]>("/api/datasources");
  const meant = datasourcesOf(stores(kind));
  const uids = (of: readonly { readonly uid: string }[]) =>
    of
      .map(({ uid }) => uid)
      .sort()
      .join(", ");
  expect(uids(all) === uids(meant), `datasources ${uids(all)}, not ${uids(meant)}`);
  for (const { uid, url, jsonData } of meant) {
    const kept = await trial.json<Kept>(`/api/datasources/uid/${uid}`);
    expect(kept.url === url, `${uid} is at ${kept.url}, not ${url}`);
    const [got, wanted] = [kept.jsonData, jsonData].map((one) => JSON.stringify(canonical(one)));
    expect(got === wanted, `${uid} keeps ${String(got)}, not ${String(wanted)}`);
  }
  return all.map(({ uid }) => uid);
}

async function nobodyElseIsLetIn(trial: Trial): Promise<void> {
  for (const path of ["/api/datasources", "/api/search", "/api/org"]) {
    const { status } = await trial.get(path);
    expect(status === 401, `${path} answered ${String(status)} to nobody`);
  }
  // Two attempts: after five Grafana refuses the right password too, for a while.
  for (const password of ["admin", ""]) {
    const { status } = await trial.get("/api/org", password);
    expect(status === 401, `the password '${password}' got ${String(status)}`);
  }
  const page = await trial.get("/");
  expect(
    page.status === 302 && (page.headers.get("location") ?? "").includes("/login"),
    `the first page answered ${String(page.status)} to nobody`,
  );
}

async function dashboardIsMeant(trial: Trial): Promise<void> {
  const { dashboard: kept, meta } = await eventually(
    "the dashboard is provisioned",
    60,
    () =>
      trial.json<{
        dashboard: { title: string; panels: readonly { description: string }[] };
        meta: { folderTitle: string };
      }>(`/api/dashboards/uid/${dashboard.uid}`),
    () => true,
  );
  expect(kept.title === dashboard.title, `the dashboard's title is ${kept.title}`);
  expect(meta.folderTitle === dashboard.folder, `its folder is ${meta.folderTitle}`);
  const description = kept.panels[0]?.description;
  expect(description === "${__field.name} of $$", `its text is ${String(description)}`);
}

interface KeptRule {
  readonly uid: string;
  readonly title: string;
  readonly ruleGroup: string;
  readonly condition: string;
  readonly for: string;
  readonly noDataState: string;
  readonly execErrState: string;
  readonly missingSeriesEvalsToResolve?: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly data: readonly {
    readonly refId: string;
    readonly model: Readonly<Record<string, unknown>>;
  }[];
}

function sameText(what: string, got: unknown, wanted: unknown): void {
  const [a, b] = [got, wanted].map((one) => JSON.stringify(canonical(one)));
  expect(a === b, `${what} is ${String(a)}, not ${String(b)}`);
}

/** What Grafana made of the files, over its API: dollar by dollar, rule by rule. */
async function alertingIsMeant(trial: Trial, meant: AlertingProps): Promise<string> {
  const api = <T>(path: string) => trial.json<T>(`/api/v1/provisioning/${path}`);
  const groups = grafanaGroups(meant.rules(), environment, meant.links);
  const wanted = groups.flatMap((group) =>
    group.rules.map((rule) => ({ ...rule, group: group.name })),
  );
  const rules = await api<readonly KeptRule[]>("alert-rules");
  sameText(
    "the list of rules",
    rules.map(({ uid }) => uid).sort(),
    wanted.map(({ uid }) => uid).sort(),
  );
  for (const rule of wanted) {
    const kept = rules.find(({ uid }) => uid === rule.uid);
    const of = (one: KeptRule | typeof rule | undefined) => ({
      title: one?.title,
      condition: one?.condition,
      noDataState: one?.noDataState,
      execErrState: one?.execErrState,
      resolves: one?.missingSeriesEvalsToResolve,
      labels: one?.labels,
      annotations: one?.annotations,
      asks: one?.data.map(({ refId, model }) => [
        refId,
        "expr" in model ? model.expr : "expression" in model ? model.expression : undefined,
      ]),
    });
    sameText(
      `rule ${rule.uid}`,
      { ...of(kept), group: kept?.ruleGroup },
      { ...of(rule), group: rule.group },
    );
  }
  const points = distinctContactPoints(contactPoints(meant.receivers, meant.routes));
  const kept = await api<readonly { uid: string; name: string }[]>("contact-points");
  for (const { name, channels } of points) {
    for (const { uid } of channels) {
      expect(
        kept.some((one) => one.uid === uid && one.name === name),
        `there is no channel ${uid} of ${name}`,
      );
    }
  }
  const tree = await api<{ receiver: string; routes: readonly { receiver: string }[] }>("policies");
  const uids = wanted.map(({ uid }) => uid);
  const { receiver, routes = [] } = policyTree(
    contactPoints(meant.receivers, meant.routes),
    meant.calendar ?? openCalendar,
    uids,
  );
  sameText(
    "the tree of policies",
    [tree.receiver, ...tree.routes.map((one) => one.receiver)],
    [receiver, ...routes.map((one) => one.receiver)],
  );
  const times = await api<readonly { name: string }[]>("mute-timings");
  const templates = await api<readonly { name: string; template: string }[]>("templates");
  for (const [name, text] of Object.entries(messageTemplates(meant.calendar ?? openCalendar))) {
    const own = templates.find((one) => one.name === `l2o.${name}`);
    expect(
      own?.template.trim() === text.trim(),
      `the template ${name} is ${String(own?.template)}`,
    );
  }
  return `${String(rules.length)} rules, ${String(kept.length)} channels, ${String(times.length)} times, ${String(templates.length)} templates`;
}

const steps = {
  alerting:
    "grafana: as the engine of alerts, rules, channels, policies, times and templates are what was meant",
  up: "grafana: starts with the rendered files, lets the administrator in and nobody else",
  links: "grafana: datasources, links and the dashboard are what was meant, dollar by dollar",
  jaeger: "grafana: the other store of traces takes the place of the first one",
  refuses: "grafana: does not start without its password's file",
} as const;

/**
 * The real Grafana on the rendered files, where there is one: L2O_GRAFANA_BIN names its home, the folder with bin/, conf/
 * and public/. It listens on loopback only.
 */
export async function grafana(all: Steps, work: string): Promise<void> {
  const home = process.env["L2O_GRAFANA_BIN"];
  if (home === undefined || !existsSync(join(home, "bin", "grafana"))) {
    const reason =
      home === undefined
        ? "no Grafana is at hand; unpack its archive and name the folder in L2O_GRAFANA_BIN"
        : `L2O_GRAFANA_BIN must name a folder with bin/grafana, got '${home}'`;
    for (const name of Object.values(steps)) all.skip(name, reason);
    return;
  }
  const trial = new Trial(home, join(work, "grafana"));
  try {
    await all.step(steps.up, async () => {
      trial.write("tempo");
      await trial.start();
      await trial.healthy();
      await nobodyElseIsLetIn(trial);
      const { database, version } = await trial.json<Record<string, string>>("/api/health");
      expect(database === "ok", `the database is ${String(database)}`);
      const metrics = await (await trial.get("/metrics")).text();
      expect(metrics.includes("grafana_build_info"), "/metrics has no grafana_build_info");
      return `version ${String(version)}`;
    });
    await all.step(
      steps.links,
      async () => {
        await dashboardIsMeant(trial);
        return (await datasourcesAreMeant(trial, "tempo")).join(", ");
      },
      [steps.up],
    );
    await all.step(
      steps.jaeger,
      async () => {
        await trial.stop();
        const provisioning = "etc/grafana/provisioning/datasources/datasources.yaml";
        const content = rendered(trial.folder, "jaeger").get(`/${provisioning}`) ?? "";
        writeFileSync(join(trial.folder, provisioning), content);
        await trial.start();
        await trial.healthy();
        return (await datasourcesAreMeant(trial, "jaeger")).join(", ");
      },
      [steps.up],
    );
  } finally {
    await trial.stop();
  }
  const meant = engine();
  const alerting = new Trial(home, join(work, "grafana-alerting"), meant);
  try {
    await all.step(steps.alerting, async () => {
      alerting.write("tempo");
      await alerting.start();
      await alerting.healthy();
      return alertingIsMeant(alerting, meant);
    });
  } finally {
    await alerting.stop();
  }
  const without = new Trial(home, join(work, "grafana-without-password"));
  try {
    await all.step(steps.refuses, async () => {
      without.write("tempo");
      without.forget("grafana-admin-password");
      await without.start();
      await eventually(
        "Grafana ends",
        60,
        () => Promise.resolve(without.ended),
        (ended) => ended,
      );
      expect(without.log.includes("grafana-admin-password"), `it ended with: ${without.log}`);
      return undefined;
    });
  } finally {
    await without.stop();
  }
}
