import type { Endpoint } from "../core/endpoint";
import { show, type Fault } from "../core/errors";

/** Where a JVM finds the agent's folder. */
export const mountPath = "/otel";

/** The agent's file in the volume. */
export const jarPath = `${mountPath}/opentelemetry-javaagent.jar`;

/** A JVM service that is watched. */
export interface JavaServiceProps {
  /** Name under which its traces are found: the `service` of its metrics and logs. */
  readonly service: string;
  /**
   * Share of traces that are begun here and recorded, from 0 to 1.
   * @default 1
   */
  readonly sampleRatio?: number;
  /**
   * Whether the agent sends metrics too. A service whose Actuator is scraped sends them twice then.
   * @default false
   */
  readonly metrics?: boolean;
}

/** Faults of a service's settings. */
export function serviceFaults({ service, sampleRatio = 1 }: JavaServiceProps): Fault[] {
  return [
    ...(/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(service)
      ? []
      : [
          {
            field: "service",
            allowed: "letters, digits, dots, underscores and hyphens",
            got: show(service),
          },
        ]),
    ...(sampleRatio >= 0 && sampleRatio <= 1
      ? []
      : [{ field: "sampleRatio", allowed: "a number from 0 to 1", got: show(sampleRatio) }]),
  ];
}

/** The variables by which the agent is loaded and told what to do. Logs stay with the log pipeline. */
export function agentVariables(
  { service, sampleRatio = 1, metrics = false }: JavaServiceProps,
  environment: string,
  otlp: Endpoint<"otlp-http">,
): Readonly<Record<string, string>> {
  return {
    JAVA_TOOL_OPTIONS: `-javaagent:${jarPath}`,
    OTEL_SERVICE_NAME: service,
    OTEL_RESOURCE_ATTRIBUTES: `deployment.environment.name=${environment}`,
    OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
    OTEL_TRACES_EXPORTER: "otlp",
    OTEL_METRICS_EXPORTER: metrics ? "otlp" : "none",
    OTEL_LOGS_EXPORTER: "none",
    OTEL_PROPAGATORS: "tracecontext,baggage",
    OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
    OTEL_TRACES_SAMPLER_ARG: String(sampleRatio),
  };
}

/**
 * Adds variables to those that a container has: its own win, and options for the JVM that it gives are kept.
 * @param own entries `NAME=value`
 */
export function mergeVariables(
  own: readonly string[],
  added: Readonly<Record<string, string>>,
): string[] {
  const nameOf = (entry: string) => entry.slice(0, entry.indexOf("="));
  const options = "JAVA_TOOL_OPTIONS";
  const has = new Set(own.map(nameOf));
  return [
    ...own.map((entry) =>
      nameOf(entry) === options ? `${entry} ${added[options] ?? ""}`.trimEnd() : entry,
    ),
    ...Object.entries(added)
      .filter(([name]) => !has.has(name))
      .map(([name, value]) => `${name}=${value}`),
  ];
}
