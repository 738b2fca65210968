import type { Construct } from "constructs";
import type { AnyAlert } from "../core/alert";
import { openCalendar, type Calendar } from "../core/calendar";
import { Endpoint } from "../core/endpoint";
import type { Observable, Observation } from "../core/observation";
import { secretsOf, type Receiver, type Routes } from "../core/receiver";
import type { Runtime } from "../core/runtime";
import { Service } from "../core/service";
import { alertmanagerFile, configFolder, templateFiles, type WatchedHost } from "./config";
import { alertRows } from "./dashboard";
import { alertmanagerDown, alertmanagerRules, deliveryLeg } from "./mixin";

/** Props of {@link Alertmanager}. */
export interface AlertmanagerProps {
  readonly runtime: Runtime;
  /** Channels, each with a unique name. */
  readonly receivers: readonly Receiver[];
  readonly routes: Routes;
  /**
   * When people work, and when work is planned.
   * @default - everything is told at any time, in UTC
   */
  readonly calendar?: Calendar;
  /**
   * Hosts whose services are not told while the host is silent.
   * @default - none
   */
  readonly hosts?: readonly WatchedHost[];
  /**
   * The catalogue, for inhibition. Called once, at synth.
   * @default - nothing inhibits
   */
  readonly alerts?: () => readonly AnyAlert[];
  /**
   * Port on the bind address, from 1 to 65535.
   * @default 9093
   */
  readonly hostPort?: number;
}

/** Groups, inhibits and delivers alerts. */
export class Alertmanager extends Service implements Observable {
  readonly observation: Observation;
  /** The API, inside the platform's network. */
  readonly api: Endpoint<"alertmanager">;

  constructor(scope: Construct, id: string, props: AlertmanagerProps) {
    const { runtime, receivers, routes, alerts = () => [], hosts = [], hostPort = 9093 } = props;
    const { calendar = openCalendar } = props;
    super(scope, id, {
      runtime,
      image: "alertmanager",
      user: "65534:65534",
      memory: {
        reservationMiB: 48,
        workingSetMiB: 41,
        limitMiB: 96,
        swap: false,
        measured:
          "41 MiB resident when idle; 12 anonymous and 24 of file pages with the demonstration, amd64",
      },
      cpus: 0.5,
      command: [
        `--config.file=${configFolder}/alertmanager.yml`,
        "--storage.path=/alertmanager",
        "--cluster.listen-address=",
        // Two receivers that tell by the same means are told apart in its metrics, where drills look.
        "--enable-feature=receiver-name-in-metrics",
        // A kill loses the silences and the notification log since the last snapshot; the default is 15 minutes.
        "--data.maintenance-interval=5s",
        `--web.external-url=http://${runtime.bindAddress}:${String(hostPort)}`,
      ],
      health: { command: ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:9093/-/ready"] },
      data: { path: "/alertmanager", diskGiB: 0.1 },
      stopSeconds: 30,
      publish: [{ containerPort: 9093, hostPort }],
      secrets: receivers.flatMap(secretsOf),
      files: () => [
        alertmanagerFile({ receivers, routes, calendar, alerts: alerts(), hosts }),
        ...templateFiles(calendar),
      ],
    });
    const at = { host: id, port: 9093 };
    this.api = new Endpoint({ protocol: "alertmanager", ...at });
    this.observation = {
      job: id,
      targets: [{ endpoint: new Endpoint({ protocol: "metrics", ...at, path: "/metrics" }) }],
      scrape: { intervalSeconds: 15 },
      down: alertmanagerDown,
      rules: [alertmanagerRules],
      legs: [deliveryLeg],
      boards: alertRows,
    };
  }
}
