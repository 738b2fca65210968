import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Container } from "@cdktf/provider-docker/lib/container";
import { Endpoint } from "../../../constructs/core/endpoint";
import { images } from "../../../constructs/core/images";
import { OtelJavaAgent } from "../../../constructs/otel-java-agent";
import { mergeVariables } from "../../../constructs/otel-java-agent/environment";
import { synthesise, testRuntime, testStack, type ContainerJson } from "../core/synthesised";

const otlp = new Endpoint({ protocol: "otlp-http", host: "otel-collector", port: 4318 });

function agent(jar?: string): OtelJavaAgent {
  const stack = testStack();
  const runtime = testRuntime(stack);
  return new OtelJavaAgent(stack, "otel-java-agent", {
    runtime,
    otlp,
    ...(jar === undefined ? {} : { jar }),
  });
}

const synthesised = (jar?: string, own: Readonly<Record<string, unknown>> = {}) =>
  synthesise((stack, runtime) => {
    const made = new OtelJavaAgent(stack, "otel-java-agent", {
      runtime,
      otlp,
      ...(jar === undefined ? {} : { jar }),
    });
    const api = new Container(stack, "api", { name: "l2o-test-api", image: "api:v1", ...own });
    made.attach(api, { service: "api", sampleRatio: 0.25 });
  });

const containers = (stack: ReturnType<typeof synthesised>) =>
  stack.of("docker_container") as readonly (ContainerJson & { readonly hostname?: string })[];

const filler = (stack: ReturnType<typeof synthesised>) =>
  containers(stack).find(({ hostname }) => hostname === "otel-java-agent");

describe("the Java agent", () => {
  it("fills a volume once, from the pinned image", () => {
    const stack = synthesised();
    expect(stack.of("docker_image")).toEqual([
      expect.objectContaining({ name: images["otel-java-agent"] }),
    ]);
    expect(filler(stack)).toMatchObject({
      entrypoint: ["cp"],
      command: ["/javaagent.jar", "/otel/opentelemetry-javaagent.jar"],
      must_run: false,
      attach: true,
      restart: "no",
      network_mode: "none",
      capabilities: { drop: ["ALL"] },
    });
  });

  it("is mounted read-only and awaited by the container that it is attached to", () => {
    const api = synthesised().container("api");
    expect(api.volumes).toEqual([
      expect.objectContaining({ container_path: "/otel", read_only: true }),
    ]);
    expect(api.depends_on).toEqual(
      expect.arrayContaining([expect.stringMatching(/^docker_container\.otel-java-agent_filler/)]),
    );
  });

  it("tells the JVM what it needs", () => {
    expect(synthesised().container("api").env).toEqual([
      "JAVA_TOOL_OPTIONS=-javaagent:/otel/opentelemetry-javaagent.jar",
      "OTEL_SERVICE_NAME=api",
      "OTEL_RESOURCE_ATTRIBUTES=deployment.environment.name=test",
      "OTEL_EXPORTER_OTLP_ENDPOINT=http://otel-collector:4318",
      "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
      "OTEL_TRACES_EXPORTER=otlp",
      "OTEL_METRICS_EXPORTER=none",
      "OTEL_LOGS_EXPORTER=none",
      "OTEL_PROPAGATORS=tracecontext,baggage",
      "OTEL_TRACES_SAMPLER=parentbased_traceidratio",
      "OTEL_TRACES_SAMPLER_ARG=0.25",
    ]);
  });

  it("leaves what the container has: variables, options of the JVM, volumes", () => {
    const { env, volumes } = synthesised(undefined, {
      env: ["JAVA_TOOL_OPTIONS=-Xmx256m", "OTEL_SERVICE_NAME=mine", "A=$${B}"],
      volumes: [{ volumeName: "data", containerPath: "/data" }],
    }).container("api");
    expect(env?.slice(0, 3)).toEqual([
      "JAVA_TOOL_OPTIONS=-Xmx256m -javaagent:/otel/opentelemetry-javaagent.jar",
      "OTEL_SERVICE_NAME=mine",
      "A=$${B}",
    ]);
    expect(env?.filter((entry) => entry.startsWith("OTEL_SERVICE_NAME="))).toHaveLength(1);
    expect(volumes?.map(({ container_path }) => container_path)).toEqual(["/data", "/otel"]);
  });

  it("is another volume when it is another file, and needs no image of its own then", () => {
    const folder = mkdtempSync(join(tmpdir(), "l2o-agent-"));
    try {
      const names = ["one", "two"].map((content) => {
        const jar = join(folder, "agent.jar");
        writeFileSync(jar, content);
        const stack = synthesised(jar);
        expect(stack.of("docker_image")).toEqual([expect.objectContaining({ name: images.nginx })]);
        expect(filler(stack)?.upload).toMatchObject([{ file: "/javaagent.jar" }]);
        return (stack.of("docker_volume") as { name: string }[])[0]?.name;
      });
      expect(names[0]).toMatch(/^l2o-test-otel-java-agent-[0-9a-f]{8}$/);
      expect(names[0]).not.toBe(names[1]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("sends metrics where it is asked to", () => {
    expect(agent().variables({ service: "api", metrics: true })).toContain(
      "OTEL_METRICS_EXPORTER=otlp",
    );
  });

  it("fails for a name or a ratio that cannot be taken, and for a file that is not there", () => {
    expect(() => agent().variables({ service: "a,b", sampleRatio: 2 })).toThrow(
      /'service' must be letters, .* got 'a,b'\n.*'sampleRatio' must be a number from 0 to 1, got 2/,
    );
    expect(() => agent("agent.jar")).toThrow(
      "'jar' must be an absolute path of an existing file, got 'agent.jar'",
    );
  });
});

test("variables are merged by name", () => {
  expect(mergeVariables([], { A: "1" })).toEqual(["A=1"]);
  expect(mergeVariables(["A=2", "B=x=y"], { A: "1", C: "3" })).toEqual(["A=2", "B=x=y", "C=3"]);
});
