import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";

import { goModuleDirectory } from "./paths";
import { GO_MODULES, type GoModule, type GoModuleName } from "./recipes";
import {
  completeDirectory,
  findProgram,
  Lanes,
  run,
  temporaryDirectory,
  type Progress,
} from "./run";

const OLDEST_GO = [1, 21] as const;
// One build downloads or links on one core while the other compiles.
const lanes = new Lanes(2);
const running = new Map<string, Promise<void>>();
let found: Promise<{ program: string; version: string }> | undefined;

/** The go command and its version; rejects when there is none or it cannot fetch the Go version a module asks for. */
export function findGo(progress: Progress): Promise<{ program: string; version: string }> {
  found ??= (async () => {
    const program = findProgram("go", ["/usr/local/go/bin", "/usr/lib/go/bin"]);
    if (program === undefined) {
      throw new Error(
        "Go is not installed: install Go 1.21 or newer (https://go.dev/dl) and try again",
      );
    }
    const text = await run({ command: program, args: ["version"], label: "go version", progress });
    const version = goVersion(text);
    if (!isNewEnough(version)) {
      throw new Error(`Go must be 1.21 or newer, got ${version}: update it (https://go.dev/dl)`);
    }
    return { program, version };
  })();
  return found;
}

/** The version in the output of `go version`, such as `go1.26.8`; throws when there is none. */
export function goVersion(text: string): string {
  const version = /\bgo\d+(?:\.\w+)*/.exec(text)?.[0];
  if (version === undefined) throw new Error(`no version in the output of 'go version': ${text}`);
  return version;
}

/** Says whether a Go version can fetch the newer Go that a go.mod names (1.21 and later). */
export function isNewEnough(version: string): boolean {
  const [, major, minor] = /^go(\d+)\.(\d+)/.exec(version) ?? [];
  const [wantedMajor, wantedMinor] = OLDEST_GO;
  if (Number(major) !== wantedMajor) return Number(major) > wantedMajor;
  return Number(minor) >= wantedMinor;
}

/** What a module's binaries depend on, as text: its requirements, their checksums, its own sources and the flags. */
export function moduleFingerprint(name: GoModuleName): string {
  const module: GoModule = GO_MODULES[name];
  const read = (file: string): string =>
    fs.readFileSync(path.join(goModuleDirectory(name), file), "utf8");
  const sources = fs
    .readdirSync(goModuleDirectory(name))
    .filter((file) => file.endsWith(".go"))
    .sort();
  return createHash("sha256")
    .update(
      JSON.stringify([
        process.arch,
        read("go.mod"),
        read("go.sum"),
        module,
        // Most modules have none: their key is what it was.
        ...sources.map(read),
      ]),
    )
    .digest("hex");
}

function binDirectory(cacheDirectory: string, name: GoModuleName, version: string): string {
  const key = `${name}-${version}-${moduleFingerprint(name).slice(0, 12)}`;
  return path.join(cacheDirectory, "bin", key);
}

/** Builds binaries of one Go module that are not in the cache yet and returns name → path. */
export async function buildBinaries(o: {
  module: GoModuleName;
  binaries: readonly string[];
  cacheDirectory: string;
  progress: Progress;
}): Promise<Record<string, string>> {
  const { program, version } = await findGo(o.progress);
  const module: GoModule = GO_MODULES[o.module];
  const bin = binDirectory(o.cacheDirectory, o.module, version);
  const files: Record<string, string> = {};
  for (const binary of o.binaries) {
    if (module.binaries[binary] === undefined) {
      throw new Error(`the Go module ${o.module} has no binary '${binary}'`);
    }
    files[binary] = path.join(bin, binary, binary);
  }
  // One build at a time in a module: two would compile the same packages side by side.
  const key = `${o.cacheDirectory}\0${o.module}`;
  const before = running.get(key) ?? Promise.resolve();
  const missing = (): string[] => o.binaries.filter((b) => !fs.existsSync(files[b] ?? ""));
  const build = async (): Promise<void> => {
    if (missing().length > 0) {
      await lanes.run(() =>
        buildMissing({ ...o, name: o.module, program, bin, files, missing: missing() }),
      );
    }
  };
  const mine = before.then(build, build);
  running.set(key, mine);
  await mine;
  return files;
}

/** Groups binaries that one call of `go build` can make: same linker values, and files named after the package's last element. */
export function buildGroups(module: GoModule, binaries: readonly string[]): string[][] {
  const groups = new Map<string, string[]>();
  for (const name of binaries) {
    const binary = module.binaries[name];
    const natural = path.posix.basename(binary?.package ?? "") === name;
    const key = natural ? JSON.stringify(binary?.variables ?? {}) : name;
    groups.set(key, [...(groups.get(key) ?? []), name]);
  }
  return [...groups.values()];
}

/** The arguments of the `go build` call for one group. */
export function buildArguments(
  module: GoModule,
  group: readonly string[],
  output: string,
): string[] {
  const [first = ""] = group;
  const values = Object.entries(module.binaries[first]?.variables ?? {});
  return [
    "build",
    "-mod=readonly",
    "-trimpath",
    "-buildvcs=false",
    `-tags=${module.tags.join(",")}`,
    `-ldflags=${["-s", "-w", ...values.map(([name, value]) => `-X ${name}=${value}`)].join(" ")}`,
    "-o",
    group.length > 1 ? `${output}${path.sep}` : path.join(output, first),
    ...group.map((name) => module.binaries[name]?.package ?? ""),
  ];
}

async function buildMissing(o: {
  name: GoModuleName;
  program: string;
  bin: string;
  files: Readonly<Record<string, string>>;
  missing: readonly string[];
  progress: Progress;
}): Promise<void> {
  const module: GoModule = GO_MODULES[o.name];
  const label = `building ${o.missing.join(", ")}`;
  o.progress(`${label} (Go, up to ${module.minutes} min on two cores the first time)`);
  const started = Date.now();
  const scratch = temporaryDirectory(path.join(o.bin, "build"));
  try {
    for (const group of buildGroups(module, o.missing)) {
      await run({
        command: o.program,
        args: buildArguments(module, group, scratch),
        cwd: goModuleDirectory(o.name),
        env: { ...process.env, CGO_ENABLED: "0", GOWORK: "off", GOFLAGS: "" },
        label,
        progress: o.progress,
        started,
      });
    }
    for (const binary of o.missing) {
      await completeDirectory(path.dirname(o.files[binary] ?? ""), (temporary) =>
        fs.promises.rename(path.join(scratch, binary), path.join(temporary, binary)),
      );
    }
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
  o.progress(`built ${o.missing.join(", ")} in ${Math.round((Date.now() - started) / 1000)} s`);
}
