import { TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { Alloy, agentObservation, agentSchema } from "../constructs/alloy";
import { hostOf, modulesOf, type Agent, type AgentInput } from "../constructs/alloy/schema";
import type { Endpoint } from "../constructs/core/endpoint";
import type { Observable } from "../constructs/core/observation";
import { Runtime } from "../constructs/core/runtime";
import { certificateRules } from "../constructs/exporters/blackbox-exporter/mixin";
import { probesOverview } from "../constructs/exporters/blackbox-exporter/overview";
import { hostRows, platformRoom } from "../constructs/exporters/host-board";
import { hostRules } from "../constructs/exporters/host-rules";
import { httpOverview } from "../constructs/exporters/http-overview";
import { nginxRows } from "../constructs/exporters/nginx-exporter/dashboard";
import { nginxLogRules, nginxRules } from "../constructs/exporters/nginx-exporter/mixin";
import { springRows } from "../constructs/exporters/spring-boot/dashboard";
import { springRules } from "../constructs/exporters/spring-boot/mixin";
import { SocketProxy } from "../constructs/socket-proxy";
import { platformEndpoints, type ApplicationAgent } from "./agents";
import { applyBackend } from "./backend";
import { imagesOf, useDocker } from "./docker";
import type { Environment } from "./environment";

/** Where an agent sends to. */
interface Ways {
  readonly metrics: Endpoint<"remote-write">;
  readonly logs?: Endpoint<"loki-push">;
  readonly traces?: Endpoint<"otlp-http">;
  /** The engine's socket on its host. */
  readonly socket: string;
}

/** An agent, and the proxy before the engine's socket where it reads containers' lines. */
export function newAgent(
  scope: Construct,
  runtime: Runtime,
  input: AgentInput,
  { socket, ...ways }: Ways,
): { readonly alloy: Alloy; readonly agent: Agent } {
  const agent = agentSchema.parse(input);
  const readsContainers = modulesOf(agent, "docker-logs").length > 0;
  const proxy = readsContainers
    ? new SocketProxy(scope, "socket-proxy", { runtime, socket })
    : undefined;
  const alloy = new Alloy(scope, "alloy", {
    runtime,
    ...input,
    ...ways,
    ...(proxy === undefined ? {} : { engine: proxy.engine, dependsOn: [proxy.container] }),
  });
  return { alloy, agent };
}

/**
 * What the platform watches about an agent: that it speaks, what it scrapes, and what that must not say.
 * @param on whether it runs on the platform's own host
 */
export function agentObservable(
  agent: Agent,
  on: "platform" | "elsewhere" = "elsewhere",
): Observable {
  const observation = agentObservation(agent);
  const rules = [
    ...modulesOf(agent, "host").map(({ thresholds }) => hostRules(hostOf(agent), thresholds)),
    ...modulesOf(agent, "spring").flatMap(springRules),
    ...modulesOf(agent, "nginx").map(({ service }) => nginxRules(service)),
    ...modulesOf(agent, "probes").map(({ thresholds }) =>
      certificateRules(thresholds, agent.agent),
    ),
  ];
  const logRules = modulesOf(agent, "nginx").map(({ service, thresholds }) =>
    nginxLogRules(service, thresholds),
  );
  const boards = [
    ...(observation.boards ?? []),
    ...modulesOf(agent, "host").flatMap(({ thresholds }) => [
      ...hostRows(hostOf(agent), thresholds),
      ...(on === "platform" ? [platformRoom(hostOf(agent), thresholds)] : []),
    ]),
    ...modulesOf(agent, "spring").flatMap((spring) => [
      ...springRows(spring),
      httpOverview(spring.service, spring.thresholds),
    ]),
    ...modulesOf(agent, "nginx").flatMap(({ service, thresholds }) =>
      nginxRows(service, thresholds),
    ),
    ...modulesOf(agent, "probes").map(({ thresholds }) => probesOverview(thresholds, agent.agent)),
  ];
  return {
    observation: { ...observation, rules: [...observation.rules, ...rules], logRules, boards },
  };
}

/** Props of {@link AgentStack}. */
export interface AgentStackProps {
  /** Checked by `parseEnvironment`; where the platform is, and where images come from. */
  readonly environment: Environment;
  /** One of the environment's `agents`. */
  readonly agent: ApplicationAgent;
  /**
   * Image references by name, which win over the environment's (for machines without a registry).
   * @default - none
   */
  readonly imageOverrides?: Readonly<Record<string, string>>;
  /**
   * Folder of local states.
   * @default - beside the checkout's output folder
   */
  readonly stateDirectory?: string;
}

/** The agent of an application host: it sends the host's metrics, lines and traces through the tunnel. */
export class AgentStack extends TerraformStack {
  readonly runtime: Runtime;
  readonly agent: Alloy;

  constructor(scope: Construct, id: string, props: AgentStackProps) {
    super(scope, id);
    const { environment, agent } = props;
    const { engine, bindAddress, machine, ...input } = agent;
    applyBackend(this, environment.backend, props.stateDirectory);
    useDocker(this, { engine });
    this.runtime = new Runtime(this, "runtime", {
      environment: `${environment.name}-${agent.agent}`,
      prefix: environment.prefix,
      bindAddress,
      machine,
      // An agent needs no secret.
      secretsDirectory: "/nonexistent",
      images: imagesOf(environment, props.imageOverrides),
    });
    this.agent = newAgent(this, this.runtime, input, {
      ...platformEndpoints(environment),
      socket: engine.socket,
    }).alloy;
    this.runtime.budget.assertFits();
  }
}
