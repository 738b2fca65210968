import type { Construct } from "constructs";
import { Endpoint } from "../core/endpoint";
import { refuse } from "../core/errors";
import type { Observable, Observation } from "../core/observation";
import { retentionFaults } from "../core/retention";
import type { Runtime } from "../core/runtime";
import { Service } from "../core/service";
import type { TraceStore } from "../core/trace-store";
import { configFile, configPath } from "./config";
import { tempoRows } from "./dashboard";
import { tempoDown, tempoRules } from "./mixin";

/** Props of {@link Tempo}. */
export interface TempoProps {
  readonly runtime: Runtime;
  /**
   * Where the service graph and the span metrics are written, with exemplars. Prometheus takes them when it runs with
   * `--web.enable-remote-write-receiver` and `--enable-feature=exemplar-storage`, as `Prometheus` of this package does.
   */
  readonly metrics: Endpoint<"remote-write">;
  /**
   * From 1 to 365.
   * @default 7
   */
  readonly retentionDays?: number;
  /**
   * Disk set aside for traces in GiB. Tempo deletes by age only: what comes in is bounded to 1 MB/s.
   * @default 3
   */
  readonly diskGiB?: number;
}

/** Keeps traces in Parquet files; makes service graph and span metrics from them. */
export class Tempo extends Service implements Observable, TraceStore {
  readonly kind = "tempo";
  readonly spans: Endpoint<"otlp-grpc">;
  readonly spansOverHttp: Endpoint<"otlp-http">;
  readonly query: Endpoint<"traces">;
  readonly observation: Observation;

  /** @throws ConfigurationError when the retention is out of range */
  constructor(scope: Construct, id: string, props: TempoProps) {
    const { runtime, metrics, retentionDays = 7, diskGiB = 3 } = props;
    refuse(id, retentionFaults(retentionDays));
    super(scope, id, {
      runtime,
      image: "tempo",
      user: "10001:10001",
      memory: {
        reservationMiB: 256,
        workingSetMiB: 256,
        limitMiB: 512,
        measured:
          "not measured: an estimate. Live traces 32 MB, read buffers 32 MiB, the runtime is asked to stay below 384 MiB",
      },
      cpus: 1,
      environment: { GOMEMLIMIT: "384MiB" },
      command: [`-config.file=${configPath}`],
      health: {
        command: ["/tempo", "-health", "-health.url=http://127.0.0.1:3200/ready"],
        startSeconds: 90,
      },
      data: { path: "/var/tempo", diskGiB },
      stopSeconds: 60,
      files: () => [configFile({ retentionDays, metrics })],
    });
    this.spans = new Endpoint({ protocol: "otlp-grpc", host: id, port: 4317 });
    this.spansOverHttp = new Endpoint({ protocol: "otlp-http", host: id, port: 4318 });
    this.query = new Endpoint({ protocol: "traces", host: id, port: 3200 });
    this.observation = {
      job: id,
      targets: [
        {
          endpoint: new Endpoint({ protocol: "metrics", host: id, port: 3200, path: "/metrics" }),
        },
      ],
      scrape: { intervalSeconds: 15 },
      down: tempoDown,
      rules: [tempoRules(id)],
      boards: tempoRows(id),
    };
  }
}
