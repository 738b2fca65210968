import { Testing } from "cdktf";
import { isAlert } from "../../constructs/core/alert";
import { AgentStack } from "../../stacks/agent-stack";
import type { ApplicationAgentInput } from "../../stacks/agents";
import { parseEnvironment, type EnvironmentInput } from "../../stacks/environment";
import { MonitoringStack } from "../../stacks/monitoring-stack";
import { soundEnvironment } from "../support/refusals";
import type { ContainerResource, Synthesised } from "../support/synth-types";

const app: ApplicationAgentInput = {
  agent: "app",
  engine: { type: "ssh", address: "10.88.0.20" },
  bindAddress: "10.88.0.20",
  modules: [
    { module: "host", thresholds: { cpuPercent: 95 } },
    { module: "docker-logs" },
    { module: "spring", service: "chat", host: "chat", thresholds: { heapPercent: 85 } },
    { module: "probes", probes: [{ name: "inside", target: "https://10.0.0.40" }] },
    { module: "nginx", service: "edge", host: "edge", exporterHost: "edge-exporter" },
    { module: "otlp" },
  ],
};

const environmentWith = (change: Partial<EnvironmentInput> = {}) =>
  parseEnvironment({
    ...soundEnvironment,
    bindAddress: "10.88.0.1",
    ports: { prometheus: 19090, loki: 13100, otlpHttp: 14318 },
    traces: { store: "jaeger", collector: "otel-collector" },
    agents: [app],
    ...change,
  });

function synthesised(): Synthesised {
  const environment = environmentWith();
  const [agent] = environment.agents;
  if (agent === undefined) throw new Error("no agent");
  const stack = new AgentStack(Testing.app(), "test-agent-app", { environment, agent });
  return JSON.parse(Testing.synth(stack, true)) as Synthesised;
}

function containers({ resource }: Synthesised): ReadonlyMap<string, ContainerResource> {
  return new Map(
    Object.values(resource.docker_container ?? {}).map((one) => [one.hostname, one] as const),
  );
}

function file(container: ContainerResource | undefined, path: string): string {
  return container?.upload?.find((one) => one.file === path)?.content ?? "";
}

describe("AgentStack", () => {
  test("is the agent and its socket proxy alone, on the application host's engine", () => {
    const stack = synthesised();
    expect([...containers(stack).keys()].sort()).toEqual(["alloy", "socket-proxy"]);
    expect(stack).toMatchObject({
      provider: { docker: [{ host: "ssh://deploy@10.88.0.20:22" }] },
    });
  });

  test("sends to the platform's address and ports", () => {
    const main = file(containers(synthesised()).get("alloy"), "/etc/alloy/main.alloy");
    expect(main).toContain('"http://10.88.0.1:19090/api/v1/write"');
    expect(main).toContain('"http://10.88.0.1:13100/loki/api/v1/push"');
    expect(main).toContain('"http://10.88.0.1:14318"');
    expect(main).toContain('"tcp://socket-proxy:2375"');
  });

  test("takes OTLP on its own address", () => {
    expect(containers(synthesised()).get("alloy")?.ports).toEqual([
      { internal: 4317, external: 4317, ip: "10.88.0.20", protocol: "tcp" },
      { internal: 4318, external: 4318, ip: "10.88.0.20", protocol: "tcp" },
    ]);
  });

  test("names what it makes after environment and agent, so that hosts can share an engine", () => {
    const names = [...containers(synthesised()).values()].map(({ name }) => name).sort();
    expect(names).toEqual(["l2o-test-app-alloy", "l2o-test-app-socket-proxy"]);
  });

  test("gets the socket into the proxy only", () => {
    const holders = [...containers(synthesised())].filter(([, one]) =>
      JSON.stringify(one.mounts ?? []).includes("docker.sock"),
    );
    expect(holders.map(([name]) => name)).toEqual(["socket-proxy"]);
  });
});

describe("the platform of an application host's agent", () => {
  const alerts = () => {
    const stack = new MonitoringStack(Testing.app(), "test-monitoring", {
      environment: environmentWith(),
    });
    return stack.prometheus.ruleGroups().flatMap(({ rules }) => rules.filter(isAlert));
  };
  const names = () => alerts().map(({ name }) => name);

  test("says when it is silent, and when what it scrapes is down", () => {
    expect(names()).toEqual(
      expect.arrayContaining(["AgentSilent", "AgentTargetDown", "AgentLosesData"]),
    );
  });

  test("has the alerts of the nginx that it watches", () => {
    expect(names()).toEqual(expect.arrayContaining(["NginxDown", "NginxConnectionsDropped"]));
  });

  test("has the alerts of the host, the application and the certificates that it watches, by its thresholds", () => {
    const found = (name: string) => alerts().find((alert) => alert.name === name);
    expect(found("HostCpuHigh")?.expr).toMatch(/instance="app".* > 95$/);
    expect(found("JVMHeapHigh")?.expr).toMatch(/service="chat".* > 85$/);
    expect(found("CertificateExpires")?.expr).toContain('agent="app"');
  });
});
