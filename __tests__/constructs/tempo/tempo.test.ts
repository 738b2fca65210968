import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { Endpoint } from "../../../constructs/core/endpoint";
import { assetPath } from "../../../constructs/core/paths";
import type { TraceStore } from "../../../constructs/core/trace-store";
import { Prometheus } from "../../../constructs/prometheus";
import { Tempo, type TempoProps } from "../../../constructs/tempo";
import { synthesise, testRuntime, testStack, type Synthesised } from "../core/synthesised";

const metrics = new Endpoint({
  protocol: "remote-write",
  host: "prometheus",
  port: 9090,
  path: "/api/v1/write",
});
const path = "/etc/tempo/tempo.yaml";

function synthesised(props: Partial<TempoProps> = {}): Synthesised {
  return synthesise((stack, runtime) => {
    new Tempo(stack, "tempo", { runtime, metrics, ...props });
  });
}

function tempo(props: Partial<TempoProps> = {}): Tempo {
  const stack = testStack();
  return new Tempo(stack, "tempo", { runtime: testRuntime(stack), metrics, ...props });
}

describe("Tempo", () => {
  it("is a trace store", () => {
    const store: TraceStore = tempo();
    expect(store.kind).toBe("tempo");
    expect(store.spans.authority).toBe("tempo:4317");
    expect(store.spansOverHttp.url).toBe("http://tempo:4318");
    expect(store.query.url).toBe("http://tempo:3200");
  });

  it("is watched: its own page, its own down alert, its own rules", () => {
    expect(tempo().observation).toMatchObject({
      job: "tempo",
      targets: [{ endpoint: { host: "tempo", port: 3200, path: "/metrics" } }],
      down: { name: "TempoDown", priority: "P2" },
      rules: [{ name: "tempo" }],
    });
  });

  it("writes its metrics where it is told, with exemplars", () => {
    const other = new Endpoint({
      protocol: "remote-write",
      host: "mimir",
      port: 80,
      path: "/push",
    });
    expect(synthesised({ metrics: other }).yaml("tempo", path)).toMatchObject({
      metrics_generator: {
        storage: { remote_write: [{ url: "http://mimir:80/push", send_exemplars: true }] },
      },
      overrides: {
        defaults: { metrics_generator: { processors: ["service-graphs", "span-metrics"] } },
      },
    });
  });

  it("names the retention wherever Tempo reads it", () => {
    const retentions = (config: unknown) => {
      const { backend_scheduler, backend_worker, query_frontend } = config as {
        backend_scheduler: {
          provider: { compaction: { compaction: { block_retention: string } } };
        };
        backend_worker: { compaction: { block_retention: string } };
        query_frontend: { search: { max_duration: string } };
      };
      return [
        backend_scheduler.provider.compaction.compaction.block_retention,
        backend_worker.compaction.block_retention,
        query_frontend.search.max_duration,
      ];
    };
    expect(retentions(synthesised().yaml("tempo", path))).toEqual(["168h", "168h", "168h"]);
    expect(retentions(synthesised({ retentionDays: 2 }).yaml("tempo", path))).toEqual([
      "48h",
      "48h",
      "48h",
    ]);
  });

  it("changes nothing else of the asset", () => {
    const asset = parse(readFileSync(assetPath("tempo/tempo.yaml"), "utf8")) as object;
    expect(synthesised({ retentionDays: 15 }).yaml("tempo", path)).toEqual(asset);
  });

  it("reads from memory that is bounded: workers × buffers × bytes", () => {
    const { storage } = synthesised().yaml("tempo", path) as {
      storage: {
        trace: {
          pool: { max_workers: number };
          search: { read_buffer_count: number; read_buffer_size_bytes: number };
        };
      };
    };
    const { pool, search } = storage.trace;
    const bytes = pool.max_workers * search.read_buffer_count * search.read_buffer_size_bytes;
    expect(bytes).toBeLessThanOrEqual(32 * 1024 * 1024);
  });

  it("publishes nothing, keeps its data in a volume, is probed by its own binary", () => {
    const container = synthesised().container("tempo");
    expect(container.ports ?? []).toEqual([]);
    expect(container).toMatchObject({
      user: "10001:10001",
      env: ["GOMEMLIMIT=384MiB"],
      memory: 512,
      volumes: [{ container_path: "/var/tempo" }],
      healthcheck: { test: ["CMD", "/tempo", "-health", expect.any(String)] },
    });
  });

  it("is scraped and has its rules evaluated by Prometheus alone", () => {
    const stack = synthesise((scope, runtime) => {
      const observed = new Tempo(scope, "tempo", { runtime, metrics });
      new Prometheus(scope, "prometheus", { runtime, observations: [observed] });
    });
    expect(stack.yaml("prometheus", "/etc/prometheus/scrape/tempo.yml")).toMatchObject({
      scrape_configs: [{ static_configs: [{ targets: ["tempo:3200"] }] }],
    });
    expect(stack.file("prometheus", "/etc/prometheus/rules/tempo.yml")).toContain(
      "TempoSpansRefused",
    );
  });

  it("fails when the retention is out of range", () => {
    expect(() => tempo({ retentionDays: 0 })).toThrow(
      "'retentionDays' must be an integer from 1 to 365, got 0",
    );
  });

  const binary = process.env["L2O_TEMPO_BIN"];
  (binary === undefined ? it.skip : it)(
    "is accepted by tempo -config.verify (skipped unless L2O_TEMPO_BIN names a binary)",
    () => {
      const folder = mkdtempSync(join(tmpdir(), "l2o-tempo-"));
      try {
        const file = join(folder, "tempo.yaml");
        writeFileSync(file, synthesised().file("tempo", path));
        const { status, stderr } = spawnSync(
          binary ?? "",
          [`-config.file=${file}`, "-config.verify=true"],
          { encoding: "utf8" },
        );
        expect([status, stderr]).toEqual([0, expect.any(String)]);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );
});
