import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { images, isPinned, ImageSource, type ImageName } from "../constructs/core/images";
import { readOverrides } from "../stacks/build";
import type { Environment } from "../stacks/environment";
import { registryReachable } from "./engine";
import { CommandError, type Progress } from "./shell";
import { ensureTerraform, providerRegistryReachable, type TerraformBinary } from "./terraform";
import { cacheDirectory, factsFile, readFacts } from "./workspace";

/** The builder for machines without registries; it is part of the checkout, not of the package. */
async function builder(otherwise: string) {
  return import("../tools/local-images").catch(() => {
    throw new CommandError(otherwise);
  });
}

/** Terraform or OpenTofu, built where there is none and Go is. */
export function provideTerraform(progress: Progress): Promise<TerraformBinary> {
  return ensureTerraform({
    progress,
    build: async () => {
      const { provideTool } = await builder("no Terraform is on PATH: install it or OpenTofu");
      return provideTool({ tool: "tofu", cacheDirectory, progress });
    },
  });
}

/**
 * Where Terraform gets the Docker provider where the public registry cannot be reached.
 * @returns a CLI configuration file, or nothing where the registry serves
 */
export async function provideProviders(
  { flavour }: TerraformBinary,
  progress: Progress,
): Promise<string | undefined> {
  const given = process.env["TF_CLI_CONFIG_FILE"];
  // A variable that names no file is a left-over, not a mirror.
  if (given !== undefined && existsSync(given)) return given;
  const builtBefore = readFacts().cliConfigFile !== undefined;
  if (!builtBefore && (await providerRegistryReachable(flavour))) return undefined;
  if (!builtBefore) {
    progress("no provider registry can be reached: building the Docker provider from its module");
  }
  const { provideProviders: build } = await builder(
    "no provider registry can be reached: name a mirror in a Terraform CLI configuration file (TF_CLI_CONFIG_FILE)",
  );
  return (await build({ cacheDirectory, progress })).cliConfigFile;
}

/** The registry's host of an image reference. */
function registryOf(reference: string): string {
  const [first = ""] = reference.split("/");
  return reference.includes("/") && /[.:]/.test(first) ? first : "registry-1.docker.io";
}

function neededImages(environment: Environment, demo: boolean): readonly ImageName[] {
  const types = environment.sources.map(({ type }) => type);
  const needs: Partial<Readonly<Record<ImageName, boolean>>> = {
    prometheus: true,
    alertmanager: true,
    pushgateway: environment.pushgateway,
    nginx: environment.pushgateway,
    node: demo || types.includes("l2-exporter"),
    geth: demo,
    "op-batcher": demo,
  };
  // An exporter's image has the name of its source.
  return (Object.keys(images) as ImageName[]).filter((name) => needs[name] ?? types.includes(name));
}

/**
 * Builds the images whose registry cannot be reached, and brings them into the engine. What was built once is used
 * again without asking a registry: a slow network must not replace every container.
 * @returns a file of references by name, or nothing where the registries serve
 */
export async function provideImages(
  environment: Environment,
  dockerHost: string,
  demo: boolean,
  progress: Progress,
): Promise<string | undefined> {
  const named = process.env["L2O_IMAGES"];
  if (named !== undefined) {
    readOverrides(named);
    return resolve(named);
  }
  const source = new ImageSource(environment.images);
  const needed = neededImages(environment, demo);
  const builtBefore = readFacts().images !== undefined;
  const missing: ImageName[] = [];
  if (builtBefore) {
    progress(`  images built here before are used; delete ${factsFile} to look for a registry`);
    missing.push(...needed);
  } else {
    const registries = [...new Set(needed.map((name) => registryOf(source.reference(name))))];
    const reachable = await Promise.all(registries.map(registryReachable));
    const dead = registries.filter((_, i) => reachable[i] !== true);
    missing.push(...needed.filter((name) => dead.includes(registryOf(source.reference(name)))));
    if (missing.length === 0) return undefined;
    progress(
      `container registries that cannot be reached: ${dead.join(", ")}; building ${missing.length} images from packages`,
    );
  }
  const { provideImages: build } = await builder(
    "no container registry can be reached: set `images.registry` to a mirror, or start from a checkout, which can build images",
  );
  const { overrides, overridesFile, left } = await build({
    images: missing,
    dockerHost,
    cacheDirectory,
    progress,
  });
  for (const { image, reason } of left) progress(`left out: ${image}: ${reason}`);
  if (left.length > 0) {
    throw new CommandError(
      `cannot start without ${left.map(({ image }) => image).join(", ")}: see the reasons above, or take what needs it out of environments/local.ts`,
    );
  }
  const unpinned = Object.values(overrides).filter((reference) => !isPinned(reference));
  if (unpinned.length > 0) {
    throw new CommandError(`built images are not pinned: ${unpinned.join(", ")}`);
  }
  return overridesFile;
}
