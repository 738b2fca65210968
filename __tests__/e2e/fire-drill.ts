import { readFileSync } from "node:fs";
import { join } from "node:path";
import { demoBatcherKey, demoServices } from "../../constructs/demo";
import type { FakeSlack } from "../../tools/rig/fake-slack";
import type { Platform } from "../../tools/rig/platform";
import { eventually, expect, print, type Steps } from "../../tools/rig/steps";

/** The demonstration chain, through the commands a user types. */
export interface Chain {
  /** Number of L1's newest block. */
  l1Head(): Promise<number>;
  /** The batcher's key: the most precious secret of the platform under test. */
  batcherKey(): string;
  /** Empties the batcher's wallet. @returns when the transfer was in a block, in milliseconds since 1970 */
  drain(): Promise<number>;
  refill(): Promise<number>;
}

/** The demonstration chain of a platform. */
export function demoChain(platform: Platform): Chain {
  return {
    l1Head: async () => {
      const values = await platform.query('l2_chain_head_block{layer="l1", head="latest"}');
      const [head] = values.values();
      if (head === undefined) throw new Error("no head of L1 is known");
      return head;
    },
    batcherKey: () => {
      const folder = join(platform.stateDirectory, "secrets", "local", demoServices.rollup);
      return readFileSync(join(folder, demoBatcherKey.secret), "utf8").trim().replace(/^0x/, "");
    },
    drain: async () => {
      await platform.must(["demo", "drain"]);
      return Date.now();
    },
    refill: async () => {
      await platform.must(["demo", "refill"]);
      return Date.now();
    },
  };
}

const alert = "BatcherLowETH";

/** The wallet of a real chain is drained, people are told, it is refilled, people are told again. */
export async function fireDrill(
  steps: Steps,
  platform: Platform,
  chain: Chain,
  slack: FakeSlack,
): Promise<void> {
  let drainedAt = 0;
  await steps.step(
    "fire drill: a drained wallet reaches people",
    async () => {
      const funded = await eventually(
        "the batcher's own gauge shows its funds",
        60,
        () => platform.query("op_batcher_default_balance"),
        (values) => ([...values.values()][0] ?? 0) > 0.5,
      );
      drainedAt = await chain.drain();
      const batcherSaw = eventually(
        "the batcher's own gauge follows",
        60,
        () => platform.query("op_batcher_default_balance"),
        (values) => ([...values.values()][0] ?? 1) < 0.5,
      ).then(() => Date.now());
      const message = await slack.wait(
        ({ title }) => title.includes(alert) && !title.includes("resolved"),
        180,
        drainedAt,
      );
      expect(
        message !== undefined,
        `no message within 180 s; said were: ${slack.messages.map(({ title }) => title).join(" | ")}`,
      );
      if (message === undefined) return undefined;
      const { title, text, channel } = message;
      print(`    ${title}\n    ${text.split("\n").join("\n    ")}`);
      expect(channel === "#l2-ops-alert", `it went to ${channel}`);
      for (const [what, pattern] of [
        ["the priority", /P1/],
        ["the chain", /demo/],
      ] as const) {
        expect(pattern.test(title), `the title does not say ${what}: ${title}`);
      }
      for (const [what, pattern] of [
        ["the summary", /The batcher's wallet is nearly empty/],
        ["the balance", /has 0\.\d{4} ETH left/],
        ["how long it lasts", /lasts [\d.]+ hours|not known/],
        ["how urgent it is", /15 minutes/],
        ["what to do", /1\. Top up/],
        ["a link to the graph", /<http:\/\/[\d.]+:9090\/graph\?[^|]+\|/],
        ["a link to the runbook", /<http:\/\/[\d.]+:9091\/runbooks\/BatcherLowETH\|/],
      ] as const) {
        expect(pattern.test(text), `the message does not say ${what}:\n${text}`);
      }
      const runbook = await fetch(`${platform.push}/runbooks/${alert}`);
      expect(
        runbook.ok && (await runbook.text()).includes("Top up"),
        "the runbook's link leads nowhere",
      );
      const total = (message.at - drainedAt) / 1000;
      const gauge = ((await batcherSaw) - drainedAt) / 1000;
      return `${total.toFixed(1)} s after the drain, ${(total - 60).toFixed(1)} s beyond the alert's own 1 m; op-batcher's gauge followed after ${gauge.toFixed(1)} s (was ${String([...funded.values()][0])} ETH)`;
    },
    ["deploy from nothing"],
  );
  await steps.step(
    "fire drill: a refilled wallet is told as resolved",
    async () => {
      const refilledAt = await chain.refill();
      const message = await slack.wait(
        ({ title }) => title.includes(alert) && title.includes("resolved"),
        120,
        refilledAt,
      );
      expect(message !== undefined, "no resolved message within 120 s");
      const again = slack.messages.filter(
        ({ at, title }) => at > drainedAt && title.includes(alert),
      );
      expect(
        again.length === 2,
        `the drill made ${String(again.length)} messages instead of 2: ${again.map(({ title }) => title).join(" | ")}`,
      );
      return `${(((message?.at ?? 0) - refilledAt) / 1000).toFixed(1)} s after the refill: ${message?.title ?? ""}`;
    },
    ["fire drill: a drained wallet reaches people"],
  );
}
