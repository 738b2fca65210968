import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { tarHeader, writeTar, type TarEntry } from "../../../tools/local-images/tar";

let directory: string;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "tar-"));
});
afterEach(() => {
  fs.rmSync(directory, { recursive: true, force: true });
});

test("GNU tar lists owner, bits, size and links as they were given", async () => {
  const source = path.join(directory, "source");
  fs.writeFileSync(source, Buffer.alloc(70_000, 7));
  const long = `${"folder/".repeat(20)}file`;
  const entries: TarEntry[] = [
    { type: "directory", path: "data", mode: 0o755, uid: 65534, gid: 65534 },
    { type: "directory", path: "tmp", mode: 0o1777 },
    { type: "text", path: "etc/hello", mode: 0o644, text: "grüße\n" },
    { type: "link", path: "bin", mode: 0o777, target: "usr/bin" },
    { type: "file", path: long, mode: 0o755, source },
  ];
  const file = path.join(directory, "a.tar");
  const hash = await writeTar(file, entries);

  const listed = execFileSync("tar", ["--numeric-owner", "--utc", "-tvf", file], {
    encoding: "utf8",
  });
  expect(
    listed
      .trimEnd()
      .split("\n")
      .map((line) => line.replace(/\s+/g, " ")),
  ).toEqual([
    "drwxr-xr-x 65534/65534 0 1970-01-01 00:00 data/",
    "drwxrwxrwt 0/0 0 1970-01-01 00:00 tmp/",
    "-rw-r--r-- 0/0 8 1970-01-01 00:00 etc/hello",
    "lrwxrwxrwx 0/0 0 1970-01-01 00:00 bin -> usr/bin",
    `-rwxr-xr-x 0/0 70000 1970-01-01 00:00 ${long}`,
  ]);
  expect(execFileSync("tar", ["-xOf", file, "etc/hello"], { encoding: "utf8" })).toBe("grüße\n");
  expect(execFileSync("tar", ["-xOf", file, long])).toEqual(Buffer.alloc(70_000, 7));
  expect(createHash("sha256").update(fs.readFileSync(file)).digest("hex")).toBe(hash);
});

test("the same entries give the same bytes, whatever the file's time", async () => {
  const source = path.join(directory, "source");
  fs.writeFileSync(source, "x");
  const entries: TarEntry[] = [{ type: "file", path: "x", mode: 0o644, source }];
  const first = await writeTar(path.join(directory, "1.tar"), entries);
  fs.utimesSync(source, 1000, 1000);
  expect(await writeTar(path.join(directory, "2.tar"), entries)).toBe(first);
});

test("fails when a name or a size does not fit a header", () => {
  const link = { type: "link", path: "a", mode: 0o777, target: "b".repeat(101) } as const;
  expect(() => tarHeader(link, 0)).toThrow("'target' must be 100 bytes at most");
  const text = { type: "text", mode: 0o644, text: "" } as const;
  expect(() => tarHeader({ ...text, path: "p".repeat(101) }, 0)).toThrow("'path' must fit");
  expect(() => tarHeader({ ...text, path: "a" }, 8 * 1024 ** 3)).toThrow(
    "'size' must be below 8 GiB in a tar header, got 8589934592 bytes",
  );
});

test("fails when a file does not exist", async () => {
  const source = path.join(directory, "none");
  await expect(
    writeTar(path.join(directory, "a.tar"), [{ type: "file", path: "x", mode: 0o644, source }]),
  ).rejects.toThrow("ENOENT");
});
