import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { isAbsolute } from "node:path";
import { AssetType, TerraformAsset } from "cdktf";
import { Construct } from "constructs";
import { Container, type ContainerVolumes } from "@cdktf/provider-docker/lib/container";
import { Image } from "@cdktf/provider-docker/lib/image";
import { Volume } from "@cdktf/provider-docker/lib/volume";
import { terraformLiteral } from "../core/config-file";
import type { Endpoint } from "../core/endpoint";
import { refuse, show, type Fault } from "../core/errors";
import type { Runtime } from "../core/runtime";
import {
  agentVariables,
  jarPath,
  mergeVariables,
  mountPath,
  serviceFaults,
  type JavaServiceProps,
} from "./environment";

export type { JavaServiceProps } from "./environment";

/** Props of {@link OtelJavaAgent}. */
export interface OtelJavaAgentProps {
  readonly runtime: Runtime;
  /** Where the services send their traces; they must reach it by this name or address. */
  readonly otlp: Endpoint<"otlp-http">;
  /**
   * Absolute path of `opentelemetry-javaagent.jar` on the machine that deploys, for engines without a registry.
   * @default - the agent of the pinned image `otel-java-agent`
   */
  readonly jar?: string;
}

function jarFaults(jar: string | undefined): Fault[] {
  if (jar === undefined || (isAbsolute(jar) && existsSync(jar))) return [];
  return [{ field: "jar", allowed: "an absolute path of an existing file", got: show(jar) }];
}

/**
 * The OpenTelemetry Java agent in a volume: filled once by a container that ends, then mounted read-only by every JVM
 * service it is attached to. Another version is another volume, so that no running JVM loses its file.
 */
export class OtelJavaAgent extends Construct {
  /** For `volumes` of a container. */
  readonly volume: ContainerVolumes;
  /** For `dependsOn` of a container: the volume is filled when it is there. */
  readonly filler: Container;
  readonly #runtime: Runtime;
  readonly #otlp: Endpoint<"otlp-http">;

  /** @throws ConfigurationError when the jar is not there */
  constructor(scope: Construct, id: string, props: OtelJavaAgentProps) {
    super(scope, id);
    const { runtime, otlp, jar } = props;
    refuse(id, jarFaults(jar));
    this.#runtime = runtime;
    this.#otlp = otlp;
    // Any image with `cp` will do where the file is given; the platform runs this one anyway.
    const reference = runtime.images.reference(jar === undefined ? "otel-java-agent" : "nginx");
    const version = createHash("sha256")
      .update(jar === undefined ? reference : readFileSync(jar))
      .digest("hex")
      .slice(0, 8);
    const name = `${runtime.nameOf(id)}-${version}`;
    const volume = new Volume(this, "volume", { name });
    this.volume = { volumeName: volume.name, containerPath: mountPath, readOnly: true };
    this.filler = new Container(this, "filler", {
      name,
      hostname: id,
      image: new Image(this, "image", { name: reference, keepLocally: true }).imageId,
      entrypoint: ["cp"],
      command: ["/javaagent.jar", jarPath],
      // The volume is root's: a name that no image brings has no other owner.
      user: "0:0",
      networkMode: "none",
      capabilities: { drop: ["ALL"] },
      securityOpts: ["no-new-privileges:true"],
      memory: 64,
      memorySwap: 64,
      cpus: "0.5",
      restart: "no",
      // It ends; Terraform waits for that and does not start it again.
      mustRun: false,
      attach: true,
      healthcheck: { test: ["NONE"] },
      logDriver: "json-file",
      logOpts: { "max-size": "10m", "max-file": "3" },
      volumes: [{ volumeName: volume.name, containerPath: mountPath }],
      upload: jar === undefined ? [] : [this.#upload(jar)],
      labels: [
        { label: "l2-observatory.environment", value: runtime.environment },
        { label: "l2-observatory.service", value: id },
      ],
    });
  }

  /**
   * Variables for the container of a JVM service, as Terraform reads them: `NAME=value`.
   * @throws ConfigurationError when name or ratio cannot be taken
   */
  variables(service: JavaServiceProps): string[] {
    refuse(`agent of '${service.service}'`, serviceFaults(service));
    const variables = agentVariables(service, this.#runtime.environment, this.#otlp);
    return Object.entries(variables).map(([name, value]) => terraformLiteral(`${name}=${value}`));
  }

  /**
   * Gives a consumer's own container the agent: volume, variables and order. Variables that the container has already
   * are left as they are; `JAVA_TOOL_OPTIONS` is added to.
   * @throws ConfigurationError when name or ratio cannot be taken
   */
  attach(container: Container, service: JavaServiceProps): void {
    const added = Object.fromEntries(
      this.variables(service).map((entry) => {
        const at = entry.indexOf("=");
        return [entry.slice(0, at), entry.slice(at + 1)];
      }),
    );
    container.env = mergeVariables(container.envInput ?? [], added);
    const volumes = container.volumesInput;
    container.putVolumes([...(Array.isArray(volumes) ? volumes : []), this.volume]);
    const { terraformResourceType, friendlyUniqueId } = this.filler;
    container.dependsOn = [
      ...(container.dependsOn ?? []),
      `${terraformResourceType}.${friendlyUniqueId}`,
    ];
  }

  #upload(jar: string) {
    const asset = new TerraformAsset(this, "jar", { path: jar, type: AssetType.FILE });
    return {
      file: "/javaagent.jar",
      source: asset.path,
      sourceHash: createHash("sha256").update(readFileSync(jar)).digest("hex"),
      permissions: "0444",
    };
  }
}
