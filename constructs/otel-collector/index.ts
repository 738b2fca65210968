export { OtelCollector, type OtelCollectorProps } from "./otel-collector";
export type { TailSampling } from "./config";
