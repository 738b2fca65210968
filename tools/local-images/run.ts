import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";

/** Receives one line of text per step that a person should see. */
export type Progress = (line: string) => void;

const HEARTBEAT_SECONDS = 15;
const KEPT_OUTPUT = 64 * 1024;

/** Runs a program and returns its standard output; fails with the end of what it wrote. Says every 15 s that `label` still runs. */
export function run(o: {
  command: string;
  args: readonly string[];
  label: string;
  progress: Progress;
  /** When the step began (milliseconds), where this call is one of several; default now. */
  started?: number;
  cwd?: string;
  env?: NodeJS.ProcessEnv;
}): Promise<string> {
  return new Promise((resolve, reject) => {
    const started = o.started ?? Date.now();
    const child = spawn(o.command, o.args, {
      cwd: o.cwd,
      env: o.env ?? process.env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const timer = setInterval(() => {
      o.progress(`  … ${o.label}, ${Math.round((Date.now() - started) / 1000)} s`);
    }, HEARTBEAT_SECONDS * 1000);
    const output: Buffer[] = [];
    let errors = "";
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => {
      errors = (errors + chunk.toString("utf8")).slice(-KEPT_OUTPUT);
    });
    child.on("error", (error) => {
      clearInterval(timer);
      reject(error);
    });
    child.on("close", (code, signal) => {
      clearInterval(timer);
      const text = Buffer.concat(output).toString("utf8");
      if (code === 0) {
        resolve(text);
        return;
      }
      const said = (errors.trim() === "" ? text : errors).trim().split("\n").slice(-6).join("\n");
      const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
      reject(new Error(`${path.basename(o.command)} ${o.args[0] ?? ""} failed (${how}): ${said}`));
    });
  });
}

/** The path of a program on PATH or in one of `folders`; undefined when there is none. */
export function findProgram(name: string, folders: readonly string[] = []): string | undefined {
  for (const folder of [...(process.env["PATH"] ?? "").split(path.delimiter), ...folders]) {
    if (folder === "") continue;
    const file = path.join(folder, name);
    try {
      fs.accessSync(file, fs.constants.X_OK);
      if (fs.statSync(file).isFile()) return file;
    } catch {
      // Not here: try the next folder.
    }
  }
  return undefined;
}

/** Limits how many of the given works run at once; the rest wait in the order in which they came. */
export class Lanes {
  private free: number;
  private readonly waiting: (() => void)[] = [];

  /** @param lanes How many at once, at least 1. */
  constructor(lanes: number) {
    this.free = lanes;
  }

  /** Runs `work` as soon as a lane is free. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.free > 0) {
      this.free--;
    } else {
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.free++;
      else next();
    }
  }
}

const filling = new Map<string, Promise<void>>();

/** Makes a folder by `fill`ing a temporary neighbour and renaming it, so that it exists complete or not at all. */
export function completeDirectory(
  directory: string,
  fill: (temporary: string) => Promise<void>,
): Promise<void> {
  if (fs.existsSync(directory)) return Promise.resolve();
  const started =
    filling.get(directory) ??
    fillDirectory(directory, fill).finally(() => filling.delete(directory));
  filling.set(directory, started);
  return started;
}

async function fillDirectory(
  directory: string,
  fill: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = temporaryDirectory(directory);
  try {
    await fill(temporary);
    fs.chmodSync(temporary, 0o755);
    try {
      fs.renameSync(temporary, directory);
    } catch (error) {
      // Another process made the same folder meanwhile: its content is the same.
      if (!fs.existsSync(directory)) throw error;
    }
  } finally {
    fs.rmSync(temporary, { recursive: true, force: true });
  }
}

const ABANDONED_HOURS = 6;

/** Makes a temporary folder beside `directory` and removes those that runs cut short left there more than 6 h ago. */
export function temporaryDirectory(directory: string): string {
  const prefix = `${directory}.part-`;
  const parent = path.dirname(directory);
  fs.mkdirSync(parent, { recursive: true });
  for (const name of fs.readdirSync(parent)) {
    const other = path.join(parent, name);
    if (
      other.startsWith(prefix) &&
      Date.now() - fs.statSync(other).mtimeMs > ABANDONED_HOURS * 3_600_000
    ) {
      fs.rmSync(other, { recursive: true, force: true });
    }
  }
  return fs.mkdtempSync(prefix);
}
