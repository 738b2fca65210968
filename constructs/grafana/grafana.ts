import type { Construct, IDependable } from "constructs";
import type { ITerraformDependable } from "cdktf";
import { Endpoint } from "../core/endpoint";
import type { AnyAlert } from "../core/alert";
import { refuse } from "../core/errors";
import { Observations, type Observable, type Observation } from "../core/observation";
import { secretsOf } from "../core/receiver";
import type { Runtime } from "../core/runtime";
import { Service } from "../core/service";
import { alertingFiles, type AlertingProps } from "./alerting";
import { renderBoard, type BoardContext } from "./boards";
import { dashboardsFile, datasourcesFile, mainFile } from "./config";
import { channelFaults, mailSettings } from "./contact-points";
import { DashboardSet, type Dashboard } from "./dashboards";
import { datasourcesOf } from "./datasources";
import { engineLegs, engineRules, grafanaDown } from "./mixin";
import { grafanaSecrets } from "./secrets";
import type { Stores } from "./stores";

/** Props of {@link Grafana}: the stores it shows, and how it runs. */
export interface GrafanaProps extends Stores {
  readonly runtime: Runtime;
  /**
   * Dashboards from the start; more come by {@link Grafana.addDashboards}.
   * @default - an operator's own files only
   */
  readonly dashboards?: readonly Dashboard[];
  /**
   * Whose boards are shown: a set that may still grow until synth, or a plain array.
   * @default - no board
   */
  readonly observations?: Observations | readonly Observable[];
  /**
   * The catalogue: boards name the alerts that they show. Called once, at synth.
   * @default - boards name no alert
   */
  readonly alerts?: () => readonly AnyAlert[];
  /**
   * Base URL of runbook pages.
   * @default - boards name runbooks without a link
   */
  readonly runbooksUrl?: string;
  /**
   * Port on the bind address, from 1 to 65535.
   * @default 3000
   */
  readonly hostPort?: number;
  /**
   * Grafana's own alerting: only where it evaluates and delivers the alerts instead of Prometheus and Alertmanager.
   * @default - it alerts nobody
   */
  readonly alerting?: AlertingProps;
  /**
   * What must be there first.
   * @default - nothing
   */
  readonly dependsOn?: readonly (ITerraformDependable & IDependable)[];
}

/** Where a person reaches Grafana. */
export function grafanaUrl(bindAddress: string, hostPort: number): string {
  return `http://${bindAddress}:${String(hostPort)}`;
}

/** Shows dashboards, logs and traces to people with an account. */
export class Grafana extends Service implements Observable {
  readonly observation: Observation;
  /** The pages as a person reaches them. */
  readonly url: string;
  /** The API, inside the platform's network. */
  readonly api: Endpoint<"http">;
  /** Uids of the datasources that panels and links may name. */
  readonly datasources: readonly string[];
  readonly #dashboards: DashboardSet;

  /** @throws ConfigurationError when a dashboard is at fault, an operator's file, or a channel that Grafana cannot have */
  constructor(scope: Construct, id: string, props: GrafanaProps) {
    const { runtime, hostPort = 3000, alerting } = props;
    const url = grafanaUrl(runtime.bindAddress, hostPort);
    const datasources = datasourcesOf(props);
    const uids = datasources.map(({ uid }) => uid);
    const dashboards = new DashboardSet(uids);
    dashboards.addFiles("grafana/dashboards");
    dashboards.add(...(props.dashboards ?? []));
    const receivers = alerting?.receivers ?? [];
    refuse("alerting", alerting === undefined ? [] : channelFaults(receivers));
    const { observations = [], alerts = () => [], runbooksUrl } = props;
    const set =
      observations instanceof Observations ? observations : new Observations(...observations);
    const boards = (): readonly Dashboard[] => {
      const context: BoardContext = {
        alerts: alerts(),
        logs: props.logs !== undefined,
        ...(runbooksUrl === undefined ? {} : { runbooks: runbooksUrl }),
      };
      return set.boards().map((board) => renderBoard(board, context));
    };
    super(scope, id, {
      runtime,
      image: "grafana",
      user: "472:472",
      memory: {
        reservationMiB: 200,
        workingSetMiB: 180,
        limitMiB: 320,
        measured:
          "not measured: 12.4.3 idle is reported at 180 MiB (grafana issue 123017); the runtime is asked to stay below 240 MiB",
      },
      cpus: 1,
      environment: {
        // Grafana does not look at its container's limit.
        GOMEMLIMIT: "240MiB",
        GF_SERVER_ROOT_URL: `${url}/`,
        ...(alerting === undefined ? {} : { GF_UNIFIED_ALERTING_ENABLED: "true" }),
        ...mailSettings(receivers),
      },
      // The first start makes the database.
      health: {
        command: ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:3000/api/health"],
        startSeconds: 120,
      },
      data: { path: "/var/lib/grafana", diskGiB: 0.5 },
      stopSeconds: 30,
      publish: [{ containerPort: 3000, hostPort }],
      secrets: [...grafanaSecrets, ...receivers.flatMap(secretsOf)],
      files: () => {
        dashboards.add(...boards());
        const files = dashboards.files();
        return [
          mainFile(),
          datasourcesFile(datasources),
          ...(files.length === 0 ? [] : [dashboardsFile()]),
          ...files,
          ...(alerting === undefined
            ? []
            : alertingFiles(
                {
                  ...alerting,
                  links: { ...alerting.links, panels: { grafana: url, boards: set.boards() } },
                },
                runtime.environment,
              )),
        ];
      },
      ...(props.dependsOn === undefined ? {} : { dependsOn: props.dependsOn }),
    });
    this.url = url;
    this.datasources = uids;
    this.#dashboards = dashboards;
    const at = { host: id, port: 3000 };
    this.api = new Endpoint({ protocol: "http", ...at });
    this.observation = {
      job: id,
      targets: [{ endpoint: new Endpoint({ protocol: "metrics", ...at, path: "/metrics" }) }],
      scrape: { intervalSeconds: 15 },
      down: grafanaDown,
      ...(alerting === undefined ? { rules: [] } : { rules: [engineRules], legs: engineLegs }),
    };
  }

  /**
   * Shows more dashboards; the same one twice counts once.
   * @throws ConfigurationError when one is at fault: its uid or title is taken, or it names a datasource that is not there
   * @throws Error when called after synth
   */
  addDashboards(...dashboards: readonly Dashboard[]): void {
    this.#dashboards.add(...dashboards);
  }
}
