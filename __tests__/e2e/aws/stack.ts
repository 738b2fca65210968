import { readFileSync } from "node:fs";
import { join } from "node:path";
import { App } from "cdktf";
import { run, runOrFail, type Finished } from "../../../commands/shell";
import { buildStacks } from "../../../stacks/build";
import { rigEnvironment, rigName, type HostVariant } from "./environments";

/** A resource as Terraform's JSON of a state or a plan has it. */
export interface TerraformResource {
  readonly address: string;
  readonly type: string;
  readonly mode: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** What a plan does to one resource. */
export interface Change {
  readonly address: string;
  readonly type: string;
  readonly actions: readonly string[];
  /** Attributes that differ. */
  readonly attributes: readonly string[];
}

interface PlanJson {
  readonly resource_changes?: readonly {
    readonly address: string;
    readonly type: string;
    readonly change: {
      readonly actions: readonly string[];
      readonly before: Readonly<Record<string, unknown>> | null;
      readonly after: Readonly<Record<string, unknown>> | null;
    };
  }[];
}

interface StateJson {
  readonly values?: { readonly root_module: { readonly resources?: readonly TerraformResource[] } };
}

/** What a plan changes; reads and what stays are left out. */
export function changesOf(planJson: string): readonly Change[] {
  const { resource_changes = [] } = JSON.parse(planJson) as PlanJson;
  return resource_changes
    .filter(({ change }) => !["no-op", "read"].includes(change.actions[0] ?? ""))
    .map(({ address, type, change: { actions, before, after } }) => ({
      address,
      type,
      actions,
      attributes: Object.keys({ ...before, ...after }).filter(
        (key) => JSON.stringify(before?.[key]) !== JSON.stringify(after?.[key]),
      ),
    }));
}

const quiet = ["-input=false", "-no-color"];

/** The rig's host as synthesised by this product, and Terraform in its folder. */
export class HostStackUnderTest {
  readonly #folder: string;

  /**
   * @param outdir where to synthesise
   * @param terraform the binary
   * @param variables what Terraform and the provider read
   */
  constructor(
    readonly outdir: string,
    readonly terraform: string,
    readonly variables: Readonly<Record<string, string>>,
  ) {
    this.#folder = join(outdir, "stacks", `${rigName}-host`);
  }

  /** Writes the stack anew. */
  synthesise(variant: HostVariant): void {
    const app = new App({ outdir: this.outdir });
    buildStacks(
      app,
      { [rigName]: () => rigEnvironment(variant) },
      {
        environments: [rigName],
        demo: false,
        stateDirectory: join(this.outdir, "state"),
        imageOverrides: {},
      },
    );
    app.synth();
  }

  /** What Terraform reads. */
  synthesised(): string {
    return readFileSync(join(this.#folder, "cdk.tf.json"), "utf8");
  }

  /** Runs Terraform, whatever comes of it. */
  try(verb: string, ...args: readonly string[]): Promise<Finished> {
    return run(this.terraform, [verb, ...args], this.#options());
  }

  /** Runs Terraform, which must succeed. @throws CommandError with what it said */
  must(verb: string, ...args: readonly string[]): Promise<string> {
    return runOrFail(this.terraform, [verb, ...args], this.#options());
  }

  init(): Promise<string> {
    return this.must("init", ...quiet);
  }

  apply(): Promise<string> {
    return this.must("apply", "-auto-approve", ...quiet);
  }

  /** Plans. @returns the plan's JSON, and what `-detailed-exitcode` said */
  async plan(...args: readonly string[]): Promise<{ code: number; text: string; json: string }> {
    const { code, stdout, stderr } = await this.try(
      "plan",
      "-detailed-exitcode",
      "-out=under-test.tfplan",
      ...quiet,
      ...args,
    );
    if (code === 1) throw new Error(`terraform plan failed:\n${stderr}`);
    return { code, text: stdout, json: await this.must("show", "-json", "under-test.tfplan") };
  }

  /** What the state holds, without data sources. */
  async resources(): Promise<readonly TerraformResource[]> {
    const { values } = JSON.parse(await this.must("show", "-json")) as StateJson;
    return (values?.root_module.resources ?? []).filter(({ mode }) => mode === "managed");
  }

  #options() {
    return { cwd: this.#folder, env: { ...this.variables, TF_IN_AUTOMATION: "1" } };
  }
}
