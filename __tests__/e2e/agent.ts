import { spawn, type ChildProcess } from "node:child_process";
import { appendFileSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { run } from "../../commands/shell";
import { agentSchema } from "../../constructs/alloy";
import { configFiles, type Platform } from "../../constructs/alloy/config";
import type { AgentInput } from "../../constructs/alloy";
import { Endpoint } from "../../constructs/core/endpoint";
import { images } from "../../constructs/core/images";
import { assetPath } from "../../constructs/core/paths";
import type { Platform as PlatformUnderTest } from "../../tools/rig/platform";
import { eventually, expect, type Steps } from "../../tools/rig/steps";
import { logLines, plain } from "../support/log-lines";

const ports = {
  loki: 23_100,
  lokiGrpc: 23_195,
  prometheus: 23_190,
  alloy: 23_145,
  proxy: 23_175,
} as const;

const alloyBinary = process.env["L2O_ALLOY_BIN"];

const needs = ["deploy from nothing"];

/** The engine under test, and an image on it that offers what nginx-unprivileged does. */
interface Containers {
  readonly platform: PlatformUnderTest;
  readonly nginx: string;
}

/** Programs of this machine. */
interface Binaries {
  readonly alloy: string;
  readonly loki: string;
  readonly prometheus: string;
}

/** @param engine address on which the socket proxy is published */
const platformWith = (engine: string): Platform => ({
  metrics: new Endpoint({
    protocol: "remote-write",
    host: "127.0.0.1",
    port: ports.prometheus,
    path: "/api/v1/write",
  }),
  logs: new Endpoint({
    protocol: "loki-push",
    host: "127.0.0.1",
    port: ports.loki,
    path: "/loki/api/v1/push",
  }),
  traces: new Endpoint({ protocol: "otlp-http", host: "127.0.0.1", port: 23_118 }),
  engine: new Endpoint({ protocol: "http", host: engine, port: ports.proxy }),
});

/** One of every module. */
const everyModule: AgentInput = {
  agent: "all-modules",
  modules: [
    { module: "host" },
    { module: "docker-logs", ignore: ["noisy"], drop: ["GET /health"] },
    { module: "files", service: "edge", paths: ["/var/log/nginx/*.log"], group: 4 },
    { module: "spring", service: "api", host: "api" },
    { module: "spring", service: "chat", host: "chat", port: 8081 },
    { module: "nginx", service: "edge", host: "edge", exporterHost: "edge-exporter" },
    { module: "otlp" },
    {
      module: "probes",
      probes: [
        { name: "api", target: "https://api.example.com/health" },
        { name: "db", target: "db:3306", module: "tcp" },
      ],
    },
  ],
};

/** Writes an agent's files. @param outside where `/host` and `/etc/alloy` are on this machine, outside a container */
function write(folder: string, input: AgentInput, outside: string, engine = "127.0.0.1"): void {
  mkdirSync(folder, { recursive: true });
  for (const { path, content } of configFiles(agentSchema.parse(input), platformWith(engine))) {
    const text = content
      .replaceAll('"/host/proc"', '"/proc"')
      .replaceAll('"/host/sys"', '"/sys"')
      .replaceAll('"/host/root"', '"/"')
      .replaceAll('"/host/files', `"${outside}`)
      .replaceAll("/etc/alloy/", `${folder}/`);
    writeFileSync(join(folder, basename(path)), text);
  }
}

/** Programs of this test, ended by their process ids. */
class Programs {
  readonly #running = new Map<string, ChildProcess>();

  constructor(readonly folder: string) {}

  start(name: string, binary: string, args: readonly string[]): void {
    const log = openSync(join(this.folder, `${name}.log`), "a");
    this.#running.set(name, spawn(binary, args, { stdio: ["ignore", log, log] }));
  }

  async stop(name: string, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const child = this.#running.get(name);
    this.#running.delete(name);
    if (child?.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await ended;
  }

  async stopAll(): Promise<void> {
    for (const name of [...this.#running.keys()]) await this.stop(name, "SIGKILL");
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

async function ready(what: string, url: string): Promise<void> {
  await eventually(
    `${what} is ready`,
    60,
    () => answers(url),
    (ok) => ok,
  );
}

interface Kept {
  /** Nanoseconds since 1970. */
  readonly at: string;
  readonly line: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

/** Every line of a selector, its labels and metadata apart. */
async function kept(selector: string): Promise<readonly Kept[]> {
  const query = new URLSearchParams({ query: selector, since: "2h", limit: "5000" });
  const answer = await fetch(
    `http://127.0.0.1:${String(ports.loki)}/loki/api/v1/query_range?${query.toString()}`,
    { headers: { "X-Loki-Response-Encoding-Flags": "categorize-labels" } },
  );
  const { data } = (await answer.json()) as {
    data: {
      result: {
        stream: Record<string, string>;
        values: [string, string, { structuredMetadata?: Record<string, string> }?][];
      }[];
    };
  };
  return data.result.flatMap(({ stream, values }) =>
    values.map(([at, line, extra]) => ({
      at,
      line,
      labels: stream,
      metadata: extra?.structuredMetadata ?? {},
    })),
  );
}

async function series(query: string): Promise<number> {
  const answer = await fetch(
    `http://127.0.0.1:${String(ports.prometheus)}/api/v1/query?${new URLSearchParams({ query }).toString()}`,
  );
  const { data } = (await answer.json()) as { data: { result: unknown[] } };
  return data.result.length;
}

const lokiFile = (data: string) => `
auth_enabled: false
server: { http_listen_address: 127.0.0.1, http_listen_port: ${String(ports.loki)}, grpc_listen_address: 127.0.0.1, grpc_listen_port: ${String(ports.lokiGrpc)}, log_level: warn }
analytics: { reporting_enabled: false }
common: { path_prefix: ${data}, replication_factor: 1, instance_addr: 127.0.0.1, ring: { kvstore: { store: inmemory } }, storage: { filesystem: { chunks_directory: ${data}/chunks, rules_directory: ${data}/rules } } }
schema_config: { configs: [{ from: "2024-01-01", store: tsdb, object_store: filesystem, schema: v13, index: { prefix: index_, period: 24h } }] }
ingester: { lifecycler: { min_ready_duration: 0s } }
limits_config: { discover_service_name: [] }
`;

/** Loki, Prometheus and the agent under test, as programs of this machine. */
class Rig {
  readonly #programs: Programs;

  constructor(
    readonly folder: string,
    readonly paths: Binaries,
  ) {
    mkdirSync(folder, { recursive: true });
    this.#programs = new Programs(folder);
  }

  async loki(): Promise<void> {
    const file = join(this.folder, "loki.yaml");
    writeFileSync(file, lokiFile(join(this.folder, "loki")));
    this.#programs.start("loki", this.paths.loki, [`-config.file=${file}`]);
    await ready("Loki", `http://127.0.0.1:${String(ports.loki)}/ready`);
  }

  async prometheus(): Promise<void> {
    const file = join(this.folder, "prometheus.yml");
    writeFileSync(file, "global: { scrape_interval: 15s }\n");
    this.#programs.start("prometheus", this.paths.prometheus, [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(this.folder, "prometheus")}`,
      `--web.listen-address=127.0.0.1:${String(ports.prometheus)}`,
      "--web.enable-remote-write-receiver",
    ]);
    await ready("Prometheus", `http://127.0.0.1:${String(ports.prometheus)}/-/ready`);
  }

  async agent(): Promise<void> {
    this.#programs.start("alloy", this.paths.alloy, [
      "run",
      join(this.folder, "config"),
      `--storage.path=${join(this.folder, "alloy")}`,
      `--server.http.listen-addr=127.0.0.1:${String(ports.alloy)}`,
      "--disable-reporting",
    ]);
    await ready("the agent", `http://127.0.0.1:${String(ports.alloy)}/-/ready`);
  }

  async stop(...args: Parameters<Programs["stop"]>): Promise<void> {
    await this.#programs.stop(...args);
  }

  async end(): Promise<void> {
    await this.#programs.stopAll();
  }
}

function sorted(record: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(record).sort(([a], [b]) => a.localeCompare(b)));
}

/** What the pipelines found out about a line; what Loki and the file's reader add is left out. */
function found({ metadata }: Kept): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(metadata).filter(([key]) => !["detected_level", "filename"].includes(key)),
  );
}

const recordings = [...new Set(logLines.map(({ file }) => file))];

async function recordedLines(logs: string): Promise<string> {
  for (const file of recordings) {
    // Apart in time, as different requests are: a line that goes on is told by how it begins, not by when it comes.
    const entries = logLines.filter((line) => line.file === file).map(({ entry }) => entry);
    appendFileSync(join(logs, `${file}.log`), `${entries.join("\n")}\n`);
  }
  for (const file of recordings) {
    const expected = logLines.filter((line) => line.file === file);
    const lines = await eventually(
      `${file} arrives whole`,
      30,
      () => kept(`{service="${file}"}`),
      (all) => all.length >= expected.length,
    );
    for (const { entry, expected: metadata } of expected) {
      const one = lines.find(({ line }) => line === plain(entry));
      expect(
        one !== undefined,
        `${file}: not kept as it was:\n${entry}\nkept were:\n${lines.map(({ line }) => line).join("\n---\n")}`,
      );
      if (one === undefined) continue;
      expect(
        sorted(found(one)) === sorted(metadata),
        `${file}: ${entry}\n  got      ${sorted(found(one))}\n  expected ${sorted(metadata)}`,
      );
      expect(
        sorted(one.labels) ===
          sorted({ agent: "rig", host: "rig", logstream: "file", service: file }),
        `${file} has the labels ${sorted(one.labels)}`,
      );
    }
    expect(lines.length === expected.length, `${file}: ${String(lines.length)} entries`);
  }
  return `${String(logLines.length)} entries of ${String(recordings.length)} programs`;
}

/** Where a line is there twice: with the time of each. */
function repeated(lines: readonly Kept[]): string {
  const again = lines.find(({ line }, i) => lines.findIndex((one) => one.line === line) < i);
  return lines
    .filter(({ line }) => line === again?.line)
    .map(({ line, at }) => `${line} at ${at}`)
    .join(", ");
}

async function countOf(service: string, atLeast: number, seconds = 60): Promise<string> {
  const ask = () => kept(`{service="${service}"}`);
  await eventually(
    `${String(atLeast)} lines of ${service}`,
    seconds,
    async () => (await ask()).length,
    (count) => count >= atLeast,
  );
  const lines = await ask();
  const distinct = new Set(lines.map(({ line }) => line)).size;
  expect(
    lines.length === atLeast && distinct === atLeast,
    `${String(lines.length)} lines, ${String(distinct)} different, of ${String(atLeast)}; the first that is there again: ${repeated(lines)}`,
  );
  return `${String(atLeast)} of ${String(atLeast)} lines, none twice`;
}

async function containerLines({ platform, nginx }: Containers): Promise<string> {
  const script =
    'echo "t=2026-11-21T05:00:00+0000 lvl=warn msg=hello"; echo "gone wrong" >&2; sleep 300';
  await platform.docker(
    ...["run", "--detach", "--rm", "--name", chattyName, "--entrypoint", "/bin/sh"],
    ...["--label", "l2-observatory.service=chatty", "--label", "l2-observatory.chain=demo"],
    ...[nginx, "-c", script],
  );
  const began = Date.now();
  const lines = await eventually(
    "both lines of the container",
    30,
    () => kept(`{service="chatty", container="${chattyName}", chain="demo", agent="rig"}`),
    (all) => all.length >= 2,
  );
  const seconds = (Date.now() - began) / 1000;
  const streams = new Map(lines.map((one) => [one.labels["logstream"], one]));
  expect(streams.get("stderr")?.line === "gone wrong", `on stderr: ${JSON.stringify(lines)}`);
  expect(
    streams.get("stdout")?.metadata["level"] === "warn",
    `on stdout: ${JSON.stringify(lines)}`,
  );
  return `after ${seconds.toFixed(1)} s`;
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Writes numbered lines, some every 100 ms. */
async function writeLines(file: string, from: number, until: number): Promise<void> {
  for (let i = from; i < until; i += 10) {
    const lines = Array.from({ length: 10 }, (_, j) => `t=x lvl=info n=${String(i + j)}\n`);
    appendFileSync(file, lines.join(""));
    await sleep(100);
  }
}

const proxyName = "l2o-e2e-socket-proxy";
const chattyName = "l2o-e2e-chatty";

/** The proxy as the product runs it, published for this test. */
async function startProxy({ platform, nginx }: Containers): Promise<void> {
  const conf = assetPath("socket-proxy/nginx.conf");
  const { socket, address } = platform.engine;
  await platform.docker(
    ...["run", "--detach", "--rm", "--name", proxyName, "--user", "0:0", "--memory", "32m"],
    ...["--cap-drop", "ALL", "--security-opt", "no-new-privileges:true"],
    ...["--tmpfs", "/tmp:rw,noexec,nosuid,size=16m"],
    ...["--mount", `type=bind,source=${socket},target=/var/run/docker.sock,readonly`],
    ...["--volume", `${conf}:/etc/nginx/nginx.conf:ro`],
    ...["--publish", `${address}:${String(ports.proxy)}:2375`, nginx],
  );
  await ready("the socket proxy", `http://${address}:${String(ports.proxy)}/-/healthy`);
}

const proxied = "socket proxy: GET of listed paths, and nothing else";

/** The proxy before the socket of the engine under test: what it answers and what it refuses. */
async function socketProxy(steps: Steps, containers: Containers): Promise<void> {
  const { address } = containers.platform.engine;
  await steps.step(
    proxied,
    async () => {
      await startProxy(containers);
      const cases: readonly (readonly [string, string, number])[] = [
        ["GET", "/containers/json", 200],
        ["GET", "/v1.41/containers/json", 200],
        ["HEAD", "/_ping", 200],
        ["GET", "/networks", 200],
        ["GET", `/containers/${proxyName}/json`, 200],
        ["POST", "/containers/create", 403],
        ["POST", `/containers/${proxyName}/stop`, 403],
        ["DELETE", `/containers/${proxyName}`, 403],
        ["PUT", `/containers/${proxyName}/archive?path=/tmp`, 403],
        ["PATCH", "/containers/json", 403],
        ["GET", `/containers/${proxyName}/archive?path=/etc`, 403],
        ["GET", `/containers/${proxyName}/export`, 403],
        ["GET", `/containers/${proxyName}/attach/ws`, 403],
        ["GET", "/images/json", 403],
        ["GET", "/info", 403],
      ];
      for (const [method, path, status] of cases) {
        const answer = await fetch(`http://${address}:${String(ports.proxy)}${path}`, { method });
        await answer.arrayBuffer();
        expect(answer.status === status, `${method} ${path}: ${String(answer.status)}`);
      }
      return `${String(cases.length)} requests`;
    },
    needs,
  );
}

/**
 * The agent's files checked by Alloy itself, and run, against the Loki and the Prometheus of the platform's images.
 * @param work folder of this test
 */
export async function agent(
  steps: Steps,
  platform: PlatformUnderTest,
  work: string,
): Promise<void> {
  const { nginx = images.nginx } = await platform.images();
  const containers = { platform, nginx };
  try {
    await socketProxy(steps, containers);
    await checked(steps, containers, work);
  } finally {
    await run("docker", ["rm", "--force", "--volumes", proxyName, chattyName], {
      env: platform.env,
    });
  }
}

async function checked(steps: Steps, containers: Containers, work: string): Promise<void> {
  const names = [
    "agent: files are as alloy fmt writes them",
    "agent: files are valid for alloy validate",
    "agent: runs",
  ] as const;
  const alloy = alloyBinary;
  if (alloy === undefined) {
    for (const name of names) {
      steps.skip(name, "no Alloy is at hand: name its program in L2O_ALLOY_BIN");
    }
    return;
  }
  const all = join(work, "agent-all");
  write(all, everyModule, "");
  await steps.step(names[0], async () => {
    const files = configFiles(agentSchema.parse(everyModule), platformWith("127.0.0.1"))
      .map(({ path }) => basename(path))
      .filter((name) => name.endsWith(".alloy"));
    for (const file of files) {
      const { code, stdout, stderr } = await run(alloy, ["fmt", "-t", join(all, file)]);
      expect(code === 0, `${file}: ${stdout}${stderr}`);
    }
    return `${String(files.length)} files`;
  });
  await steps.step(names[1], async () => {
    const { code, stdout, stderr } = await run(alloy, ["validate", all]);
    expect(code === 0, `${stdout}${stderr}`);
    return undefined;
  });
  const binaries = { alloy, loki: join(work, "loki"), prometheus: join(work, "prometheus") };
  await steps.step(
    "agent: programs of Loki and Prometheus are taken from their containers",
    async () => {
      const { platform } = containers;
      await platform.docker("cp", "l2o-local-loki:/usr/bin/loki", binaries.loki);
      await platform.docker("cp", "l2o-local-prometheus:/bin/prometheus", binaries.prometheus);
      return undefined;
    },
    needs,
  );
  const rig = new Rig(join(work, "rig"), binaries);
  try {
    await runs(steps, rig, containers);
  } finally {
    await rig.end();
  }
}

async function runs(steps: Steps, rig: Rig, containers: Containers): Promise<void> {
  const logs = join(rig.folder, "logs", "files");
  mkdirSync(logs, { recursive: true });
  write(
    join(rig.folder, "config"),
    {
      agent: "rig",
      modules: [
        { module: "host" },
        { module: "docker-logs" as const },
        ...[...recordings, "outage", "restart"].map((service) => ({
          module: "files" as const,
          service,
          paths: [`/files/${service}.log`],
          drop: ["^not wanted"],
        })),
      ],
    },
    join(rig.folder, "logs"),
    containers.platform.engine.address,
  );
  await steps.step(
    "agent: runs",
    async () => {
      await Promise.all([rig.loki(), rig.prometheus()]);
      await rig.agent();
      return undefined;
    },
    [proxied],
  );
  const running = ["agent: runs"];
  await steps.step(
    "agent: lines of real programs are understood, broken ones are kept",
    () => recordedLines(logs),
    running,
  );
  await steps.step(
    "agent: a drop rule drops what it names",
    async () => {
      appendFileSync(join(logs, "restart.log"), "not wanted 1\n");
      appendFileSync(join(logs, "restart.log"), "t=x lvl=info n=start\n");
      return countOf("restart", 1);
    },
    running,
  );
  await steps.step(
    "agent: host metrics arrive under node exporter's job, and the agent's own",
    async () => {
      for (const query of [
        'node_memory_MemAvailable_bytes{job="node-exporter", instance="rig", agent="rig", host="rig"}',
        'node_filesystem_avail_bytes{job="node-exporter"}',
        'up{job="alloy", instance="rig"} == 1',
        "alloy_component_controller_running_components",
      ]) {
        await eventually(
          query,
          60,
          () => series(query),
          (count) => count > 0,
        );
      }
      return `${String(await series('{job="node-exporter"}'))} and ${String(await series('{job="alloy"}'))} series`;
    },
    running,
  );
  await steps.step(
    "agent: nothing is lost while Loki is away for a minute",
    async () => {
      const file = join(logs, "outage.log");
      await writeLines(file, 0, 100);
      await rig.stop("loki", "SIGKILL");
      await writeLines(file, 100, 500);
      await sleep(60_000);
      await writeLines(file, 500, 600);
      await rig.loki();
      return countOf("outage", 600, 120);
    },
    running,
  );
  await steps.step(
    "agent: a container's line is found by its labels, read through the proxy",
    () => containerLines(containers),
    running,
  );
  const restarted = join(logs, "restart.log");
  await steps.step(
    "agent: after a restart no line is there twice",
    async () => {
      await writeLines(restarted, 0, 100);
      // A line that came just then may still be held, to see whether another belongs to it: a stop loses it.
      await sleep(2000);
      await rig.stop("alloy");
      await writeLines(restarted, 100, 200);
      await rig.agent();
      await writeLines(restarted, 200, 300);
      return countOf("restart", 301);
    },
    running,
  );
  await steps.step(
    "agent: after it was killed no line is missing",
    async () => {
      await sleep(2000);
      await rig.stop("alloy", "SIGKILL");
      await writeLines(restarted, 300, 400);
      await rig.agent();
      const ask = () => kept('{service="restart"}');
      await eventually(
        "401 different lines",
        60,
        async () => new Set((await ask()).map(({ line }) => line)).size,
        (count) => count >= 401,
      );
      const lines = await ask();
      // Where reading stopped is noted 10 seconds after the note before, and only when a further line is read.
      return `401 of 401 lines; ${String(lines.length - 401)} of the 200 before the kill are there twice`;
    },
    ["agent: after a restart no line is there twice"],
  );
}
