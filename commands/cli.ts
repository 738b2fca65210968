#!/usr/bin/env node
import { text } from "node:stream/consumers";
import { Command, Option } from "commander";
import { explain } from "../stacks/explain";
import { cloudOf } from "./aws";
import { demoCommand } from "./demo";
import { deploy, destroy, status, stop } from "./operate";
import { checkSecrets, generateSecrets, refuseRemote, secretStates, setSecret } from "./secrets";
import { start } from "./start";
import { synthesise } from "./terraform-stacks";
import { hasHost, readEnvironment, readHostEnvironment } from "./workspace";

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const program = new Command("l2-observatory")
  .description("An observability platform for an OP Stack rollup, on one host")
  .showHelpAfterError("(--help lists the commands)")
  .configureHelp({ showGlobalOptions: true });

program
  .command("start")
  .description("bring the environment 'local' up on this machine")
  .option("--demo", "add a development chain with a funded batcher")
  .option("--no-demo", "remove it again (default: as at the last start)")
  .action(async ({ demo }: { demo?: boolean }) => {
    await start({ demo, interactive: process.stdin.isTTY, progress: print });
  });

program
  .command("status")
  .description("check containers, targets and rules; exit code 1 when something is wrong")
  .argument("[environment]", "name", "local")
  .action(async (name: string) => {
    if (!(await status(name, print))) process.exitCode = 1;
  });

program
  .command("stop")
  .description("stop the containers, keep everything")
  .argument("[environment]", "name", "local")
  .action((name: string) => stop(name, print));

program
  .command("destroy")
  .description("remove the services with their data; asks first; a host on AWS stays")
  .argument("[environment]", "name", "local")
  .option("--yes", "do not ask", false)
  .action((name: string, { yes }: { yes: boolean }) => destroy(name, yes, print));

program
  .command("deploy")
  .description(
    "deploy an environment, its host first where it makes one, and wait until it answers",
  )
  .argument("<environment>", "name")
  .addOption(new Option("--only <half>", "one half").choices(["host", "services"]))
  .action((name: string, { only }: { only?: "host" | "services" }) => deploy(name, only, print));

program
  .command("replace")
  .description("give the host a new instance; address, data and keys stay; asks first")
  .argument("<environment>", "name")
  .option("--yes", "do not ask, and accept a plan that changes more", false)
  .action(async (name: string, { yes }: { yes: boolean }) => {
    const environment = readHostEnvironment(name);
    const { replace } = await import("./replace");
    await replace(environment, yes, print);
  });

program
  .command("bootstrap")
  .description("make the S3 bucket that keeps the state of an environment, or mend its settings")
  .argument("<environment>", "name")
  .action(async (name: string) => {
    const { bootstrap } = await import("./bootstrap");
    await bootstrap(readEnvironment(name), print);
  });

program
  .command("tunnel")
  .description("write the files that lead to the host: WireGuard's and ssh's, with its key")
  .argument("<environment>", "name")
  .option("--peer <name>", "which peer this machine is (default: whose key is here)")
  .action(async (name: string, { peer }: { peer?: string }) => {
    const environment = readHostEnvironment(name);
    const { tunnelSteps, writeTunnel } = await import("./tunnel");
    const written = await writeTunnel(environment, cloudOf(environment.host.region), peer);
    tunnelSteps(environment, written).forEach(print);
  });

const wireguard = program.command("wireguard").description("keys and configurations of peers");
wireguard
  .command("keygen")
  .description("make the keys of a peer; the private one stays in a file of this machine")
  .argument("<environment>", "name")
  .argument("<peer>", "name")
  .action(async (name: string, peer: string) => {
    const environment = readHostEnvironment(name);
    const { keygen } = await import("./wireguard");
    keygen(environment, peer).forEach(print);
  });
wireguard
  .command("client")
  .description("print the configuration of a peer, and its QR code where its private key is here")
  .argument("<environment>", "name")
  .argument("<peer>", "name")
  .action(async (name: string, peer: string) => {
    const environment = readHostEnvironment(name);
    const { client } = await import("./wireguard");
    (await client(environment, peer, cloudOf(environment.host.region))).forEach(print);
  });

program
  .command("synth")
  .description("check an environment and show its stacks, memory, disk and cost; touches nothing")
  .argument("<environment>", "name")
  .action(async (name: string) => {
    const environment = readEnvironment(name);
    for (const { name: stack, containers, volumes, resources, budget } of synthesise(name)) {
      print(
        `${stack}: ${resources} resources, ${containers.length} containers, ${volumes.length} volumes`,
      );
      if (budget !== undefined) print(`memory in MiB\n${budget}\n`);
    }
    if (!hasHost(environment)) return;
    const { costOf } = await import("./deploy");
    print(await costOf(environment));
  });

const secrets = program.command("secrets").description("secrets of an environment, by name");
secrets
  .command("set")
  .description("store a secret read from standard input")
  .argument("<environment>", "name")
  .argument("<secret>", "name")
  .action(async (name: string, secret: string) => {
    const environment = readEnvironment(name);
    refuseRemote(environment);
    if (process.stdin.isTTY) print("type the secret, then Enter and Ctrl-D:");
    const services = await setSecret(environment, secret, await text(process.stdin));
    print(`${secret}: stored for ${services.join(", ")}`);
  });
secrets
  .command("generate")
  .description("make up the missing secrets that nobody has to know before, Grafana's password say")
  .argument("<environment>", "name")
  .action(async (name: string) => {
    const made = await generateSecrets(readEnvironment(name));
    for (const { service, secret, path } of made) print(`${secret}: ${path} (${service})`);
    if (made.length === 0) print(`${name}: nothing is missing that could be made up`);
  });
secrets
  .command("list")
  .description("show which secrets an environment needs and which are there; never a value")
  .argument("<environment>", "name")
  .action(async (name: string) => {
    const states = await secretStates(readEnvironment(name));
    for (const { service, secret, present } of states) {
      print(`${present ? "✓" : "✗"} ${secret} (${service})`);
    }
    if (states.length === 0) print(`${name} needs no secret`);
  });
secrets
  .command("check")
  .description("exit code 1 naming every secret that is missing")
  .argument("<environment>", "name")
  .action(async (name: string) => {
    const states = await checkSecrets(readEnvironment(name));
    print(`${name}: all ${String(states.length)} secrets are there`);
  });

program
  .command("explain")
  .description(
    "tell what an alert means, when it fires, what to do and who hears it; touches nothing",
  )
  .argument("<alert>", "name, such as BatcherLowETH")
  .action(async (alert: string) => {
    const { explainAlert } = await import("./explain");
    explainAlert(alert, print);
  });

program
  .command("simulate")
  .description("tell who would hear an alert with these labels; touches nothing")
  .argument("<labels...>", "such as severity=critical service=api")
  .option("--env <name>", "one environment (default: every one)")
  .option("--at <time>", "when it fires, such as 2026-12-24T22:00:00Z (default: now)")
  .action(async (labels: string[], options: { env?: string; at?: string }) => {
    const { simulate } = await import("./simulate");
    await simulate(labels, options, print);
  });

program
  .command("drill")
  .description("send an alert marked DRILL all the way; exit code 1 when a receiver did not get it")
  .argument("<environment>", "name")
  .argument("<alert>", "name, such as BatcherLowETH")
  .action(async (name: string, alert: string) => {
    const { drillAlert } = await import("./drill");
    if (!(await drillAlert(name, alert, print))) process.exitCode = 1;
  });

program
  .command("dashboards")
  .description("write an environment's dashboards to a folder, for review; touches nothing else")
  .argument("<environment>", "name")
  .option("--out <folder>", "where (default: below the state's folder); emptied first")
  .action(async (name: string, { out }: { out?: string }) => {
    const { writeDashboards } = await import("./dashboards");
    writeDashboards(name, print, out);
  });

const collect = (one: string, all: readonly string[]) => [...all, one];

program
  .command("picture")
  .description("draw one panel from live data to a PNG; needs no Grafana")
  .argument("<environment>", "name")
  .argument("<board>", "uid, such as l2-chain")
  .argument("<panel>", "row and panel, such as heads/newest")
  .option("--from <span>", "how far back, such as 6h (default: the board's own)")
  .option("--var <name=value>", "a value of one of the board's variables", collect, [])
  .option("--out <file>", "PNG (default: named after the panel, in this folder)")
  .option("--light", "on white (default: dark)")
  .action(
    async (
      name: string,
      board: string,
      panel: string,
      options: { from?: string; var: readonly string[]; out?: string; light?: true },
    ) => {
      const { drawPanel } = await import("./picture");
      print(await drawPanel(name, board, panel, options));
    },
  );

program.addCommand(demoCommand(print));

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = 1;
});
