import { ReadFailure } from "../../../programs/l2-exporter/failure";
import { createLog } from "../../../programs/l2-exporter/log";
import { Metrics } from "../../../programs/l2-exporter/metrics";
import { backOffMs, Poller } from "../../../programs/l2-exporter/poller";
import { until, value } from "./support/harness";

const LABELS = { chain: "test", endpoint: "l1" };

function setUp(read: (signal: AbortSignal) => Promise<void>, intervalMs = 5) {
  const metrics = new Metrics();
  const lines: Record<string, unknown>[] = [];
  let polls = 0;
  const poller = new Poller({
    chain: "test",
    reader: { endpoint: "l1", host: "l1:8545", read, close: () => undefined },
    intervalMs,
    metrics,
    log: createLog((line) => lines.push(JSON.parse(line) as Record<string, unknown>)),
    random: () => 0,
    onPoll: () => polls++,
  });
  return {
    metrics,
    lines,
    poller,
    polls: () => polls,
    up: () => value(metrics, "l2_rpc_up", LABELS),
  };
}

test("tells up and down once each, with the reason", async () => {
  let failure: ReadFailure | undefined = new ReadFailure("timeout", "no answer within 5 ms");
  const { poller, lines, polls, up, metrics } = setUp(() =>
    failure === undefined ? Promise.resolve() : Promise.reject(failure),
  );
  expect(await up()).toBe(0);
  expect(poller.polled).toBe(false);
  poller.start();
  await until(() => polls() >= 3);
  expect(poller.polled).toBe(true);
  expect(await up()).toBe(0);
  expect(await value(metrics, "l2_rpc_last_success_timestamp_seconds", LABELS)).toBeUndefined();
  failure = undefined;
  await until(async () => (await up()) === 1);
  expect(await value(metrics, "l2_rpc_last_success_timestamp_seconds", LABELS)).toBeCloseTo(
    Date.now() / 1000,
    0,
  );
  failure = new ReadFailure("error", "http status 500");
  await until(async () => (await up()) === 0);
  poller.stop();
  expect(lines.map(({ level, message, reason }) => [level, message, reason])).toEqual([
    ["warn", "endpoint down", "no answer within 5 ms"],
    ["info", "endpoint up", undefined],
    ["warn", "endpoint down", "http status 500"],
  ]);
  expect(lines[0]).toMatchObject({ ...LABELS, host: "l1:8545" });
});

test("never polls twice at once, and stops for good", async () => {
  let running = 0;
  let most = 0;
  const { poller, polls } = setUp(async () => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 15));
    running--;
  });
  poller.start();
  await until(() => polls() >= 3);
  poller.stop();
  const before = polls();
  await new Promise((resolve) => setTimeout(resolve, 40));
  expect(most).toBe(1);
  expect(polls()).toBe(before);
});

test("an unexpected error is a failure, not a crash, and its text is not logged", async () => {
  const { poller, lines, polls } = setUp(() => Promise.reject(new TypeError("CANARY")));
  poller.start();
  await until(() => polls() >= 2);
  poller.stop();
  expect(lines).toHaveLength(1);
  expect(lines[0]?.["reason"]).toBe("internal error: TypeError");
});

test("backs off to two intervals at most", () => {
  expect([1, 2, 3, 50].map((failures) => backOffMs(12_000, failures))).toEqual([
    12_000, 24_000, 24_000, 24_000,
  ]);
});

test("a failing endpoint is really asked less often", async () => {
  const times: number[] = [];
  const { poller } = setUp(() => {
    times.push(performance.now());
    return Promise.reject(new ReadFailure("error", "x"));
  }, 40);
  poller.start();
  await until(() => times.length >= 3);
  poller.stop();
  const [first = 0, second = 0, third = 0] = times;
  expect(second - first).toBeGreaterThanOrEqual(38);
  expect(third - second).toBeGreaterThanOrEqual(78);
});
