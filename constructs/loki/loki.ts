import type { Construct, IDependable } from "constructs";
import type { ITerraformDependable } from "cdktf";
import type { LogRuleGroup } from "../core/alert";
import { Endpoint } from "../core/endpoint";
import { ConfigurationError, refuse } from "../core/errors";
import type { LogStore } from "../core/log-store";
import { Observations, type Observable, type Observation } from "../core/observation";
import { undeliveredAlerts } from "../core/operator-rules";
import type { Runtime } from "../core/runtime";
import { faultsOf } from "../core/schema";
import { Service } from "../core/service";
import {
  configFolder,
  logRuleFile,
  mainFile,
  noRulesFile,
  operatorFiles,
  type LogLinks,
} from "./config";
import { logRows } from "./dashboard";
import { errorBurstRules, logRulesLeg, lokiDown, lokiRules } from "./mixin";
import { logsSchema, schemaFaults, type Logs, type LogsInput } from "./schema";

/** Props of {@link Loki}. */
export interface LokiProps {
  readonly runtime: Runtime;
  /**
   * Whose alerts on logs are evaluated: a set that may still grow until synth, or a plain array.
   * @default - only Loki's own
   */
  readonly observations?: Observations | readonly Observable[];
  /**
   * Retention, storage, schema and limits.
   * @default - 15 days in a volume
   */
  readonly logs?: LogsInput;
  /**
   * Where alerts on logs are sent.
   * @default - alerts are evaluated and shown, not sent
   */
  readonly alertmanagers?: readonly Endpoint<"alertmanager">[];
  /**
   * Whether alerts on logs are evaluated here.
   * @default true
   */
  readonly evaluatesAlerts?: boolean;
  /**
   * Port on the bind address, from 1 to 65535.
   * @default 3100
   */
  readonly hostPort?: number;
  /**
   * Base URL of runbook pages.
   * @default - alerts carry the runbook's words, but no link
   */
  readonly runbooksUrl?: string;
  /**
   * Base URL of Grafana as a person reaches it: alerts lead to the panels that show them.
   * @default - alerts lead to their lines
   */
  readonly grafanaUrl?: string;
  /**
   * What must be there first.
   * @default - nothing
   */
  readonly dependsOn?: readonly (ITerraformDependable & IDependable)[];
}

function checked(input: LogsInput): Logs {
  const parsed = logsSchema.safeParse(input);
  if (!parsed.success) throw new ConfigurationError("logs", faultsOf(parsed.error, input));
  refuse("logs", schemaFaults(parsed.data.schema, "schema"));
  return parsed.data;
}

/** Keeps log lines for a time, answers LogQL, evaluates alerts on logs. */
export class Loki extends Service implements Observable, LogStore {
  readonly observation: Observation;
  readonly push: Endpoint<"loki-push">;
  readonly query: Endpoint<"logql">;
  readonly #observations: Observations;

  /** @throws ConfigurationError when the settings of `logs` are at fault */
  constructor(scope: Construct, id: string, props: LokiProps) {
    const { runtime, alertmanagers = [], hostPort = 3100, observations = [] } = props;
    const { evaluatesAlerts = true } = props;
    const logs = checked(props.logs ?? {});
    if (!evaluatesAlerts) refuse("alerting", undeliveredAlerts("loki/rules"));
    const set =
      observations instanceof Observations ? observations : new Observations(...observations);
    const links: LogLinks = {
      loki: `http://${runtime.bindAddress}:${String(hostPort)}`,
      ...(props.runbooksUrl === undefined ? {} : { runbooks: props.runbooksUrl }),
    };
    const { grafanaUrl: grafana } = props;
    const linked = (): LogLinks =>
      grafana === undefined ? links : { ...links, panels: { grafana, boards: set.boards() } };
    super(scope, id, {
      runtime,
      image: "loki",
      user: "10001:10001",
      memory: {
        reservationMiB: 192,
        workingSetMiB: 178,
        limitMiB: 288,
        measured:
          "200 lines/s in 20 streams for 15 minutes: 111 MiB anonymous and 66 of hot file pages; idle 31 anonymous; amd64",
      },
      cpus: 1,
      // Loki does not look at its container's limit.
      environment: { GOMEMLIMIT: "200MiB" },
      command: [`-config.file=${configFolder}/loki.yaml`],
      // The image holds Loki alone.
      health: { command: ["/usr/bin/loki", "-health"] },
      data: { path: "/loki", diskGiB: logs.diskGiB },
      stopSeconds: 60,
      publish: [{ containerPort: 3100, hostPort }],
      files: () => [
        mainFile({ logs, alertmanagers, url: links.loki }),
        ...(evaluatesAlerts
          ? set.logRuleGroups().map((group) => logRuleFile(group, runtime.environment, linked()))
          : [noRulesFile()]),
        ...operatorFiles(),
      ],
      ...(props.dependsOn === undefined ? {} : { dependsOn: props.dependsOn }),
    });
    const at = { host: id, port: 3100 };
    this.push = new Endpoint({ protocol: "loki-push", ...at, path: "/loki/api/v1/push" });
    this.query = new Endpoint({ protocol: "logql", ...at });
    this.observation = {
      job: id,
      targets: [{ endpoint: new Endpoint({ protocol: "metrics", ...at, path: "/metrics" }) }],
      scrape: { intervalSeconds: 15 },
      down: lokiDown,
      rules: [lokiRules],
      legs: evaluatesAlerts ? [logRulesLeg] : [],
      logRules: [errorBurstRules(logs.errorBurst)],
      boards: logRows(logs),
    };
    this.#observations = set;
    set.add(this);
  }

  /** Every rule group on logs, wherever it is evaluated. Closes the set of observations. */
  ruleGroups(): readonly LogRuleGroup[] {
    return this.#observations.logRuleGroups();
  }
}
