import { cloudOf, parametersOf } from "./aws";
import { dockerVariables } from "./docker";
import {
  awaitFirstBoot,
  awaitSecrets,
  awaitTunnel,
  checkEngine,
  checkSsh,
  reaches,
  tellChangedFiles,
  type HostTools,
} from "./host";
import { losses, planHost } from "./host-plan";
import { provideProviders, provideTerraform } from "./provide";
import { checkSecrets } from "./secrets";
import { CommandError, sleep, withHeartbeat, type Progress } from "./shell";
import { addressesOf, waitUntilReady } from "./start";
import { cdktf, containersOf, outputsOf, synthesise, writeStacks } from "./terraform-stacks";
import { runOnHost, writeTunnel, type WrittenTunnel } from "./tunnel";
import { readFacts, writeFacts, type HostEnvironment } from "./workspace";

/** Half of a deployment: the AWS host, or the services on it. */
export type Half = "host" | "services";

/** What a deployment does, beside waiting. */
export interface DeployTools extends HostTools {
  /** Lines of the estimated cost. */
  readonly cost: () => Promise<string>;
  /** Brings Terraform and its providers to this machine. */
  readonly provide: () => Promise<void>;
  /** What of the host a deployment would end: its instance, its disk, its address. */
  readonly losses: () => Promise<readonly string[]>;
  /** Applies a stack. @returns how many resources changed */
  readonly apply: (stack: string) => Promise<number>;
  /** The instance of the host's stack. */
  readonly instanceId: () => Promise<string>;
  /** Writes what leads through the tunnel. */
  readonly writeTunnel: () => Promise<WrittenTunnel>;
  /** Waits until the services answer. */
  readonly awaitServices: () => Promise<void>;
}

/** Steps that say which they are. */
class Steps {
  #number = 0;

  constructor(readonly print: Progress) {}

  async step<T>(what: string, work: () => Promise<T>): Promise<T> {
    this.#number += 1;
    this.print(`${String(this.#number)}. ${what}`);
    return work();
  }
}

/**
 * Refuses to go on without the bucket of the state.
 * @throws CommandError that says how to make it
 */
async function checkStateBucket(
  { name, backend }: HostEnvironment,
  cloudFor: (region: string) => Pick<HostTools["cloud"], "hasBucket">,
): Promise<void> {
  if (backend.type !== "s3") return;
  const { bucket, region } = backend;
  if (await cloudFor(region).hasBucket(bucket)) return;
  throw new CommandError(
    `the state bucket '${bucket}' must be in ${region}, got none; npm run bootstrap -- ${name} makes it`,
  );
}

/**
 * Refuses a deployment that would end the instance, its disk or its address: Terraform clears AWS's protection itself.
 * @throws CommandError naming them
 */
async function refuseLosses(name: string, tools: Pick<DeployTools, "losses">): Promise<void> {
  const ended = await tools.losses();
  if (ended.length === 0) return;
  throw new CommandError(
    `deploying ${name}-host would end ${ended.join(", ")}; take back what changed in 'host' (another architecture, network or region does that), or, where only the instance is named, npm run replace -- ${name}`,
  );
}

function changed(count: number): string {
  return count === 0 ? "  nothing to change" : `  ${String(count)} changes`;
}

/**
 * Deploys an environment with its own host, in order; stops at the first thing that is missing and says what to do.
 * Can be repeated at any point.
 * @param only one half; by default both
 * @throws CommandError, ConfigurationError
 */
export async function deployHost(
  environment: HostEnvironment,
  tools: DeployTools,
  only?: Half,
  cloudFor: (region: string) => Pick<HostTools["cloud"], "hasBucket"> = cloudOf,
): Promise<void> {
  const { name, backend } = environment;
  const { print } = tools;
  const steps = new Steps(print);
  const place =
    backend.type === "s3" ? `s3://${backend.bucket} (${backend.region})` : "this machine";
  await steps.step(`state on ${place}`, () => checkStateBucket(environment, cloudFor));
  const secrets = await steps.step("secrets in Systems Manager", () =>
    checkSecrets(environment, tools.cloud),
  );
  print(`  ${String(secrets.length)} present`);
  if (only !== "services") {
    print(await tools.cost());
  }
  await steps.step("Terraform and providers", tools.provide);
  if (only !== "services") {
    await steps.step("plan of the host", () => refuseLosses(name, tools));
    print(changed(await steps.step("host", () => tools.apply(`${name}-host`))));
    const instanceId = await tools.instanceId();
    await steps.step(`first boot of ${instanceId}`, () =>
      awaitFirstBoot(environment, instanceId, tools),
    );
    await tellChangedFiles(environment, instanceId, tools);
  }
  const { interfaceFile, sshHostKey } = await steps.step("files of the tunnel", tools.writeTunnel);
  print(`  ${interfaceFile ?? "no private key of a peer is here: only ssh's were written"}`);
  if (only === "host") return;
  await steps.step("tunnel", () => awaitTunnel(environment, interfaceFile, tools));
  await steps.step("log-in over SSH", () => checkSsh(environment, sshHostKey, tools));
  await steps.step("Docker on the host", () => checkEngine(environment, tools));
  await steps.step("secrets on the host", () => awaitSecrets(secrets, tools));
  print(changed(await steps.step("services", () => tools.apply(`${name}-monitoring`))));
  await steps.step("health", tools.awaitServices);
  for (const { agent, engine } of environment.agents) {
    const where = engine.type === "ssh" ? engine.address : "this machine";
    const count = await steps.step(`agent '${agent}' on ${where}`, () =>
      tools.apply(`${name}-agent-${agent}`),
    );
    print(changed(count));
  }
  print(`${name}: healthy`);
}

/** Brings Terraform and its providers to this machine, and remembers where they are. */
export async function provide(print: Progress): Promise<void> {
  const terraform = await provideTerraform(print);
  const cliConfigFile = await provideProviders(terraform, print);
  print(`  ${terraform.flavour} ${terraform.version}`);
  writeFacts({
    ...readFacts(),
    terraform: terraform.binary,
    ...(cliConfigFile === undefined ? {} : { cliConfigFile }),
  });
}

/**
 * The estimated cost of an environment's host, as a table.
 */
export async function costOf({ host }: HostEnvironment): Promise<string> {
  const { estimateMonthlyCost, formatCost } = await import("../constructs/host");
  return formatCost(estimateMonthlyCost(host));
}

/** What an environment's deployment uses in earnest. */
export async function hostTools(environment: HostEnvironment, print: Progress): Promise<HostTools> {
  return {
    cloud: cloudOf(environment.host.region),
    parameters: await parametersOf(environment.name),
    print,
    sleep,
    reaches,
    onHost: (...command) => runOnHost(environment, ...command),
  };
}

/**
 * The running instance, as Terraform's state names it.
 * @throws CommandError
 */
export async function instanceIdOf({ name }: HostEnvironment): Promise<string> {
  const { "instance-id": id } = await outputsOf(name, `${name}-host`);
  if (id !== undefined) return id;
  throw new CommandError(`the stack ${name}-host must have the output 'instance-id', got none`);
}

/** Deploys an environment with its own host. */
export async function deployWithHost(
  environment: HostEnvironment,
  print: Progress,
  only?: Half,
): Promise<void> {
  const { name } = environment;
  // What a person has to mend is told before anything is asked of AWS.
  const containers = containersOf(synthesise(name));
  const tools = await hostTools(environment, print);
  await deployHost(
    environment,
    {
      ...tools,
      cost: () => costOf(environment),
      provide: () => provide(print),
      losses: async () => {
        await writeStacks(name);
        const { json } = await withHeartbeat(print, "terraform plan", planHost(name, false));
        return losses(json);
      },
      apply: async (stack) => {
        const { changes } = await cdktf("deploy", { environment: name, stacks: [stack] }, print);
        return changes;
      },
      instanceId: () => instanceIdOf(environment),
      writeTunnel: () => writeTunnel(environment, tools.cloud),
      awaitServices: async () => {
        const env = dockerVariables(environment);
        await waitUntilReady(containers, addressesOf(environment), print, env);
      },
    },
    only,
  );
}
