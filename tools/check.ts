import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { packageRoot } from "../constructs/core/paths";

/** What a step says about itself when it has ended. */
export interface Outcome {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly seconds: number;
  /** In brackets behind the name; empty for nothing. */
  readonly note: string;
  /** Everything the step wrote; shown when it failed. */
  readonly output: string;
}

/** One check: a program of node_modules, or any script, run by this Node.js. */
export interface Step {
  readonly name: string;
  /** Script and arguments; the script relative to the package's root. */
  readonly command: readonly [string, ...string[]];
  /**
   * Reads what the step counted.
   * @default - one passed for exit code 0, else one failed
   */
  readonly count?: (exitCode: number) => Pick<Outcome, "passed" | "failed" | "note">;
}

function field(report: unknown, name: string): number {
  const value =
    typeof report === "object" && report !== null
      ? (report as Readonly<Record<string, unknown>>)[name]
      : undefined;
  if (typeof value !== "number") throw new Error(`'${name}' is missing in jest's report`);
  return value;
}

/**
 * Counts the tests of a jest report. A suite that did not load counts as one failed, and so does a run that ended
 * badly without a failed test (nothing found, an obsolete snapshot, a crash).
 */
export function countTests(
  report: unknown,
  exitCode: number,
): Pick<Outcome, "passed" | "failed" | "note"> {
  const failed = field(report, "numFailedTests") + field(report, "numRuntimeErrorTestSuites");
  const skipped = field(report, "numPendingTests") + field(report, "numTodoTests");
  return {
    passed: field(report, "numPassedTests"),
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    note: skipped === 0 ? "" : `${skipped} skipped`,
  };
}

/** Runs a step to its end; a program that cannot be started has failed. */
export async function runStep(step: Step): Promise<Outcome> {
  const [script, ...rest] = step.command;
  const began = performance.now();
  const { exitCode, output } = await new Promise<{ exitCode: number; output: string }>((done) => {
    const child = spawn(process.execPath, [join(packageRoot, script), ...rest], {
      cwd: packageRoot,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
    const end = (code: number, more = "") => {
      done({ exitCode: code, output: Buffer.concat(chunks).toString("utf8") + more });
    };
    child.on("error", (error) => {
      end(1, String(error));
    });
    child.on("close", (code) => {
      end(code ?? 1);
    });
  });
  const failed = exitCode === 0 ? 0 : 1;
  let counted = { passed: 1 - failed, failed, note: "" };
  let problem = "";
  try {
    counted = step.count?.(exitCode) ?? counted;
  } catch (error) {
    counted = { passed: 0, failed: 1, note: "no result" };
    problem = `\n${String(error)}`;
  }
  const seconds = (performance.now() - began) / 1000;
  return { name: step.name, seconds, output: output + problem, ...counted };
}

/** One line for a step, followed by what it wrote if it failed. */
export function describeOutcome(outcome: Outcome): string {
  const { name, passed, failed, note, seconds, output } = outcome;
  const mark = failed === 0 ? "✓" : "✗";
  const counts = passed + failed === 1 ? "" : `${passed} passed, ${failed} failed`;
  const details = [counts, note].filter((part) => part !== "").join(", ");
  const line = `${mark} ${name}${details === "" ? "" : ` (${details})`} ${seconds.toFixed(1)} s\n`;
  return failed === 0 ? line : `${line}${output.trimEnd()}\n`;
}

/** The last line of a run; its form is relied on by whoever reads the output. */
export function describeTotal(outcomes: readonly Outcome[]): string {
  const sum = (of: (outcome: Outcome) => number) => outcomes.reduce((n, one) => n + of(one), 0);
  return `${sum((one) => one.passed)} passed, ${sum((one) => one.failed)} failed`;
}

/**
 * Runs lanes side by side, the steps of a lane one after another, and tells each end. A failed step stops nothing:
 * one run shows everything that is wrong.
 */
export async function runLanes(
  lanes: readonly (readonly Step[])[],
  tell: (text: string) => void,
): Promise<Outcome[]> {
  const outcomes = await Promise.all(
    lanes.map(async (lane) => {
      const ended: Outcome[] = [];
      for (const step of lane) {
        const outcome = await runStep(step);
        tell(describeOutcome(outcome));
        ended.push(outcome);
      }
      return ended;
    }),
  );
  return outcomes.flat();
}

async function main(jestArguments: readonly string[]): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), "l2-observatory-check-"));
  try {
    const report = join(scratch, "jest.json");
    const tests: Step = {
      name: "tests",
      command: [
        "node_modules/jest/bin/jest.js",
        "--ci",
        "--json",
        `--outputFile=${report}`,
        // One core is left to the other lane; where there are two, a test would otherwise wait for a core.
        `--maxWorkers=${Math.max(1, availableParallelism() - 1)}`,
        "--testTimeout=30000",
        ...jestArguments,
      ],
      count: (exitCode) => countTests(JSON.parse(readFileSync(report, "utf8")), exitCode),
    };
    const statics: Step[] = [
      {
        name: "types",
        command: ["node_modules/typescript/bin/tsc", "-p", "tsconfig.json", "--noEmit"],
      },
      { name: "lint", command: ["node_modules/eslint/bin/eslint.js", "."] },
      { name: "format", command: ["node_modules/prettier/bin/prettier.cjs", "--check", "."] },
    ];
    const outcomes = await runLanes([statics, [tests]], (text) => process.stdout.write(text));
    process.stdout.write(`${describeTotal(outcomes)}\n`);
    if (outcomes.some(({ failed }) => failed > 0)) process.exitCode = 1;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

if (require.main === module) void main(process.argv.slice(2));
