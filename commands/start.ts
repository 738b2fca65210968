import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { ImageName } from "../constructs/core/images";
import { refuse, type Fault } from "../constructs/core/errors";
import { demoSecrets } from "../constructs/demo/secrets";
import { adminPassword } from "../constructs/grafana/secrets";
import { secretsNeeded, type Environment } from "../stacks/environment";
import { dispensable } from "../stacks/leave-out";
import { dockerVariables } from "./docker";
import { ensureEngine } from "./engine";
import { firingAlerts, platformFindings, type Addresses, type Finding } from "./health";
import { provideImages, provideProviders, provideTerraform } from "./provide";
import { checkSecrets, generatedSecrets, randomSecret, writeSecret } from "./secrets";
import { CommandError, runOrFail, sleep, type Progress } from "./shell";
import { cdktf, containersOf, synthesise, type SynthesisedStack } from "./terraform-stacks";
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
  const { bindAddress, ports, pushgateway, logs, grafana, traces, alerting } = environment;
  const at = (port: number) => `http://${bindAddress}:${String(port)}`;
  const where = (there: boolean, port: number) => (there ? at(port) : undefined);
  return {
    prometheus: at(ports.prometheus),
    alertmanager: where(alerting.engine === "prometheus", ports.alertmanager),
    push: where(pushgateway, ports.pushgateway),
    loki: where(logs !== false, ports.loki),
    grafana: where(grafana, ports.grafana),
    jaeger: where(traces !== false && traces.store === "jaeger", ports.jaeger),
    otlp: where(traces !== false, ports.otlpHttp),
  };
}

/** The demonstration's secrets, and what nobody has to know before. */
function generateSecrets(environment: Environment, demo: boolean): void {
  const directory = secretsDirectoryOf(environment);
  if (demo) {
    for (const { service, secret, value } of demoSecrets(directory)) {
      writeSecret(directory, { service, secret }, value);
    }
  }
  for (const needed of generatedSecrets(environment)) {
    if (existsSync(join(directory, needed.service, needed.secret))) continue;
    writeSecret(directory, needed, randomSecret());
  }
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

async function refuseTakenPorts(
  environment: Environment,
  stacks: readonly SynthesisedStack[],
): Promise<void> {
  const env = dockerVariables(environment);
  const running = (await runOrFail("docker", ["ps", "--format", "{{.Names}}"], { env })).split(
    "\n",
  );
  const fields = new Map(Object.entries(environment.ports).map(([name, port]) => [port, name]));
  const faults: Fault[] = [];
  for (const { container, port } of stacks.flatMap(({ published }) => published)) {
    if (running.includes(container) || (await isFree(port, environment.bindAddress))) continue;
    faults.push({
      field: `ports.${fields.get(port) ?? String(port)}`,
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
  const whole = readEnvironment("local", demo, []);
  // What a person has to mend is told before anything is built.
  const wanted = synthesise("local", demo, {});
  generateSecrets(whole, demo);
  await checkSecrets(whole);
  progress("1/4 Docker Engine");
  const engine = await ensureEngine({ progress, interactive, cacheDirectory });
  progress(`  ${engine.version} at ${engine.host}`);
  await refuseTakenPorts(
    whole,
    wanted.filter(({ onPlatform }) => onPlatform),
  );
  progress("2/4 Terraform, provider and images");
  const terraform = await provideTerraform(progress);
  progress(`  ${terraform.flavour} ${terraform.version}`);
  const [cliConfigFile, built] = await Promise.all([
    provideProviders(terraform, progress),
    provideImages(whole, wanted, engine.host, demo, progress),
  ]);
  const facts = {
    terraform: terraform.binary,
    ...(built.file === undefined ? {} : { images: built.file }),
    ...(built.missing.length === 0 ? {} : { missingImages: built.missing }),
    ...(cliConfigFile === undefined ? {} : { cliConfigFile }),
  };
  // A demonstration that was there is forgotten only when it is gone.
  writeFacts({ ...facts, demo: demo || (before.demo ?? false) });
  const environment = readEnvironment("local", demo);
  progress("3/4 deploy");
  const stacks = synthesise("local", demo);
  const containers = containersOf(stacks);
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

function secretsLine(environment: Environment, demo: boolean): string {
  const needed = secretsNeeded(environment);
  const typed = needed.filter(({ generated }) => generated !== true).length;
  const generated = [
    ...(demo ? ["the demonstration's keys"] : []),
    ...(typed < needed.length ? ["Grafana's"] : []),
  ];
  return [
    typed === 0 ? "none from you" : `${String(typed)} from you`,
    ...(generated.length === 0 ? [] : [`${generated.join(" and ")} generated`]),
  ].join(", ");
}

function whatFires(firing: readonly string[], grafanaKnows: boolean): readonly string[] {
  if (grafanaKnows) return ["Grafana evaluates the alerts: its page Alerting tells what fires."];
  if (firing.length === 0) return ["No alert fires."];
  return ["Firing:", ...firing.map((line) => `  ${line}`)];
}

async function farewell(
  environment: Environment,
  addresses: Addresses,
  demo: boolean,
): Promise<string> {
  const firing = await firingAlerts(addresses.prometheus).catch(() => []);
  const { alertmanager, grafana, loki, jaeger, otlp, push } = addresses;
  const secrets = secretsDirectoryOf(environment);
  const line = (what: string, where: string) => `  ${what.padEnd(13)} ${where}`;
  const missing = readFacts().missingImages ?? [];
  return [
    "",
    ...(grafana === undefined
      ? []
      : [
          line("Grafana", grafana),
          line("", `user admin, password in ${secrets}/grafana/${adminPassword.secret}`),
        ]),
    line("Prometheus", addresses.prometheus),
    ...(alertmanager === undefined ? [] : [line("Alertmanager", alertmanager)]),
    ...(loki === undefined ? [] : [line("Loki", loki)]),
    ...(jaeger === undefined ? [] : [line("Jaeger", jaeger)]),
    ...(otlp === undefined ? [] : [line("Send traces", `${otlp}/v1/traces`)]),
    ...(push === undefined
      ? []
      : [
          line("Push metrics", `${push}/metrics/job/<job>`),
          line("Runbooks", `${push}/runbooks/<alert>`),
        ]),
    line("Secrets", `${secrets} (${secretsLine(environment, demo)})`),
    ...missing.map((image) =>
      line("Left out", `${image}: ${dispensable[image as ImageName] ?? ""}`),
    ),
    "",
    ...whatFires(firing, alertmanager === undefined),
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
