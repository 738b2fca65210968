import type { Construct } from "constructs";
import { Endpoint } from "../core/endpoint";
import { refuse } from "../core/errors";
import type { Observable, Observation } from "../core/observation";
import type { Runtime } from "../core/runtime";
import { Service } from "../core/service";
import type { TraceStore } from "../core/trace-store";
import { configFiles, samplingFaults, type TailSampling } from "./config";
import { otelCollectorRows } from "./dashboard";
import { otelCollectorDown, otelCollectorRules } from "./mixin";

/** Props of {@link OtelCollector}. */
export interface OtelCollectorProps {
  readonly runtime: Runtime;
  /** Where traces go. */
  readonly traces: TraceStore;
  /**
   * Where metrics go, with their exemplars. Prometheus takes them when it runs with
   * `--web.enable-remote-write-receiver` and `--enable-feature=exemplar-storage`.
   */
  readonly metrics: Endpoint<"remote-write">;
  /**
   * Port for OTLP over gRPC on the bind address, from 1 to 65535.
   * @default 4317
   */
  readonly grpcHostPort?: number;
  /**
   * Port for OTLP over HTTP on the bind address, from 1 to 65535.
   * @default 4318
   */
  readonly httpHostPort?: number;
  /** @default - every trace is kept */
  readonly tailSampling?: TailSampling;
}

/** Takes traces and metrics by OTLP and hands them to the stores. Logs stay with Alloy. */
export class OtelCollector extends Service implements Observable {
  readonly observation: Observation;
  /** Where containers of the platform's network send OTLP over gRPC. */
  readonly grpc: Endpoint<"otlp-grpc">;
  /** Where containers of the platform's network send OTLP over HTTP. */
  readonly http: Endpoint<"otlp-http">;

  /** @throws ConfigurationError when the sampling is out of range */
  constructor(scope: Construct, id: string, props: OtelCollectorProps) {
    const { runtime, tailSampling, grpcHostPort = 4317, httpHostPort = 4318 } = props;
    refuse(id, tailSampling === undefined ? [] : samplingFaults(tailSampling));
    const files = () => configFiles(props);
    super(scope, id, {
      runtime,
      image: "otel-collector",
      user: "10001:10001",
      memory: {
        reservationMiB: 56,
        workingSetMiB: 47,
        limitMiB: 160,
        measured:
          "20 spans/s for 5 minutes: 14 MiB anonymous and 33 of file pages; with a full queue 60 and 33; v0.160.0 with the parts that are used, amd64",
      },
      cpus: 0.5,
      environment: { GOMEMLIMIT: "128MiB" },
      command: files().map(({ path }) => `--config=${path}`),
      health: {
        none: "the public image holds the Collector alone, without a shell: OtelCollectorDown watches it",
      },
      publish: [
        { containerPort: 4317, hostPort: grpcHostPort },
        { containerPort: 4318, hostPort: httpHostPort },
      ],
      files,
    });
    this.grpc = new Endpoint({ protocol: "otlp-grpc", host: id, port: 4317 });
    this.http = new Endpoint({ protocol: "otlp-http", host: id, port: 4318 });
    this.observation = {
      job: id,
      targets: [
        {
          endpoint: new Endpoint({ protocol: "metrics", host: id, port: 8888, path: "/metrics" }),
        },
      ],
      scrape: { intervalSeconds: 15 },
      down: otelCollectorDown,
      rules: [otelCollectorRules(id)],
      boards: otelCollectorRows(id),
    };
  }
}
