import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { packageRoot } from "../../constructs/core/paths";
import {
  countTests,
  describeOutcome,
  describeTotal,
  runLanes,
  runStep,
  type Outcome,
} from "../../tools/check";

const report = {
  numPassedTests: 12,
  numFailedTests: 0,
  numRuntimeErrorTestSuites: 0,
  numPendingTests: 0,
  numTodoTests: 0,
};

const passed: Outcome = {
  name: "lint",
  passed: 1,
  failed: 0,
  seconds: 1.26,
  note: "",
  output: "a lot of words",
};

let folder: string;

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "l2-observatory-check-test-")));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function script(name: string, body: string): string {
  writeFileSync(join(folder, name), body);
  return relative(packageRoot, join(folder, name));
}

describe("countTests", () => {
  it("counts what passed", () => {
    expect(countTests(report, 0)).toEqual({ passed: 12, failed: 0, note: "" });
  });

  it("names what was skipped", () => {
    expect(countTests({ ...report, numPendingTests: 2, numTodoTests: 1 }, 0).note).toBe(
      "3 skipped",
    );
  });

  it("counts a suite that did not load as failed", () => {
    const broken = { ...report, numFailedTests: 2, numRuntimeErrorTestSuites: 1 };
    expect(countTests(broken, 1).failed).toBe(3);
  });

  it("counts a run that ended badly without a failed test as failed", () => {
    expect(countTests({ ...report, numPassedTests: 0 }, 1)).toMatchObject({ failed: 1 });
  });

  it("fails when a figure is missing", () => {
    expect(() => countTests({ numPassedTests: 1 }, 0)).toThrow("'numFailedTests' is missing");
    expect(() => countTests(null, 0)).toThrow("is missing in jest's report");
  });
});

describe("runStep", () => {
  it("passes on exit code 0", async () => {
    const outcome = await runStep({ name: "step", command: [script("ok.js", "")] });
    expect(outcome).toMatchObject({ name: "step", passed: 1, failed: 0 });
    expect(outcome.seconds).toBeGreaterThan(0);
  });

  it("fails on any other, and keeps what was written", async () => {
    const command = [
      script("bad.js", "console.log(process.argv[2]); console.error('err'); process.exit(3);"),
      "out",
    ] as const;
    const outcome = await runStep({ name: "step", command: [...command] });
    expect(outcome).toMatchObject({ passed: 0, failed: 1 });
    expect(outcome.output).toContain("out\n");
    expect(outcome.output).toContain("err\n");
  });

  it("fails when the program ends by a signal", async () => {
    const command = script(
      "killed.js",
      "process.kill(process.pid, 'SIGKILL'); setTimeout(() => {}, 9999);",
    );
    expect(await runStep({ name: "step", command: [command] })).toMatchObject({ failed: 1 });
  });

  it("fails when what it should count is not there", async () => {
    const outcome = await runStep({
      name: "tests",
      command: [script("silent.js", "")],
      count: () => {
        throw new Error("no report");
      },
    });
    expect(outcome).toMatchObject({ passed: 0, failed: 1, note: "no result" });
    expect(outcome.output).toContain("no report");
  });
});

describe("what is told", () => {
  it("is one line for a step that passed", () => {
    expect(describeOutcome(passed)).toBe("✓ lint 1.3 s\n");
    expect(describeOutcome({ ...passed, passed: 40, note: "2 skipped" })).toBe(
      "✓ lint (40 passed, 0 failed, 2 skipped) 1.3 s\n",
    );
  });

  it("is everything for a step that failed", () => {
    expect(describeOutcome({ ...passed, passed: 0, failed: 1, output: "x is wrong\n\n" })).toBe(
      "✗ lint 1.3 s\nx is wrong\n",
    );
  });

  it("ends in a plain sum", () => {
    const tests = { ...passed, passed: 40, failed: 2 };
    expect(describeTotal([passed, passed, tests])).toBe("42 passed, 2 failed");
  });

  it("covers every step, also behind one that failed", async () => {
    const told: string[] = [];
    const bad = { name: "bad", command: [script("exit.js", "process.exit(1)")] as [string] };
    const good = { name: "good", command: [script("fine.js", "")] as [string] };

    const outcomes = await runLanes([[bad, good], [good]], (text) => told.push(text));

    expect(describeTotal(outcomes)).toBe("2 passed, 1 failed");
    expect(told.map((text) => text.slice(0, 5)).sort()).toEqual(["✓ goo", "✓ goo", "✗ bad"].sort());
  });
});
