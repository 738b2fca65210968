import type { TerraformStack } from "cdktf";
import type { z } from "zod";
import { DockerProvider } from "@cdktf/provider-docker/lib/provider";
import { ImageSource, type ImageSourceProps } from "../constructs/core/images";
import type { engineSchema } from "./engine";

/**
 * Version of the Docker provider, of which the bindings of 3.6.2 are a subset: 3.6.2 panics on `cpus`, deletes stopped
 * containers while planning and pings the host before it is needed.
 */
export const dockerProviderVersion = "4.5.0";

type Engine = z.output<typeof engineSchema>;

/** Where an environment's images come from; references of the run win over the environment's. */
export function imagesOf(
  { images }: { readonly images: ImageSourceProps },
  overrides: Readonly<Record<string, string>> = {},
): ImageSource {
  return new ImageSource({ ...images, overrides: { ...images.overrides, ...overrides } });
}

/** One connection for all resources: a dozen parallel log-ins run into sshd's MaxStartups. */
const sharedConnection = [
  "StrictHostKeyChecking=yes",
  "ControlMaster=auto",
  "ControlPath=~/.ssh/l2o-%C",
  "ControlPersist=30s",
].flatMap((option) => ["-o", option]);

/**
 * The Docker provider of a stack, for the environment's engine.
 * @param sshConfig what `ssh -F` reads for a remote engine; by default the user's own configuration
 */
export function useDocker(
  stack: TerraformStack,
  { engine }: { readonly engine: Engine },
  sshConfig?: string,
): void {
  new DockerProvider(stack, "docker", {
    ...(engine.type === "local"
      ? {}
      : {
          host: `ssh://${engine.user}@${engine.address}:${String(engine.port)}`,
          sshOpts: sshConfig === undefined ? sharedConnection : ["-F", sshConfig],
        }),
  });
  stack.addOverride("terraform.required_version", ">= 1.10");
  stack.addOverride("terraform.required_providers.docker.version", dockerProviderVersion);
}
