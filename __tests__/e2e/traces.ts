import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { App, LocalBackend, TerraformStack } from "cdktf";
import { DockerProvider } from "@cdktf/provider-docker/lib/provider";
import { run } from "../../commands/shell";
import { cacheDirectory, type MachineFacts } from "../../commands/workspace";
import { Endpoint } from "../../constructs/core/endpoint";
import { ImageSource } from "../../constructs/core/images";
import { Runtime } from "../../constructs/core/runtime";
import { Jaeger } from "../../constructs/jaeger";
import { OtelCollector } from "../../constructs/otel-collector";
import { OtelJavaAgent } from "../../constructs/otel-java-agent";
import { Prometheus } from "../../constructs/prometheus";
import { configFile } from "../../constructs/tempo/config";
import { dockerProviderVersion } from "../../stacks/docker";
import { provideImages } from "../../tools/local-images";
import type { Platform } from "../../tools/rig/platform";
import { eventually, expect, print, type Steps } from "../../tools/rig/steps";

const stackName = "traces";
const prometheusPort = 29090;
const up = "traces: Prometheus, Jaeger, the Collector and the Java agent's volume come up";

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

/** The small stack under test, beside the platform's, on the same engine. */
class TracesStack {
  readonly #facts: MachineFacts;
  readonly #outdir: string;
  readonly #address: string;

  constructor(readonly platform: Platform) {
    this.#facts = JSON.parse(
      readFileSync(join(platform.stateDirectory, "machine.json"), "utf8"),
    ) as MachineFacts;
    this.#outdir = join(platform.stateDirectory, "traces");
    this.#address = platform.engine.address;
  }

  get folder(): string {
    return join(this.#outdir, "stacks", stackName);
  }

  async #images(): Promise<Readonly<Record<string, string>>> {
    // Where registries answer, the engine pulls.
    if (this.#facts.images === undefined) return {};
    const { overrides, left } = await provideImages({
      images: ["prometheus", "jaeger", "otel-collector", "nginx"],
      dockerHost: this.platform.engine.host,
      cacheDirectory,
      progress: print,
    });
    expect(left.length === 0, `not built: ${left.map(({ reason }) => reason).join("; ")}`);
    return overrides;
  }

  /** Writes the stack, with Tempo's configuration beside it. @returns references of the images that run */
  async write(): Promise<ImageSource> {
    const images = new ImageSource({ overrides: await this.#images() });
    mkdirSync(this.#outdir, { recursive: true });
    const jar = join(this.#outdir, "opentelemetry-javaagent.jar");
    writeFileSync(jar, "not a real agent: the image that holds one needs a registry\n");
    const app = new App({ outdir: this.#outdir });
    const stack = new TerraformStack(app, stackName);
    new LocalBackend(stack, { path: join(this.#outdir, "terraform.tfstate") });
    new DockerProvider(stack, "docker", {});
    stack.addOverride("terraform.required_providers.docker.version", dockerProviderVersion);
    const runtime = new Runtime(stack, "runtime", {
      environment: "traces",
      bindAddress: this.#address,
      machine: { name: "test", memoryMiB: 2048, swapMiB: 1024, diskGiB: 20 },
      secretsDirectory: "/nonexistent",
      images,
    });
    const jaeger = new Jaeger(stack, "jaeger", { runtime });
    const collector = new OtelCollector(stack, "otel-collector", {
      runtime,
      traces: jaeger,
      metrics: remoteWrite,
    });
    new OtelJavaAgent(stack, "otel-java-agent", { runtime, otlp: collector.http, jar });
    new Prometheus(stack, "prometheus", {
      runtime,
      observations: [jaeger, collector],
      hostPort: prometheusPort,
    });
    app.synth();
    return images;
  }

  /** Runs Terraform on the stack. @throws Error with what it said */
  async terraform(...args: readonly string[]): Promise<number> {
    const { code, stdout, stderr } = await run(this.#facts.terraform ?? "terraform", args, {
      cwd: this.folder,
      env: {
        ...this.platform.env,
        CHECKPOINT_DISABLE: "1",
        ...(this.#facts.cliConfigFile === undefined
          ? {}
          : { TF_CLI_CONFIG_FILE: this.#facts.cliConfigFile }),
      },
    });
    expect(
      code === 0 || (code === 2 && args.includes("-detailed-exitcode")),
      `terraform ${args.join(" ")} ended with ${String(code)}:\n${stdout.slice(-3000)}${stderr}`,
    );
    return code;
  }

  async send(signal: "metrics" | "traces", body: unknown): Promise<void> {
    const answer = await fetch(`http://${this.#address}:4318/v1/${signal}`, {
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

  async prometheus(path: string): Promise<string> {
    const answer = await fetch(`http://${this.#address}:${String(prometheusPort)}/api/v1/${path}`);
    return answer.text();
  }

  async found(span: Span, seconds: number): Promise<string> {
    return eventually(
      `trace ${span.traceId} in Jaeger`,
      seconds,
      () => this.trace(span.traceId),
      (text) => text.includes(span.spanId),
    );
  }

  /** Files that a container mounts. */
  uploads(id: string): readonly { readonly file: string; readonly content: string }[] {
    const { resource: resources } = JSON.parse(
      readFileSync(join(this.folder, "cdk.tf.json"), "utf8"),
    ) as {
      resource: {
        docker_container: Record<
          string,
          { hostname: string; upload?: { file: string; content: string }[] }
        >;
      };
    };
    const containers = Object.values(resources.docker_container);
    return containers.find(({ hostname }) => hostname === id)?.upload ?? [];
  }

  /** Anonymous memory and file pages of a container in MiB. */
  async memory(id: string): Promise<string> {
    const pid = (
      await this.platform.docker("inspect", "--format", "{{.State.Pid}}", `l2o-traces-${id}`)
    ).trim();
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const mebibytes = (field: string) =>
      Math.round(Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]) / 1024);
    return `${id} ${String(mebibytes("RssAnon"))} + ${String(mebibytes("RssFile"))} MiB`;
  }
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

/**
 * Real Collector, Jaeger and Prometheus: what is sent by OTLP is found again. Spans are written by hand as OTLP's JSON,
 * since no SDK is among the dependencies.
 */
export async function traces(steps: Steps, platform: Platform): Promise<void> {
  const stack = new TracesStack(platform);
  let images = new ImageSource();
  await steps.step(up, async () => {
    images = await stack.write();
    await stack.terraform("init", "-input=false", "-no-color");
    await stack.terraform("apply", "-auto-approve", "-input=false", "-no-color");
    await eventually(
      "Prometheus scrapes both",
      60,
      () => stack.prometheus("query?query=up"),
      (text) => ["jaeger", "otel-collector"].every((job) => text.includes(`"job":"${job}"`)),
    );
    return undefined;
  });
  await steps.step(
    "traces: a second plan is empty",
    async () => {
      const code = await stack.terraform("plan", "-detailed-exitcode", "-input=false", "-no-color");
      expect(code === 0, "the second plan is not empty");
      return undefined;
    },
    [up],
  );
  await steps.step(
    "traces: otelcol validate and jaeger validate accept the rendered configuration",
    async () => {
      for (const id of ["otel-collector", "jaeger"] as const) {
        const folder = join(platform.stateDirectory, "traces", "rendered", id);
        const files = stack.uploads(id).map(({ file, content }) => {
          const path = join(folder, file);
          mkdirSync(dirname(path), { recursive: true });
          writeFileSync(path, content.replace(/([$%])\1\{/g, "$1{"));
          return { file, path };
        });
        const { code, stdout, stderr } = await run(
          "docker",
          [
            ...["run", "--rm", "--network=none"],
            ...files.map(({ file, path }) => `--volume=${path}:${file}:ro`),
            images.reference(id),
            "validate",
            ...files.map(({ file }) => `--config=${file}`),
          ],
          { env: platform.env },
        );
        expect(code === 0, `${id} validate ended with ${String(code)}:\n${stdout}${stderr}`);
      }
      return undefined;
    },
    [up],
  );
  await steps.step(
    "traces: a span that the Collector gets is found in Jaeger by its trace id, as it was sent",
    async () => {
      const span = newSpan();
      const began = Date.now();
      await stack.send("traces", spansBody([span]));
      const text = await stack.found(span, 20);
      expect(text.includes("costs ${PRICE} and $$1"), `the attribute was changed: ${text}`);
      return `${((Date.now() - began) / 1000).toFixed(1)} s`;
    },
    [up],
  );
  await steps.step(
    "traces: a metric sent by OTLP reaches Prometheus with the trace id as its exemplar",
    async () => {
      const span = newSpan();
      await stack.send("metrics", histogramBody(span));
      const end = Math.ceil(Date.now() / 1000) + 60;
      const query = `query_exemplars?query=e2e_request_duration_seconds_bucket&start=${String(end - 300)}&end=${String(end)}`;
      await eventually(
        "the exemplar",
        20,
        () => stack.prometheus(query),
        (text) => text.includes(span.traceId),
      );
      return undefined;
    },
    [up],
  );
  await steps.step(
    "traces: what is sent while Jaeger is down arrives when it is back, and what it had is still there",
    async () => {
      const before = newSpan();
      await stack.send("traces", spansBody([before]));
      await stack.found(before, 20);
      const stopping = Date.now();
      await platform.docker("stop", "l2o-traces-jaeger");
      const stopped = ((Date.now() - stopping) / 1000).toFixed(1);
      const exit = await platform.docker(
        "inspect",
        "--format",
        "{{.State.ExitCode}}",
        "l2o-traces-jaeger",
      );
      expect(exit.trim() === "0", `Jaeger was killed: exit code ${exit.trim()} after ${stopped} s`);
      const meanwhile = newSpan();
      await stack.send("traces", spansBody([meanwhile]));
      await new Promise((resolve) => setTimeout(resolve, 5000));
      await platform.docker("start", "l2o-traces-jaeger");
      const began = Date.now();
      await stack.found(before, 60);
      await stack.found(meanwhile, 60);
      return `${((Date.now() - began) / 1000).toFixed(1)} s after its start; its clean stop took ${stopped} s`;
    },
    [up],
  );
  await steps.step(
    "traces: the Java agent's volume is filled, read-only for a service, by a container that has ended",
    async () => {
      const names = await platform.docker("volume", "ls", "-q", "--filter", "name=otel-java-agent");
      const volume = names.trim();
      const listed = await platform.docker(
        ...["run", "--rm", "--network=none", "--user=1000", "--entrypoint=/bin/sh"],
        ...["--volume", `${volume}:/otel:ro`, images.reference("nginx")],
        ...["-c", "cat /otel/opentelemetry-javaagent.jar; touch /otel/x 2>&1 || true"],
      );
      expect(listed.includes("not a real agent"), `the volume holds: ${listed}`);
      expect(listed.includes("Read-only"), `the volume can be written: ${listed}`);
      const state = await platform.docker(
        "inspect",
        "--format",
        "{{.State.Status}} {{.State.ExitCode}}",
        volume,
      );
      expect(state.trim() === "exited 0", `the filler is '${state.trim()}'`);
      return undefined;
    },
    [up],
  );
  const seconds = Number(process.env["E2E_TRACES_LOAD_SECONDS"] ?? "20");
  await steps.step(
    `traces: memory idle and at 20 spans/s for ${String(seconds)} s`,
    async () => {
      const figures = async () =>
        `${await stack.memory("jaeger")}, ${await stack.memory("otel-collector")}`;
      const idle = await figures();
      let last = newSpan();
      for (let second = 0; second < seconds; second += 1) {
        const spans = Array.from({ length: 20 }, newSpan);
        last = spans.at(-1) ?? last;
        await stack.send("traces", spansBody(spans));
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
      await stack.found(last, 20);
      return `idle ${idle}; after ${await figures()}`;
    },
    [up],
  );
  await verifyTempo(steps, join(platform.stateDirectory, "traces"));
  if (existsSync(stack.folder)) {
    await stack.terraform("destroy", "-auto-approve", "-input=false", "-no-color");
    rmSync(join(platform.stateDirectory, "traces"), { recursive: true });
  }
}
