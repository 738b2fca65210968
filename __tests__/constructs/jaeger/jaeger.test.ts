import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { assetPath } from "../../../constructs/core/paths";
import type { TraceStore } from "../../../constructs/core/trace-store";
import { Jaeger, type JaegerProps } from "../../../constructs/jaeger";
import { synthesise, testRuntime, testStack, type Synthesised } from "../core/synthesised";

const path = "/etc/jaeger/jaeger.yaml";

function synthesised(props: Partial<JaegerProps> = {}): Synthesised {
  return synthesise((stack, runtime) => {
    new Jaeger(stack, "jaeger", { runtime, ...props });
  });
}

function jaeger(props: Partial<JaegerProps> = {}): Jaeger {
  const stack = testStack();
  return new Jaeger(stack, "jaeger", { runtime: testRuntime(stack), ...props });
}

const badger = (config: unknown) =>
  (
    config as {
      extensions: {
        jaeger_storage: {
          backends: {
            spans: {
              badger: { ttl: { spans: string }; directories: { keys: string; values: string } };
            };
          };
        };
      };
    }
  ).extensions.jaeger_storage.backends.spans.badger;

describe("Jaeger", () => {
  it("is a trace store", () => {
    const store: TraceStore = jaeger();
    expect(store.kind).toBe("jaeger");
    expect(store.spans.authority).toBe("jaeger:4317");
    expect(store.spansOverHttp.url).toBe("http://jaeger:4318");
    expect(store.query.url).toBe("http://jaeger:16686");
  });

  it("is watched on the port that its configuration opens", () => {
    const { observation } = jaeger();
    expect(observation).toMatchObject({
      job: "jaeger",
      down: { name: "JaegerDown", priority: "P2" },
      rules: [{ name: "jaeger" }],
    });
    expect(observation.targets.map(({ endpoint }) => endpoint.url)).toEqual([
      "http://jaeger:8888/metrics",
    ]);
    expect(readFileSync(assetPath("jaeger/jaeger.yaml"), "utf8")).toContain("port: 8888");
  });

  it("keeps traces for 3 days unless told otherwise, below its volume", () => {
    expect(badger(synthesised().yaml("jaeger", path)).ttl.spans).toBe("72h");
    expect(badger(synthesised({ retentionDays: 15 }).yaml("jaeger", path)).ttl.spans).toBe("360h");
    const [volume] = synthesised().container("jaeger").volumes ?? [];
    const { keys, values } = badger(synthesised().yaml("jaeger", path)).directories;
    for (const folder of [keys, values]) {
      expect(folder.startsWith(`${volume?.container_path ?? "?"}/`)).toBe(true);
    }
  });

  it("changes nothing else of the asset", () => {
    const asset = parse(readFileSync(assetPath("jaeger/jaeger.yaml"), "utf8")) as object;
    expect(synthesised().yaml("jaeger", path)).toEqual(asset);
  });

  it("shows its page on the bind address, and takes spans inside only", () => {
    expect(synthesised({ hostPort: 26686 }).container("jaeger").ports).toEqual([
      { internal: 16686, external: 26686, ip: "127.0.0.1", protocol: "tcp" },
    ]);
  });

  it("refuses spans before the kernel would kill it", () => {
    const { processors } = synthesised().yaml("jaeger", path) as {
      processors: { memory_limiter: { limit_mib: number } };
    };
    const container = synthesised().container("jaeger");
    expect(processors.memory_limiter.limit_mib).toBeLessThan(container.memory);
    expect(container.env).toEqual(["GOMEMLIMIT=220MiB"]);
  });

  it("fails when the retention is out of range", () => {
    expect(() => jaeger({ retentionDays: 366 })).toThrow(
      "'retentionDays' must be an integer from 1 to 365, got 366",
    );
  });
});
