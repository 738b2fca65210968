import { readFileSync } from "node:fs";
import { join } from "node:path";
import { confirmed } from "./confirm";
import { hostTools, instanceIdOf, provide } from "./deploy";
import { awaitFirstBoot } from "./host";
import { CommandError, withHeartbeat, type Progress } from "./shell";
import { stackFolder, terraformIn, writeStacks } from "./terraform-stacks";
import { endConnection } from "./tunnel";
import type { HostEnvironment } from "./workspace";

interface StackJson {
  readonly resource?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/**
 * Terraform's address of the one instance in a synthesised stack.
 * @throws CommandError when there is not exactly one
 */
export function instanceAddress(json: string): string {
  const { resource = {} } = JSON.parse(json) as StackJson;
  const [name, ...more] = Object.keys(resource["aws_instance"] ?? {});
  if (name !== undefined && more.length === 0) return `aws_instance.${name}`;
  throw new CommandError(
    `the stack must have one aws_instance, got ${name === undefined ? "none" : String(more.length + 1)}`,
  );
}

interface Plan {
  readonly resource_changes?: readonly {
    readonly address: string;
    readonly type: string;
    readonly change: { readonly actions: readonly string[] };
  }[];
}

/** What a plan changes beside the instance and the attachment of its disk, as `<address>: <actions>`. */
export function beyondReplacement(planJson: string, instance: string): readonly string[] {
  const { resource_changes = [] } = JSON.parse(planJson) as Plan;
  return resource_changes
    .filter(({ address, type }) => address !== instance && type !== "aws_volume_attachment")
    .map(({ address, change }) => ({
      address,
      actions: change.actions.filter((action) => action !== "no-op" && action !== "read"),
    }))
    .filter(({ actions }) => actions.length > 0)
    .map(({ address, actions }) => `${address}: ${actions.join(", ")}`);
}

const planFile = "replace.tfplan";

/** Plans a new instance. @returns what else the plan would change */
async function planned(name: string, stack: string): Promise<readonly string[]> {
  const address = instanceAddress(readFileSync(join(stackFolder(stack), "cdk.tf.json"), "utf8"));
  const where = { environment: name, stack };
  await terraformIn(where, ["init", "-input=false", "-no-color"]);
  await terraformIn(where, [
    "plan",
    `-replace=${address}`,
    `-out=${planFile}`,
    "-input=false",
    "-no-color",
  ]);
  return beyondReplacement(await terraformIn(where, ["show", "-json", planFile]), address);
}

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
  const more = await withHeartbeat(print, "terraform plan", planned(name, stack));
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
      ["apply", "-input=false", "-no-color", planFile],
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
