import type { Construct, IDependable } from "constructs";
import type { ITerraformDependable } from "cdktf";
import type { RuleGroup } from "../core/alert";
import type { Budget } from "../core/budget";
import { Endpoint } from "../core/endpoint";
import { refuse } from "../core/errors";
import { platformDown } from "../core/house-boards";
import { firingRecords, recordsOnly } from "../core/inhibition";
import { Observations, type Observable, type Observation } from "../core/observation";
import { undeliveredAlerts } from "../core/operator-rules";
import type { Runtime } from "../core/runtime";
import { Service } from "../core/service";
import {
  alertmanagersFile,
  configFolder,
  livenessGroup,
  mainFile,
  operatorFiles,
  ruleFile,
  scrapeFile,
  type Links,
} from "./config";
import { prometheusRows } from "./dashboard";
import { heartbeatGroup, prometheusLegs } from "./heartbeat";
import { memoryGroup } from "./memory";
import { prometheusRules, serviceDown } from "./mixin";

/** Props of {@link Prometheus}. */
export interface PrometheusProps {
  readonly runtime: Runtime;
  /** What is scraped and which rules are evaluated: a set that may still grow until synth, or a plain array. */
  readonly observations: Observations | readonly Observable[];
  /**
   * Where alerts are sent.
   * @default - alerts are evaluated and shown, not sent
   */
  readonly alertmanagers?: readonly Endpoint<"alertmanager">[];
  /**
   * Whether alerts are evaluated here; without it only recording rules are, and which alerts fire that keep others silent.
   * @default true
   */
  readonly evaluatesAlerts?: boolean;
  /**
   * Port on the bind address, from 1 to 65535.
   * @default 9090
   */
  readonly hostPort?: number;
  /**
   * From 1 to 365.
   * @default 15
   */
  readonly retentionDays?: number;
  /**
   * Disk that series may take in GiB; the oldest go when time or size is reached.
   * @default 4
   */
  readonly retentionGiB?: number;
  /**
   * Base URL of runbook pages.
   * @default - alerts carry the runbook's words, but no link
   */
  readonly runbooksUrl?: string;
  /**
   * Base URL of Grafana as a person reaches it: alerts lead to the panels that show them.
   * @default - alerts lead to Prometheus' own graph
   */
  readonly grafanaUrl?: string;
  /**
   * What must be there first.
   * @default - nothing
   */
  readonly dependsOn?: readonly (ITerraformDependable & IDependable)[];
}

function networksOf(observations: Observations): readonly string[] {
  const networks = observations
    .jobs()
    .flatMap((job) => job.targets.flatMap((target) => target.network ?? []));
  return [...new Set(networks)];
}

/** What an engine that evaluates the alerts elsewhere finds recorded here. */
function recordedFor(groups: readonly RuleGroup[]): readonly RuleGroup[] {
  return [...groups.map(recordsOnly), firingRecords(groups)].filter((group) => group !== undefined);
}

function ruleGroupsOf(observations: Observations, budget: Budget): readonly RuleGroup[] {
  return [
    ...observations.jobs().map(livenessGroup),
    memoryGroup(budget.entries, observations.jobs()),
    heartbeatGroup(observations.legs()),
    ...observations.ruleGroups(),
  ];
}

/** Scrapes what is observed, keeps the series, evaluates the rules. */
export class Prometheus extends Service implements Observable {
  readonly observation: Observation;
  /** PromQL API, inside the platform's network. */
  readonly query: Endpoint<"promql">;
  /** Remote write, inside the platform's network. */
  readonly push: Endpoint<"remote-write">;
  readonly #observations: Observations;
  readonly #budget: Budget;

  constructor(scope: Construct, id: string, props: PrometheusProps) {
    const { runtime, hostPort = 9090, retentionDays = 15, retentionGiB = 4 } = props;
    const { evaluatesAlerts = true } = props;
    if (!evaluatesAlerts) refuse("alerting", undeliveredAlerts("prometheus/rules"));
    const observations =
      props.observations instanceof Observations
        ? props.observations
        : new Observations(...props.observations);
    const links: Links = {
      prometheus: `http://${runtime.bindAddress}:${String(hostPort)}`,
      ...(props.runbooksUrl === undefined ? {} : { runbooks: props.runbooksUrl }),
    };
    const evaluated = evaluatesAlerts ? (groups: readonly RuleGroup[]) => groups : recordedFor;
    const { grafanaUrl: grafana } = props;
    const linked = (): Links =>
      grafana === undefined
        ? links
        : { ...links, panels: { grafana, boards: observations.boards() } };
    super(scope, id, {
      runtime,
      image: "prometheus",
      user: "65534:65534",
      memory: {
        reservationMiB: 160,
        workingSetMiB: 118,
        limitMiB: 384,
        swap: false,
        measured: "20 000 series: 55 MiB anonymous and 63 MiB of hot file pages",
      },
      cpus: 1.5,
      command: [
        `--config.file=${configFolder}/prometheus.yml`,
        "--storage.tsdb.path=/prometheus",
        `--web.external-url=${links.prometheus}`,
        "--web.enable-remote-write-receiver",
        "--enable-feature=exemplar-storage",
        "--query.max-samples=10000000",
        "--query.max-concurrency=4",
      ],
      health: { command: ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:9090/-/ready"] },
      data: { path: "/prometheus", diskGiB: retentionGiB },
      stopSeconds: 60,
      publish: [{ containerPort: 9090, hostPort }],
      networks: () => networksOf(observations),
      files: () => [
        mainFile({ environment: runtime.environment, retentionDays, retentionGiB }),
        alertmanagersFile(props.alertmanagers ?? []),
        ...observations.jobs().map(scrapeFile),
        ...evaluated(ruleGroupsOf(observations, runtime.budget)).map((group) =>
          ruleFile(group, linked()),
        ),
        ...operatorFiles(),
      ],
      ...(props.dependsOn === undefined ? {} : { dependsOn: props.dependsOn }),
    });
    const at = { host: id, port: 9090 };
    this.query = new Endpoint({ protocol: "promql", ...at });
    this.push = new Endpoint({ protocol: "remote-write", ...at, path: "/api/v1/write" });
    this.observation = {
      job: id,
      targets: [{ endpoint: new Endpoint({ protocol: "metrics", ...at, path: "/metrics" }) }],
      scrape: { intervalSeconds: 15 },
      down: { ...serviceDown, unanswered: "fires", panel: platformDown },
      rules: [prometheusRules],
      legs: prometheusLegs,
      boards: prometheusRows,
    };
    this.#observations = observations;
    this.#budget = runtime.budget;
    observations.add(this);
  }

  /** Every rule group of what is observed, wherever its alerts are evaluated. Closes the set of observations. */
  ruleGroups(): readonly RuleGroup[] {
    return ruleGroupsOf(this.#observations, this.#budget);
  }
}
