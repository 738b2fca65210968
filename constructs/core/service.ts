import { createHash } from "node:crypto";
import { basename } from "node:path";
import { Construct, type IDependable } from "constructs";
import { AssetType, Lazy, TerraformAsset, type ITerraformDependable } from "cdktf";
import {
  Container,
  containerLabelsToTerraform,
  containerNetworksAdvancedToTerraform,
  containerUploadToTerraform,
  type ContainerHealthcheck,
  type ContainerUpload,
} from "@cdktf/provider-docker/lib/container";
import { Image } from "@cdktf/provider-docker/lib/image";
import { Volume } from "@cdktf/provider-docker/lib/volume";
import type { MemoryBudget } from "./budget";
import { terraformLiteral, type ConfigFile } from "./config-file";
import type { ImageName, OtherImage } from "./images";
import type { Runtime } from "./runtime";
import { secretsMount, type Secret } from "./secret";

/** How the engine learns that a service works. */
export interface Probe {
  /** Program and arguments, run inside the container; must be in the image. */
  readonly command: readonly string[];
  /**
   * How long a fresh container may fail before it counts, in seconds.
   * @default 30
   */
  readonly startSeconds?: number;
}

/** A probe, or the reason why the image cannot have one; then the service is watched from outside. */
export type Health = Probe | { readonly none: string };

/** A departure from the hardened defaults; the reason is part of the documentation. */
export interface Exception {
  readonly reason: string;
}

/** A read-only view of a folder of the host. */
export interface HostFolder extends Exception {
  readonly hostPath: string;
  readonly path: string;
}

/** Props of {@link Service}. */
export interface ServiceProps {
  readonly runtime: Runtime;
  /** One of this package, or another one that is pinned. */
  readonly image: ImageName | OtherImage;
  readonly memory: MemoryBudget;
  readonly health: Health;
  /**
   * Share of one CPU at most, e.g. 0.5.
   * @default 1
   */
  readonly cpus?: number;
  /**
   * Arguments of the image's entry point.
   * @default - the image's own
   */
  readonly command?: readonly string[];
  /**
   * Numeric `uid:gid`.
   * @default - the image's own user, which must not be root
   */
  readonly user?: string;
  /**
   * Environment variables; never a secret.
   * @default - none
   */
  readonly environment?: Readonly<Record<string, string>>;
  /**
   * Configuration files; a changed file replaces the container. Called once, at synth.
   * @default - none
   */
  readonly files?: () => readonly ConfigFile[];
  /**
   * Where the data live, and how much disk they may take in GiB.
   * @default - the service keeps nothing
   */
  readonly data?: { readonly path: string; readonly diskGiB: number };
  /**
   * Secrets, found under {@link secretsMount}.
   * @default - none
   */
  readonly secrets?: readonly Secret[];
  /**
   * The ports reached from outside the network.
   * @default - nothing is published
   */
  readonly publish?: readonly { readonly containerPort: number; readonly hostPort: number }[];
  /**
   * Existing networks to join beside the platform's. Called once, at synth.
   * @default - none
   */
  readonly networks?: () => readonly string[];
  /**
   * Folders of the host, read-only, each with its reason.
   * @default - none
   */
  readonly hostFolders?: readonly HostFolder[];
  /**
   * Seconds that a clean stop may take before the engine kills.
   * @default 10
   */
  readonly stopSeconds?: number;
  /**
   * What must be there first.
   * @default - nothing
   */
  readonly dependsOn?: readonly (ITerraformDependable & IDependable)[];
}

const probeEverySeconds = 5;
const probeTimeoutSeconds = 4;
const probeRetries = 6;

/** Seconds in Go's canonical notation (`90` → `1m30s`): the provider compares durations as strings. */
export function goDuration(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const rest = `${seconds % 60}s`;
  if (hours > 0) return `${hours}h${minutes}m${rest}`;
  return minutes > 0 ? `${minutes}m${rest}` : rest;
}

function once<T>(make: () => T): () => T {
  let kept: { readonly value: T } | undefined;
  return () => (kept ??= { value: make() }).value;
}

/**
 * A container with the platform's defaults: pinned image, no capability, no new privileges, memory and CPU limits,
 * health check, bounded logs, restart, clean stop, ports on one address only, data in a named volume, secrets as files.
 */
export class Service extends Construct {
  /** Name under which other containers reach it: its id. */
  readonly host: string;
  /** Name on the engine. */
  readonly containerName: string;
  /** For `dependsOn`. */
  readonly container: Container;

  constructor(scope: Construct, id: string, props: ServiceProps) {
    super(scope, id);
    const { runtime, memory, stopSeconds = 10, cpus = 1 } = props;
    this.host = id;
    this.containerName = runtime.nameOf(id);
    runtime.budget.add(id, memory, props.data?.diskGiB);

    const image = new Image(this, "image", {
      name: runtime.images.reference(props.image),
      keepLocally: true,
    });
    const files = once(() => [...(props.files?.() ?? [])]);
    const uploads = once(() => files().map((file) => this.#upload(file)));
    // Uploads from disk are assets, and an asset must exist before synthesis reads the tree.
    this.node.addValidation({
      validate: () => {
        uploads();
        const paths = files().map(({ path }) => path);
        return paths
          .filter((path, i) => paths.indexOf(path) !== i)
          .map((path) => `'${path}' of ${id} must be one file, got two`);
      },
    });
    const healthcheck = healthcheckOf(props.health);
    const tmpfs = { "/tmp": "rw,noexec,nosuid,size=16m" };

    this.container = new Container(this, "container", {
      name: this.containerName,
      hostname: id,
      image: image.imageId,
      command: props.command?.map(terraformLiteral),
      user: props.user,
      env: Object.entries(props.environment ?? {}).map(([k, v]) => terraformLiteral(`${k}=${v}`)),
      restart: "unless-stopped",
      mustRun: true,
      destroyGraceSeconds: stopSeconds,
      stopTimeout: stopSeconds,
      capabilities: { drop: ["ALL"] },
      securityOpts: ["no-new-privileges:true"],
      memory: memory.limitMiB,
      memorySwap: memory.limitMiB * (memory.swap === false ? 1 : 2),
      // The provider compares text, and reads a whole number back as `1.0`.
      cpus: Number.isInteger(cpus) ? cpus.toFixed(1) : String(cpus),
      tmpfs,
      logDriver: "json-file",
      logOpts: { "max-size": "10m", "max-file": "3" },
      healthcheck,
      ...("none" in props.health ? {} : { wait: true, waitTimeout: waitSeconds(props.health) }),
      networksAdvanced: Lazy.anyValue({
        produce: () =>
          [
            { name: runtime.networkId, aliases: [id] },
            ...(props.networks?.() ?? []).map((name) => ({ name })),
          ].map((network): unknown => containerNetworksAdvancedToTerraform(network)),
      }),
      ports: (props.publish ?? []).map(({ containerPort, hostPort }) => ({
        internal: containerPort,
        external: hostPort,
        ip: runtime.bindAddress,
        protocol: "tcp",
      })),
      volumes: props.data === undefined ? [] : [this.#dataVolume(runtime, id, props.data.path)],
      mounts: [
        ...(props.hostFolders ?? []).map((folder) => ({
          type: "bind",
          source: folder.hostPath,
          target: folder.path,
          readOnly: true,
        })),
        ...(props.secrets === undefined || props.secrets.length === 0
          ? []
          : [
              {
                type: "bind",
                source: `${runtime.secretsDirectory}/${id}`,
                target: secretsMount,
                readOnly: true,
              },
            ]),
      ],
      upload: Lazy.anyValue({
        produce: () => uploads().map((upload): unknown => containerUploadToTerraform(upload)),
      }),
      labels: Lazy.anyValue({
        produce: () =>
          Object.entries({
            "l2-observatory.environment": runtime.environment,
            "l2-observatory.service": id,
            // The engine cannot change these in place, the provider does not notice: the label makes it replace.
            "l2-observatory.definition": createHash("sha256")
              .update(
                JSON.stringify([
                  props.command ?? [],
                  props.environment ?? {},
                  healthcheck,
                  tmpfs,
                  cpus,
                  files().map((file) => [file.path, file.hash]),
                ]),
              )
              .digest("hex"),
          }).map(([label, value]): unknown => containerLabelsToTerraform({ label, value })),
      }),
      dependsOn: props.dependsOn === undefined ? undefined : [...props.dependsOn],
    });
    this.container.addOverride("memory_reservation", memory.reservationMiB);
  }

  #upload(file: ConfigFile): ContainerUpload {
    const common = { file: file.path, permissions: "0444" };
    if (file.source === undefined) return { ...common, content: terraformLiteral(file.content) };
    const asset = new TerraformAsset(this, `file-${basename(file.path).replace(/\W+/g, "-")}`, {
      path: file.source,
      type: AssetType.FILE,
    });
    return { ...common, source: asset.path, sourceHash: file.hash };
  }

  #dataVolume(
    runtime: Runtime,
    id: string,
    path: string,
  ): { volumeName: string; containerPath: string } {
    const volume = new Volume(this, "data", {
      name: runtime.nameOf(id),
      lifecycle: runtime.protectData ? { preventDestroy: true } : undefined,
    });
    return { volumeName: volume.name, containerPath: path };
  }
}

function healthcheckOf(health: Health): ContainerHealthcheck {
  if ("none" in health) return { test: ["NONE"] };
  return {
    test: ["CMD", ...health.command],
    interval: goDuration(probeEverySeconds),
    timeout: goDuration(probeTimeoutSeconds),
    retries: probeRetries,
    startPeriod: goDuration(health.startSeconds ?? 30),
  };
}

function waitSeconds(health: Probe): number {
  return (health.startSeconds ?? 30) + probeRetries * probeEverySeconds + 30;
}
