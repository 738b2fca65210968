import { alertsOf, Observations } from "../../../constructs/core/observation";
import { panelAt, type CompleteBoard } from "../../../constructs/core/board";
import { limitSteps } from "../../../constructs/core/panel";
import type { Source } from "../../../constructs/core/source";
import { l2Exporter } from "../../../constructs/exporters/l2-exporter";
import { opBatcher } from "../../../constructs/exporters/op-batcher";
import { opNode } from "../../../constructs/exporters/op-node";
import { observe } from "../../support/observe";

function boardOf(uid: string, ...sources: readonly Source[]): CompleteBoard | undefined {
  const observed = sources
    .flatMap((source) => observe(source).observations)
    .map((observation) => ({ observation }));
  return new Observations(...observed).boards().find(({ board }) => board.uid === uid);
}

const keysOf = (board: CompleteBoard | undefined) => board?.rows.map(({ key }) => key);

const exporter = (chain: string, lowBalanceEth: number) =>
  l2Exporter({
    chains: [
      {
        name: chain,
        l1: { url: "http://l1:8545" },
        wallets: [
          {
            name: "batcher",
            role: "batcher",
            address: "0x00000000000000000000000000000000000ba7c4",
          },
        ],
        batcherWallet: { lowBalanceEth },
      },
    ],
  });

test("what watches a chain's wallet twice shows it once", () => {
  const board = boardOf(
    "l2-chain",
    opBatcher({ chain: "alpha", wallet: { lowBalanceEth: 2 } }),
    exporter("alpha", 2),
  );
  expect(keysOf(board)).toEqual(["programs", "wallet", "batches", "l1", "wallets", "endpoints"]);
});

test("chains whose limits differ have rows of their own, each once, and alerts lead to their own", () => {
  const alpha = opBatcher({ chain: "alpha", wallet: { lowBalanceEth: 2 } });
  const beta = opBatcher({ chain: "beta", host: "batcher-beta" });
  const board = boardOf("batcher-proposer", alpha, exporter("alpha", 2), beta);
  expect(keysOf(board)).toEqual([
    "now",
    "wallet-alpha",
    "wallet-beta",
    "batches",
    "transactions",
    "refusals",
  ]);
  const low = alertsOf(observe(alpha).observations.flatMap(({ rules }) => rules)).find(
    ({ name }) => name === "BatcherLowETH",
  );
  const [row] = board?.rows.filter(({ key }) => key === "wallet-alpha") ?? [];
  const [panel] = row?.panels ?? [];
  expect(panel).toMatchObject({ key: "balance", limits: { bad: "below", at: { P1: 2 } } });
  expect(JSON.stringify(panel)).not.toContain("$chain");
  if (board === undefined || low?.panel === undefined) throw new Error("nothing leads anywhere");
  const split = panelAt([board], low.panel, low.expr);
  expect(split?.id).not.toBe(panelAt([board], low.panel, low.expr.replaceAll("alpha", "beta"))?.id);
});

test("a limit on the window is that of the alert, in seconds", () => {
  const node = opNode({
    chain: "alpha",
    rollup: { l1BlockSeconds: 6, sequencerWindowBlocks: 1000 },
    thresholds: { windowLeftPercent: 50 },
  });
  const panel = boardOf("l2-chain", node)
    ?.rows.find(({ key }) => key === "heads")
    ?.panels.find(({ key }) => key === "window");
  expect(panel?.type).toBe("timeseries");
  const limits = panel?.type === "timeseries" ? panel.limits : undefined;
  expect(limits === undefined ? [] : limitSteps(limits)).toEqual([{ priority: "P1", at: 3000 }]);
  const [near] = alertsOf(observe(node).observations.flatMap(({ rules }) => rules)).filter(
    ({ name }) => name === "SequencerWindowNear",
  );
  expect(near?.expr).toContain("< 50)");
});

test("peers have a row only where they are expected", () => {
  expect(keysOf(boardOf("l2-chain", opNode({ chain: "alpha" })))).not.toContain("peers");
  const expecting = opNode({ chain: "alpha", node: "replica", host: "r", peersExpected: true });
  expect(keysOf(boardOf("l2-chain", opNode({ chain: "alpha" }), expecting))).toContain("peers");
});
