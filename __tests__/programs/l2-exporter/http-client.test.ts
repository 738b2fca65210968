import { ReadFailure } from "../../../programs/l2-exporter/failure";
import { HttpClient, statusFailure } from "../../../programs/l2-exporter/http-client";
import { FakeChain, type Mode } from "./support/fake-chain";
import { NEVER } from "./support/harness";

let chain: FakeChain;
let client: HttpClient;

beforeEach(async () => {
  chain = await FakeChain.start();
  client = new HttpClient(300);
});
afterEach(async () => {
  client.close();
  await chain.stop();
});

function get(path = "/health", signal = NEVER) {
  return client.send({ url: new URL(path, chain.url), method: "GET", headers: {} }, signal);
}

async function failureOf(promise: Promise<unknown>): Promise<ReadFailure> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof ReadFailure) return error;
  throw new Error(`a ReadFailure was expected, got ${String(error)}`);
}

test("gives status and body, and keeps the connection", async () => {
  expect((await get()).status).toBe(200);
  expect((await get("/nowhere")).status).toBe(404);
  expect(chain.openConnections).toBe(1);
});

test("sends the user and password of a URL as basic authorization", async () => {
  const url = new URL(chain.url);
  url.username = "user";
  url.password = "p%40ss";
  await client.send({ url, method: "GET", headers: {} }, NEVER);
  expect(chain.seen[0]?.authorization).toBe(`Basic ${Buffer.from("user:p@ss").toString("base64")}`);
});

test("asks again on a fresh connection when a kept one was closed meanwhile", async () => {
  await get();
  chain.dropConnections();
  expect((await get()).status).toBe(200);
});

test.each<[Mode, string, RegExp]>([
  ["hang", "timeout", /^no answer within 300 ms$/],
  ["hang-body", "timeout", /^no answer within 300 ms$/],
  ["huge", "invalid_response", /^answer is larger than 8 MiB$/],
  ["reset", "error", /^connection failed: ECONNRESET$/],
])("rejects when the server does %s", async (mode, outcome, message) => {
  chain.mode = mode;
  const patient = new HttpClient(mode === "huge" ? 2000 : 300);
  const failure = await failureOf(
    patient.send({ url: new URL(chain.url), method: "GET", headers: {} }, NEVER),
  );
  patient.close();
  expect(failure.outcome).toBe(outcome);
  expect(failure.message).toMatch(message);
});

test("rejects when nothing listens, without the address", async () => {
  const { url } = chain;
  await chain.stop();
  const failure = await failureOf(
    client.send({ url: new URL(`${url}/CANARY?CANARY`), method: "GET", headers: {} }, NEVER),
  );
  expect(failure.message).toBe("connection failed: ECONNREFUSED");
  chain = await FakeChain.start();
});

test("rejects when a header cannot be sent", async () => {
  const headers = { authorization: "Bearer a\nb" };
  const failure = await failureOf(
    client.send({ url: new URL(chain.url), method: "GET", headers }, NEVER),
  );
  expect(failure.message).toBe("connection failed: ERR_INVALID_CHAR");
});

test("stops at once when it is aborted", async () => {
  chain.mode = "hang";
  const abort = new AbortController();
  const slow = new HttpClient(60_000);
  const pending = failureOf(
    slow.send({ url: new URL(chain.url), method: "GET", headers: {} }, abort.signal),
  );
  setTimeout(() => {
    abort.abort();
  }, 10);
  expect((await pending).message).toBe("connection failed: ABORT_ERR");
  slow.close();
});

test.each([
  [200, undefined, undefined],
  [299, undefined, undefined],
  [302, "error", "http status 302: redirects are not followed"],
  [401, "error", "http status 401: the key or token is not accepted"],
  [429, "rate_limited", "http status 429"],
  [503, "error", "http status 503"],
])("status %i stands for %s", (status, outcome, message) => {
  expect(statusFailure(status)?.outcome).toBe(outcome);
  expect(statusFailure(status)?.message).toBe(message);
});
