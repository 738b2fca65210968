import * as fs from "node:fs";
import * as path from "node:path";

import { completeDirectory, findProgram, run, type Progress } from "./run";

const BASE_PACKAGES = ["busybox-static", "ca-certificates", "tzdata"];
const PROGRAM_FOLDERS = ["/usr/bin", "/usr/sbin"];
let listsRead: Promise<void> | undefined;

/** Names in the output of `apt-cache depends` that are shared-library packages. */
export function libraryDependencies(text: string): string[] {
  const names = [...text.matchAll(/^\s*\|?(?:Pre)?Depends: (\S+)$/gm)].map(
    ([, name]) => name ?? "",
  );
  return [...new Set(names.filter((name) => /^(lib|zlib)[\w.+-]+$/.test(name)))];
}

/** Says whether this machine has the programs that fetch and unpack Debian packages. */
export function canUnpack(): boolean {
  return ["apt-get", "apt-cache", "dpkg-deb"].every(
    (name) => findProgram(name, PROGRAM_FOLDERS) !== undefined,
  );
}

function tool(name: string): string {
  const file = findProgram(name, PROGRAM_FOLDERS);
  if (file === undefined) {
    throw new Error(`'${name}' is not installed: this image is put together on Debian only`);
  }
  return file;
}

/** The release in /etc/os-release text, such as `debian12`; `debian` when it names none. */
export function releaseOf(osRelease: string): string {
  const value = (key: string): string =>
    new RegExp(`^${key}=["']?([\\w.-]*)["']?$`, "m").exec(osRelease)?.[1] ?? "";
  return `${value("ID") || "debian"}${value("VERSION_ID")}`;
}

async function readLists(progress: Progress): Promise<void> {
  if (process.getuid?.() !== 0) {
    throw new Error(
      "the package lists are missing or old: run 'sudo apt-get update' and try again",
    );
  }
  listsRead ??= run({
    command: tool("apt-get"),
    args: ["update", "-q"],
    label: "reading Debian's package lists",
    progress,
  }).then(() => undefined);
  await listsRead;
}

async function withLists<T>(progress: Progress, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch {
    await readLists(progress);
    return work();
  }
}

async function libraryClosure(packages: readonly string[], progress: Progress): Promise<string[]> {
  const all = new Set(packages);
  let open = [...packages];
  while (open.length > 0) {
    const text = await run({
      command: tool("apt-cache"),
      args: ["depends", "--no-recommends", "--no-suggests", ...open],
      label: "resolving Debian packages",
      progress,
    });
    open = libraryDependencies(text).filter((name) => !all.has(name));
    for (const name of open) all.add(name);
  }
  return [...all].sort();
}

/** Unpacks Debian packages (with the shared libraries they need, where `libraries`) into a cached folder and returns it. */
async function unpack(o: {
  packages: readonly string[];
  libraries: boolean;
  cacheDirectory: string;
  progress: Progress;
}): Promise<string> {
  const release = debianRelease();
  const directory = path.join(o.cacheDirectory, "debian", `${release}-${o.packages.join("+")}`);
  await completeDirectory(directory, async (temporary) => {
    o.progress(`fetching Debian's ${o.packages.join(", ")}`);
    const packages = await withLists(o.progress, () =>
      o.libraries ? libraryClosure(o.packages, o.progress) : Promise.resolve([...o.packages]),
    );
    const archives = path.join(temporary, "archives");
    fs.mkdirSync(archives);
    await withLists(o.progress, () =>
      run({
        command: tool("apt-get"),
        // Root's downloads run as root here: apt's own user may not write into the cache folder.
        args: ["-q", "-o", "APT::Sandbox::User=root", "download", ...packages],
        cwd: archives,
        label: `fetching Debian's ${o.packages.join(", ")}`,
        progress: o.progress,
      }),
    );
    const root = path.join(temporary, "root");
    for (const archive of fs.readdirSync(archives).sort()) {
      await run({
        command: tool("dpkg-deb"),
        args: ["-x", path.join(archives, archive), root],
        label: `unpacking ${archive}`,
        progress: o.progress,
      });
    }
    fs.rmSync(archives, { recursive: true });
  });
  return path.join(directory, "root");
}

/** The Debian release of this machine, as a word for tags and cache keys. */
export function debianRelease(): string {
  return releaseOf(
    fs.existsSync("/etc/os-release") ? fs.readFileSync("/etc/os-release", "utf8") : "",
  );
}

/** The unpacked base that every image shares: busybox, CA certificates and zone data; rejects where there is no apt. */
export function unpackBase(cacheDirectory: string, progress: Progress): Promise<string> {
  return unpack({ packages: BASE_PACKAGES, libraries: false, cacheDirectory, progress });
}

/** Debian packages unpacked together with the shared libraries they need. */
export function unpackPrograms(
  packages: readonly string[],
  cacheDirectory: string,
  progress: Progress,
): Promise<string> {
  return unpack({ packages, libraries: true, cacheDirectory, progress });
}
