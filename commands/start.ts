import { createServer } from "node:net";
import { refuse, type Fault } from "../constructs/core/errors";
import { demoSecrets } from "../constructs/demo/secrets";
import { secretsNeeded, type Environment } from "../stacks/environment";
import { dockerVariables } from "./docker";
import { ensureEngine } from "./engine";
import { firingAlerts, platformFindings, type Addresses, type Finding } from "./health";
import { provideImages, provideProviders, provideTerraform } from "./provide";
import { checkSecrets, secretStates, writeSecret } from "./secrets";
import { CommandError, runOrFail, sleep, type Progress } from "./shell";
import { cdktf, synthesise } from "./terraform-stacks";
import {
  cacheDirectory,
  readEnvironment,
  readFacts,
  secretsDirectoryOf,
  writeFacts,
} from "./workspace";

/** How long a deployed platform may take until everything answers, in seconds. */
const readyWithinSeconds = 180;

/** Options of {@link start}. */
export interface StartOptions {
  /**
   * Add the demonstration chain, or remove it.
   * @default - as at the last start
   */
  readonly demo?: boolean | undefined;
  /** Whether questions can be asked. */
  readonly interactive: boolean;
  readonly progress: Progress;
}

/** Where the services of an environment are reached. */
export function addressesOf(environment: Environment): Addresses {
  const { bindAddress, ports, pushgateway } = environment;
  const at = (port: number) => `http://${bindAddress}:${String(port)}`;
  return {
    prometheus: at(ports.prometheus),
    alertmanager: at(ports.alertmanager),
    push: pushgateway ? at(ports.pushgateway) : undefined,
  };
}

function generateSecrets(environment: Environment, demo: boolean): void {
  if (!demo) return;
  const directory = secretsDirectoryOf(environment);
  for (const { service, secret, value } of demoSecrets(directory)) {
    writeSecret(directory, { service, secret }, value);
  }
}

/** The container that publishes each port of an environment. */
function publishers(environment: Environment, demo: boolean): Readonly<Record<string, string>> {
  const { prefix, name, pushgateway } = environment;
  return {
    prometheus: `${prefix}-${name}-prometheus`,
    alertmanager: `${prefix}-${name}-alertmanager`,
    ...(pushgateway ? { pushgateway: `${prefix}-${name}-push-proxy` } : {}),
    ...(demo ? { demoL1: `${prefix}-${name}-demo-l1-geth` } : {}),
  };
}

function isFree(port: number, address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
      // Another error says that this machine has no such address: then the engine has it.
      .once("error", ({ code }: NodeJS.ErrnoException) => {
        resolve(code !== "EADDRINUSE");
      })
      .listen(port, address, () => {
        server.close(() => {
          resolve(true);
        });
      });
  });
}

async function refuseTakenPorts(environment: Environment, demo: boolean): Promise<void> {
  const env = dockerVariables(environment);
  const running = (await runOrFail("docker", ["ps", "--format", "{{.Names}}"], { env })).split(
    "\n",
  );
  const faults: Fault[] = [];
  for (const [name, container] of Object.entries(publishers(environment, demo))) {
    const port = environment.ports[name as keyof Environment["ports"]];
    if (running.includes(container) || (await isFree(port, environment.bindAddress))) continue;
    faults.push({
      field: `ports.${name}`,
      allowed: `a port that is free on ${environment.bindAddress}`,
      got: `${port}, which another program uses`,
      repair: "end that program, or set another port in environments/local.ts",
    });
  }
  refuse("this machine", faults);
}

/** Waits until everything answers; shows what is still missing. */
export async function waitUntilReady(
  containers: readonly string[],
  addresses: Addresses,
  progress: Progress,
  env: Readonly<Record<string, string>>,
): Promise<readonly Finding[]> {
  const until = Date.now() + readyWithinSeconds * 1000;
  let said = "";
  for (;;) {
    const findings = await platformFindings(containers, addresses, env);
    const waiting = findings.filter(({ ok }) => !ok);
    if (waiting.length === 0) return findings;
    const [first] = waiting;
    const more = waiting.length === 1 ? "" : ` and ${waiting.length - 1} more`;
    const line = `${first?.what ?? ""} (${first?.detail ?? ""})${more}`;
    if (Date.now() > until) {
      throw new CommandError(
        `the platform is deployed, but after ${String(readyWithinSeconds)} s not ready:\n${waiting.map(({ what, detail }) => `  ${what}: ${detail}`).join("\n")}`,
      );
    }
    if (line !== said) progress(`  waiting for ${line}`);
    said = line;
    await sleep(1);
  }
}

/** Brings the environment `local` up on this machine, from nothing or from what is there. */
export async function start({ demo: asked, interactive, progress }: StartOptions): Promise<void> {
  const began = Date.now();
  const before = readFacts();
  const demo = asked ?? before.demo ?? false;
  const environment = readEnvironment("local", demo);
  // What a person has to mend is told before anything is built.
  synthesise("local", demo);
  generateSecrets(environment, demo);
  await checkSecrets(environment);
  progress("1/4 Docker Engine");
  const engine = await ensureEngine({ progress, interactive, cacheDirectory });
  progress(`  ${engine.version} at ${engine.host}`);
  await refuseTakenPorts(environment, demo);
  progress("2/4 Terraform, provider and images");
  const terraform = await provideTerraform(progress);
  progress(`  ${terraform.flavour} ${terraform.version}`);
  const [cliConfigFile, built] = await Promise.all([
    provideProviders(terraform, progress),
    provideImages(environment, engine.host, demo, progress),
  ]);
  const facts = {
    terraform: terraform.binary,
    ...(built === undefined ? {} : { images: built }),
    ...(cliConfigFile === undefined ? {} : { cliConfigFile }),
  };
  // A demonstration that was there is forgotten only when it is gone.
  writeFacts({ ...facts, demo: demo || (before.demo ?? false) });
  progress("3/4 deploy");
  const stacks = synthesise("local", demo);
  const containers = stacks.flatMap((stack) => stack.containers);
  const names = stacks.map(({ name }) => name);
  const { changes } = await cdktf(
    "deploy",
    { environment: "local", stacks: names, demo },
    progress,
  );
  progress(changes === 0 ? "  nothing to change" : `  ${changes} changes`);
  if (!demo && before.demo === true) {
    progress("  removing the demonstration");
    const gone = { environment: "local", stacks: ["local-demo"], demo: true };
    await cdktf("destroy", gone, progress);
    writeFacts({ ...facts, demo: false });
  }
  progress("4/4 health");
  const addresses = addressesOf(environment);
  const env = dockerVariables(environment);
  const findings = await waitUntilReady(containers, addresses, progress, env);
  const seconds = Math.round((Date.now() - began) / 1000);
  const targets = findings.filter(({ what }) => what.startsWith("target ")).length;
  progress(`up after ${seconds} s: ${containers.length} containers healthy, ${targets} targets up`);
  progress(await farewell(environment, addresses, demo));
}

async function farewell(
  environment: Environment,
  addresses: Addresses,
  demo: boolean,
): Promise<string> {
  const states = await secretStates(environment);
  const firing = await firingAlerts(addresses.prometheus).catch(() => []);
  return [
    "",
    `  Prometheus    ${addresses.prometheus}`,
    `  Alertmanager  ${addresses.alertmanager}`,
    ...(addresses.push === undefined
      ? []
      : [
          `  Push metrics  ${addresses.push}/metrics/job/<job>`,
          `  Runbooks      ${addresses.push}/runbooks/<alert>`,
        ]),
    `  Secrets       ${secretsDirectoryOf(environment)} (${states.length === 0 && !demo ? "none is needed yet" : `${String(secretsNeeded(environment).length)} from you${demo ? ", the demonstration's keys generated" : ""}`})`,
    "",
    ...(firing.length === 0
      ? ["No alert fires."]
      : ["Firing:", ...firing.map((line) => `  ${line}`)]),
    "",
    "Next:",
    "  npm run status        what is up, what is not (exit code 0 or 1)",
    ...(demo
      ? ["  npm run demo -- drain  empty the batcher's wallet and watch BatcherLowETH"]
      : ["  npm start -- --demo   add a development chain whose batcher's wallet you can drain"]),
    "  environments/local.ts list what you want to watch, then npm start again",
    "  npm stop              stop the containers, keep everything",
    "  npm run destroy       remove the services with their data (asks first)",
  ].join("\n");
}
