import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { Endpoint } from "../../../constructs/core/endpoint";
import { assetPath } from "../../../constructs/core/paths";
import type { TraceStore } from "../../../constructs/core/trace-store";
import { OtelCollector, type OtelCollectorProps } from "../../../constructs/otel-collector";
import { synthesise, testRuntime, testStack, type Synthesised } from "../core/synthesised";

const traces: TraceStore = {
  kind: "tempo",
  spans: new Endpoint({ protocol: "otlp-grpc", host: "tempo", port: 4317 }),
  spansOverHttp: new Endpoint({ protocol: "otlp-http", host: "tempo", port: 4318 }),
  query: new Endpoint({ protocol: "traces", host: "tempo", port: 3200 }),
};
const metrics = new Endpoint({
  protocol: "remote-write",
  host: "prometheus",
  port: 9090,
  path: "/api/v1/write",
});
const main = "/etc/otel-collector/collector.yaml";
const sampling = "/etc/otel-collector/tail-sampling.yaml";
const id = "otel-collector";

function synthesised(props: Partial<OtelCollectorProps> = {}): Synthesised {
  return synthesise((stack, runtime) => {
    new OtelCollector(stack, id, { runtime, traces, metrics, ...props });
  });
}

function collector(props: Partial<OtelCollectorProps> = {}): OtelCollector {
  const stack = testStack();
  return new OtelCollector(stack, id, { runtime: testRuntime(stack), traces, metrics, ...props });
}

describe("the OpenTelemetry Collector", () => {
  it("can be sent to", () => {
    expect(collector().grpc.authority).toBe("otel-collector:4317");
    expect(collector().http.url).toBe("http://otel-collector:4318");
  });

  it("is watched on its own metrics", () => {
    const { observation } = collector();
    expect(observation).toMatchObject({
      job: id,
      down: { name: "OtelCollectorDown", priority: "P2" },
      rules: [{ name: id }],
    });
    expect(observation.targets.map(({ endpoint }) => endpoint.url)).toEqual([
      "http://otel-collector:8888/metrics",
    ]);
  });

  it("hands traces and metrics to the stores that it is given", () => {
    const secure = new Endpoint({
      protocol: "remote-write",
      host: "metrics.example.com",
      port: 443,
      path: "/push",
      scheme: "https",
    });
    expect(synthesised({ metrics: secure }).yaml(id, main)).toMatchObject({
      exporters: {
        "otlp_grpc/traces": { endpoint: "tempo:4317", tls: { insecure: true } },
        prometheus_remote_write: {
          endpoint: "https://metrics.example.com:443/push",
          tls: { insecure: false },
        },
      },
    });
  });

  it("changes nothing else of the asset, and keeps every trace", () => {
    const asset = readFileSync(assetPath("otel-collector/collector.yaml"), "utf8");
    expect(synthesised().yaml(id, main)).toEqual(parse(asset.replace("trace-store:", "tempo:")));
    expect(synthesised().container(id).command).toEqual([`--config=${main}`]);
  });

  it("limits memory first and batches last in every pipeline, sampled or not", () => {
    const stack = synthesised({ tailSampling: { percentage: 5 } });
    const processors = (file: string) =>
      Object.values(
        (
          stack.yaml(id, file) as {
            service: { pipelines: Record<string, { processors: string[] }> };
          }
        ).service.pipelines,
      ).map((pipeline) => [pipeline.processors[0], pipeline.processors.at(-1)]);
    for (const ends of [...processors(main), ...processors(sampling)]) {
      expect(ends).toEqual(["memory_limiter", "batch"]);
    }
  });

  it("samples at the end of a trace where it is asked to, and keeps failed and slow ones", () => {
    const stack = synthesised({ tailSampling: { percentage: 2.5, slowMilliseconds: 300 } });
    expect(stack.container(id).command).toEqual([`--config=${main}`, `--config=${sampling}`]);
    expect(stack.yaml(id, sampling)).toMatchObject({
      processors: {
        tail_sampling: {
          policies: [
            { type: "status_code", status_code: { status_codes: ["ERROR"] } },
            { type: "latency", latency: { threshold_ms: 300 } },
            { type: "probabilistic", probabilistic: { sampling_percentage: 2.5 } },
          ],
        },
      },
      service: {
        pipelines: { traces: { processors: ["memory_limiter", "tail_sampling", "batch"] } },
      },
    });
  });

  it("holds nothing that it or Terraform would take for a variable", () => {
    const stack = synthesised({ tailSampling: { percentage: 5 } });
    for (const { content = "" } of stack.container(id).upload ?? []) {
      expect(content).not.toContain("$");
    }
  });

  it("takes OTLP on the bind address, by gRPC and HTTP", () => {
    expect(synthesised({ grpcHostPort: 14317 }).container(id).ports).toEqual([
      { internal: 4317, external: 14317, ip: "127.0.0.1", protocol: "tcp" },
      { internal: 4318, external: 4318, ip: "127.0.0.1", protocol: "tcp" },
    ]);
  });

  it("cannot be probed by the engine, and refuses data before the kernel would kill it", () => {
    const container = synthesised().container(id);
    expect(container.healthcheck.test).toEqual(["NONE"]);
    expect(container.wait).toBeUndefined();
    const { processors } = synthesised().yaml(id, main) as {
      processors: { memory_limiter: { limit_mib: number } };
    };
    expect(processors.memory_limiter.limit_mib).toBeLessThan(container.memory);
  });

  it("fails when the sampling is out of range, with both faults", () => {
    const tailSampling = { percentage: 101, slowMilliseconds: 0 };
    expect(() => collector({ tailSampling })).toThrow(
      /'tailSampling\.percentage' must be a number from 0 to 100, got 101\n.*'tailSampling\.slowMilliseconds' must be an integer from 1 to 60000, got 0/,
    );
  });
});
