import type { ImageName } from "../constructs/core/images";
import { nodeExporter } from "../constructs/exporters/node-exporter";
import type { Environment } from "./environment";

/** Images without which an environment still makes sense, and what is missing then. */
export const dispensable: Readonly<Partial<Record<ImageName, string>>> = {
  alloy:
    "container logs are not collected; node exporter measures the host, the OpenTelemetry Collector takes OTLP",
  grafana:
    "no dashboards; Prometheus, Alertmanager and Loki answer themselves, and are the engine of alerts",
  tempo: "no traces; traces.store 'jaeger' would keep them",
};

/**
 * An environment without what cannot run, because its image cannot be had. What can stand in does: the same series and
 * ports are there as far as possible.
 */
export function leaveOut(environment: Environment, missing: readonly string[]): Environment {
  const without = (image: ImageName) => missing.includes(image);
  const { agent, traces, sources } = environment;
  const noAgent = agent !== false && without("alloy");
  const measuresHost =
    agent !== false &&
    (agent.modules === undefined || agent.modules.some(({ module }) => module === "host"));
  const kept = traces !== false && traces.store === "tempo" && without("tempo") ? false : traces;
  return {
    ...environment,
    grafana: environment.grafana && !without("grafana"),
    alerting: without("grafana") ? { engine: "prometheus" } : environment.alerting,
    agent: noAgent ? false : agent,
    // One on another machine's engine finds its image there.
    agents: environment.agents.filter(({ engine }) => engine.type === "ssh" || !without("alloy")),
    sources: noAgent && measuresHost ? [...sources, nodeExporter({})] : sources,
    traces: kept !== false && noAgent ? { ...kept, collector: "otel-collector" } : kept,
  };
}
