import { nodeExporter } from "../../constructs/exporters/node-exporter";
import { platformAgent, type ApplicationAgentInput } from "../../stacks/agents";
import { parseEnvironment, type EnvironmentInput } from "../../stacks/environment";
import { soundEnvironment, soundHostEnvironment } from "../support/refusals";

const application: ApplicationAgentInput = {
  agent: "app",
  engine: { type: "ssh", address: "10.88.0.20" },
  modules: [{ module: "host" }, { module: "docker-logs" }],
};

function parse(change: Partial<EnvironmentInput>) {
  return parseEnvironment({ ...soundEnvironment, bindAddress: "10.88.0.1", ...change });
}

const modulesOf = (change: Partial<EnvironmentInput>) => {
  const environment = parse({ agent: {}, ...change });
  if (environment.agent === false) throw new Error("no agent");
  return platformAgent(environment.agent, environment).modules.map(({ module }) => module);
};

describe("the platform's agent", () => {
  test("measures the host and reads containers where nothing is said", () => {
    expect(modulesOf({})).toEqual(["host", "docker-logs"]);
    expect(modulesOf({ logs: false })).toEqual(["host"]);
  });

  test("takes OTLP where it is the collector", () => {
    expect(modulesOf({ traces: {} })).toEqual(["host", "docker-logs", "otlp"]);
    expect(modulesOf({ traces: { collector: "otel-collector" } })).toEqual(["host", "docker-logs"]);
  });

  test.each<[string, Partial<EnvironmentInput>, string]>([
    [
      "a module is unknown",
      { agent: { modules: [{ module: "podman-logs" } as never] } },
      "'agent.modules[0].module' must be one of 'host', 'docker-logs', 'files', 'spring', 'nginx', 'otlp', 'probes', got 'podman-logs'",
    ],
    [
      "it reads lines that nothing keeps",
      { logs: false, agent: { modules: [{ module: "docker-logs" }] } },
      "'logs' must be given, since the module 'docker-logs' sends there, got nothing; or leave the module out of 'agent.modules'",
    ],
    [
      "it takes OTLP of its own accord",
      { agent: { modules: [{ module: "otlp" }] } },
      "'agent.modules' must be without the module 'otlp': 'traces' decides what takes OTLP, got 'otlp'; leave it out; traces: {} brings it",
    ],
    [
      "node exporter measures the host too",
      { sources: [nodeExporter({})] },
      "'sources[0]' must be left out where the agent has the module 'host': both measure this host, got a node-exporter",
    ],
  ])("fails when %s", (_what, change, says) => {
    expect(() => parse({ agent: {}, ...change })).toThrow(says);
  });
});

describe("an agent on an application host", () => {
  test("has its defaults filled in", () => {
    expect(parse({ agents: [application] }).agents).toMatchObject([
      {
        agent: "app",
        engine: { type: "ssh", user: "deploy", address: "10.88.0.20", port: 22 },
        bindAddress: "127.0.0.1",
        machine: { memoryMiB: 1024 },
      },
    ]);
  });

  test.each<[string, Partial<EnvironmentInput>, string]>([
    [
      "it cannot reach the platform",
      { bindAddress: "127.0.0.1", agents: [application] },
      "'bindAddress' must be an address that the agents on other hosts reach, got '127.0.0.1'; name the host's address in the tunnel, e.g. 10.88.0.1",
    ],
    [
      "it says nothing of its engine",
      { agents: [{ ...application, engine: undefined } as never] },
      "'agents[0].engine' must be an object, got nothing",
    ],
    [
      "a module is unknown",
      { agents: [{ ...application, modules: [{ module: "syslog" }] } as never] },
      "'agents[0].modules[0].module' must be one of 'host', 'docker-logs', 'files', 'spring', 'nginx', 'otlp', 'probes', got 'syslog'",
    ],
    [
      "another has its name",
      { agents: [application, application] },
      "'agents[1].agent' must be a name that no other agent has; the platform's own has the environment's, got 'app'",
    ],
    [
      "the platform's own has its name",
      { agents: [{ ...application, agent: "test" }] },
      "'agents[0].agent' must be a name that no other agent has; the platform's own has the environment's, got 'test'",
    ],
    [
      "it sends traces that nothing keeps",
      { agents: [{ ...application, modules: [{ module: "otlp" }] }] },
      "'traces' must be given, since the module 'otlp' sends there, got nothing; or leave the module out of 'agents[0].modules'",
    ],
  ])("fails when %s", (_what, change, says) => {
    expect(() => parse(change)).toThrow(says);
  });

  test("fails when its peer may not reach what it sends to", () => {
    const { host } = soundHostEnvironment;
    if (host === undefined) throw new Error("no host");
    const reaching = (allowed: number[] | undefined) => () =>
      parseEnvironment({
        ...soundHostEnvironment,
        agents: [application],
        host: {
          ...host,
          tunnel: {
            peers: [
              {
                name: "app",
                publicKey: "RkFLRS1wdWJsaWMta2V5LW9mLXRoZS1vcGVyYXRvci0=",
                address: "10.88.0.20",
                ...(allowed === undefined ? {} : { allowed }),
              },
            ],
          },
        },
      });
    expect(reaching([9091])).toThrow(
      "'agents[0].engine.address' must be a peer that may reach 9090 and 3100 of the platform, got '10.88.0.20', the peer 'app', which may reach 9091; add the ports to its 'allowed' in host.tunnel.peers",
    );
    expect(reaching([9090, 3100])).not.toThrow();
    expect(reaching(undefined)).not.toThrow();
  });
});
