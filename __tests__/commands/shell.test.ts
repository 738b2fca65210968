import { run, runOrFail } from "../../commands/shell";

test("a program's streams and exit code are kept; its lines come as they are printed", async () => {
  const lines: string[] = [];
  const finished = await run("sh", ["-c", "echo out; echo err >&2; cat; exit 3"], {
    input: "in",
    onLine: (line) => lines.push(line),
  });
  expect(finished).toEqual({ code: 3, stdout: "out\nin", stderr: "err\n" });
  expect(lines.sort()).toEqual(["err", "out"]);
});

test("a program that takes too long is ended, which is a failure", async () => {
  const { code } = await run("sleep", ["30"], { timeoutSeconds: 0.1 });
  expect(code).toBe(1);
});

test("fails with the reason as the cause when a program cannot be started", async () => {
  const failure = run("no-such-program", [], { timeoutSeconds: 30 });
  await expect(failure).rejects.toMatchObject({
    message: "cannot run no-such-program: spawn no-such-program ENOENT",
    cause: { code: "ENOENT" },
  });
});

test("fails with the end of what a program printed", async () => {
  await expect(runOrFail("sh", ["-c", "echo why >&2; exit 2"])).rejects.toThrow(
    "sh -c echo why >&2; exit 2 failed with exit code 2:\nwhy",
  );
});
