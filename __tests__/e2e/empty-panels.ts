/** What came of one panel. */
export interface Asked {
  /** `board/row/panel`. */
  readonly path: string;
  readonly hasData: boolean;
  /** What a store said of each query that it could not answer. */
  readonly errors: readonly string[];
}

/** Panels that are empty in the end-to-end environment, for one reason. */
export interface EmptyPanels {
  readonly reason: string;
  /**
   * They may have data all the same, since that depends on what happened before or on the machine.
   * @default false
   */
  readonly mayFill?: boolean;
  /** `board/row/panel`. */
  readonly panels: readonly string[];
}

/** The only ones. */
export const emptyPanels: readonly EmptyPanels[] = [
  {
    reason: "what stands in for op-node knows no safe or finalized head",
    panels: [
      "l2-chain/now/safe-lag",
      "l2-chain/now/window",
      "l2-chain/now/finalized-lag",
      "l2-chain/heads/safe-lag",
      "l2-chain/heads/window",
      "l2-chain/heads/finalized-lag",
      "overview/heads/safe",
      "overview/heads/finalized",
    ],
  },
  {
    reason: "what stands in for op-node neither makes nor derives blocks",
    panels: [
      "l2-chain/sequencing/active",
      "l2-chain/sequencing/drift",
      "l2-chain/sequencing/engine",
      "l2-chain/sequencing/thrown-away",
      "l2-chain/derivation/lag",
      "l2-chain/derivation/channel-timeouts",
      "l2-chain/derivation/resets",
      "l2-chain/derivation/l1-reorgs",
    ],
  },
  {
    reason: "op-batcher has nothing to submit, since no block of plain geth fits into a batch",
    panels: [
      "batcher-proposer/now/since",
      "batcher-proposer/now/backlog",
      "batcher-proposer/now/throttling",
      "batcher-proposer/batches/since",
      "batcher-proposer/batches/stages",
      "batcher-proposer/batches/backlog",
      "batcher-proposer/batches/channel-stages",
      "batcher-proposer/batches/compression",
      "batcher-proposer/transactions/throttling",
      "l2-chain/batches/since",
      "l2-chain/batches/stages",
      "l2-chain/batches/backlog",
    ],
  },
  {
    reason: "op-batcher spends nothing, and the drill's one transfer out of its wallet is no spend",
    panels: [
      "batcher-proposer/wallet/runway",
      "l2-chain/wallet/runway",
      "overview/wallets/runway",
      "overview/wallets/runway-over-time",
    ],
  },
  {
    reason: "op-batcher's lines are collected by an agent only, and none is about its wallet",
    mayFill: true,
    panels: ["batcher-proposer/refusals/lines"],
  },
  {
    reason: "Loki refused no line yet",
    panels: ["logs/refused/refused"],
  },
  {
    reason: "nothing fires, nothing is down",
    mayFill: true,
    panels: ["alerts/now/firing", "overview/alerts/firing", "overview/up/which"],
  },
  {
    reason: "alerts are sampled once a minute, and the drills' were over sooner",
    mayFill: true,
    panels: ["alerts/before/most"],
  },
];

/** What is wrong with the answers: queries that fail, and every difference from the list of empty panels. */
export function panelFaults(
  asked: readonly Asked[],
  expected: readonly EmptyPanels[],
): readonly string[] {
  const listed = new Set(expected.flatMap(({ panels }) => panels));
  const always = new Set(
    expected.flatMap(({ panels, mayFill = false }) => (mayFill ? [] : panels)),
  );
  const onBoards = new Set(asked.map(({ path }) => path));
  return [
    ...asked.flatMap(({ path, hasData, errors }) => [
      ...errors.map((error) => `${path}: ${error}`),
      ...(hasData || errors.length > 0 || listed.has(path) ? [] : [`${path} is empty`]),
      ...(hasData && always.has(path) ? [`${path} has data, and is listed as empty`] : []),
    ]),
    ...[...listed]
      .filter((path) => !onBoards.has(path))
      .map((path) => `${path} is listed as empty, and is on no board`),
  ];
}
