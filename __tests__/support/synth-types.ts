export { terraformText as unescaped } from "../../constructs/core/config-file";

/** A file that a container gets. */
export interface Upload {
  readonly file: string;
  readonly permissions: string;
  readonly content?: string;
  readonly source?: string;
  readonly source_hash?: string;
}

/** A container as Terraform reads it. */
export interface ContainerResource {
  readonly name: string;
  readonly hostname: string;
  readonly image: string;
  readonly user?: string;
  readonly command?: readonly string[];
  readonly env?: readonly string[];
  readonly restart?: string;
  readonly must_run?: boolean;
  readonly wait?: boolean;
  readonly wait_timeout?: number;
  readonly destroy_grace_seconds?: number;
  readonly stop_timeout?: number;
  readonly privileged?: boolean;
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
  readonly security_opts?: readonly string[];
  readonly memory?: number;
  readonly memory_swap?: number;
  readonly memory_reservation?: number;
  readonly cpus?: string;
  readonly tmpfs?: Readonly<Record<string, string>>;
  readonly log_driver?: string;
  readonly log_opts?: Readonly<Record<string, string>>;
  readonly healthcheck?: Readonly<Record<string, unknown>> & { readonly test: readonly string[] };
  readonly networks_advanced?: readonly {
    readonly name: string;
    readonly aliases?: readonly string[];
  }[];
  readonly network_mode?: string;
  readonly ports?: readonly {
    readonly internal: number;
    readonly external: number;
    readonly ip: string;
    readonly protocol: string;
  }[];
  readonly volumes?: readonly {
    readonly volume_name?: string;
    readonly host_path?: string;
    readonly container_path: string;
  }[];
  readonly mounts?: readonly {
    readonly type: string;
    readonly source: string;
    readonly target: string;
    readonly read_only?: boolean;
  }[];
  readonly upload?: readonly Upload[];
  readonly labels?: readonly { readonly label: string; readonly value: string }[];
}

/** A synthesised stack. */
export interface Synthesised {
  readonly terraform: Readonly<Record<string, unknown>>;
  readonly output?: Readonly<Record<string, unknown>>;
  readonly resource: Readonly<Record<string, Readonly<Record<string, unknown>>>> & {
    readonly docker_container?: Readonly<Record<string, ContainerResource>>;
    readonly docker_image?: Readonly<Record<string, { readonly name: string }>>;
    readonly docker_volume?: Readonly<Record<string, { readonly name: string }>>;
    readonly docker_network?: Readonly<Record<string, { readonly name: string }>>;
  };
}
