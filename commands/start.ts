import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { images, isPinned, ImageSource } from "../constructs/core/images";
import { demoSecrets } from "../constructs/demo/secrets";
import { readOverrides } from "../stacks/build";
import { secretsNeeded, type Environment } from "../stacks/environment";
import { ensureEngine, registryReachable } from "./engine";
import { firingAlerts, platformFindings, type Addresses, type Finding } from "./health";
import { checkSecrets, secretStates, writeSecret } from "./secrets";
import { CommandError, run, sleep, type Progress } from "./shell";
import { ensureTerraform, providerRegistryReachable } from "./terraform";
import { cdktf, synthesise, type SynthesisedStack } from "./terraform-stacks";
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
  /** Add the demonstration chain, or leave it as it is. */
  readonly demo: boolean;
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

/** The registry's host of an image reference. */
function registryOf(reference: string): string {
  const [first = ""] = reference.split("/");
  return reference.includes("/") && /[.:]/.test(first) ? first : "registry-1.docker.io";
}

async function provideImages(
  environment: Environment,
  dockerHost: string,
  demo: boolean,
  progress: Progress,
): Promise<string | undefined> {
  const source = new ImageSource(environment.images);
  const needed = Object.keys(images)
    .filter((name) => demo || !["geth", "op-batcher"].includes(name))
    .filter(
      (name) =>
        name !== "node" || demo || environment.sources.some(({ type }) => type === "l2-exporter"),
    );
  const registries = new Set(
    (needed as (keyof typeof images)[]).map((name) => registryOf(source.reference(name))),
  );
  const reachable = await Promise.all([...registries].map(registryReachable));
  if (reachable.every((yes) => yes)) return undefined;
  progress(
    `no container registry can be reached (${[...registries].join(", ")}): building the images from packages`,
  );
  const builder = await import("../tools/local-images").catch(() => {
    throw new CommandError(
      "the builder of local images is not part of the package: set `images.registry` to a mirror that can be reached, or start from a checkout",
    );
  });
  const { overrides, overridesFile, left } = await builder.provideImages({
    images: needed,
    dockerHost,
    cacheDirectory,
    progress,
  });
  for (const { image, reason } of left) progress(`left out: ${image}: ${reason}`);
  const missing = left.filter(({ image }) => needed.includes(image));
  if (missing.length > 0) {
    throw new CommandError(
      `cannot start without ${missing.map(({ image }) => image).join(", ")}: see above`,
    );
  }
  const unpinned = Object.values(overrides).filter((reference) => !isPinned(reference));
  if (unpinned.length > 0)
    throw new CommandError(`built images are not pinned: ${unpinned.join(", ")}`);
  return overridesFile;
}

async function provideProviders(
  terraform: Awaited<ReturnType<typeof ensureTerraform>>,
  progress: Progress,
): Promise<string | undefined> {
  if (await providerRegistryReachable(terraform.flavour)) return undefined;
  progress("no provider registry can be reached: building the Docker provider from its module");
  const builder = await import("../tools/local-images").catch(() => {
    throw new CommandError(
      "no provider registry can be reached: name a mirror in a Terraform CLI configuration file (TF_CLI_CONFIG_FILE)",
    );
  });
  return (await builder.provideProviders({ cacheDirectory, progress })).cliConfigFile;
}

function generateSecrets(environment: Environment, demo: boolean): void {
  if (!demo) return;
  const directory = secretsDirectoryOf(environment);
  for (const { service, secret, value } of demoSecrets(directory)) {
    writeSecret(directory, { service, secret }, value);
  }
}

async function portsAreFree(
  environment: Environment,
  containers: readonly string[],
  demo: boolean,
): Promise<void> {
  const { createServer } = await import("node:net");
  const running = await run("docker", ["ps", "--format", "{{.Names}}"]);
  if (containers.some((name) => running.stdout.split("\n").includes(name))) return;
  const taken: string[] = [];
  for (const [name, port] of Object.entries(environment.ports)) {
    if (name === "demoL1" && !demo) continue;
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer()
        // Another error says that this machine has no such address: then the engine has it.
        .once("error", ({ code }: NodeJS.ErrnoException) => {
          resolve(code !== "EADDRINUSE");
        })
        .listen(port, environment.bindAddress, () => {
          server.close(() => {
            resolve(true);
          });
        });
    });
    if (!free)
      taken.push(
        `'ports.${name}' must be a free port, got ${String(port)}, which another program uses`,
      );
  }
  if (taken.length > 0) throw new CommandError(taken.join("\n"));
}

/** Waits until everything answers; shows what is still missing. */
export async function waitUntilReady(
  containers: readonly string[],
  addresses: Addresses,
  progress: Progress,
  env: Readonly<Record<string, string>> = {},
): Promise<readonly Finding[]> {
  const until = Date.now() + readyWithinSeconds * 1000;
  let said = "";
  for (;;) {
    const findings = await platformFindings(containers, addresses, env);
    const waiting = findings.filter(({ ok }) => !ok);
    if (waiting.length === 0) return findings;
    const line = waiting.map(({ what, detail }) => `${what} (${detail})`).join(", ");
    if (Date.now() > until) {
      throw new CommandError(
        `the platform is deployed, but after ${String(readyWithinSeconds)} s not ready:\n${waiting.map(({ what, detail }) => `  ${what}: ${detail}`).join("\n")}`,
      );
    }
    if (line !== said)
      progress(`  waiting for ${line.length > 160 ? `${line.slice(0, 157)}…` : line}`);
    said = line;
    await sleep(1);
  }
}

/** Brings the environment `local` up on this machine, from nothing or from what is there. */
export async function start({ demo: asked, interactive, progress }: StartOptions): Promise<void> {
  const began = Date.now();
  const demo = asked || (readFacts().demo ?? false);
  const environment = readEnvironment("local", demo);
  progress("1/5 Docker Engine");
  const engine = await ensureEngine({ progress, interactive, cacheDirectory });
  progress(`  ${engine.version} at ${engine.host}`);
  progress("2/5 Terraform, provider and images");
  const terraform = await ensureTerraform({
    progress,
    build: async () =>
      (await import("../tools/local-images")).provideTool({
        tool: "tofu",
        cacheDirectory,
        progress,
      }),
  });
  progress(`  ${terraform.flavour} ${terraform.version}`);
  const given = process.env["TF_CLI_CONFIG_FILE"];
  // A variable that names no file is a left-over, not a mirror.
  const cliConfigFile =
    given !== undefined && existsSync(given) ? given : await provideProviders(terraform, progress);
  const named = process.env["L2O_IMAGES"];
  if (named !== undefined) readOverrides(named);
  const built =
    named === undefined
      ? await provideImages(environment, engine.host, demo, progress)
      : resolve(named);
  writeFacts({
    terraform: terraform.binary,
    demo,
    ...(built === undefined ? {} : { images: built }),
    ...(cliConfigFile === undefined ? {} : { cliConfigFile }),
  });
  progress("3/5 secrets");
  generateSecrets(environment, demo);
  await checkSecrets(environment);
  progress("4/5 deploy");
  const stacks = synthesise("local");
  const containers = stacks.flatMap((stack: SynthesisedStack) => stack.containers);
  await portsAreFree(environment, containers, demo);
  const { changes } = await cdktf(
    "deploy",
    "local",
    stacks.map(({ name }) => name),
    progress,
  );
  progress(changes === 0 ? "  nothing to change" : `  ${String(changes)} changes`);
  progress("5/5 health");
  const addresses = addressesOf(environment);
  const findings = await waitUntilReady(containers, addresses, progress);
  const seconds = Math.round((Date.now() - began) / 1000);
  const targets = findings.filter(({ what }) => what.startsWith("target ")).length;
  progress(
    `up after ${String(seconds)} s: ${String(containers.length)} containers healthy, ${String(targets)} targets up`,
  );
  progress(await farewell(environment, addresses, demo));
}

async function farewell(
  environment: Environment,
  addresses: Addresses,
  demo: boolean,
): Promise<string> {
  const states = await secretStates(environment);
  const firing = await firingAlerts(addresses.prometheus);
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
    "  npm run destroy       remove everything, data included (asks first)",
  ].join("\n");
}
