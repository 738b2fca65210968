export { OtelJavaAgent, type JavaServiceProps, type OtelJavaAgentProps } from "./otel-java-agent";
