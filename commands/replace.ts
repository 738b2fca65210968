import { confirmed } from "./confirm";
import { hostTools, instanceIdOf, provide } from "./deploy";
import { awaitFirstBoot } from "./host";
import { beyondReplacement, planHost } from "./host-plan";
import { CommandError, withHeartbeat, type Progress } from "./shell";
import { terraformIn, writeStacks } from "./terraform-stacks";
import { endConnection } from "./tunnel";
import type { HostEnvironment } from "./workspace";

const progressLine = /: (Creation|Destruction|Modifications) complete after \S+|Error:/;

/**
 * Gives an environment a new instance with the newest image and today's first boot; asks first.
 * @param yes do not ask, and accept a plan that changes more than the instance
 * @throws CommandError
 */
export async function replace(
  environment: HostEnvironment,
  yes: boolean,
  print: Progress,
): Promise<void> {
  const { name } = environment;
  const stack = `${name}-host`;
  print(`This ends the instance of '${name}' and makes a new one in its place.`);
  print("  stays:   public address, data volume (services' data, WireGuard's key, SSH host keys)");
  print("  goes:    the system disk; nothing answers for some minutes, and nobody is alerted");
  await provide(print);
  await writeStacks(name);
  const plan = await withHeartbeat(print, "terraform plan", planHost(name, true));
  const more = beyondReplacement(plan.json, plan.instance);
  if (more.length > 0 && !yes) {
    throw new CommandError(
      `replacing the instance would change more than that:\n${more.map((line) => `  ${line}`).join("\n")}\nnpm run deploy -- ${name} --only host applies that first; --yes accepts it`,
    );
  }
  for (const line of more) print(`  changes too: ${line}`);
  if (!yes && !(await confirmed(name, `replacing the instance of '${name}'`))) {
    print("nothing was changed");
    return;
  }
  const tools = await hostTools(environment, print);
  await tools.cloud.allowTermination(await instanceIdOf(environment));
  await withHeartbeat(
    print,
    "terraform apply",
    terraformIn(
      { environment: name, stack },
      ["apply", "-input=false", "-no-color", plan.file],
      (line) => {
        if (progressLine.test(line)) print(`  ${line.trim()}`);
      },
    ),
  );
  await endConnection(environment);
  const instanceId = await instanceIdOf(environment);
  print(`first boot of ${instanceId}`);
  await awaitFirstBoot(environment, instanceId, tools);
  print(`${name}: replaced; npm run deploy -- ${name} looks whether the services are back`);
}
