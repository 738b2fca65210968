import * as z from "zod";
import { type Outcome, ReadFailure } from "../../../programs/l2-exporter/failure";
import { HttpClient } from "../../../programs/l2-exporter/http-client";
import { quantity, RpcBatch } from "../../../programs/l2-exporter/json-rpc";
import { FakeChain, type Mode } from "./support/fake-chain";
import { BATCHER, NEVER, PROPOSER } from "./support/harness";

let chain: FakeChain;
let client: HttpClient;
let outcomes: [string, Outcome][];

beforeEach(async () => {
  chain = await FakeChain.start();
  client = new HttpClient(300);
  outcomes = [];
});
afterEach(async () => {
  client.close();
  await chain.stop();
});

function rpc(batch = true): RpcBatch {
  return new RpcBatch({
    client,
    url: new URL(chain.url),
    batch,
    onCall: (method, outcome) => {
      outcomes.push([method, outcome]);
    },
    onExchange: () => undefined,
  });
}

/** Reads two balances and a chain id; texts are failures. */
async function readThree(batch = true): Promise<(bigint | string)[]> {
  const calls = rpc(batch);
  const pending = [
    calls.add("eth_getBalance", [BATCHER, "latest"], quantity),
    calls.add("eth_chainId", [], quantity),
    calls.add("eth_getBalance", [PROPOSER, "latest"], quantity),
  ];
  await calls.send(NEVER);
  return pending.map((value) => {
    try {
      return value();
    } catch (error) {
      const { outcome, message } = error as ReadFailure;
      return `${outcome}: ${message}`;
    }
  });
}

beforeEach(() => {
  chain.balances = { [BATCHER]: 5n, [PROPOSER]: 9n };
});

test("sends one request and matches answers by id, in whatever order they come", async () => {
  expect(await readThree()).toEqual([5n, 900n, 9n]);
  expect(chain.seen).toHaveLength(1);
  expect(outcomes.map(([, outcome]) => outcome)).toEqual(["ok", "ok", "ok"]);
});

test("sends a request per call when batches are switched off", async () => {
  chain.mode = "no-batch";
  expect(await readThree(false)).toEqual([5n, 900n, 9n]);
  expect(chain.seen).toHaveLength(3);
});

test("a left-out answer fails its own call only", async () => {
  chain.omitted.add("eth_chainId");
  expect(await readThree()).toEqual([5n, "invalid_response: eth_chainId was not answered", 9n]);
});

test("a refused batch says what to do", async () => {
  chain.mode = "no-batch";
  expect((await readThree())[0]).toBe(
    "error: http status 400 to a batch of 3; set 'batch: false' when the provider refuses batches",
  );
});

test.each([
  [{ code: -32005, message: "" }, "rate_limited: json-rpc error -32005: limit exceeded"],
  [{ code: 429, message: "" }, "rate_limited: json-rpc error 429: limit exceeded"],
  [{ code: -32601, message: "" }, "unsupported: json-rpc error -32601: unknown method or block"],
  [
    { code: -32000, message: "finalized block not found" },
    "unsupported: json-rpc error -32000: unknown method or block",
  ],
  [{ code: -32000, message: "CANARY" }, "error: json-rpc error -32000"],
])("a call answered with %j", async (error, expected) => {
  chain.errors["eth_chainId"] = error;
  expect(await readThree()).toEqual([5n, expected, 9n]);
});

test.each(["", "0x", "0xzz", "5", 5, true, {}, `0x${"1".repeat(65)}`])(
  "%j is no quantity",
  async (result) => {
    chain.results["eth_chainId"] = result;
    expect((await readThree())[1]).toBe(
      "invalid_response: the result of eth_chainId has an unknown form",
    );
  },
);

test("null is no result", async () => {
  chain.results["eth_chainId"] = null;
  expect((await readThree())[1]).toBe("unsupported: eth_chainId has no result");
});

test.each<[Mode, string]>([
  ["http-429", "rate_limited: http status 429"],
  ["http-500", "error: http status 500"],
  ["redirect", "error: http status 302: redirects are not followed"],
  ["garbage", "invalid_response: the answer is not JSON-RPC"],
  ["hang", "timeout: no answer within 300 ms"],
  ["reset", "error: connection failed: ECONNRESET"],
])("a server that does %s fails every call", async (mode, expected) => {
  chain.mode = mode;
  expect(await readThree()).toEqual([expected, expected, expected]);
  expect(new Set(outcomes.map(([, outcome]) => outcome))).toEqual(
    new Set([expected.split(":")[0]]),
  );
});

test("a value can be refused with a failure of its own", async () => {
  const calls = rpc();
  const pending = calls.add(
    "eth_chainId",
    [],
    quantity,
    (got) => new ReadFailure("wrong_chain", `${got}`),
  );
  await calls.send(NEVER);
  expect(pending).toThrow("900");
  expect(outcomes).toEqual([["eth_chainId", "wrong_chain"]]);
});

test("a call that was not sent has no value", () => {
  expect(rpc().add("eth_chainId", [], z.string())).toThrow("not sent");
});
