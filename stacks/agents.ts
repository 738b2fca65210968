import type { z } from "zod";
import { platformFaults } from "../constructs/alloy/check";
import { agentSchema, modulesOf, type Agent, type AgentInput } from "../constructs/alloy/schema";
import { Endpoint } from "../constructs/core/endpoint";
import { show, type Fault } from "../constructs/core/errors";
import { faultsOf } from "../constructs/core/schema";
import type { Source } from "../constructs/core/source";
import { engineSchema, machineSchema, unroutableAddress } from "./engine";
import type { Traces } from "./traces";

/** What the agent on the platform's own host does. */
export interface PlatformAgentInput {
  /**
   * What it collects.
   * @default - the host's metrics, and the lines of every container where the environment keeps logs
   */
  readonly modules?: AgentInput["modules"];
}

/** What an application host's agent may write beside its modules: the machine it runs on. */
export const applicationAgentSchema = agentSchema.extend({
  /** The Docker Engine of the application host. */
  engine: engineSchema,
  /** The only address that its OTLP ports are published on. */
  bindAddress: unroutableAddress.default("127.0.0.1"),
  /** What that machine has to spare for the agent. */
  machine: machineSchema.prefault({ name: "application host", memoryMiB: 1024, diskGiB: 10 }),
});

/** An agent on an application host, as an environment writes it. */
export type ApplicationAgentInput = z.input<typeof applicationAgentSchema>;

/** An agent on an application host, checked. */
export type ApplicationAgent = z.output<typeof applicationAgentSchema>;

/** The platform as agents on other hosts reach it. */
interface PlatformEndpoints {
  readonly metrics: Endpoint<"remote-write">;
  readonly logs?: Endpoint<"loki-push">;
  readonly traces?: Endpoint<"otlp-http">;
}

/** The fields of an environment that agents depend on; one that is at fault itself is left out. */
export interface AgentSurroundings {
  readonly name?: string | undefined;
  readonly bindAddress?: string | undefined;
  readonly ports?:
    Readonly<Record<"prometheus" | "loki" | "otlpGrpc" | "otlpHttp", number>> | undefined;
  readonly logs?: unknown;
  readonly traces?: Traces | false | undefined;
  readonly sources?: readonly Source[] | undefined;
  readonly tunnelPeers?: readonly TunnelPeer[] | undefined;
}

/** A machine that may reach only some ports of the platform through the tunnel. */
export interface TunnelPeer {
  readonly name: string;
  readonly address: string;
  /** Ports of the platform that it may reach; all where it is left out. */
  readonly allowed?: readonly number[] | undefined;
}

const defaultPorts = { prometheus: 9090, loki: 3100, otlpGrpc: 4317, otlpHttp: 4318 } as const;

/** Where other hosts' agents send to. */
export function platformEndpoints({
  bindAddress = "127.0.0.1",
  ports = defaultPorts,
  logs,
  traces,
}: AgentSurroundings): PlatformEndpoints {
  const host = bindAddress;
  return {
    metrics: new Endpoint({
      protocol: "remote-write",
      host,
      port: ports.prometheus,
      path: "/api/v1/write",
    }),
    ...(logs === false
      ? {}
      : {
          logs: new Endpoint({
            protocol: "loki-push",
            host,
            port: ports.loki,
            path: "/loki/api/v1/push",
          }),
        }),
    ...(traces === false || traces === undefined
      ? {}
      : { traces: new Endpoint({ protocol: "otlp-http", host, port: ports.otlpHttp }) }),
  };
}

/** The platform's own agent with what the environment decides, as its construct takes it. */
export function platformAgent(
  input: PlatformAgentInput,
  { name = "platform", logs, traces, ports = defaultPorts }: AgentSurroundings,
): AgentInput {
  const modules: AgentInput["modules"] = input.modules ?? [
    { module: "host" },
    ...(logs === false ? [] : [{ module: "docker-logs" } as const]),
  ];
  const takesTraces = typeof traces === "object" && traces.collector === "alloy";
  return {
    agent: name,
    modules: [
      ...modules,
      ...(takesTraces
        ? [
            {
              module: "otlp",
              grpcHostPort: ports.otlpGrpc,
              httpHostPort: ports.otlpHttp,
            } as const,
          ]
        : []),
    ],
  };
}

/** Every way that a module may need, to be left out where the environment does not have it. */
const everyWay = {
  metrics: new Endpoint({ protocol: "remote-write", host: "prometheus", port: 9090 }),
  logs: new Endpoint({ protocol: "loki-push", host: "loki", port: 3100 }),
  traces: new Endpoint({ protocol: "otlp-http", host: "traces", port: 4318 }),
  engine: new Endpoint({ protocol: "http", host: "socket-proxy", port: 2375 }),
} as const;

function moduleFaults(agent: Agent, around: AgentSurroundings, at: string): Fault[] {
  const { logs, traces } = platformEndpoints(around);
  const { metrics, engine } = everyWay;
  return platformFaults(agent, {
    metrics,
    engine,
    ...(logs === undefined ? {} : { logs: everyWay.logs }),
    ...(traces === undefined ? {} : { traces: everyWay.traces }),
  }).map(({ field, ...fault }) => ({
    ...fault,
    field,
    repair: `or leave the module out of '${at}.modules'`,
  }));
}

function platformAgentFaults(
  input: PlatformAgentInput | false,
  around: AgentSurroundings,
): Fault[] {
  const { traces, sources = [] } = around;
  const alloyTakesTraces = typeof traces === "object" && traces.collector === "alloy";
  if (input === false) {
    if (!alloyTakesTraces) return [];
    return [
      {
        field: "traces.collector",
        allowed: "'otel-collector' where 'agent' is false",
        got: "'alloy'",
        repair: "nothing else would take OTLP",
      },
    ];
  }
  const whole = platformAgent(input, { ...around, traces: false });
  const parsed = agentSchema.safeParse(whole);
  if (!parsed.success) {
    const own = faultsOf(parsed.error, whole, "agent");
    // Its name is the environment's, which is told already.
    return own.filter(({ field }) => field !== "agent.agent");
  }
  const agent = parsed.data;
  const metricsTwice = sources.findIndex(({ type }) => type === "node-exporter");
  return [
    ...modulesOf(agent, "otlp").map(() => ({
      field: "agent.modules",
      allowed: "without the module 'otlp': 'traces' decides what takes OTLP",
      got: "'otlp'",
      repair: "leave it out; traces: {} brings it",
    })),
    ...(modulesOf(agent, "otlp").length > 0 ? [] : moduleFaults(agent, around, "agent")),
    ...(metricsTwice === -1 || modulesOf(agent, "host").length === 0
      ? []
      : [
          {
            field: `sources[${String(metricsTwice)}]`,
            allowed: "left out where the agent has the module 'host': both measure this host",
            got: "a node-exporter",
            repair: "node exporter serves where there is no agent (agent: false)",
          },
        ]),
  ];
}

/** Ports that a limited peer of the tunnel must reach for its agent. */
function peerFaults(agent: ApplicationAgent, around: AgentSurroundings, at: string): Fault[] {
  const { tunnelPeers = [], ports = defaultPorts } = around;
  const { engine } = agent;
  if (engine.type === "local") return [];
  const peer = tunnelPeers.find(({ address }) => address === engine.address);
  if (peer?.allowed === undefined) return [];
  const { allowed } = peer;
  const uses = (...kinds: readonly string[]) =>
    agent.modules.some(({ module }) => kinds.includes(module));
  const needed = [
    ports.prometheus,
    ...(uses("docker-logs", "files") ? [ports.loki] : []),
    ...(uses("otlp") ? [ports.otlpHttp] : []),
  ].filter((port) => !allowed.includes(port));
  if (needed.length === 0) return [];
  return [
    {
      field: `${at}.engine.address`,
      allowed: `a peer that may reach ${needed.join(" and ")} of the platform`,
      got: `'${engine.address}', the peer ${show(peer.name)}, which may reach ${allowed.length === 0 ? "nothing" : allowed.join(", ")}`,
      repair: "add the ports to its 'allowed' in host.tunnel.peers",
    },
  ];
}

function applicationAgentFaults(inputs: readonly unknown[], around: AgentSurroundings): Fault[] {
  const { bindAddress } = around;
  const parsed = inputs.map((input, i) => ({
    at: `agents[${String(i)}]`,
    input,
    result: applicationAgentSchema.safeParse(input),
  }));
  const sound = parsed.flatMap(({ at, result }) =>
    result.success ? [{ at, agent: result.data }] : [],
  );
  const names = [around.name, ...sound.map(({ agent }) => agent.agent)];
  return [
    ...parsed.flatMap(({ at, input, result }) =>
      result.success ? [] : faultsOf(result.error, input, at),
    ),
    ...sound.flatMap(({ at, agent }, i) => [
      ...(names.indexOf(agent.agent) <= i
        ? [
            {
              field: `${at}.agent`,
              allowed: "a name that no other agent has; the platform's own has the environment's",
              got: show(agent.agent),
            },
          ]
        : []),
      ...moduleFaults(agent, around, at),
      ...peerFaults(agent, around, at),
    ]),
    ...(inputs.length > 0 && bindAddress?.startsWith("127.") === true
      ? [
          {
            field: "bindAddress",
            allowed: "an address that the agents on other hosts reach",
            got: show(bindAddress),
            repair: "name the host's address in the tunnel, e.g. 10.88.0.1",
          },
        ]
      : []),
  ];
}

/** Faults of the platform's agent and of those on other hosts, and between them and the rest of the environment. */
export function agentFaults(
  {
    agent,
    agents,
  }: {
    readonly agent: PlatformAgentInput | false | undefined;
    readonly agents: readonly unknown[] | undefined;
  },
  around: AgentSurroundings,
): Fault[] {
  return [
    ...(agent === undefined ? [] : platformAgentFaults(agent, around)),
    ...(agents === undefined ? [] : applicationAgentFaults(agents, around)),
  ];
}
