import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { findProgram } from "../../../commands/engine";
import { run } from "../../../commands/shell";
import { cacheDirectory } from "../../../commands/workspace";
import { packageRoot } from "../../../constructs/core/paths";
import { canUnpack, unpackPrograms } from "../../../tools/local-images/debian";
import { expect, print, type Steps } from "../../../tools/rig/steps";

const name = "shellcheck finds nothing in the host's scripts";

interface Shellcheck {
  readonly program: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Debian's shellcheck with its libraries, else the machine's own; nothing where neither can be had. */
async function provideShellcheck(): Promise<Shellcheck | undefined> {
  const installed = findProgram("shellcheck");
  if (!canUnpack()) return installed === undefined ? undefined : { program: installed };
  const root = await unpackPrograms(["shellcheck"], join(cacheDirectory, "local-images"), print);
  const libraries = join(root, "usr", "lib");
  const folders = readdirSync(libraries)
    .filter((folder) => folder.endsWith("-linux-gnu"))
    .map((folder) => join(libraries, folder));
  return {
    program: join(root, "usr", "bin", "shellcheck"),
    env: { LD_LIBRARY_PATH: folders.join(":") },
  };
}

/** Checks every shell script that the host gets with shellcheck, all optional findings of style included. */
export async function shellcheckOnAssets(steps: Steps): Promise<void> {
  const shellcheck = await provideShellcheck();
  if (shellcheck === undefined) {
    steps.skip(name, "it is not installed, and only Debian's own package is fetched by itself");
    return;
  }
  await steps.step(name, async () => {
    const folder = join(packageRoot, "assets", "host");
    const scripts = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(".sh"))
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
      .sort();
    expect(scripts.length > 0, `no script below ${folder}`);
    const { code, stdout, stderr } = await run(
      shellcheck.program,
      [
        "--external-sources",
        "--source-path=SCRIPTDIR",
        "--severity=style",
        "--format=gcc",
        ...scripts,
      ],
      { cwd: folder, env: shellcheck.env },
    );
    expect(code === 0, stdout + stderr);
    return `${String(scripts.length)} scripts`;
  });
}
