import { isAlert } from "../../../constructs/core/alert";
import { alertsOf, Observations } from "../../../constructs/core/observation";
import type { Source } from "../../../constructs/core/source";
import { daServer } from "../../../constructs/exporters/da-server";
import { opBatcher } from "../../../constructs/exporters/op-batcher";
import { opChallenger } from "../../../constructs/exporters/op-challenger";
import { opConductor } from "../../../constructs/exporters/op-conductor";
import { opDisputeMon } from "../../../constructs/exporters/op-dispute-mon";
import { opGeth } from "../../../constructs/exporters/op-geth";
import { opNode } from "../../../constructs/exporters/op-node";
import { opProposer } from "../../../constructs/exporters/op-proposer";
import { opReth } from "../../../constructs/exporters/op-reth";
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
  {
    make: opChallenger,
    job: "op-challenger",
    host: "l2-challenger",
    port: 7303,
    down: "ChallengerDown",
    path: "/metrics",
    every: 15,
  },
  {
    make: opDisputeMon,
    job: "op-dispute-mon",
    host: "l2-dispute-mon",
    port: 7304,
    down: "DisputeMonDown",
    path: "/metrics",
    every: 15,
  },
  {
    make: opReth,
    job: "l2-reth",
    host: "l2-reth",
    port: 9001,
    down: "L2RethDown",
    path: "/metrics",
    every: 5,
  },
  {
    make: daServer,
    job: "da-server",
    host: "l2-da-server",
    port: 6060,
    down: "DAMetricsDown",
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

  test("of op-geth: without a figure of its own, slow is a fifth of what the block time promises", () => {
    const slow = (blockTimeSeconds: number) =>
      exprOf(observe(opGeth({ chain, rollup: { blockTimeSeconds } })), "L2BlockProductionSlow");
    expect([1, 2, 12].flatMap(slow)).toEqual(["< 0.2", "< 0.1", "< 0.017"]);
  });

  test("of op-geth: data grows towards the room that the environment states", () => {
    expect(exprOf(observe(opGeth({ chain })), "ChainDataGrowth")).toEqual([]);
    const { observations } = observe(
      opGeth({ chain, dataGiB: 200, thresholds: { dataDaysLeft: 3 } }),
    );
    const left = recordsIn(observations).find(
      ({ record }) => record === "instance:geth_data_left_days:deriv1d",
    );
    expect(left?.expr).toContain("clamp_min(200 - instance:geth_data_gib:sum");
    const alert = alertsIn(observations).find(({ name }) => name === "ChainDataGrowth");
    expect(alert?.expr).toContain("instance:geth_data_left_days:deriv1d");
    expect(alert?.expr).toContain("< 3 and");
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

  test("of op-node: minutes of the sequencer window follow from the chain's own figures", () => {
    const near = (
      rollup: { l1BlockSeconds?: number; sequencerWindowBlocks?: number },
      percent = 25,
    ) =>
      alertsIn(
        observe(opNode({ chain, rollup, thresholds: { windowLeftPercent: percent } })).observations,
      )
        .filter(({ name }) => name === "SequencerWindowNear")
        .map(({ expr }) => /_minutes\{[^}]*\} < ([\d.]+)/.exec(expr)?.[1]);
    expect(near({})).toEqual(["180"]);
    expect(near({ l1BlockSeconds: 2 })).toEqual(["30"]);
    expect(near({ sequencerWindowBlocks: 100 }, 33)).toEqual(["6.6"]);
  });

  test("of op-node: a block may keep the execution client busy for half of its time", () => {
    const slow = (props: Parameters<typeof opNode>[0]) =>
      exprOf(observe(opNode(props)), "EngineSlow");
    expect(slow({ chain })).toEqual(["> 1000"]);
    expect(slow({ chain, rollup: { blockTimeSeconds: 1 } })).toEqual(["> 500"]);
    expect(slow({ chain, thresholds: { engineMilliseconds: 250 } })).toEqual(["> 250"]);
  });

  test("of op-node: a sequencer is counted only where the environment lists one, and not before a standstill is told", () => {
    const count = (props: Parameters<typeof opNode>[0]) =>
      alertsIn(observe(opNode(props)).observations).filter(
        ({ name }) => name === "ActiveSequencers",
      );
    expect(count({ chain })).toEqual([]);
    const [alert] = count({ chain, sequencer: true, thresholds: { unsafeSeconds: 60 } });
    expect(alert?.for).toBe("120s");
    // A replica that is down must not hide two that sequence.
    expect(alert?.inhibitedBy).toEqual(["L2UnsafeHeadStalled"]);
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

  test("of op-challenger", () => {
    const observed = observe(
      opChallenger({
        chain,
        thresholds: {
          lowBalanceEth: 2,
          lagL1Blocks: 50,
          claimFailures: 4,
          revertedTransactions: 6,
        },
      }),
    );
    expect(exprOf(observed, "ChallengerLowETH")).toEqual(["< 2"]);
    expect(exprOf(observed, "ChallengerLagging")).toEqual(["> 50"]);
    expect(exprOf(observed, "ChallengerBondClaimFailing")).toEqual([
      expect.stringMatching(/>= 4$/),
    ]);
    expect(exprOf(observed, "ChallengerTxFailing")).toEqual([expect.stringMatching(/>= 6$/)]);
  });

  test("of op-dispute-mon: those in minutes are how long a state lasts", () => {
    const observed = observe(
      opDisputeMon({
        chain,
        thresholds: {
          forecastMinutes: 45,
          resolutionMinutes: 90,
          unclaimedEth: 3,
          staleMinutes: 20,
        },
      }),
    );
    const forOf = (name: string) =>
      alertsIn(observed.observations)
        .filter((alert) => alert.name === name)
        .map((alert) => alert.for);
    expect(forOf("DisputeForecastWrong")).toEqual(["45m"]);
    expect(forOf("DisputeGameUnresolved")).toEqual(["90m"]);
    expect(exprOf(observed, "HonestCreditUnclaimed")).toEqual(["> 3"]);
    expect(exprOf(observed, "DisputeMonStale")).toEqual(["> 1200"]);
  });

  test("of the DA server", () => {
    const observed = observe(
      daServer({
        chain,
        thresholds: {
          submissionErrors: 7,
          stalledMinutes: 120,
          submissionSeconds: 90,
          retrievalErrors: 9,
        },
      }),
    );
    const exprs = Object.fromEntries(
      alertsIn(observed.observations).map((alert) => [
        `${alert.name} ${alert.priority}`,
        alert.expr,
      ]),
    );
    expect(exprs["DASubmissionFailing P1"]).toContain(">= 7 and");
    expect(exprs["DASubmissionFailing P2"]).toContain(">= 7 and");
    expect(exprs["DAInclusionStalled P2"]).toContain("[120m]");
    expect(exprs["DASubmissionSlow P3"]).toMatch(/> 90$/);
    expect(exprs["DARetrievalFailing P2"]).toMatch(/>= 9$/);
  });

  test("of op-reth: one alert on block production, whichever client executes the chain", () => {
    const observed = observe(opReth({ chain, thresholds: { slowBlocksPerSecond: 0.25 } }));
    expect(exprOf(observed, "L2BlockProductionSlow")).toEqual(["< 0.25"]);
    expect(alertsIn(observed.observations)[0]?.expr).toContain('job="l2-geth"');
    const pace = {
      what: "block production of alpha",
      field: "thresholds.slowBlocksPerSecond",
      value: 0.1,
    };
    expect(opReth({ chain }).agreements).toEqual([pace]);
    // Both contribute the one alert on slow blocks.
    expect(opGeth({ chain }).agreements).toContainEqual(pace);
    expect(opGeth({ chain, rollup: { blockTimeSeconds: 1 } }).agreements).toContainEqual({
      ...pace,
      value: 0.2,
    });
    // What is given is not rounded.
    expect(opGeth({ chain, thresholds: { slowBlocksPerSecond: 0.125 } }).agreements).toContainEqual(
      { ...pace, value: 0.125 },
    );
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

describe("several nodes of one chain", () => {
  const first = opNode({ chain, sequencer: true });
  const second = opNode({ chain, node: "standby", host: "standby", sequencer: true });
  const replica = opNode({
    chain,
    node: "replica",
    host: "replica",
    peersExpected: true,
    logs: { service: "l2-replica" },
  });

  test("are told apart by a name", () => {
    expect([first, second, replica].map(({ id }) => id)).toEqual([
      "op-node-alpha",
      "op-node-alpha-standby",
      "op-node-alpha-replica",
    ]);
    expect(opGeth({ chain, node: "replica", host: "replica" }).id).toBe("op-geth-alpha-replica");
  });

  test("share the rules of their chain, and only a node that should have peers is asked for them", () => {
    const observations = new Observations();
    for (const source of [first, second, replica])
      observations.add(...observe(source).observations.map((observation) => ({ observation })));
    const groups = observations.ruleGroups();
    const names = groups.flatMap(({ rules }) => rules.filter(isAlert).map(({ name }) => name));
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(expect.arrayContaining(["ActiveSequencers", "L2UnsafeHeadStalled"]));
    const peers = groups.find(({ name }) => name === "op-node.peers.alpha-replica");
    expect(alertsOf(peers === undefined ? [] : [peers]).map(({ expr }) => expr)).toEqual([
      'op_node_default_p2p_peer_count{job="l2-node", chain="alpha", instance="replica:7300"} < 3',
    ]);
    expect(observations.logRuleGroups().map(({ name }) => name)).toEqual([
      "op-node.alpha.l2-node",
      "op-node.alpha.l2-replica",
    ]);
  });

  test("say what they must not contradict", () => {
    expect(opNode({ chain }).agreements.map(({ what, field }) => [what, field])).toEqual([
      ["block time of alpha", "rollup.blockTimeSeconds"],
      ["rollup of alpha", "rollup"],
      ["op-node of alpha", "thresholds"],
    ]);
    expect(opGeth({ chain }).agreements[0]).toEqual({
      what: "block time of alpha",
      field: "rollup.blockTimeSeconds",
      value: 2,
    });
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

describe("op-conductor", () => {
  const conductor = (server: string) =>
    opConductor({ chain, server, host: `${server}.example.internal` });

  test("is one source per server of a chain", () => {
    expect(conductor("s1").id).toBe("op-conductor-alpha-s1");
    expect(conductor("s1").targets).toEqual(["s1.example.internal:7305"]);
    expect(opConductor({ chain, server: "s1" }).targets).toEqual(["l2-conductor:7305"]);
  });

  test("has the same rules for every server, about the chain", () => {
    const [first, second] = ["s1", "s2"].map((server) => observe(conductor(server)).observations);
    expect(first?.[0]?.rules).toEqual(second?.[0]?.rules);
    for (const { expr } of alertsIn(first ?? [])) expect(expr).toContain('chain="alpha"');
    expect(first?.[0]).toMatchObject({
      job: "op-conductor",
      scrape: { intervalSeconds: 5 },
      down: { name: "ConductorDown", for: "1m" },
    });
  });
});
