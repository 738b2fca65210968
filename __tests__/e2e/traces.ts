import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { App, LocalBackend, TerraformStack } from "cdktf";
import { run } from "../../commands/shell";
import { terraformText } from "../../constructs/core/config-file";
import { Endpoint } from "../../constructs/core/endpoint";
import { images as references, ImageSource } from "../../constructs/core/images";
import { Runtime } from "../../constructs/core/runtime";
import { dataPath } from "../../constructs/jaeger/config";
import { OtelJavaAgent } from "../../constructs/otel-java-agent";
import { configFile } from "../../constructs/tempo/config";
import { useDocker } from "../../stacks/docker";
import type { Platform } from "../../tools/rig/platform";
import { eventually, expect, type Steps } from "../../tools/rig/steps";

const needs = ["deploy from nothing"];

const remoteWrite = new Endpoint({
  protocol: "remote-write",
  host: "prometheus",
  port: 9090,
  path: "/api/v1/write",
});

/** A span as OTLP over HTTP writes it in JSON. */
interface Span {
  readonly traceId: string;
  readonly spanId: string;
}

function newSpan(): Span {
  return { traceId: randomBytes(16).toString("hex"), spanId: randomBytes(8).toString("hex") };
}

const nanoseconds = (milliseconds: number): string => `${String(milliseconds)}000000`;

const resource = {
  attributes: [{ key: "service.name", value: { stringValue: "e2e-shop" } }],
};

function spansBody(spans: readonly Span[]): unknown {
  const now = Date.now();
  return {
    resourceSpans: [
      {
        resource,
        scopeSpans: [
          {
            scope: { name: "e2e" },
            spans: spans.map((span) => ({
              ...span,
              name: "GET /orders",
              kind: 2,
              startTimeUnixNano: nanoseconds(now - 50),
              endTimeUnixNano: nanoseconds(now),
              // What a configuration language could take for a variable must arrive as it was sent.
              attributes: [{ key: "note", value: { stringValue: "costs ${PRICE} and $$1" } }],
            })),
          },
        ],
      },
    ],
  };
}

function histogramBody({ traceId, spanId }: Span): unknown {
  const now = Date.now();
  return {
    resourceMetrics: [
      {
        resource,
        scopeMetrics: [
          {
            scope: { name: "e2e" },
            metrics: [
              {
                name: "e2e.request.duration",
                unit: "s",
                histogram: {
                  aggregationTemporality: 2,
                  dataPoints: [
                    {
                      startTimeUnixNano: nanoseconds(now - 60_000),
                      timeUnixNano: nanoseconds(now),
                      count: "1",
                      sum: 0.05,
                      bucketCounts: ["1", "0"],
                      explicitBounds: [0.1],
                      exemplars: [
                        { timeUnixNano: nanoseconds(now), asDouble: 0.05, traceId, spanId },
                      ],
                    },
                  ],
                },
              },
            ],
          },
        ],
      },
    ],
  };
}

/** What takes and keeps traces on the platform under test. */
class Telemetry {
  readonly #address: string;

  constructor(readonly platform: Platform) {
    this.#address = platform.engine.address;
  }

  get otlp(): string {
    return `http://${this.#address}:4318`;
  }

  async send(signal: "metrics" | "traces", body: unknown): Promise<void> {
    const answer = await fetch(`${this.otlp}/v1/${signal}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const said = await answer.text();
    expect(answer.ok, `the Collector answered ${answer.status}: ${said}`);
  }

  /** What Jaeger knows of a trace, as text; empty when it knows nothing. */
  async trace(id: string): Promise<string> {
    const answer = await fetch(`http://${this.#address}:16686/api/traces/${id}`);
    const text = await answer.text();
    return answer.ok ? text : "";
  }

  async found({ traceId, spanId }: Span, seconds: number): Promise<string> {
    return eventually(
      `trace ${traceId} in Jaeger`,
      seconds,
      () => this.trace(traceId),
      (text) => text.includes(spanId),
    );
  }

  /** Anonymous memory and file pages of a container in MiB. */
  async memory(id: string): Promise<string> {
    const pid = (
      await this.platform.docker("inspect", "--format", "{{.State.Pid}}", `l2o-local-${id}`)
    ).trim();
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const mebibytes = (field: string) =>
      Math.round(Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]) / 1024);
    return `${id} ${String(mebibytes("RssAnon"))} + ${String(mebibytes("RssFile"))} MiB`;
  }
}

/** A span of the real SDK, sent by its real exporter. */
export async function spanOfSdk(url: string): Promise<Span> {
  const exporter = new OTLPTraceExporter({ url: `${url}/v1/traces` });
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const span = provider.getTracer("e2e").startSpan("GET /orders");
  span.setAttribute("note", "costs ${PRICE} and $$1");
  const { traceId, spanId } = span.spanContext();
  span.end();
  await provider.shutdown();
  return { traceId, spanId };
}

/** The rendered Jaeger, told to keep traces for seconds instead of days, forgets them. */
async function shortRetention(platform: Platform, seconds: number): Promise<string> {
  const name = "l2o-e2e-short-lived";
  const { address } = platform.engine;
  const [uploaded] = platform.uploads("jaeger");
  const file = join(platform.stateDirectory, "short-lived.yaml");
  const rendered = terraformText(uploaded?.content ?? "");
  const changed = rendered.replace(/(ttl:\s+spans: )\S+/, `$1${String(seconds)}s`);
  expect(changed !== rendered, "the rendered configuration has no ttl.spans");
  writeFileSync(file, changed);
  const image = (await platform.images())["jaeger"] ?? references.jaeger;
  await platform.docker(
    ...["run", "--detach", "--name", name, "--user=10001:10001"],
    ...["--tmpfs", `${dataPath}:rw,uid=10001`, "--volume", `${file}:/jaeger.yaml:ro`],
    ...["--publish", `${address}:26686:16686`, "--publish", `${address}:24318:4318`],
    ...[image, "--config=/jaeger.yaml"],
  );
  try {
    await eventually(
      "the short-lived Jaeger",
      30,
      () =>
        fetch(`http://${address}:26686/`).then(
          ({ ok }) => ok,
          () => false,
        ),
      (ok) => ok,
    );
    const { traceId } = await spanOfSdk(`http://${address}:24318`);
    const known = async () => (await fetch(`http://${address}:26686/api/traces/${traceId}`)).ok;
    await eventually("the trace", 10, known, (ok) => ok);
    const began = Date.now();
    await eventually("the trace is gone", seconds + 60, known, (ok) => !ok);
    return `kept for ${String(seconds)} s, gone ${((Date.now() - began) / 1000).toFixed(0)} s after it was found`;
  } finally {
    await run("docker", ["rm", "--force", "--volumes", name], { env: platform.env });
  }
}

/** The Java agent's volume in a stack of its own, on the engine under test. */
async function javaAgent(steps: Steps, platform: Platform): Promise<void> {
  const outdir = join(platform.stateDirectory, "java-agent");
  const images = await platform.images();
  mkdirSync(outdir, { recursive: true });
  const jar = join(outdir, "opentelemetry-javaagent.jar");
  writeFileSync(jar, "not a real agent: the image that holds one needs a registry\n");
  const app = new App({ outdir });
  const stack = new TerraformStack(app, "java-agent");
  new LocalBackend(stack, { path: join(outdir, "terraform.tfstate") });
  useDocker(stack, { engine: { type: "local", socket: platform.engine.socket } });
  const runtime = new Runtime(stack, "runtime", {
    environment: "java-agent",
    machine: { name: "test", memoryMiB: 2048, swapMiB: 1024, diskGiB: 20 },
    secretsDirectory: "/nonexistent",
    images: new ImageSource({ overrides: images }),
  });
  const otlp = new Endpoint({ protocol: "otlp-http", host: "otel-collector", port: 4318 });
  new OtelJavaAgent(stack, "otel-java-agent", { runtime, otlp, jar });
  app.synth();
  const folder = join(outdir, "stacks", "java-agent");
  const terraform = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await platform.terraformIn(folder, ...args);
    expect(code === 0, `terraform ${args.join(" ")}:\n${stdout.slice(-3000)}${stderr}`);
  };
  await steps.step(
    "traces: the Java agent's volume is filled, read-only for a service, by a container that has ended",
    async () => {
      await terraform("init", "-input=false", "-no-color");
      await terraform("apply", "-auto-approve", "-input=false", "-no-color");
      // Exit code 2 would say that something changes.
      await terraform("plan", "-detailed-exitcode", "-input=false", "-no-color");
      const names = await platform.docker("volume", "ls", "-q", "--filter", "name=otel-java-agent");
      const volume = names.trim();
      const listed = await platform.docker(
        ...["run", "--rm", "--network=none", "--user=1000", "--entrypoint=/bin/sh"],
        ...["--volume", `${volume}:/otel:ro`, images["nginx"] ?? references.nginx],
        ...["-c", "cat /otel/opentelemetry-javaagent.jar; touch /otel/x 2>&1 || true"],
      );
      expect(listed.includes("not a real agent"), `the volume holds: ${listed}`);
      expect(listed.includes("Read-only"), `the volume can be written: ${listed}`);
      const format = "{{.State.Status}} {{.State.ExitCode}}";
      const state = await platform.docker("inspect", "--format", format, volume);
      expect(state.trim() === "exited 0", `the filler is '${state.trim()}'`);
      await terraform("destroy", "-auto-approve", "-input=false", "-no-color");
      return "the second plan is empty";
    },
    needs,
  );
}

/** Has Tempo itself check what is rendered for it, where a binary is named. */
async function verifyTempo(steps: Steps, work: string): Promise<void> {
  const name = "traces: tempo -config.verify accepts the rendered configuration";
  const binary = process.env["L2O_TEMPO_BIN"];
  if (binary === undefined) {
    steps.skip(name, "no Tempo binary: name one in L2O_TEMPO_BIN");
    return;
  }
  await steps.step(name, async () => {
    mkdirSync(work, { recursive: true });
    const file = join(work, "tempo.yaml");
    const { content } = configFile({ retentionDays: 7, metrics: remoteWrite });
    writeFileSync(file, content);
    const { code, stdout, stderr } = await run(binary, [
      `-config.file=${file}`,
      "-config.verify=true",
    ]);
    expect(code === 0, `tempo -config.verify ended with ${String(code)}:\n${stdout}${stderr}`);
    return undefined;
  });
}

/** Real Collector, Jaeger and Prometheus of the platform under test: what is sent by OTLP is found again. */
export async function traces(steps: Steps, platform: Platform): Promise<void> {
  const telemetry = new Telemetry(platform);
  const deployed = (await platform.containers()).map(({ name }) => name);
  // Alloy where it is at hand: the environment's collector is Alloy, and leaving it out makes it the Collector.
  const collector = deployed.includes("l2o-local-alloy") ? "alloy" : "otel-collector";
  await steps.step(
    "traces: what takes and keeps them accepts the rendered configuration",
    async () => {
      const built = await platform.images();
      const ids = [
        "jaeger",
        ...(collector === "alloy" ? [] : ["otel-collector" as const]),
      ] as const;
      for (const id of ids) {
        const folder = join(platform.stateDirectory, "traces", "rendered", id);
        const files = platform.uploads(id).map(({ file, content }) => {
          const path = join(folder, file);
          mkdirSync(dirname(path), { recursive: true });
          writeFileSync(path, terraformText(content));
          return { file, path };
        });
        expect(files.length > 0, `${id} has no configuration`);
        const { code, stdout, stderr } = await run(
          "docker",
          [
            ...["run", "--rm", "--network=none"],
            ...files.map(({ file, path }) => `--volume=${path}:${file}:ro`),
            built[id] ?? references[id],
            "validate",
            ...files.map(({ file }) => `--config=${file}`),
          ],
          { env: platform.env },
        );
        expect(code === 0, `${id} validate ended with ${String(code)}:\n${stdout}${stderr}`);
      }
      return ids.join(", ");
    },
    needs,
  );
  await steps.step(
    "traces: a span of the OpenTelemetry SDK is found in Jaeger by its trace id, as it was sent",
    async () => {
      const began = Date.now();
      const span = await spanOfSdk(telemetry.otlp);
      const text = await telemetry.found(span, 20);
      expect(text.includes("costs ${PRICE} and $$1"), `the attribute was changed: ${text}`);
      return `${((Date.now() - began) / 1000).toFixed(1)} s`;
    },
    needs,
  );
  await steps.step(
    "traces: a metric sent by OTLP reaches Prometheus with the trace id as its exemplar",
    async () => {
      const span = newSpan();
      await telemetry.send("metrics", histogramBody(span));
      const end = Math.ceil(Date.now() / 1000) + 60;
      const query = `query_exemplars?query=e2e_request_duration_seconds_bucket&start=${String(end - 300)}&end=${String(end)}`;
      await eventually(
        "the exemplar",
        20,
        () => platform.prometheusText(query),
        (text) => text.includes(span.traceId),
      );
      return undefined;
    },
    needs,
  );
  await steps.step(
    "traces: what is sent while Jaeger is down arrives when it is back, and what it had is still there",
    async () => {
      const before = newSpan();
      await telemetry.send("traces", spansBody([before]));
      await telemetry.found(before, 20);
      const stopping = Date.now();
      await platform.docker("stop", "l2o-local-jaeger");
      const stopped = ((Date.now() - stopping) / 1000).toFixed(1);
      const exit = await platform.docker(
        "inspect",
        "--format",
        "{{.State.ExitCode}}",
        "l2o-local-jaeger",
      );
      expect(exit.trim() === "0", `Jaeger was killed: exit code ${exit.trim()} after ${stopped} s`);
      const meanwhile = newSpan();
      await telemetry.send("traces", spansBody([meanwhile]));
      await new Promise((resolve) => setTimeout(resolve, 5000));
      await platform.docker("start", "l2o-local-jaeger");
      const began = Date.now();
      await telemetry.found(before, 60);
      await telemetry.found(meanwhile, 60);
      return `${((Date.now() - began) / 1000).toFixed(1)} s after its start; its clean stop took ${stopped} s`;
    },
    needs,
  );
  const seconds = Number(process.env["E2E_TRACES_LOAD_SECONDS"] ?? "20");
  await steps.step(
    `traces: memory idle and at 20 spans/s for ${String(seconds)} s`,
    async () => {
      const figures = async () =>
        `${await telemetry.memory("jaeger")}, ${await telemetry.memory(collector)}`;
      const idle = await figures();
      let last = newSpan();
      for (let second = 0; second < seconds; second += 1) {
        const spans = Array.from({ length: 20 }, newSpan);
        last = spans.at(-1) ?? last;
        await telemetry.send("traces", spansBody(spans));
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
      await telemetry.found(last, 20);
      return `idle ${idle}; after ${await figures()}`;
    },
    needs,
  );
  await steps.step("traces: retention deletes", () => shortRetention(platform, 15), needs);
  await javaAgent(steps, platform);
  await verifyTempo(steps, join(platform.stateDirectory, "traces"));
}
