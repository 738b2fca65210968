import { posix } from "node:path";
import { z } from "zod";
import { jvmSchema } from "../core/jvm";
import { distinct, hostName, httpUrl, kebabName, matching, port } from "../core/schema";
import {
  accessLogThresholds,
  certificateThresholds,
  hostThresholds,
  springThresholds,
} from "../core/thresholds";

/** Job label of what an agent says about itself. */
export const agentJob = "alloy";

/** Patterns that RE2, which the agent uses, does not know. */
const notRe2 = /\(\?<?[=!]|\\[1-9]/;

function isLinePattern(value: unknown): boolean {
  if (typeof value !== "string" || value === "" || notRe2.test(value)) return false;
  try {
    return !new RegExp(value).test("");
  } catch {
    return false;
  }
}

/** A regular expression that is not met by every line. */
const linePattern = z.custom<string>(isLinePattern, {
  message:
    "a regular expression in RE2's notation (no look-ahead, no back reference) that an empty line does not match",
});

const drop = {
  /** Lines that match one of these are not kept, and counted as `drop_rule`. */
  drop: z.array(linePattern).default([]),
};

const containerName = matching(
  /^[A-Za-z0-9][A-Za-z0-9_.-]*$/,
  "the name of a container, without a slash",
);

const logPath = matching(
  /^\/(?:[\w.@*?{},-]+\/)+[\w.@*?{},-]+$/,
  "an absolute path of a file below a folder, with * and ** as patterns",
).refine((path) => posix.normalize(path) === path && folderOf(path) !== "/", {
  message: "an absolute path whose first folder is named, without '..'",
});

const metricsPath = matching(/^\/[A-Za-z0-9._/-]*$/, "a path such as '/actuator/prometheus'");

/** The folder that must be mounted so that a pattern can be read: the longest part without pattern. */
export function folderOf(path: string): string {
  const parts = path.split("/").slice(0, -1);
  const first = parts.findIndex((part) => /[*?{]/.test(part));
  const plain = parts.slice(0, first === -1 ? parts.length : first).join("/");
  return plain === "" ? "/" : plain;
}

const host = z.strictObject({ module: z.literal("host"), thresholds: hostThresholds });

const dockerLogs = z.strictObject({
  module: z.literal("docker-logs"),
  /** Names of containers whose lines are not read. */
  ignore: z.array(containerName).default([]),
  ...drop,
});

const files = z.strictObject({
  module: z.literal("files"),
  /** Label `service` of the lines, e.g. `web`. */
  service: kebabName,
  /** Files on the host. Their folders are mounted, read-only, under `/host/files`. */
  paths: z.array(logPath).min(1),
  /**
   * Numeric id of the group that may read them on the host, e.g. 4 (`adm`) for /var/log/nginx on Debian.
   * Without it they must be readable by everybody.
   */
  group: z.int().min(1).max(65534).optional(),
  ...drop,
});

const network = z.string().min(1).optional();

const spring = z.strictObject({
  module: z.literal("spring"),
  /** Label `service`, e.g. `api`. */
  service: kebabName,
  /** As seen from the agent's container. */
  host: hostName,
  /** Application or management port. */
  port: port.default(8080),
  path: metricsPath.default("/actuator/prometheus"),
  /** An existing Docker network on which it is reached. */
  network,
  thresholds: springThresholds,
  /** A board of its own for heap, collector, threads and database connections. */
  jvm: jvmSchema.optional(),
});

const nginx = z.strictObject({
  module: z.literal("nginx"),
  /** Label `service`, e.g. `edge`. */
  service: kebabName,
  /** The nginx server; it names the series. */
  host: hostName,
  port: port.default(80),
  /** nginx-prometheus-exporter beside it, as seen from the agent's container. */
  exporterHost: hostName,
  exporterPort: port.default(9113),
  /** An existing Docker network on which the exporter is reached. */
  network,
  /** Of its access log, where an agent reads it under the same label `service`. */
  thresholds: accessLogThresholds,
});

const otlp = z.strictObject({
  module: z.literal("otlp"),
  /** Port for OTLP over gRPC on the bind address. */
  grpcHostPort: port.default(4317),
  /** Port for OTLP over HTTP on the bind address. */
  httpHostPort: port.default(4318),
});

const probe = z.strictObject({
  /** Label `service` of the probe's series. */
  name: kebabName,
  /** What is asked; it becomes a label, so it carries no key. */
  target: z.union(
    [httpUrl, matching(/^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?:\d{1,5}$/, "host:port")],
    { error: "an http:// or https:// URL without user, query and key, or host:port" },
  ),
  module: z.enum(["http_2xx", "json_rpc", "tcp"]).default("http_2xx"),
});

const probes = z.strictObject({
  module: z.literal("probes"),
  probes: z
    .array(probe)
    .min(1)
    .superRefine(...distinct("name"))
    .superRefine(...distinct("target")),
  thresholds: certificateThresholds,
});

const oneModule = z.discriminatedUnion("module", [
  host,
  dockerLogs,
  files,
  spring,
  nginx,
  otlp,
  probes,
]);

/** What tells two uses of a module apart; a module without service is used once. */
function useOf(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || !("module" in value)) return undefined;
  const service = "service" in value ? ` ${String(value.service)}` : "";
  return `${String(value.module)}${service}`;
}

function distinctUses(values: unknown, context: z.RefinementCtx): void {
  if (!Array.isArray(values)) return;
  const seen = new Set<string>();
  values.forEach((value: unknown, i) => {
    const use = useOf(value);
    if (use === undefined) return;
    if (seen.has(use)) {
      context.addIssue({
        code: "custom",
        path: [i, use.includes(" ") ? "service" : "module"],
        message: "used once, or for another service",
        params: { rule: "distinct module", got: `'${use}' again` },
      });
    }
    seen.add(use);
  });
}

/** What an agent does, as an environment writes it. */
export const agentSchema = z.strictObject({
  /** Label `agent` of everything it sends; unique among the agents of a platform. */
  agent: kebabName,
  /** Label `host`, and `instance` of the host's metrics. By default the agent's name. */
  host: hostName.optional(),
  modules: z
    .array(oneModule)
    .min(1)
    .superRefine(distinctUses, { when: () => true }),
});

/** What an agent does, as an environment writes it. */
export type AgentInput = z.input<typeof agentSchema>;

/** What an agent does, checked and with defaults filled in. */
export type Agent = z.output<typeof agentSchema>;

/** One module, checked. */
export type AgentModule = Agent["modules"][number];

/** One kind of module, checked. */
export type ModuleOf<M extends AgentModule["module"]> = Extract<
  AgentModule,
  { readonly module: M }
>;

/** The uses of one kind of module. */
export function modulesOf<M extends AgentModule["module"]>(
  { modules }: Agent,
  kind: M,
): readonly ModuleOf<M>[] {
  return modules.filter((one): one is ModuleOf<M> => one.module === kind);
}

/** Label `host`. */
export function hostOf({ agent, host: name }: Agent): string {
  return name ?? agent;
}

/** Modules whose lines go to the log store. */
export const logModules: readonly AgentModule["module"][] = ["docker-logs", "files"];
