import { rmSync } from "node:fs";
import { confirmed } from "./confirm";
import { dockerVariables } from "./docker";
import { addressesOf, waitUntilReady } from "./start";
import { firingAlerts, platformFindings } from "./health";
import { checkSecrets } from "./secrets";
import { CommandError, run, runOrFail, type Progress } from "./shell";
import { cdktf, containersOf, synthesise } from "./terraform-stacks";
import {
  hasHost,
  readEnvironment,
  readFacts,
  secretsDirectoryOf,
  writeFacts,
  type HostEnvironment,
} from "./workspace";

/** The command that brings an environment up. */
function bringUp(name: string): string {
  return name === "local" ? "npm start" : `npm run deploy -- ${name}`;
}

/**
 * Looks at everything that must be true of an environment.
 * @returns whether all of it is
 */
export async function status(name: string, print: Progress): Promise<boolean> {
  const environment = readEnvironment(name);
  const containers = containersOf(synthesise(name));
  const addresses = addressesOf(environment);
  const findings = await platformFindings(containers, addresses, dockerVariables(environment));
  for (const { what, ok, detail } of findings) {
    print(`${ok ? "✓" : "✗"} ${what.padEnd(44)} ${detail}`);
  }
  const bad = findings.filter(({ ok }) => !ok).length;
  const firing = await firingAlerts(addresses.prometheus).catch(() => []);
  for (const line of firing) print(`! ${line}`);
  print(
    bad === 0
      ? `${name}: healthy, ${
          environment.alerting.engine === "grafana"
            ? "Grafana's page Alerting tells what fires"
            : `${String(firing.length)} alerts firing`
        }`
      : `${name}: ${String(bad)} of ${String(findings.length)} checks fail; ${bringUp(name)} repairs what was stopped or removed`,
  );
  return bad === 0;
}

/** Stops the containers of an environment; volumes, networks and state stay. */
export async function stop(name: string, print: Progress): Promise<void> {
  const environment = readEnvironment(name);
  const env = dockerVariables(environment);
  const containers = containersOf(synthesise(name));
  const running = await runOrFail("docker", ["ps", "--format", "{{.Names}}"], { env });
  const ours = containers.filter((container) => running.split("\n").includes(container));
  if (ours.length === 0) {
    print(`${name}: nothing runs`);
    return;
  }
  await runOrFail("docker", ["stop", "--time", "60", ...ours], { env });
  print(`${name}: ${String(ours.length)} containers stopped; ${bringUp(name)} brings them back`);
}

/**
 * Deploys an environment and waits until its services answer; its host first, where it makes one.
 * @param only one half of an environment that makes its own host
 */
export async function deploy(
  name: string,
  only: "host" | "services" | undefined,
  print: Progress,
): Promise<void> {
  const environment = readEnvironment(name);
  if (hasHost(environment)) {
    const { deployWithHost } = await import("./deploy");
    await deployWithHost(environment, print, only);
    return;
  }
  if (only === "host") {
    throw new CommandError(`'${name}' makes no host: leave out '--only host'`);
  }
  const secrets = await checkSecrets(environment);
  print(`secrets: ${String(secrets.length)} present`);
  const stacks = synthesise(name);
  const names = stacks.map((stack) => stack.name);
  const { changes } = await cdktf("deploy", { environment: name, stacks: names }, print);
  print(changes === 0 ? "nothing to change" : `${String(changes)} changes`);
  const containers = containersOf(stacks);
  await waitUntilReady(containers, addressesOf(environment), print, dockerVariables(environment));
  print(`${name}: healthy`);
}

/** Removes an environment, data included; asks first. */
export async function destroy(name: string, yes: boolean, print: Progress): Promise<void> {
  const environment = readEnvironment(name);
  const env = dockerVariables(environment);
  const stacks = synthesise(name).filter((stack) => !stack.name.endsWith("-host"));
  print(`This removes from environment '${name}':`);
  for (const container of stacks.flatMap((stack) => stack.containers))
    print(`  container ${container}`);
  for (const volume of stacks.flatMap((stack) => (stack.onPlatform ? stack.volumes : []))) {
    const { code, stderr } = await run("docker", ["volume", "inspect", volume], { env });
    if (code === 0) print(`  volume ${volume}, with its data`);
    else if (!/no such volume/i.test(stderr)) {
      throw new CommandError(`cannot tell which data would go: ${stderr.trim()}`);
    }
  }
  if (name === "local" && environment.secretsDirectory === undefined) {
    print(`  secrets in ${secretsDirectoryOf(environment)}`);
  }
  if (!yes && !(await confirmed(name, `destroying '${name}' deletes data and`))) {
    print("nothing was deleted");
    return;
  }
  await cdktf("destroy", { environment: name, stacks: stacks.map((stack) => stack.name) }, print);
  if (name === "local") {
    writeFacts({ ...readFacts(), demo: false });
    // A folder that the environment names is the user's.
    if (environment.secretsDirectory === undefined) {
      rmSync(secretsDirectoryOf(environment), { recursive: true, force: true });
    }
  }
  print(`${name}: removed`);
  if (hasHost(environment)) hostStays(environment, print);
}

function hostStays({ name, host }: HostEnvironment, print: Progress): void {
  print("its host stays, with its disks and its address, and costs as before; to remove it:");
  if (host.terminationProtection) {
    print(`  set host.terminationProtection to false and npm run deploy -- ${name} --only host`);
  }
  print(`  npx cdktf destroy ${name}-host`);
  print("what Terraform does not know stays even then, and is yours to remove:");
  print(`  parameters in Systems Manager, secrets among them, below /l2-observatory/${name}`);
  if (host.snapshots !== false) {
    print(
      `  snapshots: aws ec2 describe-snapshots --region ${host.region} --owner-ids self --filters Name=tag:l2-observatory-data,Values=l2-observatory-${name}`,
    );
  }
}
