import { spawn } from "node:child_process";
import { createWriteStream, mkdirSync } from "node:fs";
import { dirname } from "node:path";

/** A command cannot do what it was asked; the message is for the user and the exit code is 1. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

/** Says one line of progress. */
export type Progress = (line: string) => void;

/** What a finished program left behind. */
export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Options of {@link run}. */
export interface RunOptions {
  /** @default - the present folder */
  readonly cwd?: string;
  /** Variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Written to the program's standard input. */
  readonly input?: string;
  /** Called with every line of either stream, as it comes. */
  readonly onLine?: (line: string) => void;
  /** Everything the program prints is appended to this file. */
  readonly logFile?: string;
  /**
   * After how many seconds the program is ended, which counts as a failure.
   * @default - never
   */
  readonly timeoutSeconds?: number;
}

/**
 * Runs a program to its end.
 * @throws CommandError when it cannot be started, with the reason as its cause; a failing exit code is the caller's to judge
 */
export function run(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Finished> {
  const { cwd, env, input, onLine, logFile, timeoutSeconds } = options;
  if (logFile !== undefined) mkdirSync(dirname(logFile), { recursive: true });
  const log = logFile === undefined ? undefined : createWriteStream(logFile, { flags: "a" });
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args], {
      cwd,
      env: { ...process.env, ...env },
      stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    });
    // Not spawn's own: that one stays when the program cannot be started.
    const timer =
      timeoutSeconds === undefined
        ? undefined
        : setTimeout(() => child.kill(), timeoutSeconds * 1000);
    const text = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      let rest = "";
      child[name]?.setEncoding("utf8").on("data", (chunk: string) => {
        text[name] += chunk;
        log?.write(chunk);
        const lines = (rest + chunk).split("\n");
        rest = lines.pop() ?? "";
        lines.forEach((line) => onLine?.(line));
      });
    }
    child.on("error", (error) => {
      clearTimeout(timer);
      log?.end();
      reject(new CommandError(`cannot run ${program}: ${error.message}`, { cause: error }));
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      log?.end();
      resolve({ code: code ?? 1, ...text });
    });
    if (input !== undefined) child.stdin?.end(input);
  });
}

/**
 * Runs a program that must succeed.
 * @returns what it printed
 * @throws CommandError with the end of what it printed
 */
export async function runOrFail(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await run(program, args, options);
  if (code === 0) return stdout;
  const said = (stderr.trim() === "" ? stdout : stderr).trim().split("\n").slice(-15).join("\n");
  throw new CommandError(
    `${program} ${args.slice(0, 3).join(" ")} failed with exit code ${String(code)}:\n${said}`,
  );
}

/** Waits. */
export function sleep(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

/** Says every 10 s that something still goes on, until it ends. */
export async function withHeartbeat<T>(
  progress: Progress,
  what: string,
  work: Promise<T>,
): Promise<T> {
  const began = Date.now();
  const timer = setInterval(() => {
    progress(`  ${what}: ${String(Math.round((Date.now() - began) / 1000))} s …`);
  }, 10_000);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}
