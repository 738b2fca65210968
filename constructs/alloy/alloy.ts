import type { Construct, IDependable } from "constructs";
import type { ITerraformDependable } from "cdktf";
import { Endpoint } from "../core/endpoint";
import type { Observable, Observation } from "../core/observation";
import type { Runtime } from "../core/runtime";
import { Service, type HostFolder } from "../core/service";
import { parseAgent } from "./check";
import { configFiles, configFolder, filesFolder, type Platform } from "./config";
import { agentMemory } from "./memory";
import { agentObservation } from "./mixin";
import { folderOf, modulesOf, type Agent, type AgentInput } from "./schema";

/** Props of {@link Alloy}. */
export interface AlloyProps extends AgentInput {
  readonly runtime: Runtime;
  /** Where metrics are written: inside the platform's network, or the platform's address in the tunnel. */
  readonly metrics: Endpoint<"remote-write">;
  /**
   * Where lines are sent.
   * @default - none; modules that read lines are refused
   */
  readonly logs?: Endpoint<"loki-push">;
  /**
   * Where traces are sent.
   * @default - none; the module otlp is refused
   */
  readonly traces?: Endpoint<"otlp-http">;
  /**
   * The engine's API behind a {@link SocketProxy}.
   * @default - none; the module docker-logs is refused
   */
  readonly engine?: Endpoint<"http">;
  /**
   * What must be there first.
   * @default - nothing
   */
  readonly dependsOn?: readonly (ITerraformDependable & IDependable)[];
}

function hostFolders(agent: Agent): HostFolder[] {
  const logs = modulesOf(agent, "files").flatMap(({ paths, service }) =>
    paths.map((path) => ({ folder: folderOf(path), service })),
  );
  return [
    ...(modulesOf(agent, "host").length === 0
      ? []
      : [
          { hostPath: "/proc", path: "/host/proc", reason: "CPU, memory and load of the host" },
          { hostPath: "/sys", path: "/host/sys", reason: "devices and temperatures of the host" },
          { hostPath: "/", path: "/host/root", reason: "free space of the host's file systems" },
        ]),
    ...logs
      .filter(({ folder }, i) => logs.findIndex((one) => one.folder === folder) === i)
      .map(({ folder, service }) => ({
        hostPath: folder,
        path: `${filesFolder}${folder}`,
        reason: `log files of ${service}`,
      })),
  ];
}

const readinessProbe = [
  "/bin/bash",
  "-c",
  'exec 3<>/dev/tcp/127.0.0.1/12345 && printf "GET /-/ready HTTP/1.0\\r\\n\\r\\n" >&3 && read -r line <&3 && [[ $line == *" 200 "* ]]',
];

/**
 * Collects a host's metrics, lines and traces and sends them to the platform: on the platform's own host, or on an
 * application host through the tunnel. Everything is pushed, and carries the labels `agent` and `host`.
 */
export class Alloy extends Service implements Observable {
  readonly observation: Observation;
  /** Where containers on the same network send OTLP over gRPC; nothing answers without the module otlp. */
  readonly grpc: Endpoint<"otlp-grpc">;
  /** Where containers on the same network send OTLP over HTTP; nothing answers without the module otlp. */
  readonly http: Endpoint<"otlp-http">;

  /** @throws ConfigurationError with every fault of the modules and of what they need */
  constructor(scope: Construct, id: string, props: AlloyProps) {
    const { runtime, metrics, logs, traces, engine, dependsOn, ...input } = props;
    const platform: Platform = { metrics, logs, traces, engine };
    const agent = parseAgent(
      {
        agent: input.agent,
        modules: input.modules,
        ...(input.host === undefined ? {} : { host: input.host }),
      },
      platform,
    );
    const folders = hostFolders(agent);
    super(scope, id, {
      runtime,
      image: "alloy",
      user: "473:473",
      memory: agentMemory,
      cpus: 1,
      command: [
        "run",
        configFolder,
        "--storage.path=/var/lib/alloy/data",
        "--server.http.listen-addr=127.0.0.1:12345",
        "--disable-reporting",
      ],
      health: { command: readinessProbe, startSeconds: 60 },
      data: { path: "/var/lib/alloy/data", diskGiB: logs === undefined ? 0.5 : 3 },
      stopSeconds: 45,
      hostFolders: folders,
      publish: modulesOf(agent, "otlp").flatMap(({ grpcHostPort, httpHostPort }) => [
        { containerPort: 4317, hostPort: grpcHostPort },
        { containerPort: 4318, hostPort: httpHostPort },
      ]),
      networks: () => networksOf(agent),
      files: () => configFiles(agent, platform),
      ...(dependsOn === undefined ? {} : { dependsOn }),
    });
    const groups = modulesOf(agent, "files").flatMap(({ group }) => group ?? []);
    if (groups.length > 0) this.container.groupAdd = [...new Set(groups)].map(String);
    this.grpc = new Endpoint({ protocol: "otlp-grpc", host: id, port: 4317 });
    this.http = new Endpoint({ protocol: "otlp-http", host: id, port: 4318 });
    this.observation = agentObservation(agent);
  }
}

function networksOf(agent: Agent): string[] {
  const named = [...modulesOf(agent, "spring"), ...modulesOf(agent, "nginx")];
  return [...new Set(named.flatMap(({ network }) => network ?? []))];
}
