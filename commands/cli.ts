#!/usr/bin/env node
import { text } from "node:stream/consumers";
import { Command } from "commander";
import { explain } from "../stacks/explain";
import { demoCommand } from "./demo";
import { deploy, destroy, status, stop } from "./operate";
import { checkSecrets, refuseRemote, secretStates, setSecret } from "./secrets";
import { start } from "./start";
import { synthesise } from "./terraform-stacks";
import { readEnvironment } from "./workspace";

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
    "deploy the services of an environment and wait until they answer (its host: cdktf deploy)",
  )
  .argument("<environment>", "name")
  .action((name: string) => deploy(name, print));

program
  .command("synth")
  .description("check an environment and show its stacks, without touching anything")
  .argument("<environment>", "name")
  .action((name: string) => {
    readEnvironment(name);
    for (const { name: stack, containers, volumes, resources } of synthesise(name)) {
      print(
        `${stack}: ${resources} resources, ${containers.length} containers, ${volumes.length} volumes`,
      );
    }
  });

const secrets = program.command("secrets").description("files that hold secrets, by name");
secrets
  .command("set")
  .description("store a secret read from standard input")
  .argument("<environment>", "name")
  .argument("<secret>", "name")
  .action(async (name: string, secret: string) => {
    const environment = readEnvironment(name);
    refuseRemote(environment);
    if (process.stdin.isTTY) print("type the secret, then Enter and Ctrl-D:");
    const services = setSecret(environment, secret, await text(process.stdin));
    print(`${secret}: stored for ${services.join(", ")}`);
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

program.addCommand(demoCommand(print));

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = 1;
});
