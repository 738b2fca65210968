import { ExecutionReader } from "../../../programs/l2-exporter/execution-reader";
import { Metrics } from "../../../programs/l2-exporter/metrics";
import { FakeChain } from "./support/fake-chain";
import {
  BATCHER,
  BATCHER_LABELS,
  chainConfig,
  NEVER,
  PROPOSER,
  value,
  WALLETS,
} from "./support/harness";

const ETH = 10n ** 18n;

let chain: FakeChain;
let metrics: Metrics;
let readers: ExecutionReader[];

beforeEach(async () => {
  chain = await FakeChain.start();
  chain.balances = { [BATCHER]: 2n * ETH, [PROPOSER]: ETH / 2n };
  metrics = new Metrics();
  readers = [];
});
afterEach(async () => {
  for (const reader of readers) reader.close();
  await chain.stop();
});

function reader(endpoint: "l1" | "l2" = "l1", own: object = {}, ofChain: object = {}) {
  const wallets = endpoint === "l1" ? WALLETS : [];
  const config = chainConfig({
    [endpoint]: { url: chain.url, ...own },
    wallets,
    timeoutSeconds: 0.5,
    ...ofChain,
  });
  const location = config[endpoint];
  if (location === undefined) throw new Error("no endpoint");
  const made = new ExecutionReader(endpoint, config, location, metrics);
  readers.push(made);
  return made;
}

function requests(method: string, outcome: string) {
  return value(metrics, "l2_rpc_requests_total", { method, outcome });
}

function balance() {
  return value(metrics, "l2_wallet_balance_eth", BATCHER_LABELS);
}

test("reads everything of an L1 in one request", async () => {
  await reader("l1", { chainId: 900 }).read(NEVER);
  expect(chain.seen).toHaveLength(1);
  expect(chain.methods).toHaveLength(11);

  const head = (tag: string) => ({ chain: "test", layer: "l1", head: tag });
  expect(await value(metrics, "l2_chain_head_block", head("latest"))).toBe(100);
  expect(await value(metrics, "l2_chain_head_block", head("safe"))).toBe(90);
  expect(await value(metrics, "l2_chain_head_block", head("finalized"))).toBe(80);
  expect(await value(metrics, "l2_chain_head_timestamp_seconds", head("finalized"))).toBe(
    1_700_000_080,
  );
  expect(await value(metrics, "l2_chain_base_fee_gwei", { layer: "l1" })).toBe(7);
  expect(await value(metrics, "l2_chain_blob_base_fee_gwei", { layer: "l1" })).toBe(3e-9);
  expect(await balance()).toBe(2);
  expect(await value(metrics, "l2_wallet_balance_eth", { wallet: "proposer" })).toBe(0.5);
  expect(await value(metrics, "l2_wallet_nonce", { ...BATCHER_LABELS, state: "latest" })).toBe(4);
  expect(await value(metrics, "l2_wallet_nonce", { ...BATCHER_LABELS, state: "pending" })).toBe(6);
  expect(await requests("eth_getBalance", "ok")).toBe(2);
  expect(await requests("eth_getBlockByNumber", "ok")).toBe(3);
  expect(await value(metrics, "l2_rpc_duration_seconds_count", { endpoint: "l1" })).toBe(1);
});

test("an L2 has no blob fee, and without wallets there is nothing to count", async () => {
  await reader("l2").read(NEVER);
  expect(chain.methods).toEqual(Array.from({ length: 3 }, () => "eth_getBlockByNumber"));
  expect(await value(metrics, "l2_chain_base_fee_gwei", { layer: "l2" })).toBe(7);
  expect(await value(metrics, "l2_chain_blob_base_fee_gwei")).toBeUndefined();
  expect(await requests("eth_getBalance", "ok")).toBeUndefined();
});

test("what changes slowly is read once in detailSeconds", async () => {
  const slow = reader("l1", { chainId: 900 });
  await slow.read(NEVER);
  chain.seen.length = 0;
  await slow.read(NEVER);
  expect(chain.methods.sort()).toEqual([
    "eth_chainId",
    "eth_getBalance",
    "eth_getBalance",
    "eth_getBlockByNumber",
  ]);
  const always = reader("l1", {}, { pollSeconds: 12, detailSeconds: 1 });
  await always.read(NEVER);
  chain.seen.length = 0;
  await always.read(NEVER);
  expect(chain.methods).toContain("eth_blobBaseFee");
});

test("counters of every known outcome exist before the first call", async () => {
  reader("l1", { chainId: 900 });
  for (const outcome of ["ok", "error", "timeout", "rate_limited", "invalid_response"]) {
    expect(await requests("eth_getBalance", outcome)).toBe(0);
  }
  expect(await requests("eth_chainId", "wrong_chain")).toBe(0);
  expect(await requests("eth_blobBaseFee", "unsupported")).toBe(0);
  expect(await balance()).toBeUndefined();
});

test("a failing endpoint freezes the values", async () => {
  const l1 = reader();
  await l1.read(NEVER);
  const updated = await value(
    metrics,
    "l2_wallet_balance_updated_timestamp_seconds",
    BATCHER_LABELS,
  );
  chain.balances = { [BATCHER]: 0n };
  for (const mode of ["http-500", "http-429", "garbage", "hang", "reset"] as const) {
    chain.mode = mode;
    await expect(l1.read(NEVER)).rejects.toThrow();
  }
  expect(await balance()).toBe(2);
  expect(await value(metrics, "l2_wallet_balance_updated_timestamp_seconds", BATCHER_LABELS)).toBe(
    updated,
  );
  expect(await requests("eth_getBalance", "rate_limited")).toBe(2);
  expect(await requests("eth_getBalance", "timeout")).toBe(2);
  expect(await requests("eth_getBalance", "invalid_response")).toBe(2);
  expect(await requests("eth_getBalance", "error")).toBe(4);
  chain.mode = "ok";
  await l1.read(NEVER);
  expect(await balance()).toBe(0);
  expect(await value(metrics, "l2_wallet_spent_eth_total", BATCHER_LABELS)).toBe(2);
});

test("nothing is taken from another chain", async () => {
  const l1 = reader("l1", { chainId: 1 });
  await expect(l1.read(NEVER)).rejects.toThrow("chain id is 900, expected 1");
  expect(await balance()).toBeUndefined();
  expect(await value(metrics, "l2_chain_head_block", { head: "latest" })).toBeUndefined();
  expect(await requests("eth_chainId", "wrong_chain")).toBe(1);
  expect(await requests("eth_chainId", "ok")).toBe(0);
});

test("a wallet that cannot be read makes the endpoint fail, the others are still read", async () => {
  chain.results["eth_getTransactionCount"] = "0x7";
  chain.balances = new Proxy(chain.balances, {
    get: (target, address) => (address === BATCHER ? -1n : target[String(address)]),
  });
  await expect(reader().read(NEVER)).rejects.toThrow(
    "wallet batcher: the result of eth_getBalance has an unknown form",
  );
  expect(await balance()).toBeUndefined();
  expect(await value(metrics, "l2_wallet_balance_eth", { wallet: "proposer" })).toBe(0.5);
});

test("what a node does not offer is left out and is no failure", async () => {
  chain.tags = { finalized: null };
  chain.baseFee = undefined;
  chain.errors["eth_blobBaseFee"] = { code: -32601, message: "no such method" };
  await reader().read(NEVER);
  expect(await value(metrics, "l2_chain_head_block", { head: "latest" })).toBe(100);
  expect(await value(metrics, "l2_chain_head_block", { head: "safe" })).toBeUndefined();
  expect(await value(metrics, "l2_chain_head_block", { head: "finalized" })).toBeUndefined();
  expect(await value(metrics, "l2_chain_base_fee_gwei")).toBeUndefined();
  expect(await value(metrics, "l2_chain_blob_base_fee_gwei")).toBeUndefined();
  expect(await requests("eth_getBlockByNumber", "unsupported")).toBe(2);
  expect(await requests("eth_blobBaseFee", "unsupported")).toBe(1);
});

test("an older node behind the same URL neither lowers nor raises the counters", async () => {
  const l1 = reader();
  chain.balances[BATCHER] = 2n * ETH;
  await l1.read(NEVER);
  chain.head = 99n;
  chain.balances[BATCHER] = 3n * ETH;
  await l1.read(NEVER);
  expect(await balance()).toBe(2);
  expect(await value(metrics, "l2_chain_head_block", { head: "latest" })).toBe(99);
  chain.head = 101n;
  chain.balances[BATCHER] = ETH;
  await l1.read(NEVER);
  expect(await balance()).toBe(1);
  expect(await value(metrics, "l2_wallet_spent_eth_total", BATCHER_LABELS)).toBe(1);
  expect(await value(metrics, "l2_wallet_received_eth_total", BATCHER_LABELS)).toBe(0);
});

test("a chain that was reset is believed after five polls", async () => {
  const l1 = reader();
  await l1.read(NEVER);
  chain.head = 3n;
  chain.balances[BATCHER] = ETH;
  for (let poll = 0; poll < 5; poll++) await l1.read(NEVER);
  expect(await balance()).toBe(2);
  await l1.read(NEVER);
  expect(await balance()).toBe(1);
});
