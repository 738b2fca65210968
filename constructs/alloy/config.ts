import { ConfigFile } from "../core/config-file";
import type { Endpoint } from "../core/endpoint";
import { hostOf, modulesOf, type Agent, type AgentModule } from "./schema";

/** Folder of the configuration in the container: every `*.alloy` in it is read. */
export const configFolder = "/etc/alloy";

/** Where folders with log files appear in the container. */
export const filesFolder = "/host/files";

const blackboxFile = `${configFolder}/blackbox.yml`;

/** An expression that no text matches: a bound of a word in an empty line. */
const never = "^\\b$";

/** Where an agent sends to. */
export interface Platform {
  readonly metrics: Endpoint<"remote-write">;
  /** Needed by modules that read lines. */
  readonly logs?: Endpoint<"loki-push">;
  /** Needed by the module otlp. */
  readonly traces?: Endpoint<"otlp-http">;
  /** The engine behind the socket proxy; needed by the module docker-logs. */
  readonly engine?: Endpoint<"http">;
}

/** A reference to another component, written without quotes. */
interface Reference {
  readonly to: string;
}

type Value = string | number | Reference | readonly Value[] | { readonly [key: string]: Value };

function isReference(value: object): value is Reference {
  return "to" in value && Object.keys(value).length === 1;
}

/** A value in Alloy's notation; its strings are those of JSON. */
export function renderValue(value: Value, indent = "\t"): string {
  if (typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) {
    const items = (value as readonly Value[]).map((one) => renderValue(one, indent));
    return `[${items.join(", ")}]`;
  }
  if (isReference(value)) return value.to;
  const entries = Object.entries(value);
  const widest = Math.max(...entries.map(([key]) => key.length));
  const lines = entries.map(
    ([key, one]) => `${indent}\t${key.padEnd(widest)} = ${renderValue(one, `${indent}\t`)},`,
  );
  return `{\n${lines.join("\n")}\n${indent}}`;
}

/** One use of a `declare`. */
export interface Use {
  /** Its name, an identifier. */
  readonly declare: string;
  /** Unique among the uses of this one. */
  readonly label: string;
  readonly args: Readonly<Record<string, Value>>;
}

/** A use in Alloy's notation, as `alloy fmt` writes it. */
export function renderUse({ declare, label, args }: Use): string {
  const entries = Object.entries(args);
  const groups = aligned(entries.map(([key, value]) => [key, renderValue(value)] as const));
  return `${declare} ${JSON.stringify(label)} {\n${groups}\n}\n`;
}

/** Arguments below one another; one of several lines ends a column. */
function aligned(entries: readonly (readonly [string, string])[]): string {
  const columns = entries.reduce<(readonly [string, string])[][]>((done, entry, i) => {
    const last = done.at(-1);
    const before = entries[i - 1];
    if (last === undefined || before?.[1].includes("\n") === true) {
      return [...done, [entry]];
    }
    last.push(entry);
    return done;
  }, []);
  return columns
    .flatMap((column) => {
      const widest = Math.max(...column.map(([key]) => key.length));
      return column.map(([key, value]) => `\t${key.padEnd(widest)} = ${value}`);
    })
    .join("\n");
}

const metrics: Reference = { to: "platform_metrics.platform.receiver" };

function identifier(name: string): string {
  return name.replace(/\W/g, "_");
}

function dropExpression(patterns: readonly string[]): string {
  return patterns.length === 0 ? never : patterns.map((one) => `(?:${one})`).join("|");
}

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function linesUse(label: string, drop: readonly string[]): Use {
  return {
    declare: "lines",
    label,
    args: { forward_to: [{ to: "platform_logs.platform.receiver" }], drop: dropExpression(drop) },
  };
}

/** What one module makes of the main file. */
function usesOf(module: AgentModule, agent: Agent, { engine }: Platform): readonly Use[] {
  switch (module.module) {
    case "host":
      return [
        {
          declare: "host",
          label: "host",
          args: { forward_to: [metrics], instance: hostOf(agent) },
        },
      ];
    case "docker-logs":
      return [
        {
          declare: "docker_logs",
          label: "engine",
          args: {
            forward_to: [{ to: "lines.containers.receiver" }],
            // By http:// the agent would cut every stream of lines at its refresh interval.
            engine: `tcp://${engine?.authority ?? ""}`,
            ignore: module.ignore.length === 0 ? never : module.ignore.map(literally).join("|"),
          },
        },
        linesUse("containers", module.drop),
      ];
    case "files": {
      const label = identifier(module.service);
      return [
        {
          declare: "files",
          label,
          args: {
            forward_to: [{ to: `lines.files_${label}.receiver` }],
            targets: module.paths.map((path) => ({
              __path__: `${filesFolder}${path}`,
              service: module.service,
              logstream: "file",
            })),
          },
        },
        linesUse(`files_${label}`, module.drop),
      ];
    }
    case "spring":
      return [
        {
          declare: "spring",
          label: identifier(module.service),
          args: {
            forward_to: [metrics],
            service: module.service,
            address: `${module.host}:${String(module.port)}`,
            path: module.path,
          },
        },
      ];
    case "nginx":
      return [
        {
          declare: "nginx",
          label: identifier(module.service),
          args: {
            forward_to: [metrics],
            service: module.service,
            instance: `${module.host}:${String(module.port)}`,
            exporter: `${module.exporterHost}:${String(module.exporterPort)}`,
          },
        },
      ];
    case "otlp":
      return [
        {
          declare: "otlp",
          label: "applications",
          args: { traces_to: [{ to: "platform_traces.platform.input" }], metrics_to: [metrics] },
        },
      ];
    case "probes":
      return [
        {
          declare: "probes",
          label: "addresses",
          args: {
            forward_to: [metrics],
            config_file: blackboxFile,
            targets: module.probes.map(({ name, target, module: kind }) => ({
              name,
              address: target,
              module: kind,
              service: name,
            })),
          },
        },
      ];
  }
}

const linesPerSecond = 1000;

/** Everything the main file instantiates. */
export function uses(agent: Agent, platform: Platform): readonly Use[] {
  const labels = { agent: agent.agent, host: hostOf(agent) };
  const { logs, traces } = platform;
  const to = (declare: string, args: Use["args"]): Use => ({ declare, label: "platform", args });
  return [
    to("platform_metrics", { url: platform.metrics.url, labels }),
    ...(logs === undefined
      ? []
      : [to("platform_logs", { url: logs.url, labels, lines_per_second: linesPerSecond })]),
    ...(traces === undefined ? [] : [to("platform_traces", { url: traces.url })]),
    {
      declare: "agent",
      label: "agent",
      args: { forward_to: [metrics], instance: agent.agent },
    },
    ...agent.modules.flatMap((module) => usesOf(module, agent, platform)),
  ];
}

/** Which asset holds a `declare`. */
function assetOf(declare: string): string {
  if (declare.startsWith("platform_")) return "platform";
  return declare === "docker_logs" ? "docker-logs" : declare;
}

const head = `// Generated: what this agent does. The modules beside it are the package's assets.

logging {
	level  = "warn"
	format = "logfmt"
}
`;

/** The files of an agent: the generated main file, and of the modules those that it uses, as they are. */
export function configFiles(agent: Agent, platform: Platform): readonly ConfigFile[] {
  const all = uses(agent, platform);
  const assets = [...new Set(all.map(({ declare }) => assetOf(declare)))];
  return [
    ConfigFile.text(`${configFolder}/main.alloy`, [head, ...all.map(renderUse)].join("\n")),
    ...assets.map((name) =>
      ConfigFile.asset(`${configFolder}/${name}.alloy`, `alloy/${name}.alloy`),
    ),
    ...(modulesOf(agent, "probes").length === 0
      ? []
      : [ConfigFile.asset(blackboxFile, "blackbox-exporter/blackbox.yml")]),
  ];
}
