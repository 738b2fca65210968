import { TerraformOutput, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import type { Alloy } from "../constructs/alloy";
import { Alertmanager } from "../constructs/alertmanager";
import { ConfigurationError } from "../constructs/core/errors";
import type { AnyAlert } from "../constructs/core/alert";
import { alertsOf, Observations, type Observable } from "../constructs/core/observation";
import { Runtime } from "../constructs/core/runtime";
import type { BoardRow, CompleteBoard } from "../constructs/core/board";
import { Grafana, grafanaUrl } from "../constructs/grafana";
import { Jaeger } from "../constructs/jaeger";
import { Loki } from "../constructs/loki";
import { OtelCollector } from "../constructs/otel-collector";
import { Prometheus } from "../constructs/prometheus";
import { Pushgateway, PushProxy } from "../constructs/pushgateway";
import { Objectives } from "../constructs/slo";
import { Tempo } from "../constructs/tempo";
import { agentObservable, newAgent } from "./agent-stack";
import { platformAgent } from "./agents";
import { applyBackend } from "./backend";
import { imagesOf, useDocker } from "./docker";
import { secretsNeeded, type Environment } from "./environment";

/** Props of {@link MonitoringStack}. */
export interface MonitoringStackProps {
  /** Checked by `parseEnvironment`. */
  readonly environment: Environment;
  /**
   * Absolute folder on the Docker host with one folder of secrets per service.
   * @default - the environment's `secretsDirectory`
   */
  readonly secretsDirectory?: string;
  /**
   * Image references by name, which win over the environment's (for machines without a registry).
   * @default - none
   */
  readonly imageOverrides?: Readonly<Record<string, string>>;
  /**
   * Folder of local states.
   * @default - beside the checkout's output folder
   */
  readonly stateDirectory?: string;
  /**
   * Absolute path of an OpenSSH configuration file that leads to a remote engine and names its key.
   * @default - the user's own
   */
  readonly sshConfig?: string;
}

function secretsDirectoryOf({ environment, secretsDirectory }: MonitoringStackProps): string {
  const directory = secretsDirectory ?? environment.secretsDirectory;
  const [needed] = secretsNeeded(environment);
  if (directory === undefined && needed !== undefined) {
    throw new ConfigurationError(`environment '${environment.name}'`, [
      {
        field: "secretsDirectory",
        allowed: `given, since ${needed.service} needs the secret '${needed.secret}'`,
        got: "nothing",
        repair: "name the folder on the Docker host that holds the secret files",
      },
    ]);
  }
  return directory ?? "/nonexistent";
}

/** Every service of an environment, on one Docker Engine. */
export class MonitoringStack extends TerraformStack {
  readonly runtime: Runtime;
  readonly prometheus: Prometheus;
  /** Nothing where Grafana is the engine of alerts. */
  readonly alertmanager: Alertmanager | undefined;
  /** Nothing where the environment keeps no logs. */
  readonly loki: Loki | undefined;
  /** Tempo or Jaeger; nothing where the environment keeps no traces. */
  readonly traces: Tempo | Jaeger | undefined;
  /** Nothing where the environment says so. */
  readonly grafana: Grafana | undefined;
  /** The agent of the platform's own host; nothing where the environment says so. */
  readonly agent: Alloy | undefined;
  readonly #observations = new Observations();

  constructor(scope: Construct, id: string, props: MonitoringStackProps) {
    super(scope, id);
    const { environment } = props;
    const { ports, retention } = environment;
    applyBackend(this, environment.backend, props.stateDirectory);
    useDocker(this, environment, props.sshConfig);
    const alerts = (): readonly AnyAlert[] => [
      ...alertsOf(this.prometheus.ruleGroups()),
      ...(this.loki?.ruleGroups().flatMap((group) => group.alerts) ?? []),
    ];

    this.runtime = new Runtime(this, "runtime", {
      environment: environment.name,
      prefix: environment.prefix,
      bindAddress: environment.bindAddress,
      machine: environment.machine,
      protectData: environment.protectData,
      secretsDirectory: secretsDirectoryOf(props),
      images: imagesOf(environment, props.imageOverrides),
    });
    const { runtime } = this;
    this.alertmanager = this.#alertmanager(environment, alerts);
    const pushProxy = environment.pushgateway
      ? new PushProxy(this, "push-proxy", {
          runtime,
          pushgateway: new Pushgateway(this, "pushgateway", { runtime }),
          alerts,
          hostPort: ports.pushgateway,
        })
      : undefined;
    if (pushProxy !== undefined) this.observe(pushProxy);
    const { alertmanager } = this;
    const runbooks = pushProxy?.runbooksUrl;
    const common = {
      runtime,
      observations: this.#observations,
      ...(runbooks === undefined ? {} : { runbooksUrl: runbooks }),
      ...(environment.grafana
        ? { grafanaUrl: grafanaUrl(environment.bindAddress, ports.grafana) }
        : {}),
      ...(alertmanager === undefined
        ? { evaluatesAlerts: false }
        : { alertmanagers: [alertmanager.api], dependsOn: [alertmanager.container] }),
    };
    this.loki =
      environment.logs === false
        ? undefined
        : new Loki(this, "loki", { ...common, logs: environment.logs, hostPort: ports.loki });
    for (const source of environment.sources) {
      this.observe(...source.create({ scope: this, id: source.id, runtime }));
    }
    this.prometheus = new Prometheus(this, "prometheus", {
      ...common,
      hostPort: ports.prometheus,
      retentionDays: retention.days,
      retentionGiB: retention.prometheusGiB,
    });
    const { slos } = environment;
    this.observe(new Objectives(this, "slo", { evaluatedBy: this.prometheus, slos }));
    this.traces = this.#traces(environment);
    this.agent = this.#agent(environment);
    for (const agent of environment.agents) this.observe(agentObservable(agent));
    this.grafana = environment.grafana ? this.#grafana(environment, alerts, runbooks) : undefined;
    runtime.budget.assertFits();

    this.#outputs(environment, pushProxy !== undefined);
  }

  /** The store of traces, and the Collector where that takes OTLP. */
  #traces({ traces, ports }: Environment): Tempo | Jaeger | undefined {
    if (traces === false) return undefined;
    const { runtime, prometheus } = this;
    const { store: kind, collector, retentionDays, diskGiB, tailSampling } = traces;
    const kept = {
      runtime,
      ...(retentionDays === undefined ? {} : { retentionDays }),
      ...(diskGiB === undefined ? {} : { diskGiB }),
    };
    const store =
      kind === "tempo"
        ? new Tempo(this, "tempo", { ...kept, metrics: prometheus.push })
        : new Jaeger(this, "jaeger", { ...kept, hostPort: ports.jaeger });
    this.observe(store);
    if (collector === "otel-collector") {
      this.observe(
        new OtelCollector(this, "otel-collector", {
          runtime,
          traces: store,
          metrics: prometheus.push,
          grpcHostPort: ports.otlpGrpc,
          httpHostPort: ports.otlpHttp,
          ...(tailSampling === undefined ? {} : { tailSampling }),
        }),
      );
    }
    return store;
  }

  #agent(environment: Environment): Alloy | undefined {
    if (environment.agent === false) return undefined;
    const { runtime, prometheus, loki, traces } = this;
    const agent = newAgent(this, runtime, platformAgent(environment.agent, environment), {
      metrics: prometheus.push,
      socket: environment.engine.socket,
      ...(loki === undefined ? {} : { logs: loki.push }),
      ...(traces === undefined ? {} : { traces: traces.spansOverHttp }),
    });
    this.observe(agentObservable(agent.agent, "platform"));
    return agent.alloy;
  }

  #alertmanager(
    { alerting, receivers, routes, calendar, agents, ports }: Environment,
    alerts: () => readonly AnyAlert[],
  ): Alertmanager | undefined {
    // Grafana has an Alertmanager of its own: beside it this one would get nothing, and tell nobody of anything.
    if (alerting.engine === "grafana") return undefined;
    const alertmanager = new Alertmanager(this, "alertmanager", {
      runtime: this.runtime,
      receivers,
      routes,
      calendar,
      hosts: agents.flatMap(({ agent, engine }) =>
        engine.type === "ssh" ? [{ agent, address: engine.address }] : [],
      ),
      alerts,
      hostPort: ports.alertmanager,
    });
    this.observe(alertmanager);
    return alertmanager;
  }

  #grafana(
    environment: Environment,
    alerts: () => readonly AnyAlert[],
    runbooks: string | undefined,
  ): Grafana {
    const { runtime, prometheus, loki, traces, alertmanager } = this;
    const { receivers, routes, calendar, ports, bindAddress } = environment;
    const at = (port: number) => `http://${bindAddress}:${String(port)}`;
    const grafana = new Grafana(this, "grafana", {
      runtime,
      metrics: prometheus,
      hostPort: ports.grafana,
      observations: this.#observations,
      alerts,
      ...(runbooks === undefined ? {} : { runbooksUrl: runbooks }),
      ...(loki === undefined ? {} : { logs: loki }),
      ...(traces === undefined ? {} : { traces }),
      ...(alertmanager === undefined
        ? {
            alerting: {
              receivers,
              routes,
              calendar,
              rules: () => ({
                groups: prometheus.ruleGroups(),
                logGroups: loki?.ruleGroups() ?? [],
              }),
              links: {
                prometheus: at(ports.prometheus),
                ...(loki === undefined ? {} : { loki: at(ports.loki) }),
                ...(runbooks === undefined ? {} : { runbooks }),
              },
            },
          }
        : { alertmanager }),
    });
    this.observe(grafana);
    return grafana;
  }

  #outputs({ bindAddress, ports, traces }: Environment, pushed: boolean): void {
    const output = (name: string, port: number, there = true) => {
      if (!there) return;
      const value = `http://${bindAddress}:${String(port)}`;
      new TerraformOutput(this, name, { value });
    };
    output("grafana_url", ports.grafana, this.grafana !== undefined);
    output("prometheus_url", ports.prometheus);
    output("alertmanager_url", ports.alertmanager, this.alertmanager !== undefined);
    output("loki_url", ports.loki, this.loki !== undefined);
    output("jaeger_url", ports.jaeger, this.traces?.kind === "jaeger");
    output("otlp_http_url", ports.otlpHttp, traces !== false);
    output("push_url", ports.pushgateway, pushed);
  }

  /**
   * Watches something more: a consumer's own construct, or one that runs elsewhere.
   * @throws Error when called after synth, or when it contradicts what is observed already
   */
  observe(...observables: readonly Observable[]): void {
    this.#observations.add(...observables);
  }

  /**
   * Adds panels to a dashboard, a known one or a new one.
   * @throws ConfigurationError when a row contradicts another
   * @throws Error when called after synth
   */
  addBoardRows(...rows: readonly BoardRow[]): void {
    this.#observations.addBoardRows(...rows);
  }

  /** Every dashboard made of rows. Closes the set of observations. */
  boards(): readonly CompleteBoard[] {
    return this.#observations.boards();
  }
}
