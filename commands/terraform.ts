import { compareVersions, urlAnswers } from "./engine";
import { CommandError, run, type Progress } from "./shell";

/** The oldest version this project is tested with, of Terraform and of OpenTofu alike. */
export const OLDEST_TERRAFORM = "1.10";

/** Which of the two programs a binary is. */
export type Flavour = "terraform" | "opentofu";

/** A Terraform or OpenTofu binary that can be used. */
export interface TerraformBinary {
  /** Name on PATH or path: the value of TERRAFORM_BINARY_NAME. */
  readonly binary: string;
  readonly version: string;
  readonly flavour: Flavour;
}

const REGISTRIES: Readonly<Record<Flavour, string>> = {
  terraform: "registry.terraform.io",
  opentofu: "registry.opentofu.org",
};

/** Reads the first line of `terraform version` or `tofu version`; undefined when it is neither's. */
export function parseVersion(text: string): Omit<TerraformBinary, "binary"> | undefined {
  const [, name, version] = /^(Terraform|OpenTofu) v(\d+\.\d+\.\d+\S*)/m.exec(text) ?? [];
  if (name === undefined || version === undefined) return undefined;
  return { version, flavour: name === "Terraform" ? "terraform" : "opentofu" };
}

type Found =
  | { readonly kind: "usable"; readonly found: TerraformBinary }
  | { readonly kind: "old" | "other"; readonly got: string }
  | { readonly kind: "absent" };

async function inspect(binary: string): Promise<Found> {
  try {
    const { code, stdout, stderr } = await run(binary, ["version"], {
      timeoutSeconds: 20,
      env: { CHECKPOINT_DISABLE: "1", TF_CLI_CONFIG_FILE: "" },
    });
    const parsed = code === 0 ? parseVersion(stdout) : undefined;
    if (parsed === undefined) {
      const said = stdout.trim() === "" ? stderr : stdout;
      return { kind: "other", got: said.trim().split("\n")[0] ?? "" };
    }
    return compareVersions(parsed.version, OLDEST_TERRAFORM) < 0
      ? { kind: "old", got: `${parsed.flavour} ${parsed.version}` }
      : { kind: "usable", found: { binary, ...parsed } };
  } catch (error) {
    const { cause, message } = error as CommandError;
    return (cause as NodeJS.ErrnoException | undefined)?.code === "ENOENT"
      ? { kind: "absent" }
      : { kind: "other", got: message };
  }
}

/**
 * Finds Terraform or OpenTofu 1.10 or newer: TERRAFORM_BINARY_NAME if it is set, else `terraform`, else `tofu` on PATH, else what `build` makes.
 * `build` returns the path of an OpenTofu binary (the local builder's). Throws with the repair when there is none.
 */
export async function ensureTerraform(o: {
  progress: Progress;
  build?: () => Promise<string>;
}): Promise<TerraformBinary> {
  const named = process.env["TERRAFORM_BINARY_NAME"];
  if (named !== undefined && named !== "") {
    const result = await inspect(named);
    if (result.kind === "usable") return result.found;
    throw new CommandError(
      `'TERRAFORM_BINARY_NAME' must name Terraform or OpenTofu ${OLDEST_TERRAFORM} or newer, ` +
        `got '${named}' (${result.kind === "absent" ? "not found" : result.got}): ` +
        `install it or unset the variable`,
    );
  }
  const unusable: string[] = [];
  for (const name of ["terraform", "tofu"]) {
    const result = await inspect(name);
    if (result.kind === "usable") return result.found;
    if (result.kind !== "absent") unusable.push(`${name}: ${result.got}`);
  }
  const got = unusable.length === 0 ? "neither on PATH" : unusable.join("; ");
  const hint =
    `install Terraform or OpenTofu ${OLDEST_TERRAFORM} or newer ` +
    `(https://developer.hashicorp.com/terraform/install, https://opentofu.org/docs/intro/install)`;
  if (o.build === undefined) throw new CommandError(`no usable Terraform (${got}): ${hint}`);
  o.progress(`no usable Terraform (${got}): building OpenTofu`);
  let built: string;
  try {
    built = await o.build();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(
      `no usable Terraform (${got}) and OpenTofu cannot be built (${reason}): ${hint}`,
      { cause: error },
    );
  }
  const result = await inspect(built);
  if (result.kind === "usable") return result.found;
  throw new CommandError(`the built OpenTofu at ${built} does not run: ${hint}`);
}

/** Says whether the public provider registry of a flavour gives any HTTP answer within 3 s. */
export function providerRegistryReachable(flavour: Flavour): Promise<boolean> {
  return urlAnswers(`https://${REGISTRIES[flavour]}/.well-known/terraform.json`);
}
