import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { App, TerraformStack } from "cdktf";
import { DockerProvider } from "@cdktf/provider-docker/lib/provider";
import { terraformText } from "../../constructs/core/config-file";
import { Endpoint } from "../../constructs/core/endpoint";
import { Runtime } from "../../constructs/core/runtime";
import { Grafana, grafanaSecrets, type Dashboard } from "../../constructs/grafana";
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

/** Grafana's files as Terraform hands them to the engine. */
function rendered(folder: string, kind: Kind): Map<string, string> {
  const outdir = join(folder, "cdktf.out");
  mkdirSync(folder, { recursive: true });
  const app = new App({ outdir });
  const stack = new TerraformStack(app, "grafana");
  new DockerProvider(stack, "docker", {});
  const runtime = new Runtime(stack, "runtime", {
    environment: "e2e",
    machine: { name: "test", memoryMiB: 4096, swapMiB: 0, diskGiB: 50 },
    secretsDirectory: "/secrets",
  });
  new Grafana(stack, "grafana", { runtime, ...stores(kind), dashboards: [dashboard] });
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
  ) {}

  write(kind: Kind): void {
    rmSync(this.folder, { recursive: true, force: true });
    const secrets = join(this.folder, "secrets");
    for (const [path, content] of rendered(this.folder, kind)) {
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

const steps = {
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
