import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";

import { engineRequest } from "../../commands/engine";
import { canUnpack, debianRelease } from "./debian";
import { buildBinaries, moduleFingerprint } from "./go";
import { GO_MODULES, RECIPES, type GoModuleName, type Recipe } from "./recipes";
import { hostProgram, rootFileSystem } from "./rootfs";
import { completeDirectory, type Progress } from "./run";
import { writeTar } from "./tar";

export type { Progress } from "./run";

const REPOSITORY = "l2-observatory.local";
/** Version of the Docker provider that is built. */
export const DOCKER_PROVIDER = "4.5.0";
// Terraform and OpenTofu fill a source without a host with their own registry's.
const REGISTRIES = ["registry.terraform.io", "registry.opentofu.org"];
const LOAD_SECONDS = 600;

/** A tool that the builder can make, and the Go module and binary behind it. */
const TOOLS = {
  promtool: ["prometheus", "promtool"],
  prometheus: ["prometheus", "prometheus"],
  amtool: ["amtool", "amtool"],
  tofu: ["opentofu", "tofu"],
  geth: ["geth", "geth"],
} as const satisfies Record<string, readonly [GoModuleName, string]>;

function builderCache(cacheDirectory: string): string {
  const directory = path.join(path.resolve(cacheDirectory), "local-images");
  fs.mkdirSync(directory, { recursive: true });
  return directory;
}

function versionOf(recipe: Recipe): string {
  if (recipe.version === "debian") return debianRelease();
  return recipe.version === "node" ? process.versions.node : recipe.version;
}

/** Programs that variables name. */
function givenPrograms({ host = {} }: Recipe): { variable: string; file: string | undefined }[] {
  return Object.values(host).flatMap((program) =>
    program === "node" ? [] : [{ variable: program, file: hostProgram(program) }],
  );
}

function contentHash(file: string | undefined): string {
  if (file === undefined || !fs.existsSync(file)) return "";
  return createHash("sha256").update(fs.readFileSync(file)).digest("hex");
}

/** Why no image of a key can be made here; nothing where one can. */
function impossible(recipe: Recipe | undefined): string | undefined {
  if (recipe === undefined) return "it cannot be built here from Debian packages and Go modules";
  const [missing] = givenPrograms(recipe).filter(({ file }) => file === undefined);
  if (missing === undefined) return undefined;
  return `it cannot be built here from Debian packages and Go modules; ${missing.variable} can name its program`;
}

/** The tag of the local image of a key: it names the version and a hash of everything the recipe depends on. */
export function localTag(key: string, recipe: Recipe): string {
  const modules = [...new Set(Object.values(recipe.go ?? {}).map(([module]) => module))].sort();
  const hash = createHash("sha256")
    .update(
      JSON.stringify([
        process.arch,
        debianRelease(),
        versionOf(recipe),
        recipe,
        modules.map(moduleFingerprint),
        givenPrograms(recipe).map(({ file }) => contentHash(file)),
      ]),
    )
    .digest("hex");
  return `${REPOSITORY}/${key}:${versionOf(recipe)}-${hash.slice(0, 8)}`;
}

/** The keys in the order in which they are built: Go modules in their order, then what needs no compiler. */
export function buildOrder(keys: readonly string[]): string[] {
  const modules = Object.keys(GO_MODULES);
  const rank = (key: string): number => {
    const first = Object.values(RECIPES[key]?.go ?? {})[0]?.[0];
    return first === undefined ? modules.length : modules.indexOf(first);
  };
  return [...new Set(keys)].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

async function isLoaded(dockerHost: string, tag: string): Promise<boolean> {
  const answer = await engineRequest({
    dockerHost,
    method: "GET",
    path: `/images/${tag}/json`,
  });
  if (answer.status === 200) return true;
  if (answer.status === 404) return false;
  throw new Error(`the Docker Engine answers ${answer.status} for ${tag}: ${answer.body.trim()}`);
}

async function load(dockerHost: string, archive: string, tag: string): Promise<void> {
  const answer = await engineRequest({
    dockerHost,
    method: "POST",
    path: "/images/load?quiet=1",
    body: fs.createReadStream(archive, { highWaterMark: 1 << 20 }),
    timeoutSeconds: LOAD_SECONDS,
  });
  if (answer.status !== 200 || !(await isLoaded(dockerHost, tag))) {
    throw new Error(`the Docker Engine did not take ${tag}: ${answer.body.trim()}`);
  }
}

function imageDirectory(cacheDirectory: string, tag: string): string {
  return path.join(cacheDirectory, "images", tag.slice(REPOSITORY.length + 1).replace(":", "-"));
}

/** Starts one build per Go module for all images that need it: the binaries of a module share most of the work. */
function buildTogether(
  images: readonly { recipe: Recipe }[],
  cacheDirectory: string,
  progress: Progress,
): void {
  const wanted = new Map<GoModuleName, Set<string>>();
  for (const { recipe } of images) {
    for (const [module, binary] of Object.values(recipe.go ?? {})) {
      wanted.set(module, (wanted.get(module) ?? new Set()).add(binary));
    }
  }
  for (const [module, binaries] of wanted) {
    // Each image asks for its own binaries afterwards and so meets the error by itself.
    buildBinaries({ module, binaries: [...binaries], cacheDirectory, progress }).catch(
      () => undefined,
    );
  }
}

/** Writes an image archive as `docker load` reads it: same recipe, same bytes, so the same image id in every engine. */
async function writeImage(
  key: string,
  tag: string,
  recipe: Recipe,
  cacheDirectory: string,
  progress: Progress,
): Promise<string> {
  const directory = imageDirectory(cacheDirectory, tag);
  await completeDirectory(directory, async (temporary) => {
    const entries = await rootFileSystem(recipe, cacheDirectory, progress);
    const layer = path.join(temporary, "layer.tar");
    const diffId = await writeTar(layer, entries);
    const { ExposedPorts, Volumes, ...config } = recipe.config;
    const asSet = (names: readonly string[] | undefined): Record<string, object> | undefined =>
      names && Object.fromEntries(names.map((name) => [name, {}]));
    const configText = JSON.stringify({
      architecture: goWord(process.arch),
      os: "linux",
      created: "1970-01-01T00:00:00Z",
      config: {
        Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
        Labels: { "org.opencontainers.image.title": key },
        ...config,
        ExposedPorts: asSet(ExposedPorts),
        Volumes: asSet(Volumes),
      },
      rootfs: { type: "layers", diff_ids: [`sha256:${diffId}`] },
      history: [{ created: "1970-01-01T00:00:00Z", created_by: "l2-observatory local-images" }],
    });
    const configName = `${createHash("sha256").update(configText).digest("hex")}.json`;
    await writeTar(path.join(temporary, "image.tar"), [
      {
        type: "text",
        path: "manifest.json",
        mode: 0o644,
        text: JSON.stringify([{ Config: configName, RepoTags: [tag], Layers: ["layer.tar"] }]),
      },
      { type: "text", path: configName, mode: 0o644, text: configText },
      { type: "file", path: "layer.tar", mode: 0o644, source: layer },
    ]);
    fs.rmSync(layer);
  });
  return path.join(directory, "image.tar");
}

function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\s*\n\s*/g, " | ");
}

/**
 * Puts a local image of every key it has a recipe for into the engine at `dockerHost` (unix:// or tcp://) and writes the override map.
 * What is missing is built first and kept in `cacheDirectory`. What cannot be built is in `left` with the reason; an engine that fails rejects.
 */
export async function provideImages(o: {
  images: readonly string[];
  dockerHost: string;
  cacheDirectory: string;
  progress: Progress;
}): Promise<{
  overridesFile: string;
  overrides: Record<string, string>;
  left: { image: string; reason: string }[];
}> {
  const cache = builderCache(o.cacheDirectory);
  const reasons = new Map<string, string>();
  const tags = new Map<string, string>();
  const order = buildOrder(o.images);
  const wanted: { key: string; recipe: Recipe; tag: string }[] = [];
  for (const key of order) {
    const recipe = RECIPES[key];
    const reason = impossible(recipe);
    if (reason !== undefined) reasons.set(key, reason);
    else if (recipe !== undefined) wanted.push({ key, recipe, tag: localTag(key, recipe) });
  }
  for (const { key, tag } of wanted) {
    if (await isLoaded(o.dockerHost, tag)) tags.set(key, tag);
  }
  const missing = wanted.filter(({ key }) => !tags.has(key));
  // Every image needs Debian's part: without it nothing is worth compiling.
  if (canUnpack()) {
    buildTogether(
      missing.filter(({ tag }) => !fs.existsSync(imageDirectory(cache, tag))),
      cache,
      o.progress,
    );
  }
  await Promise.all(
    missing.map(async ({ key, recipe, tag }) => {
      let archive: string;
      try {
        archive = await writeImage(key, tag, recipe, cache, o.progress);
      } catch (error) {
        const reason = reasonOf(error);
        o.progress(`${key} is left out: ${reason}`);
        reasons.set(key, reason);
        return;
      }
      await load(o.dockerHost, archive, tag);
      o.progress(`image ${tag} is ready`);
      tags.set(key, tag);
    }),
  );
  const overrides = Object.fromEntries(
    order.flatMap((key) => {
      const tag = tags.get(key);
      return tag === undefined ? [] : [[key, tag] as const];
    }),
  );
  // Named after its content: two callers with different images do not overwrite each other's.
  const text = `${JSON.stringify(overrides, null, 2)}\n`;
  const name = `overrides-${createHash("sha256").update(text).digest("hex").slice(0, 8)}.json`;
  const overridesFile = path.join(cache, name);
  fs.writeFileSync(overridesFile, text);
  return {
    overridesFile,
    overrides,
    left: order.flatMap((image) => {
      const reason = reasons.get(image);
      return reason === undefined ? [] : [{ image, reason }];
    }),
  };
}

/** The CLI configuration that sends the mirrored providers to the mirror and leaves every other to its registry. */
export function cliConfig(mirror: string): string {
  const sources = REGISTRIES.map((registry) => `"${registry}/kreuzwerker/docker"`).join(", ");
  return `disable_checkpoint = true

provider_installation {
  filesystem_mirror {
    path    = ${JSON.stringify(mirror)}
    include = [${sources}]
  }
  direct {
    exclude = [${sources}]
  }
}
`;
}

/**
 * Makes a file-system mirror with the docker provider 4.5.0 for Terraform and OpenTofu and a CLI configuration that names it
 * (the value of TF_CLI_CONFIG_FILE). Builds the provider from its Go module when it is not in the cache; rejects when it cannot.
 */
export async function provideProviders(o: {
  cacheDirectory: string;
  progress: Progress;
}): Promise<{ cliConfigFile: string }> {
  const cache = builderCache(o.cacheDirectory);
  const binary = "terraform-provider-docker";
  const directory = path.join(
    cache,
    `providers-${moduleFingerprint("provider-docker").slice(0, 8)}`,
  );
  const mirror = path.join(directory, "mirror");
  const cliConfigFile = path.join(directory, "terraform.rc");
  await completeDirectory(directory, async (temporary) => {
    const built = await buildBinaries({
      module: "provider-docker",
      binaries: [binary],
      cacheDirectory: cache,
      progress: o.progress,
    });
    for (const registry of REGISTRIES) {
      const folder = path.join(
        temporary,
        "mirror",
        registry,
        "kreuzwerker",
        "docker",
        DOCKER_PROVIDER,
        providerPlatform(process.platform, process.arch),
      );
      fs.mkdirSync(folder, { recursive: true });
      fs.copyFileSync(built[binary] ?? "", path.join(folder, `${binary}_v${DOCKER_PROVIDER}`));
    }
    fs.writeFileSync(path.join(temporary, "terraform.rc"), cliConfig(mirror));
  });
  return { cliConfigFile };
}

/** A platform in Terraform's words, such as `linux_amd64`. */
export function providerPlatform(platform: NodeJS.Platform, arch: string): string {
  return `${goWord(platform)}_${goWord(arch)}`;
}

/** Go's word for a platform or a processor, which images and providers use too, from Node's. */
function goWord(word: string): string {
  const words: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386", win32: "windows" };
  return words[word] ?? word;
}

/** The path of a real tool binary, built from its Go module when it is not in the cache; rejects when it cannot be built. */
export async function provideTool(o: {
  tool: keyof typeof TOOLS;
  cacheDirectory: string;
  progress: Progress;
}): Promise<string> {
  const [module, binary] = TOOLS[o.tool];
  const files = await buildBinaries({
    module,
    binaries: [binary],
    cacheDirectory: builderCache(o.cacheDirectory),
    progress: o.progress,
  });
  const file = files[binary];
  if (file === undefined) throw new Error(`the builder made no ${o.tool}`);
  return file;
}
