import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CommandError } from "./shell";
import { stackFolder, terraformIn } from "./terraform-stacks";

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

/** Resources of the host that hold what cannot be made again at once, and that a plan would end. */
export function losses(planJson: string): readonly string[] {
  const { resource_changes = [] } = JSON.parse(planJson) as Plan;
  return resource_changes
    .filter(({ type }) => ["aws_instance", "aws_ebs_volume", "aws_eip"].includes(type))
    .filter(({ change }) => change.actions.includes("delete"))
    .map(({ address }) => address);
}

/** A plan of a host's stack, kept in the stack's folder. */
export interface HostPlan {
  /** Terraform's address of the instance. */
  readonly instance: string;
  /** What `terraform show -json` says of it. */
  readonly json: string;
  /** Name of its file. */
  readonly file: string;
}

/** Plans the stack that `writeStacks` wrote. @param replace whether the instance shall be a new one */
export async function planHost(name: string, replace: boolean): Promise<HostPlan> {
  const stack = `${name}-host`;
  const instance = instanceAddress(readFileSync(join(stackFolder(stack), "cdk.tf.json"), "utf8"));
  const where = { environment: name, stack };
  const file = "host.tfplan";
  await terraformIn(where, ["init", "-input=false", "-no-color"]);
  await terraformIn(where, [
    "plan",
    ...(replace ? [`-replace=${instance}`] : []),
    `-out=${file}`,
    "-input=false",
    "-no-color",
  ]);
  return { instance, file, json: await terraformIn(where, ["show", "-json", file]) };
}
