import { LocalBackend, S3Backend, type TerraformStack } from "cdktf";
import { z } from "zod";
import { matching } from "../constructs/core/schema";

/** Where Terraform keeps what it knows: what an environment may write under `backend`. */
export const backendSchema = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("local"),
  }),
  z.strictObject({
    type: z.literal("s3"),
    bucket: matching(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "the name of an S3 bucket"),
    region: matching(/^[a-z]{2}(-[a-z]+)+-\d$/, "an AWS region such as 'eu-central-1'"),
  }),
]);

/** Where Terraform keeps what it knows. */
export type Backend = z.output<typeof backendSchema>;

/**
 * Declares the backend of a stack; without one cdktf writes this machine's path into the stack.
 * @param stateDirectory folder of local states, relative to the stack's output folder or absolute
 */
export function applyBackend(
  stack: TerraformStack,
  backend: Backend,
  stateDirectory = "../../../.l2-observatory/state",
): void {
  const key = `${stack.node.id}.tfstate`;
  switch (backend.type) {
    case "local":
      new LocalBackend(stack, { path: `${stateDirectory}/${key}` });
      return;
    case "s3":
      new S3Backend(stack, {
        bucket: backend.bucket,
        region: backend.region,
        key: `l2-observatory/${key}`,
        encrypt: true,
      }).addOverride("use_lockfile", true);
  }
}
