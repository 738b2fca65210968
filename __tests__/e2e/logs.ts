import { spawn, type ChildProcess } from "node:child_process";
import { createServer, type Server } from "node:http";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { App } from "cdktf";
import { stringify, parse } from "yaml";
import { run, type Finished } from "../../commands/shell";
import { terraformText } from "../../constructs/core/config-file";
import { opBatcher } from "../../constructs/exporters/op-batcher";
import { opNode } from "../../constructs/exporters/op-node";
import type { LogsInput } from "../../constructs/loki";
import { parseEnvironment } from "../../stacks/environment";
import { MonitoringStack } from "../../stacks/monitoring-stack";
import type { FakeSlack } from "../../tools/rig/fake-slack";
import { Checkers } from "./checkers";
import { renderLogRuleTests, type RangeSeries } from "./log-alerts";
import type { Platform } from "../../tools/rig/platform";
import { eventually, expect, type Steps } from "../../tools/rig/steps";
import { freePort } from "../../tools/rig/free-port";

const chain = "demo";

/** Every file that Loki gets for some settings, by its path in the container. */
function rendered(logs: LogsInput): ReadonlyMap<string, string> {
  const environment = parseEnvironment({
    name: "logs",
    engine: { type: "local" },
    machine: { name: "test", memoryMiB: 4096, diskGiB: 50 },
    sources: [opBatcher({ chain }), opNode({ chain })],
    agent: false,
    grafana: false,
    logs,
  });
  const outdir = mkdtempSync(join(tmpdir(), "l2o-logs-"));
  try {
    const app = new App({ outdir });
    new MonitoringStack(app, "logs", { environment });
    app.synth();
    const stack = JSON.parse(
      readFileSync(join(outdir, "stacks", "logs", "cdk.tf.json"), "utf8"),
    ) as {
      resource: {
        docker_container: Record<
          string,
          { hostname: string; upload: readonly { file: string; content: string }[] }
        >;
      };
    };
    const loki = Object.values(stack.resource.docker_container).find(
      ({ hostname }) => hostname === "loki",
    );
    return new Map(loki?.upload.map(({ file, content }) => [file, terraformText(content)]));
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

type Settings = Record<string, unknown>;

/** Sets a value of a parsed file by its path. */
function set(root: Settings, path: string, value: unknown): void {
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  const holder = keys.reduce<Settings>((inner, key) => inner[key] as Settings, root);
  holder[last] = value;
}

/** Writes Loki's files below a folder in which it also keeps its data. @returns the path of the main file */
function writeTrial(
  folder: string,
  files: ReadonlyMap<string, string>,
  changes: Readonly<Settings> = {},
): string {
  for (const [path, content] of files) {
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, content);
  }
  const main = join(folder, "etc/loki/loki.yaml");
  const moved = readFileSync(main, "utf8")
    .replaceAll(" /etc/loki", ` ${folder}/etc/loki`)
    .replaceAll(" /loki", ` ${folder}/loki`);
  const settings = parse(moved) as Settings;
  for (const [path, value] of Object.entries(changes)) set(settings, path, value);
  writeFileSync(main, stringify(settings));
  return main;
}

interface Stream {
  readonly stream: Readonly<Record<string, string>>;
  /** Nanoseconds since 1970, line, structured metadata. */
  readonly values: readonly (readonly [string, string, Readonly<Record<string, string>>?])[];
}

/** A Loki as an agent and a person reach it. */
class Logs {
  constructor(readonly url: string) {}

  /** @returns the status of the answer: 204 when every line was taken */
  async push(streams: readonly Stream[]): Promise<number> {
    const response = await fetch(`${this.url}/loki/api/v1/push`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ streams }),
    });
    await response.arrayBuffer();
    return response.status;
  }

  /** Labels and text of the lines of the last `hours`. */
  async lines(
    logql: string,
    hours = 1,
  ): Promise<{ labels: Record<string, string>; line: string }[]> {
    const url = new URL(`${this.url}/loki/api/v1/query_range`);
    url.searchParams.set("query", logql);
    url.searchParams.set("since", `${String(hours)}h`);
    url.searchParams.set("limit", "5000");
    const response = await fetch(url, { signal: AbortSignal.timeout(20_000) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${logql}: ${String(response.status)} ${text}`);
    const { data } = JSON.parse(text) as {
      data: { result: { stream: Record<string, string>; values: [string, string][] }[] };
    };
    return data.result.flatMap(({ stream, values }) =>
      values.map(([, line]) => ({ labels: stream, line })),
    );
  }

  /** What an expression gives at every step; times in seconds since 1970. */
  async range(
    logql: string,
    from: number,
    to: number,
    step: number,
  ): Promise<readonly RangeSeries[]> {
    const url = new URL(`${this.url}/loki/api/v1/query_range`);
    for (const [name, value] of Object.entries({ query: logql, start: from, end: to, step })) {
      url.searchParams.set(name, String(value));
    }
    const response = await fetch(url, { signal: AbortSignal.timeout(20_000) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${logql}: ${String(response.status)} ${text}`);
    return (JSON.parse(text) as { data: { result: readonly RangeSeries[] } }).data.result;
  }

  async post(path: string): Promise<void> {
    const response = await fetch(`${this.url}${path}`, { method: "POST" });
    expect(response.ok, `${path}: ${String(response.status)} ${await response.text()}`);
  }

  /** Sum over the series of one of Loki's own metrics that have a label. */
  async metric(name: string, label = ""): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    return text
      .split("\n")
      .filter((row) => row.startsWith(`${name}{`) && row.includes(label))
      .reduce((sum, row) => sum + Number(row.split(" ").at(-1)), 0);
  }
}

/** A Loki of its own for one trial, on loopback. */
class Trial extends Logs {
  static async start(
    binary: string,
    folder: string,
    changes: Readonly<Settings> = {},
  ): Promise<Trial> {
    const [http, grpc] = [await freePort(), await freePort()];
    const main = writeTrial(folder, rendered({}), {
      "server.http_listen_address": "127.0.0.1",
      "server.http_listen_port": http,
      "server.grpc_listen_port": grpc,
      ...changes,
    });
    const child = spawn(binary, [`-config.file=${main}`], {
      env: { ...process.env, GOMEMLIMIT: "200MiB" },
      stdio: "ignore",
    });
    const trial = new Trial(`http://127.0.0.1:${String(http)}`, child, folder);
    try {
      await eventually(
        "Loki is ready",
        60,
        () => run(binary, ["-health", `-health.url=${trial.url}/ready`]),
        ({ code }) => code === 0,
      );
    } catch (error) {
      await trial.stop();
      throw error;
    }
    return trial;
  }

  private constructor(
    url: string,
    readonly child: ChildProcess,
    readonly folder: string,
  ) {
    super(url);
  }

  /** Peak of its resident memory, in MiB. */
  peakMiB(): number {
    const status = readFileSync(`/proc/${String(this.child.pid)}/status`, "utf8");
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
  }

  anonymousMiB(): number {
    const status = readFileSync(`/proc/${String(this.child.pid)}/status`, "utf8");
    return Number(/RssAnon:\s+(\d+)/.exec(status)?.[1]) / 1024;
  }

  chunkFiles(): number {
    const folder = join(this.folder, "loki/chunks/fake");
    // Loki takes an empty folder away.
    if (!existsSync(folder)) return 0;
    return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    ).length;
  }

  diskMiB(): number {
    const bytes = readdirSync(join(this.folder, "loki"), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .reduce((sum, entry) => {
        const size = statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size;
        return sum + (size ?? 0);
      }, 0);
    return bytes / 1024 / 1024;
  }

  alive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  async stop(signal: "SIGKILL" | "SIGTERM" = "SIGKILL"): Promise<void> {
    if (!this.alive()) return;
    const ended = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill(signal);
    await ended;
  }
}

interface Received {
  readonly at: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Takes what Loki's ruler sends, as Alertmanager does. */
class FakeAlertmanager {
  readonly received: Received[] = [];
  readonly #server: Server;

  static async listen(): Promise<FakeAlertmanager> {
    const fake = new FakeAlertmanager();
    await new Promise<void>((resolve) => fake.#server.listen(0, "127.0.0.1", resolve));
    return fake;
  }

  private constructor() {
    this.#server = createServer((request, response) => {
      let body = "";
      request.on("data", (part: Buffer) => (body += part.toString()));
      request.on("end", () => {
        const alerts = JSON.parse(body) as Omit<Received, "at">[];
        this.received.push(...alerts.map((alert) => ({ ...alert, at: Date.now() })));
        response.end();
      });
    });
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  close(): void {
    this.#server.close();
  }
}

const now = (agoSeconds = 0): bigint => BigInt(Date.now() - agoSeconds * 1000) * 1_000_000n;

/** `count` lines of one moment, each a nanosecond after the other. */
function lines(count: number, text: string, agoSeconds = 0): [string, string][] {
  const from = now(agoSeconds);
  return Array.from({ length: count }, (_, i) => [
    String(from + BigInt(i)),
    `${text} ${String(i)}`,
  ]);
}

/** Lines as op-batcher and op-node v1.19.6 write them. */
const rollupLines = {
  BatcherInsufficientFunds: {
    service: "l2-batcher",
    count: 1,
    line: 't=2026-01-01T00:00:00+0000 lvl=error msg="unable to publish transaction" service=batcher tx=0x01 nonce=7 err="insufficient funds for gas * price + value: balance 0, tx cost 21000000000000, overshot 21000000000000"',
  },
  BatcherNonceTooLow: {
    service: "l2-batcher",
    count: 3,
    line: 't=2026-01-01T00:00:00+0000 lvl=warn msg="nonce too low" service=batcher tx=0x01 nonce=7 err="nonce too low: next nonce 8, tx nonce 7"',
  },
  NodePipelineReset: {
    service: "l2-node",
    count: 3,
    line: 't=2026-01-01T00:00:00+0000 lvl=warn msg="Deriver system is resetting" err="reset: L1 reorg"',
  },
  LogErrorBurst: { service: "api", count: 101, line: "level=error msg=broken" },
} as const;

/** Steps that need nothing but the program. */
export async function logsOnBinary(steps: Steps, binary: string, work: string): Promise<void> {
  const folder = (name: string) => join(work, "logs", name);

  await steps.step("Loki accepts every rendered configuration", async () => {
    const variants: Readonly<Record<string, LogsInput>> = {
      default: {},
      s3: { storage: { type: "s3", bucket: "example-logs", region: "eu-central-1" } },
      earlier: {
        schema: {
          from: "2026-01-01",
          earlier: [
            { from: "2022-05-01", store: "boltdb-shipper", schema: "v11" },
            { from: "2024-01-01", store: "tsdb", schema: "v12", indexPrefix: "tsdb_" },
          ],
        },
      },
    };
    for (const [name, logs] of Object.entries(variants)) {
      const main = writeTrial(folder(`verify-${name}`), rendered(logs));
      const { code, stdout, stderr } = await run(binary, [
        `-config.file=${main}`,
        "-verify-config",
        "-log.level=info",
      ]);
      expect(code === 0, `${name}: ${stdout}${stderr}`);
    }
    const broken = writeTrial(folder("verify-broken"), rendered({}), {
      "compactor.delete_request_store": "",
    });
    const { code } = await run(binary, [`-config.file=${broken}`, "-verify-config"]);
    expect(code !== 0, "retention without a store for deletions was accepted");
    return Object.keys(variants).join(", ");
  });

  await steps.step("a pushed line is found by its labels, its text and its trace id", async () => {
    const trial = await Trial.start(binary, folder("push"));
    try {
      const trace = "0af7651916cd43dd8448eb211c80319c";
      const began = Date.now();
      const status = await trial.push([
        {
          stream: { service: "api", container: "api-1", logstream: "stdout" },
          values: [[String(now()), "level=error msg=broken", { trace_id: trace }]],
        },
      ]);
      expect(status === 204, `the push got ${String(status)}`);
      const found = await eventually(
        "the line",
        10,
        () => trial.lines(`{service="api"} | trace_id="${trace}" |= "broken"`),
        (all) => all.length === 1,
      );
      const seconds = (Date.now() - began) / 1000;
      expect(found[0]?.labels["detected_level"] === "error", JSON.stringify(found));
      const [labels] = [new Set(Object.keys(found[0]?.labels ?? {}))];
      expect(!labels.has("service_name"), "a label was added to the stream");
      return `${seconds.toFixed(2)} s after the push`;
    } finally {
      await trial.stop();
    }
  });

  await steps.step("retention deletes, and so does a request to delete", async () => {
    // An hour stands for the days that an environment may write.
    const changes = {
      "limits_config.retention_period": "1h",
      "compactor.compaction_interval": "2s",
      "compactor.retention_delete_delay": "1s",
      "compactor.delete_request_cancel_period": "1s",
      // After the restart the lines shall be on disk alone.
      "ingester.wal.enabled": false,
    };
    let trial = await Trial.start(binary, folder("retention"), changes);
    try {
      const stream = (service: string) => ({ service, logstream: "stdout" });
      const pushed = await trial.push([
        { stream: stream("old"), values: lines(500, "old line", 2 * 3600) },
        { stream: stream("young"), values: lines(500, "young line") },
      ]);
      expect(pushed === 204, `the push got ${String(pushed)}`);
      await trial.post("/flush");
      await eventually(
        "chunks on disk",
        60,
        () => Promise.resolve(trial.chunkFiles()),
        (count) => count === 2,
      );
      // The index reaches the compactor every 15 minutes, or when Loki stops.
      await trial.stop("SIGTERM");
      trial = await Trial.start(binary, folder("retention"), changes);
      const began = Date.now();
      await eventually(
        "the old chunk is gone",
        180,
        () => Promise.resolve(trial.chunkFiles()),
        (count) => count === 1,
      );
      const goneAfter = Math.round((Date.now() - began) / 1000);
      const young = await trial.lines('{service="young"}', 24);
      expect(young.length === 500, `${String(young.length)} of 500 young lines are left`);
      const old = await trial.lines('{service="old"}', 24);
      expect(old.length === 0, `${String(old.length)} old lines are still found`);
      const start = Math.floor(Date.now() / 1000) - 600;
      const query = encodeURIComponent('{service="young"}');
      await trial.post(`/loki/api/v1/delete?query=${query}&start=${String(start)}`);
      await eventually(
        "the chunk of deleted lines is gone",
        180,
        () => Promise.resolve(trial.chunkFiles()),
        (count) => count === 0,
      );
      return `the old chunk was gone after ${String(goneAfter)} s, the requested one after ${String(Math.round((Date.now() - began) / 1000))} s`;
    } finally {
      await trial.stop();
    }
  });

  await steps.step("a flood is limited, harms nothing and is counted", async () => {
    const trial = await Trial.start(binary, folder("flood"));
    try {
      const statuses = new Map<number, number>();
      const count = (status: number) => statuses.set(status, (statuses.get(status) ?? 0) + 1);
      // 50 000 lines of 200 bytes, then a label with 1 000 values.
      for (let i = 0; i < 50; i++) {
        const values = lines(1000, "x".repeat(200));
        count(await trial.push([{ stream: { service: "flood", logstream: "stdout" }, values }]));
      }
      for (let i = 0; i < 1000; i += 50) {
        const streams = Array.from({ length: 50 }, (_, j) => ({
          stream: { service: "flood", request: String(i + j) },
          values: lines(1, "a line"),
        }));
        count(await trial.push(streams));
      }
      expect((statuses.get(429) ?? 0) > 0, `answers were ${JSON.stringify([...statuses])}`);
      const metric = "loki_discarded_samples_total";
      const byRate = await trial.metric(metric, 'rate_limited"');
      const byStreams = await trial.metric(metric, 'reason="stream_limit"');
      expect(byRate > 0, "no line was refused for its rate");
      expect(byStreams >= 450, `${String(byStreams)} of 1000 streams were refused`);
      expect(trial.alive(), "Loki died");
      const disk = trial.diskMiB();
      expect(disk < 64, `${disk.toFixed(0)} MiB on disk`);
      expect(trial.anonymousMiB() < 200, `${trial.anonymousMiB().toFixed(0)} MiB anonymous`);
      await eventually(
        "an ordinary line is taken again",
        30,
        () =>
          trial.push([
            { stream: { service: "flood", logstream: "stdout" }, values: lines(1, "after") },
          ]),
        (status) => status === 204,
      );
      return `refused ${String(byRate)} lines for the rate and ${String(byStreams)} for their streams; ${disk.toFixed(1)} MiB on disk, ${trial.anonymousMiB().toFixed(0)} MiB anonymous`;
    } finally {
      await trial.stop();
    }
  });

  await steps.step("alerts on lines reach Alertmanager within seconds", async () => {
    const alertmanager = await FakeAlertmanager.listen();
    const trial = await Trial.start(binary, folder("rules"), {
      "ruler.alertmanager_url": alertmanager.url,
    });
    try {
      // An operator's own files are among them: one that cannot be read stops all.
      await eventually(
        "rules are loaded",
        30,
        async () => (await fetch(`${trial.url}/loki/api/v1/rules`)).text(),
        (text) => Object.keys(rollupLines).every((name) => text.includes(`alert: ${name}`)),
      );
      // Nothing fires for what is harmless.
      await trial.push([
        {
          stream: { service: "l2-batcher", chain },
          values: lines(50, 'lvl=debug msg="nonce too low on resubmission" err="nonce too low"'),
        },
      ]);
      await new Promise((resolve) => setTimeout(resolve, 12_000));
      const early = alertmanager.received.filter(
        ({ labels }) => (labels["alertname"] ?? "") in rollupLines,
      );
      expect(early.length === 0, JSON.stringify(early));
      const began = Date.now();
      for (const { service, count, line } of Object.values(rollupLines)) {
        const labels: Stream["stream"] = service === "api" ? { service } : { service, chain };
        expect(
          (await trial.push([{ stream: labels, values: lines(count, line) }])) === 204,
          `lines of ${service} were refused`,
        );
      }
      const figures: string[] = [];
      for (const name of Object.keys(rollupLines)) {
        await eventually(
          name,
          60,
          () => Promise.resolve(alertmanager.received.map(({ labels }) => labels["alertname"])),
          (names) => names.includes(name),
        );
        const alert = alertmanager.received.find(({ labels }) => labels["alertname"] === name);
        expect(alert?.labels["environment"] === "logs", JSON.stringify(alert));
        expect(
          alert?.labels["chain"] === (name === "LogErrorBurst" ? undefined : chain),
          JSON.stringify(alert),
        );
        expect((alert?.annotations["description"] ?? "").length > 20, JSON.stringify(alert));
        const link = await fetch(
          (alert?.annotations["dashboard_url"] ?? "").replace(/^http:\/\/[^/]+/, trial.url),
        );
        expect(link.ok && (await link.text()).includes('"values"'), "the link shows no line");
        figures.push(`${name} ${(((alert?.at ?? 0) - began) / 1000).toFixed(1)} s`);
      }
      return figures.join(", ");
    } finally {
      await trial.stop();
      alertmanager.close();
    }
  });
}

/** Every alert on lines, in every case of __tests__/log-rules. */
export async function logAlertsOnBinary(
  steps: Steps,
  binary: string,
  testRules: (folder: string, tests: readonly string[]) => Promise<Finished>,
  work: string,
): Promise<void> {
  await steps.step("every alert on lines fires and stays silent in its tests", async () => {
    const trial = await Trial.start(binary, join(work, "logs", "alerts"), {
      // Lines of yesterday are asked for before they are in the store.
      "ingester.query_store_max_look_back_period": "168h",
    });
    try {
      const folder = join(work, "log-rule-tests");
      const tests = await renderLogRuleTests(trial, folder);
      const { code, stdout, stderr } = await testRules(folder, tests);
      expect(code === 0, `${stdout}${stderr}`);
      return `${String(tests.length)} cases`;
    } finally {
      await trial.stop();
    }
  });
}

/** Logs on the platform under test, then the limits of the same program on configurations of their own. */
export async function logs(steps: Steps, platform: Platform): Promise<void> {
  const needs = ["deploy from nothing"];
  const work = mkdtempSync(join(tmpdir(), "l2o-e2e-logs-"));
  const binary = join(work, "loki");
  try {
    await steps.step(
      "a line pushed to the platform is found within seconds",
      async () => {
        const loki = new Logs(`http://${platform.engine.address}:3100`);
        const began = Date.now();
        const stream = { service: "e2e", container: "e2e", logstream: "stdout" };
        const values: Stream["values"] = [[String(now()), "end to end", { trace_id: "e2e" }]];
        expect((await loki.push([{ stream, values }])) === 204, "the line was refused");
        await eventually(
          "the line",
          10,
          () => loki.lines('{service="e2e"} | trace_id="e2e"'),
          (all) => all.length === 1,
        );
        return `${((Date.now() - began) / 1000).toFixed(2)} s`;
      },
      needs,
    );
    await steps.step(
      "Loki's program is taken from its container",
      async () => {
        await platform.docker("cp", "l2o-local-loki:/usr/bin/loki", binary);
        return undefined;
      },
      needs,
    );
    if (existsSync(binary)) {
      await logsOnBinary(steps, binary, work);
      const checkers = new Checkers(platform);
      await logAlertsOnBinary(steps, binary, checkers.ruleTests.bind(checkers), work);
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** What Loki refuses is said to people: a line too old for its limits reaches the receiver as an alert. */
export async function refusedLines(
  steps: Steps,
  platform: Platform,
  slack: FakeSlack,
): Promise<void> {
  await steps.step(
    "people are told that Loki refuses lines",
    async () => {
      const loki = new Logs(`http://${platform.engine.address}:3100`);
      const began = Date.now();
      const monthAgo = now() - 30n * 86_400n * 1_000_000_000n;
      const stream = { service: "e2e", container: "e2e", logstream: "stdout" };
      const status = await loki.push([{ stream, values: [[String(monthAgo), "too old"]] }]);
      expect(status === 400, `a line of a month ago was answered ${String(status)}`);
      const message = await eventually(
        "a message about LokiIngestionRejected",
        120,
        () =>
          Promise.resolve(
            slack.messages.find(
              ({ at, title }) => at >= began && title.includes("LokiIngestionRejected"),
            ),
          ),
        (found) => found !== undefined,
      );
      return `${((Date.now() - began) / 1000).toFixed(0)} s after the line: ${message?.title ?? ""}`;
    },
    ["deploy from nothing"],
  );
}
