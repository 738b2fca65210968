import type { Construct } from "constructs";
import { Endpoint } from "../core/endpoint";
import { refuse } from "../core/errors";
import type { Observable, Observation } from "../core/observation";
import { retentionFaults } from "../core/retention";
import type { Runtime } from "../core/runtime";
import { Service } from "../core/service";
import type { TraceStore } from "../core/trace-store";
import { configFile, configPath, dataPath } from "./config";
import { jaegerRows } from "./dashboard";
import { jaegerDown, jaegerRules } from "./mixin";

/** Props of {@link Jaeger}. */
export interface JaegerProps {
  readonly runtime: Runtime;
  /**
   * Port of the user interface on the bind address, from 1 to 65535.
   * @default 16686
   */
  readonly hostPort?: number;
  /**
   * From 1 to 365; 20 spans/s take about 1 GiB a day.
   * @default 3
   */
  readonly retentionDays?: number;
  /**
   * Disk set aside for traces in GiB. Jaeger deletes by age only.
   * @default 4
   */
  readonly diskGiB?: number;
}

/** Keeps traces in Badger, an embedded store, and shows them. */
export class Jaeger extends Service implements Observable, TraceStore {
  readonly kind = "jaeger";
  readonly spans: Endpoint<"otlp-grpc">;
  readonly spansOverHttp: Endpoint<"otlp-http">;
  readonly query: Endpoint<"traces">;
  readonly observation: Observation;

  /** @throws ConfigurationError when the retention is out of range */
  constructor(scope: Construct, id: string, props: JaegerProps) {
    const { runtime, hostPort = 16686, retentionDays = 3, diskGiB = 4 } = props;
    refuse(id, retentionFaults(retentionDays));
    super(scope, id, {
      runtime,
      image: "jaeger",
      user: "10001:10001",
      memory: {
        reservationMiB: 96,
        workingSetMiB: 92,
        limitMiB: 320,
        measured:
          "20 spans/s for 5 minutes: 46 MiB anonymous and 46 of file pages; a flood of 3000/s, of which it refuses a part: 262; v1.62.0, amd64",
      },
      cpus: 0.5,
      environment: { GOMEMLIMIT: "220MiB" },
      command: [`--config=${configPath}`],
      health: {
        command: ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:13133/status"],
      },
      data: { path: dataPath, diskGiB },
      // Open connections of browsers and senders are waited for.
      stopSeconds: 60,
      publish: [{ containerPort: 16686, hostPort }],
      files: () => [configFile({ retentionDays })],
    });
    this.spans = new Endpoint({ protocol: "otlp-grpc", host: id, port: 4317 });
    this.spansOverHttp = new Endpoint({ protocol: "otlp-http", host: id, port: 4318 });
    this.query = new Endpoint({ protocol: "traces", host: id, port: 16686 });
    this.observation = {
      job: id,
      targets: [
        {
          endpoint: new Endpoint({ protocol: "metrics", host: id, port: 8888, path: "/metrics" }),
        },
      ],
      scrape: { intervalSeconds: 15 },
      down: jaegerDown,
      rules: [jaegerRules(id)],
      boards: jaegerRows(id),
    };
  }
}
