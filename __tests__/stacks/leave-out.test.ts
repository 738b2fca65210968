import type { EnvironmentInput } from "../../stacks/environment";
import { parseEnvironment } from "../../stacks/environment";
import { leaveOut } from "../../stacks/leave-out";
import { soundEnvironment } from "../support/refusals";

const whole = (change: Partial<EnvironmentInput> = {}) =>
  parseEnvironment({ ...soundEnvironment, agent: {}, grafana: true, traces: {}, ...change });

const types = ({ sources }: ReturnType<typeof whole>) => sources.map(({ type }) => type);

describe("what is left out where an image cannot be had", () => {
  test("is nothing where every image can", () => {
    expect(leaveOut(whole(), [])).toEqual(whole());
  });

  test("without Alloy node exporter measures the host and the Collector takes OTLP", () => {
    const left = leaveOut(whole(), ["alloy"]);
    expect(left.agent).toBe(false);
    expect(types(left)).toEqual(["node-exporter"]);
    expect(left.traces).toMatchObject({ store: "tempo", collector: "otel-collector" });
    expect(left.grafana).toBe(true);
  });

  test("without Alloy nothing measures a host that no agent measured", () => {
    const logsOnly = whole({ agent: { modules: [{ module: "docker-logs" }] } });
    expect(types(leaveOut(logsOnly, ["alloy"]))).toEqual([]);
    expect(types(leaveOut(whole({ agent: false, traces: false }), ["alloy"]))).toEqual([]);
  });

  test("without Alloy the agents that would run on this engine", () => {
    const modules = [{ module: "host" as const }];
    const environment = whole({
      bindAddress: "10.88.0.1",
      agents: [
        { agent: "here", engine: { type: "local" }, modules },
        { agent: "there", engine: { type: "ssh", address: "10.88.0.20" }, modules },
      ],
    });
    expect(leaveOut(environment, ["alloy"]).agents.map(({ agent }) => agent)).toEqual(["there"]);
    expect(leaveOut(environment, ["grafana"]).agents).toHaveLength(2);
  });

  test("without Tempo no traces, while Jaeger stays", () => {
    expect(leaveOut(whole(), ["tempo"]).traces).toBe(false);
    expect(leaveOut(whole({ traces: { store: "jaeger" } }), ["tempo"]).traces).toMatchObject({
      store: "jaeger",
    });
  });

  test("without Grafana its pages; where it was the engine of alerts, Prometheus is", () => {
    const environment = whole({ alerting: { engine: "grafana" } });
    expect(leaveOut(environment, ["tempo"]).alerting.engine).toBe("grafana");
    const left = leaveOut(environment, ["grafana"]);
    expect(left.grafana).toBe(false);
    expect(left.alerting.engine).toBe("prometheus");
  });
});
