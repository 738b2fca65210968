import type { Source } from "../../../constructs/core/source";
import { opBatcher } from "../../../constructs/exporters/op-batcher";
import { opGeth } from "../../../constructs/exporters/op-geth";
import { opNode } from "../../../constructs/exporters/op-node";
import { opProposer } from "../../../constructs/exporters/op-proposer";
import { alertsIn, observe, recordsIn } from "../../support/observe";

const chain = "alpha";

describe.each([
  {
    make: opGeth,
    job: "l2-geth",
    host: "l2-geth",
    port: 6060,
    down: "L2GethDown",
    path: "/debug/metrics/prometheus",
    every: 5,
  },
  {
    make: opNode,
    job: "l2-node",
    host: "l2-node",
    port: 7300,
    down: "L2NodeDown",
    path: "/metrics",
    every: 5,
  },
  {
    make: opBatcher,
    job: "op-batcher",
    host: "l2-batcher",
    port: 7301,
    down: "BatcherDown",
    path: "/metrics",
    every: 5,
  },
  {
    make: opProposer,
    job: "op-proposer",
    host: "l2-proposer",
    port: 7302,
    down: "ProposerDown",
    path: "/metrics",
    every: 15,
  },
])("$job", ({ make, job, host, port, down, path, every }) => {
  test("is one source per chain, without a container", () => {
    const source = make({ chain });
    expect(source.id).toBe(`${make.type}-alpha`);
    expect(source.targets).toEqual([`${host}:${String(port)}`]);
    expect(source.secrets).toEqual([]);
    expect(observe(source).container).toBeUndefined();
  });

  test("is scraped where the program listens by default", () => {
    const { observations } = observe(make({ chain }));
    expect(observations).toHaveLength(1);
    expect(observations[0]).toMatchObject({
      job,
      scrape: { intervalSeconds: every },
      down: { name: down, for: "1m" },
    });
    expect(observations[0]?.targets).toEqual([
      expect.objectContaining({
        labels: { chain },
        endpoint: expect.objectContaining({ host, port, path }) as unknown,
      }),
    ]);
  });

  test("is scraped elsewhere, on a network of its own, where the environment says so", () => {
    const source = make({ chain, host: "10.0.0.5", port: 1234, network: "rollup_default" });
    expect(source.targets).toEqual(["10.0.0.5:1234"]);
    const [target] = observe(source).observations[0]?.targets ?? [];
    expect(target?.endpoint.authority).toBe("10.0.0.5:1234");
    expect(target?.network).toBe("rollup_default");
  });

  test("has rules about this chain alone", () => {
    const named = alertsIn(observe(make({ chain })).observations);
    for (const { expr } of named) expect(expr).toContain('chain="alpha"');
  });
});

describe("thresholds", () => {
  const exprOf = (observations: ReturnType<typeof observe>, name: string) =>
    alertsIn(observations.observations)
      .filter((alert) => alert.name === name)
      .map(({ expr }) => expr.replace(/^.* (?=[<>] )/s, ""));

  test("of op-geth", () => {
    expect(
      exprOf(
        observe(opGeth({ chain, thresholds: { slowBlocksPerSecond: 0.25 } })),
        "L2BlockProductionSlow",
      ),
    ).toEqual(["< 0.25"]);
  });

  test("of lines: label and figures are those of the environment", () => {
    const logqlOf = (source: Source) =>
      observe(source)
        .observations.flatMap(({ logRules = [] }) => logRules)
        .flatMap(({ alerts }) => alerts.map(({ logql }) => logql));
    expect(logqlOf(opBatcher({ chain, logs: { service: "poster", nonceTooLow: 5 } }))).toEqual([
      'sum by (chain) (count_over_time({chain="alpha", service="poster"} |~ "(?i)insufficient funds" [10m])) > 0',
      'sum by (chain) (count_over_time({chain="alpha", service="poster"} |= "nonce too low" != "nonce too low on resubmission" [10m])) >= 5',
    ]);
    expect(logqlOf(opNode({ chain, logs: { pipelineResets: 9 } }))).toEqual([
      'sum by (chain) (count_over_time({chain="alpha", service="l2-node"} |= "Deriver system is resetting" [15m])) >= 9',
    ]);
  });

  test("of op-node: peers are expected only where the environment says so", () => {
    expect(exprOf(observe(opNode({ chain })), "LowPeerCount")).toEqual([]);
    expect(
      exprOf(
        observe(opNode({ chain, peersExpected: true, thresholds: { lowPeerCount: 7 } })),
        "LowPeerCount",
      ),
    ).toEqual(["< 7"]);
    const [status] = recordsIn(
      observe(opNode({ chain, thresholds: { unsafeSeconds: 11, safeSeconds: 222 } })).observations,
    );
    expect(status?.record).toBe("op_node_sync_status");
    expect(status?.expr).toContain("< bool 11)");
    expect(status?.expr).toContain("< bool 222)");
  });

  test("of op-batcher", () => {
    const observed = observe(
      opBatcher({
        chain,
        wallet: { lowBalanceEth: 1.5, runwayCriticalHours: 3, runwayHighHours: 12 },
        thresholds: { highL1GasPriceGwei: 80 },
      }),
    );
    expect(exprOf(observed, "BatcherLowETH")).toEqual(["< 1.5"]);
    expect(exprOf(observed, "BatcherGasRunway")).toEqual(["< 3", "< 12"]);
    expect(exprOf(observed, "HighL1GasPrice")).toEqual(["> 80"]);
  });

  test("of batches", () => {
    const observed = observe(
      opBatcher({
        chain,
        thresholds: {
          noBatchMinutes: 90,
          repeatedFailures: 7,
          channelTimeouts: 4,
          backlogMinutes: 45,
          backlogHighMinutes: 200,
          stuckTxMinutes: 20,
          gasBumps: 5,
          throttlingPercent: 12,
        },
      }),
    );
    const alerts = alertsIn(observed.observations);
    const of = (name: string) => alerts.filter((alert) => alert.name === name);
    expect(of("NoBatchLanded")[0]?.expr).toMatch(/>= 5400\) and .* offset 5400s/);
    expect(of("NoBatchLanded")[0]?.description).toContain("threshold 90 minutes");
    expect(exprOf(observed, "BatchSubmissionFailed")[0]).toMatch(/>= 7$/);
    expect(of("BatcherChannelTimedOut").map(({ expr }) => expr.endsWith(">= 4"))).toEqual([
      false,
      true,
    ]);
    expect(of("BatcherBacklog").map(({ expr }) => / > (\d+) and /.exec(expr)?.[1])).toEqual([
      "2700",
      "12000",
    ]);
    expect(of("BatcherTxStuck")[0]?.for).toBe("20m");
    expect(exprOf(observed, "BatcherThrottling")).toEqual(["> 12"]);
    expect(of("BatcherGasBumping")[0]?.expr).toContain(">= 5 and ");
  });

  test("of batches that go to an alt-DA server: what waits for its turn is no failure", () => {
    const failed = (altDa: boolean) =>
      alertsIn(observe(opBatcher({ chain, altDa })).observations).find(
        ({ name }) => name === "BatchSubmissionFailed",
      );
    expect(failed(false)?.expr).toContain("batcher_tx_total");
    expect(failed(true)?.expr).not.toContain("batcher_tx");
    expect(failed(true)?.expr).toContain("txmgr_confirm_total");
    expect(failed(true)?.description).toContain("were reverted");
  });

  test("of op-proposer", () => {
    const observed = observe(
      opProposer({ chain, thresholds: { lowBalanceEth: 2, proposalIntervalSeconds: 43_200 } }),
    );
    expect(exprOf(observed, "ProposerLowETH")).toEqual(["< 2"]);
    const [overdue] = alertsIn(observed.observations).filter(
      ({ name }) => name === "ProposalOverdue",
    );
    // A success of an earlier process is remembered for two intervals, a day here.
    expect(overdue?.expr).toMatch(/\[86400s\].*offset 43200s.* >= 43200$/);
  });

  test.each([opBatcher, opProposer])("of $type have a reason", (make) => {
    for (const { name, why } of alertsIn(observe(make({ chain })).observations)) {
      expect([name, why]).toEqual([name, expect.any(String)]);
    }
  });

  test("the names people query exist", () => {
    const names = [opGeth, opNode, opBatcher].flatMap((make) =>
      recordsIn(observe(make({ chain })).observations).map(({ record }) => record),
    );
    expect(names).toEqual(
      expect.arrayContaining([
        "eth_block_number",
        "eth_txpool_pending",
        "op_node_sync_status",
        "op_batcher_balance_eth",
        "op_batcher_batch_submitter_batch_submission_failures_total",
        "batcher_batches_submitted_total",
        "l1_gas_price_gwei",
      ]),
    );
  });
});

test("op-batcher says which thresholds another source must not contradict", () => {
  expect(opBatcher({ chain }).agreements).toEqual([
    {
      what: "batcher wallet of alpha",
      field: "wallet",
      value: { lowBalanceEth: 0.5, runwayCriticalHours: 6, runwayHighHours: 24 },
    },
    { what: "L1 fees of alpha", field: "thresholds.highL1GasPriceGwei", value: 50 },
  ]);
});
