import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { images, isPinned, ImageSource, type ImageName } from "../constructs/core/images";
import { readOverrides } from "../stacks/build";
import type { Environment } from "../stacks/environment";
import { dispensable } from "../stacks/leave-out";
import { registryReachable } from "./engine";
import { CommandError, type Progress } from "./shell";
import { ensureTerraform, providerRegistryReachable, type TerraformBinary } from "./terraform";
import { synthesise, type SynthesisedStack } from "./terraform-stacks";
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

/** Names of the images that an environment runs on its own engine. */
function imagesOf(
  environment: Environment,
  stacks: readonly SynthesisedStack[],
): readonly ImageName[] {
  const source = new ImageSource(environment.images);
  const run = stacks.filter(({ onPlatform }) => onPlatform).flatMap((stack) => stack.images);
  return (Object.keys(images) as ImageName[]).filter((name) =>
    run.includes(source.reference(name)),
  );
}

/** Images for a machine. */
export interface ProvidedImages {
  /** File of references by name; nothing where the registries serve. */
  readonly file?: string;
  /** Names of those that cannot be had: what needs them is left out. */
  readonly missing: readonly ImageName[];
}

/** Which of some images no registry serves; all of them where images were built before. */
async function unserved(
  environment: Environment,
  names: readonly ImageName[],
  progress: Progress,
): Promise<(name: ImageName) => boolean> {
  if (readFacts().images !== undefined) {
    progress(`  images built here before are used; delete ${factsFile} to look for a registry`);
    return () => true;
  }
  const source = new ImageSource(environment.images);
  const at = (name: ImageName) => registryOf(source.reference(name));
  const registries = [...new Set(names.map(at))];
  const reachable = await Promise.all(registries.map(registryReachable));
  const dead = registries.filter((_, i) => reachable[i] !== true);
  if (dead.length > 0) {
    const count = names.filter((name) => dead.includes(at(name))).length;
    progress(
      `container registries that cannot be reached: ${dead.join(", ")}; building ${count} images from packages`,
    );
  }
  return (name) => dead.includes(at(name));
}

/**
 * Builds the images whose registry cannot be reached, and brings them into the engine. What was built once is used
 * again without asking a registry: a slow network must not replace every container. What cannot be built is left out
 * where the rest makes sense without it, and told.
 * @param wanted the environment's stacks, were every image to be had
 * @throws CommandError when what cannot be built is indispensable
 */
export async function provideImages(
  environment: Environment,
  wanted: readonly SynthesisedStack[],
  dockerHost: string,
  demo: boolean,
  progress: Progress,
): Promise<ProvidedImages> {
  const named = process.env["L2O_IMAGES"];
  if (named !== undefined) {
    readOverrides(named);
    return { file: resolve(named), missing: [] };
  }
  const missing: ImageName[] = [];
  let needed = imagesOf(environment, wanted);
  const isUnserved = await unserved(environment, needed, progress);
  if (!needed.some(isUnserved)) return { missing };
  const { provideImages: build } = await builder(
    "no container registry can be reached: set `images.registry` to a mirror, or start from a checkout, which can build images",
  );
  for (;;) {
    const { overrides, overridesFile, left } = await build({
      images: needed.filter(isUnserved),
      dockerHost,
      cacheDirectory,
      progress,
    });
    for (const { image, reason } of left) {
      const without = dispensable[image as ImageName];
      progress(`left out: ${image}: ${reason}${without === undefined ? "" : `: ${without}`}`);
    }
    const indispensable = left.filter(({ image }) => !(image in dispensable));
    if (indispensable.length > 0) {
      throw new CommandError(
        `cannot start without ${indispensable.map(({ image }) => image).join(", ")}: see the reasons above, or take what needs it out of environments/local.ts`,
      );
    }
    const unpinned = Object.values(overrides).filter((reference) => !isPinned(reference));
    if (unpinned.length > 0) {
      throw new CommandError(`built images are not pinned: ${unpinned.join(", ")}`);
    }
    if (left.length === 0) return { file: overridesFile, missing };
    // Something else may stand in for what is left out, and needs an image too.
    missing.push(...left.map(({ image }) => image as ImageName));
    const stacks = synthesise(environment.name, demo, { missingImages: missing });
    needed = imagesOf(environment, stacks);
  }
}
