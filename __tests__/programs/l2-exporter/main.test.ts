import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { FakeChain } from "./support/fake-chain";
import { until } from "./support/harness";

const BUILD = resolve(__dirname, "../../../programs/l2-exporter/build.mjs");
const CANARY = "CANARY0123456789abcdef";

// Every test starts a process.
jest.setTimeout(20_000);

let directory: string;
let bundle: string;
const started: ChildProcess[] = [];
const fakes: FakeChain[] = [];

function run(args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((done) => {
    execFile(process.execPath, args, (error, stdout, stderr) => {
      done({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
    });
  });
}

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "l2-exporter-"));
  bundle = join(directory, "l2-exporter.js");
  const { code, stderr } = await run([BUILD, "bundle", bundle]);
  if (code !== 0) throw new Error(stderr);
});
afterAll(async () => {
  await Promise.all(fakes.map((fake) => fake.stop()));
  for (const child of started) child.kill("SIGKILL");
  rmSync(directory, { recursive: true });
});

test("the bundle is one small file, the same at every build", async () => {
  const again = join(directory, "again.js");
  await run([BUILD, "bundle", again]);
  expect(readFileSync(again).equals(readFileSync(bundle))).toBe(true);
  expect(statSync(bundle).size).toBeLessThan(1_000_000);
  const text = readFileSync(bundle, "utf8");
  expect(text).not.toContain("sourceMappingURL");
  expect(text).not.toContain(resolve(__dirname, "../../.."));
});

test.each([
  [["--version"], 0, /^\d+\.\d+\.\d+\n$/, /^$/],
  [["--help"], 0, /^usage: /, /^$/],
  [[], 1, /^$/, /^'--config' must be a file, got nothing\nusage: /],
  [["--oops"], 1, /^$/, /--oops/],
  [["--config", "/nowhere.yml"], 1, /^$/, /^'--config' must be a readable file, got "\/nowhere/],
])("%j", async (args, expected, output, errors) => {
  const { code, stdout, stderr } = await run([bundle, ...args]);
  expect(code).toBe(expected);
  expect(stdout).toMatch(output);
  expect(stderr).toMatch(errors);
});

test("--check tells every fault and exits with 1", async () => {
  const bad = file("bad.yml", `chains: [{ name: a, pollSeconds: 0, l1: { url: "${CANARY}" } }]`);
  const { code, stderr } = await run([bundle, "--config", bad, "--check"]);
  expect(code).toBe(1);
  expect(stderr.trim().split("\n")).toHaveLength(2);
  expect(stderr).toContain("'chains[0].pollSeconds' must be from 1 to 300, got 0");
  expect(stderr).not.toContain(CANARY);
  const good = file("good.yml", "chains: [{ name: a, l1: { url: http://l1:8545 } }]");
  expect(await run([bundle, "--config", good, "--check"])).toMatchObject({
    code: 0,
    stdout: "configuration is valid\n",
  });
});

test("fails when the address is taken", async () => {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  const config = file(
    "taken.yml",
    `listen: 127.0.0.1:${port}\nchains: [{ name: a, l1: { url: http://127.0.0.1:1 } }]`,
  );
  const { code, stderr } = await run([bundle, "--config", config]);
  server.close();
  expect(code).toBe(1);
  expect(stderr).toBe(`'listen' must be a free address, got "127.0.0.1:${port}" (EADDRINUSE)\n`);
});

test("SIGTERM ends it cleanly within a second, even while a request hangs", async () => {
  const chain = await FakeChain.start();
  fakes.push(chain);
  chain.mode = "hang";
  const config = file(
    "run.yml",
    `listen: 127.0.0.1:${await freePort()}
chains:
  - { name: a, pollSeconds: 1, l1: { url: "${chain.url}/${CANARY}?key=${CANARY}" } }`,
  );
  const child = spawn(process.execPath, [bundle, "--config", config]);
  started.push(child);
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  await until(() => chain.seen.length > 0);
  const exit = new Promise<number | null>((done) => child.once("exit", done));
  const since = performance.now();
  child.kill("SIGTERM");
  expect(await exit).toBe(0);
  expect(performance.now() - since).toBeLessThan(1000);
  expect(output).toContain('"message":"stopping"');
  expect(output).not.toContain(CANARY);
});
