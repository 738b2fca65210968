import * as fs from "node:fs";
import * as path from "node:path";

import { canUnpack, unpackBase, unpackPrograms } from "./debian";
import { buildBinaries } from "./go";
import { GROUP, PASSWD, type GoModuleName, type HostProgram, type Recipe } from "./recipes";
import { run, type Progress } from "./run";
import type { TarEntry } from "./tar";

const MERGED = ["bin", "lib", "lib64", "sbin"];

/** A path in an image as a tar path: relative, and below usr/ where the image has only a link outside it. */
export function imagePath(file: string): string {
  const relative = path.posix.normalize(file).replace(/^\/+/, "");
  return MERGED.includes(relative.split("/")[0] ?? "") ? `usr/${relative}` : relative;
}

/** Adds the missing parent folders (root, 0755), drops repeats (the last one wins) and sorts parents first. */
export function completeEntries(entries: readonly TarEntry[]): TarEntry[] {
  const byPath = new Map<string, TarEntry>();
  for (const entry of entries) byPath.set(entry.path, entry);
  for (const entry of entries) {
    let parent = path.posix.dirname(entry.path);
    while (parent !== "." && !byPath.has(parent)) {
      byPath.set(parent, { type: "directory", path: parent, mode: 0o755 });
      parent = path.posix.dirname(parent);
    }
  }
  return [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

/** Paths in the output of `ldd`: the shared libraries and the loader. */
export function lddPaths(text: string): string[] {
  const paths = [...text.matchAll(/^\s+(?:\S+ => )?(\/\S+) \(0x[0-9a-f]+\)$/gm)];
  return [...new Set(paths.map(([, file]) => file ?? ""))];
}

function walk(root: string, below = ""): string[] {
  return fs.readdirSync(path.join(root, below), { withFileTypes: true }).flatMap((entry) => {
    const relative = path.posix.join(below, entry.name);
    return entry.isDirectory() ? walk(root, relative) : [relative];
  });
}

function fromDisk(root: string, relative: string): TarEntry {
  const source = path.join(root, relative);
  const stat = fs.lstatSync(source);
  const target = imagePath(relative);
  return stat.isSymbolicLink()
    ? { type: "link", path: target, mode: 0o777, target: fs.readlinkSync(source) }
    : { type: "file", path: target, mode: stat.mode & 0o755, source };
}

async function baseEntries(cacheDirectory: string, progress: Progress): Promise<TarEntry[]> {
  const root = await unpackBase(cacheDirectory, progress);
  const busybox = [path.join(root, "usr/bin/busybox"), path.join(root, "bin/busybox")].find(
    (file) => fs.existsSync(file),
  );
  if (busybox === undefined) throw new Error("Debian's busybox-static has no busybox");
  const applets = await run({
    command: busybox,
    args: ["--list"],
    label: "busybox --list",
    progress,
  });
  const certificates = path.join(root, "usr/share/ca-certificates");
  const zones = walk(root, "usr/share/zoneinfo").filter(
    (file) => !/\/zoneinfo\/(right|posix)\//.test(file),
  );
  return [
    ...MERGED.map((name): TarEntry => ({
      type: "link",
      path: name,
      mode: 0o777,
      target: `usr/${name}`,
    })),
    ...["dev", "proc", "sys", "run", "var", "usr/local/bin", "usr/lib64", "usr/sbin"].map(
      (name): TarEntry => ({ type: "directory", path: name, mode: 0o755 }),
    ),
    { type: "link", path: "var/run", mode: 0o777, target: "/run" },
    { type: "directory", path: "tmp", mode: 0o1777 },
    { type: "directory", path: "var/tmp", mode: 0o1777 },
    { type: "directory", path: "root", mode: 0o700 },
    { type: "directory", path: "home", mode: 0o755 },
    { type: "directory", path: "home/node", mode: 0o755, uid: 1000, gid: 1000 },
    { type: "text", path: "etc/passwd", mode: 0o644, text: PASSWD },
    { type: "text", path: "etc/group", mode: 0o644, text: GROUP },
    { type: "text", path: "etc/nsswitch.conf", mode: 0o644, text: "hosts: files dns\n" },
    {
      type: "text",
      path: "etc/ssl/certs/ca-certificates.crt",
      mode: 0o644,
      text: walk(certificates)
        .filter((file) => file.endsWith(".crt"))
        .sort()
        .map((file) => fs.readFileSync(path.join(certificates, file), "utf8").trimEnd() + "\n")
        .join(""),
    },
    { type: "file", path: "usr/bin/busybox", mode: 0o755, source: busybox },
    ...applets
      .split("\n")
      .filter((name) => /^[\w[.+-]+$/.test(name) && name !== "busybox")
      .map((name): TarEntry => ({
        type: "link",
        path: `usr/bin/${name}`,
        mode: 0o777,
        target: "busybox",
      })),
    ...zones.map((file) => fromDisk(root, file)),
  ];
}

async function goEntries(
  recipe: Recipe,
  cacheDirectory: string,
  progress: Progress,
): Promise<TarEntry[]> {
  const wanted = new Map<GoModuleName, string[]>();
  for (const [module, binary] of Object.values(recipe.go ?? {})) {
    wanted.set(module, [...(wanted.get(module) ?? []), binary]);
  }
  const built = new Map<string, string>();
  for (const [module, binaries] of wanted) {
    const files = await buildBinaries({ module, binaries, cacheDirectory, progress });
    for (const [binary, file] of Object.entries(files)) built.set(`${module}/${binary}`, file);
  }
  return Object.entries(recipe.go ?? {}).map(([target, [module, binary]]) => ({
    type: "file",
    path: imagePath(target),
    mode: 0o755,
    source: built.get(`${module}/${binary}`) ?? "",
  }));
}

async function debianEntries(
  wanted: NonNullable<Recipe["debian"]>,
  cacheDirectory: string,
  progress: Progress,
): Promise<TarEntry[]> {
  const root = await unpackPrograms(wanted.packages, cacheDirectory, progress);
  const files = walk(root);
  const needed = files.filter(
    (file) =>
      wanted.files.includes(`/${file}`) ||
      (/^(usr\/)?lib(32|64)?\/.*\.so(\.[\w.]+)?$/.test(file) && !/\/(gconv|audit)\//.test(file)),
  );
  for (const file of wanted.files) {
    if (!files.includes(file.slice(1))) {
      throw new Error(`Debian's ${wanted.packages.join(", ")} have no file ${file}`);
    }
  }
  return needed.map((file) => fromDisk(root, file));
}

/** The file of a program of this machine; nothing where its variable is not set. */
export function hostProgram(program: HostProgram): string | undefined {
  return program === "node" ? process.execPath : process.env[program];
}

async function hostEntries(
  programs: NonNullable<Recipe["host"]>,
  progress: Progress,
): Promise<TarEntry[]> {
  const entries = await Promise.all(
    Object.entries(programs).map(async ([target, program]): Promise<TarEntry[]> => {
      const source = hostProgram(program);
      if (source === undefined) throw new Error(`${program} must name a program, got nothing`);
      if (!fs.existsSync(source))
        throw new Error(`${program} must name a program, got '${source}'`);
      const label = `finding the libraries of ${path.basename(source)}`;
      // A program without libraries makes ldd fail.
      const ldd = await run({ command: "ldd", args: [source], label, progress }).catch(() => "");
      const libraries = lddPaths(ldd);
      // C libraries before 2.34 load their name services at run time: ldd does not see them.
      const folder = path.dirname(libraries.find((file) => file.includes("/libc.so")) ?? "/");
      const services = ["libnss_dns.so.2", "libnss_files.so.2", "libresolv.so.2"]
        .map((name) => path.join(folder, name))
        .filter((file) => fs.existsSync(file));
      return [
        { type: "file", path: imagePath(target), mode: 0o755, source },
        ...[...new Set([...libraries, ...services])].map((file): TarEntry => ({
          type: "file",
          path: imagePath(file),
          mode: 0o755,
          source: fs.realpathSync(file),
        })),
      ];
    }),
  );
  return entries.flat();
}

/** The complete root file system of one image; builds and fetches what is not in the cache. */
export async function rootFileSystem(
  recipe: Recipe,
  cacheDirectory: string,
  progress: Progress,
): Promise<TarEntry[]> {
  if (!canUnpack()) {
    throw new Error("it needs apt-get and dpkg-deb: build it on Debian or one of its derivatives");
  }
  const parts = await Promise.all([
    baseEntries(cacheDirectory, progress),
    goEntries(recipe, cacheDirectory, progress),
    recipe.debian === undefined ? [] : debianEntries(recipe.debian, cacheDirectory, progress),
    recipe.host === undefined ? [] : hostEntries(recipe.host, progress),
  ]);
  return completeEntries([
    ...parts.flat(),
    ...Object.entries(recipe.directories ?? {}).map(([target, [owner, mode]]): TarEntry => ({
      type: "directory",
      path: imagePath(target),
      mode,
      uid: owner,
      gid: owner,
    })),
    ...Object.entries(recipe.files ?? {}).map(([target, text]): TarEntry => ({
      type: "text",
      path: imagePath(target),
      mode: 0o644,
      text,
    })),
    ...Object.entries(recipe.links ?? {}).map(([target, to]): TarEntry => ({
      type: "link",
      path: imagePath(target),
      mode: 0o777,
      target: to,
    })),
  ]);
}
