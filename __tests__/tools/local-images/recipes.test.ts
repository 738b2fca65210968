import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import {
  DOCKER_PROVIDER,
  buildOrder,
  cliConfig,
  localTag,
  providerPlatform,
  provideImages,
} from "../../../tools/local-images";
import {
  buildArguments,
  buildBinaries,
  buildGroups,
  goVersion,
  isNewEnough,
} from "../../../tools/local-images/go";
import { dockerProviderVersion } from "../../../stacks/docker";
import { goModuleDirectory, packageRoot } from "../../../tools/local-images/paths";
import {
  GO_MODULES,
  RECIPES,
  type GoModule,
  type GoModuleName,
  type Recipe,
} from "../../../tools/local-images/recipes";

const modules = Object.entries(GO_MODULES) as [GoModuleName, GoModule][];
const goMod = (name: GoModuleName): string =>
  fs.readFileSync(path.join(goModuleDirectory(name), "go.mod"), "utf8");

test("every key of the start command, of its sources and of the demo has a recipe", () => {
  expect(Object.keys(RECIPES).sort()).toEqual([
    "alertmanager",
    "alloy",
    "blackbox-exporter",
    "geth",
    "jaeger",
    "loki",
    "mysqld-exporter",
    "nginx",
    "nginx-exporter",
    "node",
    "node-exporter",
    "op-batcher",
    "op-proposer",
    "otel-collector",
    "prometheus",
    "pushgateway",
    "redis-exporter",
    "tempo",
  ]);
});

test.each(modules)("module %s: go.mod names every package as a tool, with checksums", (name, m) => {
  const text = goMod(name);
  for (const binary of Object.values(m.binaries)) expect(text).toContain(binary.package);
  const sums = fs.readFileSync(path.join(goModuleDirectory(name), "go.sum"), "utf8");
  expect(sums).toMatch(/^\S+ v\S+ h1:\S{43}=$/m);
  expect(text).toContain(`module l2-observatory.local/${name}\n`);
});

test.each([
  ["prometheus", "github.com/prometheus/prometheus v0.315.0", "3.15.0"],
  ["node-exporter", "github.com/prometheus/node_exporter v1.12.1", "1.12.1"],
  ["alertmanager", "github.com/prometheus/alertmanager v0.31.1", "0.31.1"],
  ["loki", "github.com/grafana/loki/v3 v3.7.8", "3.7.8"],
  ["pushgateway", "github.com/prometheus/pushgateway v1.11.1", "1.11.1"],
  ["blackbox-exporter", "github.com/prometheus/blackbox_exporter v0.28.0", "0.28.0"],
  ["mysqld-exporter", "github.com/prometheus/mysqld_exporter v0.19.0", "0.19.0"],
  ["nginx-exporter", "github.com/nginx/nginx-prometheus-exporter v1.5.1", "1.5.1"],
  ["jaeger", "github.com/jaegertracing/jaeger v1.62.0", "1.62.0"],
  ["otel-collector", "go.opentelemetry.io/collector/otelcol v0.160.0", "0.160.0"],
  ["geth", "github.com/ethereum/go-ethereum v1.17.0", "1.17.0"],
  ["op-batcher", "github.com/ethereum-optimism/optimism v1.19.6", "1.19.6"],
  ["op-proposer", "github.com/ethereum-optimism/optimism v1.19.6", "1.19.6"],
])("%s: the version shown is the version required", (key, requirement, version) => {
  const recipe: Recipe | undefined = RECIPES[key];
  expect(recipe?.version).toBe(version);
  for (const [module, binary] of Object.values(recipe?.go ?? {})) {
    expect(goMod(module)).toMatch(new RegExp(`^(require )?\\s*${requirement}( |$)`, "m"));
    const shown = Object.values((GO_MODULES[module] as GoModule).binaries[binary]?.variables ?? {});
    expect(shown.map((value) => value.replace(/^v/, ""))).toEqual(shown.map(() => version));
  }
});

test("a tag names key, version and a hash that follows the recipe", () => {
  const recipe = RECIPES["prometheus"];
  if (recipe === undefined) throw new Error("no recipe");
  const tag = localTag("prometheus", recipe);
  expect(tag).toMatch(/^l2-observatory\.local\/prometheus:3\.15\.0-[0-9a-f]{8}$/);
  expect(localTag("prometheus", recipe)).toBe(tag);
  const changed = { ...recipe, config: { ...recipe.config, User: "root" } };
  expect(localTag("prometheus", changed)).not.toBe(tag);
});

test("what the start command needs is built before the chain programs, each key once", () => {
  expect(buildOrder(["op-batcher", "nginx", "geth", "prometheus", "geth", "alertmanager"])).toEqual(
    ["prometheus", "alertmanager", "geth", "op-batcher", "nginx"],
  );
});

test("one call of go build makes what shares its linker values; a package called cmd gets its own", () => {
  expect(buildGroups(GO_MODULES.prometheus, ["node_exporter", "prometheus", "promtool"])).toEqual([
    ["node_exporter"],
    ["prometheus", "promtool"],
  ]);
  expect(buildGroups(GO_MODULES.optimism, ["op-batcher", "op-proposer"])).toEqual([
    ["op-batcher"],
    ["op-proposer"],
  ]);
});

test("a program of this repository is the package of its own folder", () => {
  expect(
    buildArguments(GO_MODULES["otel-collector"], ["otelcol-contrib"], "/out").slice(-3),
  ).toEqual(["-o", "/out/otelcol-contrib", "."]);
});

test("go build keeps checksums, paths and versions under control", () => {
  expect(buildArguments(GO_MODULES.optimism, ["op-batcher"], "/out")).toEqual([
    "build",
    "-mod=readonly",
    "-trimpath",
    "-buildvcs=false",
    "-tags=netgo,osusergo",
    "-ldflags=-s -w -X main.Version=v1.19.6",
    "-o",
    "/out/op-batcher",
    "github.com/ethereum-optimism/optimism/op-batcher/cmd",
  ]);
  const together = buildArguments(GO_MODULES.prometheus, ["prometheus", "promtool"], "/out");
  expect(together.slice(together.indexOf("-o"))).toEqual([
    "-o",
    "/out/",
    "github.com/prometheus/prometheus/cmd/prometheus",
    "github.com/prometheus/prometheus/cmd/promtool",
  ]);
});

test.each([
  ["go version go1.26.8 linux/amd64\n", "go1.26.8"],
  ["go version go1.27rc1 linux/arm64\n", "go1.27rc1"],
])("the version in '%s' is %s", (text, version) => {
  expect(goVersion(text)).toBe(version);
});

test.each([
  ["go1.19.8", false],
  ["go1.20", false],
  ["go1.21.0", true],
  ["go1.27rc1", true],
  ["go2.0", true],
])("%s can fetch a newer Go: %s", (version, expected) => {
  expect(isNewEnough(version)).toBe(expected);
});

test("fails when a module has no such binary, before anything is built", async () => {
  await expect(
    buildBinaries({
      module: "geth",
      binaries: ["clef"],
      cacheDirectory: "/nonexistent",
      progress: () => undefined,
    }),
  ).rejects.toThrow(/no binary 'clef'|Go is not installed/);
});

test("the CLI configuration sends one provider of two registries to the mirror, the rest stays direct", () => {
  const text = cliConfig('/a "b"/mirror');
  expect(text).toContain('path    = "/a \\"b\\"/mirror"');
  const sources =
    '["registry.terraform.io/kreuzwerker/docker", "registry.opentofu.org/kreuzwerker/docker"]';
  expect(text).toContain(`include = ${sources}`);
  expect(text).toContain(`exclude = ${sources}`);
});

test.each([
  ["linux", "x64", "linux_amd64"],
  ["linux", "arm64", "linux_arm64"],
  ["darwin", "arm64", "darwin_arm64"],
] as const)("platform of %s on %s is %s", (platform, arch, expected) => {
  expect(providerPlatform(platform, arch)).toBe(expected);
});

test("the package root is found from a compiled file too, and its absence is said", () => {
  const root = packageRoot();
  expect(packageRoot(path.join(root, "dist", "tools", "local-images"))).toBe(root);
  expect(() => packageRoot("/")).toThrow("no package l2-observatory above /");
});

test("an image without a recipe is left with the reason; no engine is asked", async () => {
  const cacheDirectory = fs.mkdtempSync(path.join(os.tmpdir(), "local-images-"));
  try {
    const result = await provideImages({
      images: ["grafana", "tempo", "grafana"],
      dockerHost: "unix:///nonexistent/docker.sock",
      cacheDirectory,
      progress: () => undefined,
    });
    expect(result.left).toEqual([
      { image: "grafana", reason: "it cannot be built here from Debian packages and Go modules" },
      {
        image: "tempo",
        reason:
          "it cannot be built here from Debian packages and Go modules; L2O_TEMPO_BIN can name its program",
      },
    ]);
    expect(result.overrides).toEqual({});
    expect(JSON.parse(fs.readFileSync(result.overridesFile, "utf8"))).toEqual({});
  } finally {
    fs.rmSync(cacheDirectory, { recursive: true, force: true });
  }
});

test("fails when the engine does not answer", async () => {
  const cacheDirectory = fs.mkdtempSync(path.join(os.tmpdir(), "local-images-"));
  try {
    await expect(
      provideImages({
        images: ["node"],
        dockerHost: "unix:///nonexistent/docker.sock",
        cacheDirectory,
        progress: () => undefined,
      }),
    ).rejects.toThrow("ENOENT");
  } finally {
    fs.rmSync(cacheDirectory, { recursive: true, force: true });
  }
});

test("the provider that is built is the one that stacks ask for", () => {
  expect(DOCKER_PROVIDER).toBe(dockerProviderVersion);
});
