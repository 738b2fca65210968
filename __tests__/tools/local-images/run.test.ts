import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import {
  completeDirectory,
  findProgram,
  Lanes,
  run,
  temporaryDirectory,
} from "../../../tools/local-images/run";

const silent = (): void => undefined;

test("run returns what a program writes and fails with the end of its errors", async () => {
  const node = process.execPath;
  const call = (script: string): Promise<string> =>
    run({ command: node, args: ["-e", script], label: "x", progress: silent });
  expect(await call("console.log('out'); console.error('noise')")).toBe("out\n");
  await expect(call("console.error('one\\ntwo'); process.exit(3)")).rejects.toThrow(
    /node -e failed \(exit code 3\): one\ntwo/,
  );
  await expect(call("process.kill(process.pid, 'SIGTERM')")).rejects.toThrow("signal SIGTERM");
  await expect(
    run({ command: "/nonexistent/x", args: [], label: "x", progress: silent }),
  ).rejects.toThrow("ENOENT");
});

test("a program is found on PATH and in the extra folders, a folder is not a program", () => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "find-"));
  try {
    fs.writeFileSync(path.join(directory, "only-here"), "", { mode: 0o755 });
    fs.writeFileSync(path.join(directory, "not-executable"), "", { mode: 0o644 });
    fs.mkdirSync(path.join(directory, "folder"));
    expect(findProgram("only-here", [directory])).toBe(path.join(directory, "only-here"));
    expect(findProgram("only-here")).toBeUndefined();
    expect(findProgram("folder", [directory])).toBeUndefined();
    expect(findProgram("sh")).toMatch(/\/sh$/);
  } finally {
    fs.rmSync(directory, { recursive: true });
  }
});

test("two lanes never run three works, a failed work frees its lane, order is kept", async () => {
  const lanes = new Lanes(2);
  const started: number[] = [];
  let now = 0;
  let most = 0;
  const work = (id: number) =>
    lanes.run(async () => {
      started.push(id);
      most = Math.max(most, ++now);
      await sleep(5);
      now--;
      if (id === 1) throw new Error("one fails");
      return id;
    });
  const results = await Promise.allSettled([0, 1, 2, 3, 4].map(work));
  expect(most).toBe(2);
  expect(started).toEqual([0, 1, 2, 3, 4]);
  expect(results.map(({ status }) => status)).toEqual([
    "fulfilled",
    "rejected",
    "fulfilled",
    "fulfilled",
    "fulfilled",
  ]);
});

test("a folder is filled once for two callers, and not left behind half full", async () => {
  const parent = fs.mkdtempSync(path.join(os.tmpdir(), "complete-"));
  try {
    const directory = path.join(parent, "deep", "folder");
    let calls = 0;
    const fill = async (temporary: string): Promise<void> => {
      calls++;
      await sleep(5);
      fs.writeFileSync(path.join(temporary, "file"), "x");
    };
    await Promise.all([completeDirectory(directory, fill), completeDirectory(directory, fill)]);
    await completeDirectory(directory, fill);
    expect(calls).toBe(1);
    expect(fs.readFileSync(path.join(directory, "file"), "utf8")).toBe("x");

    const failing = path.join(parent, "failing");
    await expect(
      completeDirectory(failing, (temporary) => {
        fs.writeFileSync(path.join(temporary, "half"), "");
        return Promise.reject(new Error("no space"));
      }),
    ).rejects.toThrow("no space");
    expect(fs.readdirSync(parent)).toEqual(["deep"]);
  } finally {
    fs.rmSync(parent, { recursive: true });
  }
});

test("what a run cut short left behind is removed after six hours, not before", () => {
  const parent = fs.mkdtempSync(path.join(os.tmpdir(), "abandoned-"));
  try {
    const directory = path.join(parent, "folder");
    const made = (name: string, hoursAgo: number): void => {
      const other = path.join(parent, name);
      fs.mkdirSync(other);
      fs.utimesSync(
        other,
        Date.now() / 1000 - hoursAgo * 3600,
        Date.now() / 1000 - hoursAgo * 3600,
      );
    };
    made("folder.part-old", 7);
    made("folder.part-new", 5);
    made("other.part-old", 7);
    const temporary = temporaryDirectory(directory);
    expect(fs.readdirSync(parent).sort()).toEqual(
      ["folder.part-new", "other.part-old", path.basename(temporary)].sort(),
    );
  } finally {
    fs.rmSync(parent, { recursive: true });
  }
});
