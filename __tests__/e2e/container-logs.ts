import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { run } from "../../commands/shell";
import { images } from "../../constructs/core/images";
import type { Platform } from "../../tools/rig/platform";
import { spanOfSdk } from "./traces";
import { eventually, expect, type Steps } from "../../tools/rig/steps";

const reader = "l2o-e2e-reader";
const speaker = "l2o-e2e-speaker";

/** What reads the lines of one container and hands them to Loki by OTLP. */
const readerFile = (id: string, loki: string) => ({
  receivers: {
    file_log: {
      include: [`/containers/${id}/${id}-json.log`],
      start_at: "beginning",
      operators: [
        { type: "container", format: "docker", add_metadata_from_filepath: false },
        { type: "json_parser", if: 'body startsWith "{"', parse_to: "attributes" },
        { type: "add", field: 'resource["container.name"]', value: speaker },
      ],
    },
  },
  exporters: { otlp_http: { endpoint: `${loki}/otlp` } },
  service: { pipelines: { logs: { receivers: ["file_log"], exporters: ["otlp_http"] } } },
});

interface Found {
  readonly stream: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [string, string])[];
}

/** What the platform's own agent and that of an application host bring of the same engine. */
async function collectedByAgents(
  platform: Platform,
  lines: (logql: string) => Promise<readonly Found[]>,
): Promise<string> {
  await platform.docker(
    ...["run", "--detach", "--name", speaker, "--label=l2-observatory.service=shop"],
    ...["--entrypoint=/bin/sh", (await platform.images())["nginx"] ?? images.nginx],
    ...["-c", "echo 'level=warn msg=hello'; echo 'gone wrong' >&2; sleep 120"],
  );
  try {
    const began = Date.now();
    for (const agent of ["local", "application"]) {
      const of = `{service="shop", container="${speaker}", agent="${agent}"}`;
      const found = await eventually(
        `lines of ${of}`,
        30,
        () => lines(of),
        (streams) => new Set(streams.map(({ stream }) => stream["logstream"])).size === 2,
      );
      expect(
        found.some(({ stream }) => stream["level"] === "warn"),
        `no level was read: ${JSON.stringify(found)}`,
      );
      const metric = `node_memory_MemAvailable_bytes{job="node-exporter", agent="${agent}"}`;
      await eventually(
        metric,
        60,
        () => platform.query(metric),
        ({ size }) => size === 1,
      );
    }
    return `both agents after ${((Date.now() - began) / 1000).toFixed(1)} s`;
  } finally {
    await run("docker", ["rm", "--force", "--volumes", speaker], { env: platform.env });
  }
}

/**
 * Lines of a real container, read by the real Collector's file receiver: what there is where Alloy is not. The line of
 * a request leads to its trace.
 */
export async function containerLogs(steps: Steps, platform: Platform): Promise<void> {
  const address = platform.engine.address;
  const loki = `http://${address}:3100`;
  const built = await platform.images();
  const image = (name: "nginx" | "otel-collector") => built[name] ?? images[name];

  const lines = async (logql: string): Promise<readonly Found[]> => {
    const query = new URLSearchParams({ query: logql, since: "1h" });
    const answer = await fetch(`${loki}/loki/api/v1/query_range?${query.toString()}`);
    const { data } = (await answer.json()) as { data: { result: readonly Found[] } };
    return data.result;
  };
  const follow = async (): Promise<string> => {
    const { traceId } = await spanOfSdk(`http://${address}:4318`);
    const line = JSON.stringify({ level: "ERROR", message: "paid twice", trace_id: traceId });
    await platform.docker(
      ...["run", "--detach", "--name", speaker, "--network=none", "--entrypoint=/bin/sh"],
      ...[image("nginx"), "-c", `echo '${line}'; echo '{broken'; sleep 120`],
    );
    const id = (await platform.docker("inspect", "--format", "{{.Id}}", speaker)).trim();
    const folder = join(platform.stateDirectory, "reader");
    mkdirSync(folder, { recursive: true });
    const file = join(folder, "reader.yaml");
    writeFileSync(file, stringify(readerFile(id, loki)));
    const began = Date.now();
    await platform.docker(
      ...["run", "--detach", "--name", reader, "--network=host", "--user=0:0"],
      ...["--volume", `${platform.engine.containersDirectory}:/containers:ro`],
      ...["--volume", `${file}:/reader.yaml:ro`],
      ...[image("otel-collector"), "--config=/reader.yaml"],
    );
    const [found] = await eventually(
      "the container's line in Loki",
      20,
      () => lines(`{container_name="${speaker}"} | level="ERROR"`),
      (all) => all.length > 0,
    );
    const seconds = ((Date.now() - began) / 1000).toFixed(1);
    const both = await lines(`{container_name="${speaker}"}`);
    const texts = both.flatMap(({ values }) => values.map(([, text]) => text.trim()));
    expect(texts.includes("{broken"), `the broken line was dropped: ${JSON.stringify(texts)}`);
    // What the derived field of Grafana's datasource does: the label's value is the trace's id.
    const named = found?.stream["trace_id"];
    expect(named === traceId, `the line names the trace ${String(named)}`);
    await eventually(
      "the trace that the line names",
      20,
      async () => (await fetch(`http://${address}:16686/api/traces/${String(named)}`)).ok,
      (ok) => ok,
    );
    return `${seconds} s after its reader started; a broken line is kept`;
  };

  const agents = (await platform.containers()).filter(({ name }) => name.endsWith("-alloy"));
  const collected = "logs: the agents in their containers collect lines and metrics";
  if (agents.length === 0) {
    steps.skip(collected, "no Alloy is at hand: name its program in L2O_ALLOY_BIN");
  } else {
    await steps.step(collected, () => collectedByAgents(platform, lines), ["deploy from nothing"]);
  }
  await steps.step(
    "logs: a container's line is found by its labels and leads to its trace",
    async () => {
      try {
        return await follow();
      } catch (error) {
        const { stdout, stderr } = await run("docker", ["logs", reader], { env: platform.env });
        throw new Error(`${String(error)}; the reader said: ${(stdout + stderr).slice(-2000)}`);
      } finally {
        await run("docker", ["rm", "--force", "--volumes", speaker, reader], { env: platform.env });
      }
    },
    ["deploy from nothing"],
  );
}
