import type { Endpoint } from "../core/endpoint";
import { ConfigurationError, show, type Fault } from "../core/errors";
import { faultsOf } from "../core/schema";
import type { Platform } from "./config";
import { agentSchema, logModules, type Agent, type AgentInput } from "./schema";

const loopback = /^(127\.\d+\.\d+\.\d+|localhost)$/;

/** Ways that a module needs and that are not given, and ways that lead back into the agent's own container. */
export function platformFaults(agent: Agent, platform: Partial<Platform>): Fault[] {
  const { metrics, logs, traces, engine } = platform;
  const using = (kinds: readonly string[]) =>
    agent.modules.find(({ module }) => kinds.includes(module))?.module;
  const missing = (
    field: string,
    needed: string | undefined,
    is: unknown,
    what: string,
  ): Fault[] =>
    needed === undefined || is !== undefined
      ? []
      : [
          {
            field,
            allowed: `given, since the module '${needed}' sends there`,
            got: "nothing",
            repair: what,
          },
        ];
  const back = (field: string, to: Endpoint | undefined): Fault[] =>
    to === undefined || !loopback.test(to.host)
      ? []
      : [
          {
            field,
            allowed: "an address that the agent's container reaches",
            got: show(to.host),
            repair: "name the platform's address in the tunnel, or its service on the same network",
          },
        ];
  return [
    ...(metrics === undefined
      ? [
          {
            field: "metrics",
            allowed: "given: an agent that cannot say that it lives is not watched",
            got: "nothing",
            repair: "name the platform's remote write, e.g. port 9090 of its address in the tunnel",
          },
        ]
      : []),
    ...missing("logs", using(logModules), logs, "name Loki's push API, or leave the module out"),
    ...missing("traces", using(["otlp"]), traces, "name the trace store, or leave the module out"),
    ...(using(["docker-logs"]) === undefined || engine !== undefined
      ? []
      : [
          {
            field: "engine",
            allowed: "given, since the module 'docker-logs' reads there",
            got: "nothing",
            repair: "make a SocketProxy and give its 'engine'; the agent never gets the socket",
          },
        ]),
    ...back("metrics", metrics),
    ...back("logs", logs),
    ...back("traces", traces),
    ...back("engine", engine),
  ];
}

/**
 * An agent's modules, checked.
 * @throws ConfigurationError with every fault at once
 */
export function parseAgent(input: AgentInput, platform: Partial<Platform>): Agent {
  const parsed = agentSchema.safeParse(input);
  const faults = parsed.success
    ? platformFaults(parsed.data, platform)
    : faultsOf(parsed.error, input);
  if (!parsed.success || faults.length > 0) {
    throw new ConfigurationError(`agent '${input.agent}'`, faults);
  }
  return parsed.data;
}
