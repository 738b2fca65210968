import type { Endpoint } from "./endpoint";

/** Keeps traces: one of this package, or one that runs elsewhere. */
export interface TraceStore {
  /** Whose API answers at `query`; decides the kind of datasource. */
  readonly kind: "jaeger" | "tempo";
  /** Where spans are sent by OTLP over gRPC. */
  readonly spans: Endpoint<"otlp-grpc">;
  /** Where spans are sent by OTLP over HTTP; `/v1/traces` is appended by the sender. */
  readonly spansOverHttp: Endpoint<"otlp-http">;
  /** Where traces are looked up. */
  readonly query: Endpoint<"traces">;
}
