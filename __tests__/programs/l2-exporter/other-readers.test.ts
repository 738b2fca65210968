import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Metrics } from "../../../programs/l2-exporter/metrics";
import {
  BeaconReader,
  CelestiaReader,
  DaReader,
  RollupReader,
} from "../../../programs/l2-exporter/other-readers";
import type { Reader } from "../../../programs/l2-exporter/reader";
import { FakeChain } from "./support/fake-chain";
import { CELESTIA, chainConfig, NEVER, value } from "./support/harness";

let chain: FakeChain;
let metrics: Metrics;
let directory: string;
let opened: Reader[];

beforeEach(async () => {
  chain = await FakeChain.start();
  metrics = new Metrics();
  directory = mkdtempSync(join(tmpdir(), "l2-exporter-"));
  opened = [];
});
afterEach(async () => {
  for (const reader of opened) reader.close();
  await chain.stop();
  rmSync(directory, { recursive: true });
});

function open<T extends Reader>(reader: T): T {
  opened.push(reader);
  return reader;
}

function requests(method: string, outcome: string) {
  return value(metrics, "l2_rpc_requests_total", { method, outcome });
}

describe("rollup", () => {
  const make = () =>
    open(
      new RollupReader(chainConfig({ rollup: { url: chain.url } }), { url: chain.url }, metrics),
    );

  test("reads the references that op-node knows", async () => {
    await make().read(NEVER);
    const block = (ref: string) => value(metrics, "l2_sync_status_block", { chain: "test", ref });
    expect(await block("unsafe_l2")).toBe(33);
    expect(await block("safe_l2")).toBe(32);
    expect(await block("finalized_l2")).toBe(31);
    expect(await block("current_l1")).toBe(51);
    expect(await block("head_l1")).toBe(52);
    expect(await block("safe_l1")).toBeUndefined();
    expect(await block("finalized_l1")).toBe(50);
    expect(await value(metrics, "l2_sync_status_timestamp_seconds", { ref: "safe_l2" })).toBe(
      1_700_000_032,
    );
    expect(await requests("optimism_syncStatus", "ok")).toBe(1);
  });

  test("fails when the status has another form or the method is missing", async () => {
    chain.results["optimism_syncStatus"] = { unsafe_l2: { number: "7" } };
    await expect(make().read(NEVER)).rejects.toThrow(
      "the result of optimism_syncStatus has an unknown form",
    );
    chain.errors["optimism_syncStatus"] = { code: -32601, message: "" };
    await expect(make().read(NEVER)).rejects.toThrow("unknown method or block");
    expect(await requests("optimism_syncStatus", "unsupported")).toBe(1);
    expect(await value(metrics, "l2_sync_status_block", { ref: "unsafe_l2" })).toBeUndefined();
  });
});

describe("beacon", () => {
  const make = () =>
    open(
      new BeaconReader(
        chainConfig({ beacon: { url: chain.url } }),
        { url: `${chain.url}/?key=test` },
        metrics,
      ),
    );

  test.each([
    [false, 200, 0],
    [true, 206, 1],
  ])("syncing %s with health %i gives %i", async (syncing, health, expected) => {
    chain.syncing = syncing;
    chain.statuses["/eth/v1/node/health"] = health;
    await make().read(NEVER);
    expect(await value(metrics, "l2_beacon_syncing", { chain: "test" })).toBe(expected);
    expect(chain.seen.map(({ path }) => path).sort()).toEqual([
      "/eth/v1/node/health?key=test",
      "/eth/v1/node/syncing?key=test",
    ]);
  });

  test("a provider without the health path is up", async () => {
    delete chain.statuses["/eth/v1/node/health"];
    await make().read(NEVER);
    expect(await requests("node/health", "unsupported")).toBe(1);
    expect(await requests("node/syncing", "ok")).toBe(1);
  });

  test("fails when the node is not healthy or answers something else", async () => {
    chain.statuses["/eth/v1/node/health"] = 503;
    await expect(make().read(NEVER)).rejects.toThrow("http status 503");
    chain.mode = "garbage";
    await expect(make().read(NEVER)).rejects.toThrow(
      "the answer of node/syncing has an unknown form",
    );
    expect(await requests("node/syncing", "invalid_response")).toBe(1);
  });
});

describe("da", () => {
  const make = () =>
    open(new DaReader(chainConfig({ da: { url: chain.url } }), { url: chain.url }, metrics));

  test("asks for its health", async () => {
    await make().read(NEVER);
    expect(chain.seen.map(({ path }) => path)).toEqual(["/health"]);
    expect(await requests("health", "ok")).toBe(1);
  });

  test("fails when it is not healthy", async () => {
    chain.statuses["/health"] = 503;
    await expect(make().read(NEVER)).rejects.toThrow("http status 503");
    chain.mode = "http-429";
    await expect(make().read(NEVER)).rejects.toThrow("http status 429");
    expect(await requests("health", "error")).toBe(1);
    expect(await requests("health", "rate_limited")).toBe(1);
  });
});

describe("celestia", () => {
  const make = (own: object = {}) => {
    const config = chainConfig({ celestia: { url: chain.url, address: CELESTIA, ...own } });
    if (config.celestia === undefined) throw new Error("no endpoint");
    return open(new CelestiaReader(config, config.celestia, metrics));
  };
  const balance = () =>
    value(metrics, "l2_celestia_balance_tia", { chain: "test", address: CELESTIA });

  test("reads the balance in TIA, with the token of the moment", async () => {
    const tokenFile = join(directory, "token");
    writeFileSync(tokenFile, "test-token-1\n");
    const reader = make({ tokenFile });
    await reader.read(NEVER);
    expect(await balance()).toBe(1.234567);
    writeFileSync(tokenFile, "test-token-2\n");
    await reader.read(NEVER);
    expect(chain.seen.map(({ authorization }) => authorization)).toEqual([
      "Bearer test-token-1",
      "Bearer test-token-2",
    ]);
  });

  test("fails when the token is missing, and when the coin is another", async () => {
    await expect(make({ tokenFile: join(directory, "none") }).read(NEVER)).rejects.toThrow(
      "the token file cannot be read: ENOENT",
    );
    chain.results["state.BalanceForAddress"] = { denom: "uosmo", amount: "1" };
    await expect(make().read(NEVER)).rejects.toThrow("has an unknown form");
    expect(await balance()).toBeUndefined();
  });
});
