import { z } from "zod";
import { instanceOf } from "../../core/observation";
import { defineSource } from "../../core/source";
import { blockProductionRules } from "../block-production";
import {
  blockTime,
  blockTimeAgreement,
  chainNode,
  chainProgram,
  chainTarget,
  nodeName,
} from "../chain";
import { gethRows } from "./dashboard";
import { compatibilityRules, dataGrowthRules, executionRules, l2GethDown } from "./mixin";

/** The execution client of a chain: started with `--metrics --metrics.addr 0.0.0.0`. */
export const opGeth = defineSource({
  type: "op-geth",
  schema: z.strictObject({
    ...chainProgram({ host: "l2-geth", port: 6060 }),
    ...chainNode,
    /** Parameters of the chain. All nodes of a chain state the same. */
    rollup: z
      .strictObject({
        /** Seconds from one L2 block to the next: `block_time` of the rollup's configuration. */
        blockTimeSeconds: blockTime,
      })
      .prefault({}),
    /** GiB that its data may take, e.g. the size of its disk less what else is on it. Without it nobody is told when the data fills it. */
    dataGiB: z.number().positive().max(1_000_000).optional(),
    /** All nodes of a chain state the same. */
    thresholds: z
      .strictObject({
        /** Blocks per second. Without it a fifth of what the block time promises: 0.1 for 2 s. */
        slowBlocksPerSecond: z.number().positive().max(100).optional(),
        /** Transactions that wait in the pool and could be in the next block, for 10 minutes: 80 % of `--txpool.globalslots`, which is 5120 by default; a full pool throws away the cheapest. */
        poolPending: z.int().min(1).max(10_000_000).default(4096),
        /** Blocks taken back within 10 minutes: 20 s of 2 s blocks, longer than most who wait for their transaction. */
        reorgBlocks: z.int().min(1).max(100_000).default(10),
        /** Days until the data takes all of `dataGiB`, at the pace of the last day: a working week and a weekend to get a larger disk. */
        dataDaysLeft: z.number().positive().max(365).default(7),
      })
      .prefault({}),
  }),
  instance: nodeName,
  targets: ({ host, port }) => [`${host}:${String(port)}`],
  agreements: ({ chain, rollup, thresholds }) => [
    blockTimeAgreement(chain, rollup.blockTimeSeconds),
    { what: `op-geth of ${chain}`, field: "thresholds", value: thresholds },
    {
      what: `block production of ${chain}`,
      field: "thresholds.slowBlocksPerSecond",
      value: slowPace(thresholds.slowBlocksPerSecond, rollup.blockTimeSeconds),
    },
  ],
  create: (props) => {
    const { chain, rollup, thresholds, dataGiB } = props;
    const target = chainTarget(props, "/debug/metrics/prometheus");
    const slowBlocksPerSecond = slowPace(thresholds.slowBlocksPerSecond, rollup.blockTimeSeconds);
    return [
      {
        observation: {
          job: "l2-geth",
          targets: [target],
          scrape: { intervalSeconds: 5 },
          down: l2GethDown,
          rules: [
            compatibilityRules,
            blockProductionRules(chain, slowBlocksPerSecond),
            executionRules(chain, thresholds),
            ...(dataGiB === undefined
              ? []
              : [
                  dataGrowthRules(
                    { chain, name: nodeName(props), instance: instanceOf(target) },
                    { dataGiB, dataDaysLeft: thresholds.dataDaysLeft },
                  ),
                ]),
          ],
          boards: gethRows({
            chain,
            blockTimeSeconds: rollup.blockTimeSeconds,
            slowBlocksPerSecond,
            limits: thresholds,
            dataRoom: dataGiB !== undefined,
          }),
        },
      },
    ];
  },
});

/** Of the blocks that the block time promises. */
const slowShare = 0.2;

function slowPace(given: number | undefined, blockTimeSeconds: number): number {
  return given ?? Number((slowShare / blockTimeSeconds).toPrecision(2));
}
