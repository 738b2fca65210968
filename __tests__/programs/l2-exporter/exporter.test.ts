import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Config, checkConfig } from "../../../programs/l2-exporter/config";
import { Exporter } from "../../../programs/l2-exporter/exporter";
import { createLog } from "../../../programs/l2-exporter/log";
import { DEFINITIONS } from "../../../programs/l2-exporter/metrics";
import { FakeChain, type Mode } from "./support/fake-chain";
import { BATCHER, BATCHER_LABELS, CELESTIA, until, value, WALLETS } from "./support/harness";

const CANARY = "CANARY0123456789abcdef";

let chain: FakeChain;
let fakes: FakeChain[];
let lines: string[];
let running: Exporter[];
let directory: string;

async function fake(): Promise<FakeChain> {
  const made = await FakeChain.start();
  fakes.push(made);
  return made;
}

beforeEach(async () => {
  fakes = [];
  chain = await fake();
  chain.balances[BATCHER] = 10n ** 18n;
  lines = [];
  running = [];
  directory = mkdtempSync(join(tmpdir(), "l2-exporter-"));
});
afterEach(async () => {
  await Promise.all(running.map((exporter) => exporter.stop()));
  await Promise.all(fakes.map((made) => made.stop()));
  rmSync(directory, { recursive: true });
});

/** Faster than the configuration allows, on a free port. */
async function run(
  chains: object[],
  timeoutSeconds = 2,
): Promise<{ exporter: Exporter; base: string }> {
  const checked = checkConfig({ chains });
  const config: Config = {
    listen: { host: "127.0.0.1", port: 0 },
    chains: checked.chains.map((entry) => ({
      ...entry,
      pollSeconds: 0.02,
      detailSeconds: 0.02,
      timeoutSeconds,
    })),
  };
  const exporter = new Exporter(
    config,
    createLog((line) => lines.push(line)),
    "1.2.3",
  );
  running.push(exporter);
  return { exporter, base: `http://127.0.0.1:${await exporter.start()}` };
}

function fullChain(url: string, name = "test") {
  return {
    name,
    l1: { url },
    l2: { url },
    rollup: { url },
    beacon: { url },
    da: { url },
    celestia: { url, address: CELESTIA },
    wallets: WALLETS,
  };
}

async function ask(url: string, method = "GET"): Promise<{ status: number; body: string }> {
  return await new Promise((resolve, reject) => {
    const outgoing = request(url, { method, agent: false }, (incoming) => {
      let body = "";
      incoming.setEncoding("utf8");
      incoming.on("data", (chunk: string) => (body += chunk));
      incoming.on("end", () => {
        resolve({ status: incoming.statusCode ?? 0, body });
      });
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}

const ready = (base: string) => until(async () => (await ask(`${base}/-/ready`)).status === 200);

test("every metric is exported, and no other l2_ metric", async () => {
  const { base } = await run([fullChain(chain.url)]);
  await ready(base);
  const { body } = await ask(`${base}/metrics`);
  const exported = new Set(
    [...body.matchAll(/^(l2_[a-z0-9_]+?)(?:_bucket|_sum|_count)?\{/gm)].map(([, name]) => name),
  );
  expect([...exported].sort()).toEqual(Object.keys(DEFINITIONS).sort());
  expect(body).toContain('l2_exporter_info{version="1.2.3"} 1');
  expect(body).toContain('l2_rpc_up{chain="test",endpoint="celestia"} 1');
  expect(body).toContain(
    `l2_wallet_balance_eth{chain="test",layer="l1",wallet="batcher",role="batcher",` +
      `address="${BATCHER}"} 1`,
  );
  expect(body).toContain("process_resident_memory_bytes");
});

test("a scrape never asks an endpoint", async () => {
  const { exporter, base } = await run([fullChain(chain.url)]);
  await ready(base);
  await exporter.stop();
  const before = chain.seen.length;
  for (let scrape = 0; scrape < 20; scrape++) await exporter.metrics.registry.metrics();
  expect(chain.seen).toHaveLength(before);
});

test("ready only after every endpoint was tried, healthy from the start", async () => {
  const slow = await fake();
  slow.mode = "hang";
  const { base } = await run([fullChain(chain.url), { name: "slow", l1: { url: slow.url } }], 0.3);
  expect(await ask(`${base}/-/healthy`)).toEqual({ status: 200, body: "healthy\n" });
  expect((await ask(`${base}/-/ready`)).status).toBe(503);
  await ready(base);
  expect((await ask(`${base}/metrics`)).body).toContain('l2_rpc_up{chain="slow",endpoint="l1"} 0');
});

test("a chain that hangs does not delay another", async () => {
  const slow = await fake();
  slow.mode = "hang";
  const { exporter } = await run([
    { name: "slow", l1: { url: slow.url } },
    { name: "test", l1: { url: chain.url }, wallets: WALLETS },
  ]);
  await until(() => slow.seen.length >= 1);
  const before = chain.seen.length;
  await until(() => chain.seen.length >= before + 4);
  // Its first poll still waits for its time-out of 2 s.
  expect(slow.seen).toHaveLength(1);
  expect(await value(exporter.metrics, "l2_wallet_balance_eth", BATCHER_LABELS)).toBe(1);
});

test("a URL file that changes is followed, and an endpoint of another chain is down", async () => {
  const other = await fake();
  other.chainId = 5;
  other.balances[BATCHER] = 0n;
  const urlFile = join(directory, "l1-url");
  writeFileSync(urlFile, `${chain.url}/${CANARY}\n`);
  const { exporter } = await run([
    { name: "test", l1: { urlFile, chainId: 900 }, wallets: WALLETS },
  ]);
  const up = () => value(exporter.metrics, "l2_rpc_up", { endpoint: "l1" });
  await until(async () => (await up()) === 1);
  writeFileSync(urlFile, other.url);
  await until(async () => (await up()) === 0);
  expect(await value(exporter.metrics, "l2_wallet_balance_eth", BATCHER_LABELS)).toBe(1);
  expect(lines.at(-1)).toContain("chain id is 5, expected 900");
  writeFileSync(urlFile, chain.url);
  await until(async () => (await up()) === 1);
  // Where the URL is a secret as a whole, not even the host is logged.
  expect(lines.join("\n")).not.toContain(new URL(chain.url).host);
});

test("no secret reaches the log or the metrics, whatever the endpoint answers", async () => {
  const url = new URL(`${chain.url}/v3/${CANARY}?key=${CANARY}`);
  url.username = CANARY;
  url.password = CANARY;
  const tokenFile = join(directory, "token");
  writeFileSync(tokenFile, CANARY);
  const full = fullChain(url.href);
  const { exporter, base } = await run(
    [
      { ...full, celestia: { ...full.celestia, tokenFile } },
      { name: "nobody", l1: { url: `http://127.0.0.1:1/${CANARY}` } },
    ],
    0.3,
  );
  await ready(base);
  const polls = async () => {
    const before = chain.seen.length;
    await until(() => chain.seen.length > before + 20);
  };
  const modes: Mode[] = [
    "http-500",
    "garbage",
    "http-429",
    "redirect",
    "no-batch",
    "reset",
    "hang",
  ];
  for (const mode of modes) {
    chain.mode = "ok";
    await until(
      async () =>
        (await value(exporter.metrics, "l2_rpc_up", {
          chain: "test",
          endpoint: "l1",
        })) === 1,
    );
    chain.mode = mode;
    await polls();
  }
  chain.mode = "ok";
  chain.errors["eth_getBalance"] = { code: -32000, message: "no access for" };
  await polls();
  const { body } = await ask(`${base}/metrics`);
  expect(chain.seen.some(({ path }) => path.includes(CANARY))).toBe(true);
  expect(lines.filter((line) => line.includes("endpoint down")).length).toBeGreaterThan(7);
  expect(lines.join("\n")).not.toContain(CANARY);
  expect(body).not.toContain(CANARY);
});

test("logs are single lines of JSON", async () => {
  const { base } = await run([fullChain(chain.url)]);
  await ready(base);
  expect(lines.length).toBeGreaterThanOrEqual(8);
  for (const line of lines) {
    expect(line).not.toContain("\n");
    expect(JSON.parse(line)).toMatchObject({
      time: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      level: "info",
    });
  }
});

test("other paths and methods are refused", async () => {
  const { base } = await run([fullChain(chain.url)]);
  expect((await ask(`${base}/`)).status).toBe(404);
  expect((await ask(`${base}/metrics`, "POST")).status).toBe(405);
  expect((await ask(`${base}/metrics?name=x`)).status).toBe(200);
  expect((await ask(`${base}/-/healthy`, "HEAD")).status).toBe(200);
});

test("stops at once although requests hang", async () => {
  chain.mode = "hang";
  const { exporter } = await run([fullChain(chain.url)]);
  await until(() => chain.seen.length >= 6);
  const started = performance.now();
  await exporter.stop();
  expect(performance.now() - started).toBeLessThan(500);
});
