import { Endpoint } from "../../../constructs/core/endpoint";
import type { LogStore } from "../../../constructs/core/log-store";
import { Observations } from "../../../constructs/core/observation";
import { Loki, type LokiProps } from "../../../constructs/loki";
import { sampleLogGroup, sampleObservation } from "../core/samples";
import { synthesise, testRuntime, testStack, type Synthesised } from "../core/synthesised";

const observable = { observation: sampleObservation({ logRules: [sampleLogGroup] }) };
const alertmanager = (host: string) => new Endpoint({ protocol: "alertmanager", host, port: 9093 });

function synthesised(props: Partial<LokiProps> = {}): Synthesised {
  return synthesise((stack, runtime) => {
    new Loki(stack, "loki", { runtime, observations: [observable], ...props });
  });
}

const main = (props: Partial<LokiProps> = {}) =>
  synthesised(props).yaml("loki", "/etc/loki/loki.yaml");

describe("Loki", () => {
  it("can be pushed to and asked, and is a store of logs", () => {
    const stack = testStack();
    const store: LogStore = new Loki(stack, "loki", { runtime: testRuntime(stack) });
    expect(store.push).toMatchObject({ protocol: "loki-push" });
    expect(store.push.url).toBe("http://loki:3100/loki/api/v1/push");
    expect(store.query).toMatchObject({ protocol: "logql" });
    expect(store.query.url).toBe("http://loki:3100");
  });

  it("keeps lines for 15 days in its volume, deletes and counts what is too much", () => {
    expect(main()).toMatchObject({
      auth_enabled: false,
      analytics: { reporting_enabled: false },
      schema_config: { configs: [{ store: "tsdb", schema: "v13", object_store: "filesystem" }] },
      compactor: { retention_enabled: true, delete_request_store: "filesystem" },
      limits_config: {
        retention_period: "360h",
        allow_structured_metadata: true,
        ingestion_rate_mb: 1,
        ingestion_burst_size_mb: 2,
        max_global_streams_per_user: 500,
      },
      ingester: { wal: { enabled: true, dir: "/loki/wal" } },
      pattern_ingester: { enabled: false },
    });
  });

  it("keeps no cache that nobody bounded", () => {
    const { query_range } = main() as { query_range: Readonly<Record<string, unknown>> };
    for (const cache of [
      "results",
      "index_stats_results",
      "volume_results",
      "instant_metric_results",
      "series_results",
      "label_results",
    ]) {
      expect([cache, query_range[`cache_${cache}`]]).toEqual([cache, false]);
    }
  });

  it("keeps lines in S3 with the machine's role: no key is named", () => {
    const file = main({
      logs: { storage: { type: "s3", bucket: "example-logs", region: "eu-central-1" } },
    });
    expect(file).toMatchObject({
      storage_config: { aws: { bucketnames: "example-logs", region: "eu-central-1" } },
      schema_config: { configs: [{ object_store: "s3" }] },
      compactor: { delete_request_store: "s3" },
    });
    expect(JSON.stringify(file)).not.toMatch(/access_key|secret/);
  });

  it("reads what was written in earlier periods", () => {
    const { schema_config } = main({
      logs: {
        schema: {
          from: "2026-01-01",
          earlier: [{ from: "2022-05-01", store: "boltdb-shipper", schema: "v11" }],
        },
      },
    }) as { schema_config: { configs: { from: string; store: string; schema: string }[] } };
    expect(
      schema_config.configs.map(({ from, store, schema }) => [from, store, schema].join(" ")),
    ).toEqual(["2022-05-01 boltdb-shipper v11", "2026-01-01 tsdb v13"]);
  });

  it("sends alerts to every Alertmanager and is known by its published address", () => {
    expect(
      main({ alertmanagers: [alertmanager("a"), alertmanager("b")], hostPort: 13100 }),
    ).toMatchObject({
      ruler: {
        alertmanager_url: "http://a:9093,http://b:9093",
        external_url: "http://127.0.0.1:13100",
      },
    });
  });

  it("evaluates its own alerts and those that are observed, also later", () => {
    const observations = new Observations();
    const files = synthesise((stack, runtime) => {
      new Loki(stack, "loki", { runtime, observations });
      observations.add(observable);
    }).container("loki").upload;
    expect(files?.map(({ file }) => file)).toEqual([
      "/etc/loki/loki.yaml",
      "/etc/loki/rules/fake/logs.yml",
      "/etc/loki/rules/fake/sample.yml",
    ]);
  });

  it("evaluates nothing where another engine does; the folder of rules is there all the same", () => {
    const loki = synthesise((stack, runtime) => {
      new Loki(stack, "loki", { runtime, observations: [observable], evaluatesAlerts: false });
    });
    expect(loki.container("loki").upload?.map(({ file }) => file)).toEqual([
      "/etc/loki/loki.yaml",
      "/etc/loki/rules/fake/none.yml",
    ]);
    expect(loki.yaml("loki", "/etc/loki/rules/fake/none.yml")).toEqual({ groups: [] });
    const stack = testStack();
    const runtime = testRuntime(stack);
    // The heartbeat must not wait for what nobody does.
    expect(new Loki(stack, "loki", { runtime, evaluatesAlerts: false }).observation.legs).toEqual(
      [],
    );
  });

  it("renders an alert with what routes it, what Prometheus would add, and a link to its lines", () => {
    const stack = synthesised({ runbooksUrl: "http://127.0.0.1:9091/runbooks" });
    expect(stack.yaml("loki", "/etc/loki/rules/fake/sample.yml")).toEqual({
      groups: [
        {
          name: "sample",
          interval: "10s",
          rules: [
            {
              alert: "SampleBroken",
              expr: 'sum by (chain) (count_over_time({service="sample"} |= "broken" [5m])) > 0',
              labels: { severity: "high", priority: "P2", environment: "test" },
              annotations: expect.objectContaining({
                summary: "The sample is broken",
                dashboard_url:
                  "http://127.0.0.1:3100/loki/api/v1/query_range?query=%7Bservice%3D%22sample%22%7D%20%7C%3D%20%22broken%22&since=1h&limit=100",
                runbook_url: "http://127.0.0.1:9091/runbooks/SampleBroken",
              }) as unknown,
            },
          ],
        },
      ],
    });
  });

  it("has a threshold of errors that the environment decides", () => {
    expect(
      synthesised({ logs: { errorBurst: 7 } }).yaml("loki", "/etc/loki/rules/fake/logs.yml"),
    ).toMatchObject({
      groups: [
        { rules: [{ alert: "LogErrorBurst", expr: expect.stringMatching(/> 7$/) as string }] },
      ],
    });
  });

  it("leaves room between Go's memory limit and the container's for the pages of its program", () => {
    const { env = [], memory } = synthesised().container("loki");
    const limit = Number(/^GOMEMLIMIT=(\d+)MiB$/.exec(env[0] ?? "")?.[1]);
    expect(memory - limit).toBeGreaterThanOrEqual(66);
  });

  it("sets aside the disk that the environment names", () => {
    const stack = testStack();
    const runtime = testRuntime(stack);
    new Loki(stack, "loki", { runtime, logs: { diskGiB: 9 } });
    expect(runtime.budget.total.diskGiB).toBe(9);
  });

  it.each([
    [{ retentionDays: 0 }, "'retentionDays' must be at least 1, got 0"],
    [{ retentionDays: 366 }, "'retentionDays' must be at most 365, got 366"],
    [{ storage: { type: "s3" } }, "'storage.bucket' must be the name of an S3 bucket, got nothing"],
    [
      { schema: { earlier: [{ from: "2024-01-01", store: "tsdb", schema: "v12" }] } },
      "'schema.earlier[0].from' must be before 'schema.from', '2024-01-01', got '2024-01-01'",
    ],
    [
      {
        schema: {
          earlier: [
            { from: "2023-01-01", store: "tsdb", schema: "v12" },
            { from: "2022-01-01", store: "tsdb", schema: "v12" },
          ],
        },
      },
      "'schema.earlier[0].from' must be before 'schema.earlier[1].from', '2022-01-01', got '2023-01-01'",
    ],
  ])("fails with %j", (logs, words) => {
    expect(() => synthesised({ logs: logs as LokiProps["logs"] & object })).toThrow(words);
  });
});
