import { createHash } from "node:crypto";
import * as path from "node:path";
import { findProgram } from "../../commands/engine";
import { CommandError, run as runProgram } from "../../commands/shell";
import { cacheDirectory as defaultCache } from "../../commands/workspace";
import { completeDirectory, run, type Progress } from "../local-images/run";

const interpreters = ["python3", "python"];
const repair =
  "install Python 3.9 or newer with its module venv (Debian: python3 and python3-venv)";

/** Reads `Python 3.11.7`; undefined for anything older than 3.9. */
export function pythonVersion(text: string): string | undefined {
  const [, version, minor] = /^Python (3\.(\d+)\.\S+)/.exec(text.trim()) ?? [];
  return Number(minor) >= 9 ? version : undefined;
}

async function findPython(): Promise<{ readonly file: string; readonly version: string }> {
  const unusable: string[] = [];
  for (const name of interpreters) {
    const file = findProgram(name);
    if (file === undefined) continue;
    const { stdout, stderr } = await runProgram(file, ["--version"]);
    const version = pythonVersion(stdout === "" ? stderr : stdout);
    if (version !== undefined) return { file, version };
    unusable.push(`${file}: ${(stdout + stderr).trim()}`);
  }
  const got = unusable.length === 0 ? "none on PATH" : unusable.join(", ");
  throw new CommandError(`'python3' must be 3.9 or newer, got ${got}; ${repair}`);
}

/** What {@link providePython} is asked for. */
export interface PythonOptions {
  /** Packages with exact versions, such as `checkov==3.3.30`. */
  readonly packages: readonly string[];
  readonly progress: Progress;
  /** @default - the cache of all checkouts */
  readonly cacheDirectory?: string;
}

/**
 * Makes a virtual environment with these packages, or takes the one that the cache holds for them.
 * @returns the environment's interpreter: run modules with `-m`, since a venv's own scripts name the folder where it was made
 * @throws CommandError where there is no Python 3.9 with venv; Error with pip's words when a package cannot be had
 */
export async function providePython(o: PythonOptions): Promise<string> {
  const { file, version } = await findPython();
  const key = createHash("sha256")
    .update(JSON.stringify([version, process.arch, o.packages]))
    .digest("hex")
    .slice(0, 12);
  const directory = path.join(o.cacheDirectory ?? defaultCache, "python", key);
  await completeDirectory(directory, async (temporary) => {
    const label = `installing ${o.packages.join(", ")}`;
    o.progress(`${label} for Python ${version}`);
    try {
      await run({ command: file, args: ["-m", "venv", temporary], label, progress: o.progress });
    } catch (error) {
      throw new CommandError(`'${file} -m venv' failed; ${repair}: ${String(error)}`, {
        cause: error,
      });
    }
    await run({
      command: path.join(temporary, "bin", "python"),
      args: ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...o.packages],
      label,
      progress: o.progress,
    });
  });
  return path.join(directory, "bin", "python");
}
