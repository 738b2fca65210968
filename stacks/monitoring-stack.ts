import { TerraformOutput, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { DockerProvider } from "@cdktf/provider-docker/lib/provider";
import { Alertmanager } from "../constructs/alertmanager";
import { ConfigurationError } from "../constructs/core/errors";
import { ImageSource } from "../constructs/core/images";
import { alertsOf, Observations, type Observable } from "../constructs/core/observation";
import { Runtime } from "../constructs/core/runtime";
import { Prometheus } from "../constructs/prometheus";
import { Pushgateway, PushProxy } from "../constructs/pushgateway";
import { applyBackend } from "./backend";
import { secretsNeeded, type Environment } from "./environment";

/**
 * Version of the Docker provider, of which the bindings of 3.6.2 are a subset: 3.6.2 panics on `cpus`, deletes stopped
 * containers while planning and pings the host before it is needed.
 */
export const dockerProviderVersion = "4.5.0";

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
  readonly alertmanager: Alertmanager;
  readonly #observations = new Observations();

  constructor(scope: Construct, id: string, props: MonitoringStackProps) {
    super(scope, id);
    const { environment } = props;
    const { ports, retention } = environment;
    applyBackend(this, environment.backend, props.stateDirectory);
    useDocker(this, environment, props.sshConfig);
    const alerts = () => alertsOf(this.prometheus.ruleGroups());

    this.runtime = new Runtime(this, "runtime", {
      environment: environment.name,
      prefix: environment.prefix,
      bindAddress: environment.bindAddress,
      machine: environment.machine,
      protectData: environment.protectData,
      secretsDirectory: secretsDirectoryOf(props),
      images: new ImageSource({
        ...environment.images,
        overrides: { ...environment.images.overrides, ...props.imageOverrides },
      }),
    });
    const { runtime } = this;
    this.alertmanager = new Alertmanager(this, "alertmanager", {
      runtime,
      receivers: environment.receivers,
      routes: environment.routes,
      alerts,
      hostPort: ports.alertmanager,
    });
    this.observe(this.alertmanager);
    const pushProxy = environment.pushgateway
      ? new PushProxy(this, "push-proxy", {
          runtime,
          pushgateway: new Pushgateway(this, "pushgateway", { runtime }),
          alerts,
          hostPort: ports.pushgateway,
        })
      : undefined;
    if (pushProxy !== undefined) this.observe(pushProxy);
    for (const source of environment.sources) {
      this.observe(...source.create({ scope: this, id: source.id, runtime }));
    }
    this.prometheus = new Prometheus(this, "prometheus", {
      runtime,
      observations: this.#observations,
      alertmanagers: [this.alertmanager.api],
      hostPort: ports.prometheus,
      retentionDays: retention.days,
      retentionGiB: retention.prometheusGiB,
      ...(pushProxy === undefined ? {} : { runbooksUrl: pushProxy.runbooksUrl }),
      dependsOn: [this.alertmanager.container],
    });
    runtime.budget.assertFits();

    const address = (port: number) => `http://${environment.bindAddress}:${String(port)}`;
    new TerraformOutput(this, "prometheus_url", { value: address(ports.prometheus) });
    new TerraformOutput(this, "alertmanager_url", { value: address(ports.alertmanager) });
    if (pushProxy !== undefined) {
      new TerraformOutput(this, "push_url", { value: address(ports.pushgateway) });
    }
  }

  /**
   * Watches something more: a consumer's own construct, or one that runs elsewhere.
   * @throws Error when called after synth, or when it contradicts what is observed already
   */
  observe(...observables: readonly Observable[]): void {
    this.#observations.add(...observables);
  }
}

/** One connection for all resources: a dozen parallel log-ins run into sshd's MaxStartups. */
const sharedConnection = [
  "StrictHostKeyChecking=yes",
  "ControlMaster=auto",
  "ControlPath=~/.ssh/l2o-%C",
  "ControlPersist=30s",
].flatMap((option) => ["-o", option]);

/**
 * The Docker provider of a stack, for the environment's engine.
 * @param sshConfig what `ssh -F` reads for a remote engine; by default the user's own configuration
 */
export function useDocker(
  stack: TerraformStack,
  { engine }: Pick<Environment, "engine">,
  sshConfig?: string,
): void {
  new DockerProvider(stack, "docker", {
    ...(engine.type === "local"
      ? {}
      : {
          host: `ssh://${engine.user}@${engine.address}:${String(engine.port)}`,
          sshOpts: sshConfig === undefined ? sharedConnection : ["-F", sshConfig],
        }),
  });
  stack.addOverride("terraform.required_version", ">= 1.10");
  stack.addOverride("terraform.required_providers.docker.version", dockerProviderVersion);
}
