import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { below, currentToken, currentUrl } from "../../../programs/l2-exporter/location";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "l2-exporter-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

test("a URL from a file follows the file", async () => {
  const urlFile = join(directory, "url");
  writeFileSync(urlFile, "https://one.example/key-1\n");
  expect((await currentUrl({ urlFile })).href).toBe("https://one.example/key-1");
  writeFileSync(urlFile, "https://two.example/key-2");
  expect((await currentUrl({ urlFile })).href).toBe("https://two.example/key-2");
});

test.each([
  ["is missing", undefined, "the URL file cannot be read: ENOENT"],
  ["is empty", "\n", "the URL file is empty"],
  ["holds something else", "CANARY", "the URL file holds no http(s) URL"],
])("fails when the file %s", async (_, text, message) => {
  const urlFile = join(directory, "url");
  if (text !== undefined) writeFileSync(urlFile, text);
  await expect(currentUrl({ urlFile })).rejects.toMatchObject({ message });
});

test("a token is read without its line break", async () => {
  const tokenFile = join(directory, "token");
  writeFileSync(tokenFile, "test-token\n");
  expect(await currentToken(tokenFile)).toBe("test-token");
  await expect(currentToken(join(directory, "none"))).rejects.toThrow(
    "the token file cannot be read: ENOENT",
  );
});

test("paths go below the URL's own path and keep its query", () => {
  expect(below(new URL("http://u:p@beacon:5052/base/?key=1"), "/eth/v1/node/syncing").href).toBe(
    "http://u:p@beacon:5052/base/eth/v1/node/syncing?key=1",
  );
  expect(below(new URL("http://da"), "/health").href).toBe("http://da/health");
});
