import { Testing, TerraformStack } from "cdktf";
import { DockerProvider } from "@cdktf/provider-docker/lib/provider";
import { parse } from "yaml";
import { Runtime, type RuntimeProps } from "../../../constructs/core/runtime";

/** A container as Terraform reads it: the fields that tests look at. */
export interface ContainerJson {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly env?: readonly string[];
  readonly user?: string;
  readonly restart: string;
  readonly must_run: boolean;
  readonly wait?: boolean;
  readonly wait_timeout?: number;
  readonly destroy_grace_seconds: number;
  readonly stop_timeout: number;
  readonly privileged?: boolean;
  readonly capabilities: { readonly drop: readonly string[]; readonly add?: readonly string[] };
  readonly security_opts: readonly string[];
  readonly memory: number;
  readonly memory_swap: number;
  readonly memory_reservation: number;
  readonly cpus: string;
  readonly tmpfs: Readonly<Record<string, string>>;
  readonly log_driver: string;
  readonly log_opts: Readonly<Record<string, string>>;
  readonly healthcheck: {
    readonly test: readonly string[];
    readonly interval?: string;
    readonly timeout?: string;
    readonly start_period?: string;
    readonly retries?: number;
  };
  readonly networks_advanced: readonly {
    readonly name: string;
    readonly aliases?: readonly string[];
  }[];
  readonly ports?: readonly {
    readonly internal: number;
    readonly external: number;
    readonly ip: string;
  }[];
  readonly volumes?: readonly {
    readonly volume_name: string;
    readonly container_path: string;
  }[];
  readonly mounts?: readonly {
    readonly type: string;
    readonly source: string;
    readonly target: string;
    readonly read_only: boolean;
  }[];
  readonly upload?: readonly {
    readonly file: string;
    readonly content?: string;
    readonly source?: string;
    readonly source_hash?: string;
    readonly permissions: string;
  }[];
  readonly labels: readonly { readonly label: string; readonly value: string }[];
  readonly depends_on?: readonly string[];
}

type Resources = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** A synthesised stack. */
export class Synthesised {
  readonly resources: Resources;

  constructor(readonly text: string) {
    this.resources = (JSON.parse(text) as { readonly resource: Resources }).resource;
  }

  /** The resources of a type. */
  of(type: string): readonly unknown[] {
    return Object.values(this.resources[type] ?? {});
  }

  /** The container of the service `id`. */
  container(id: string): ContainerJson {
    const containers = this.of("docker_container") as readonly ContainerJson[];
    const found = containers.find(({ name }) => name === `l2o-test-${id}`);
    if (found === undefined) throw new Error(`no container of '${id}'`);
    return found;
  }

  /** An uploaded file as its server reads it: Terraform has turned `$${` and `%%{` back. */
  file(id: string, path: string): string {
    const upload = this.container(id).upload?.find(({ file }) => file === path);
    if (upload?.content === undefined) throw new Error(`'${id}' has no file ${path}`);
    return asTerraformReads(upload.content);
  }

  /** An uploaded YAML file, parsed. */
  yaml(id: string, path: string): unknown {
    return parse(this.file(id, path));
  }
}

/** What Terraform makes of a string without references: it reads doubled openings of templates as single ones. */
export function asTerraformReads(text: string): string {
  if (/(^|[^$%])[$%]\{/.test(text.replace(/\$\$\{|%%\{/g, ""))) {
    throw new Error("the text opens a template");
  }
  return text.replace(/\$\$\{/g, "${").replace(/%%\{/g, "%{");
}

/** A stack with a Docker provider. */
export function testStack(): TerraformStack {
  const stack = new TerraformStack(Testing.app(), "stack");
  new DockerProvider(stack, "docker", {});
  return stack;
}

/** A runtime for tests, in the environment `test`. */
export function testRuntime(stack: TerraformStack, props: Partial<RuntimeProps> = {}): Runtime {
  return new Runtime(stack, "runtime", {
    environment: "test",
    machine: { name: "t4g.small", memoryMiB: 2048, swapMiB: 1024, diskGiB: 20 },
    secretsDirectory: "/etc/test/secrets",
    ...props,
  });
}

/** Synthesises what `build` puts into a stack; validations run. */
export function synthesise(
  build: (stack: TerraformStack, runtime: Runtime) => void,
  props: Partial<RuntimeProps> = {},
): Synthesised {
  const stack = testStack();
  build(stack, testRuntime(stack, props));
  return new Synthesised(Testing.synth(stack, true));
}
