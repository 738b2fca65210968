import { type Address, zeroHash } from "viem";
import { type BlockRef, blockRef, type Reader } from "./chains";

const nowhere: BlockRef = { hash: zeroHash, number: 0, parentHash: zeroHash, timestamp: 0 };

/** What is known of both chains: the newest blocks that were read. */
export interface Heads {
  readonly l1: BlockRef;
  readonly l2: BlockRef;
}

/** Answers as op-node would, as far as op-batcher asks at start and while it has nothing to submit. */
export class Rollup {
  #heads: Partial<Heads> = {};

  constructor(
    private readonly l1: Reader,
    private readonly l2: Reader,
    private readonly batcher: Address,
  ) {}

  /** The newest blocks that could be read so far, also when a chain no longer answers. */
  get lastHeads(): Partial<Heads> {
    return this.#heads;
  }

  /** Reads both heads. Rejects when a chain does not answer; the other's head is kept all the same. */
  async heads(): Promise<Heads> {
    const [l1, l2] = await Promise.allSettled([blockRef(this.l1), blockRef(this.l2)]);
    this.#heads = {
      ...this.#heads,
      ...(l1.status === "fulfilled" ? { l1: l1.value } : {}),
      ...(l2.status === "fulfilled" ? { l2: l2.value } : {}),
    };
    if (l1.status === "rejected") throw l1.reason;
    if (l2.status === "rejected") throw l2.reason;
    return { l1: l1.value, l2: l2.value };
  }

  /** The result of `optimism_rollupConfig`. */
  async config(): Promise<object> {
    const [l1, l2, { gasLimit }, l1ChainId, l2ChainId] = await Promise.all([
      blockRef(this.l1, 0n),
      blockRef(this.l2, 0n),
      this.l2.getBlock({ blockNumber: 0n }),
      this.l1.getChainId(),
      this.l2.getChainId(),
    ]);
    return {
      genesis: {
        l1: { hash: l1.hash, number: l1.number },
        l2: { hash: l2.hash, number: l2.number },
        // The genesis of developer mode is of 1970; op-batcher takes 0 for a missing time.
        l2_time: Math.max(1, l2.timestamp),
        system_config: {
          batcherAddr: this.batcher,
          overhead: zeroHash,
          scalar: `0x${"1".padStart(64, "0")}`,
          gasLimit: Number(gasLimit),
        },
      },
      block_time: 2,
      max_sequencer_drift: 600,
      seq_window_size: 3600,
      channel_timeout: 300,
      l1_chain_id: l1ChainId,
      // Developer mode gives every chain the same id, op-batcher insists on two.
      l2_chain_id: l2ChainId === l1ChainId ? l1ChainId + 1 : l2ChainId,
      batch_inbox_address: "0xff00000000000000000000000000000000001338",
      deposit_contract_address: "0x00000000000000000000000000000000000d1338",
      l1_system_config_address: "0x00000000000000000000000000000000000c1338",
    };
  }

  /**
   * The result of `optimism_syncStatus`. References that nobody derives are zero, as op-node leaves them; only
   * `local_safe_l2` follows the head, so that op-batcher finds nothing to submit: a block without the deposit that
   * names its L1 origin, which plain geth cannot make, fits into no batch.
   */
  async syncStatus(): Promise<object> {
    const { l1, l2 } = await this.heads();
    const atL2 = (block: BlockRef) => ({
      ...block,
      l1origin: { hash: zeroHash, number: 0 },
      sequenceNumber: 0,
    });
    return {
      current_l1: l1,
      current_l1_finalized: nowhere,
      head_l1: l1,
      safe_l1: nowhere,
      finalized_l1: nowhere,
      unsafe_l2: atL2(l2),
      safe_l2: atL2(nowhere),
      finalized_l2: atL2(nowhere),
      pending_safe_l2: atL2(nowhere),
      local_safe_l2: atL2(l2),
    };
  }

  /** Heads under the names of op-node's metrics, in Prometheus' text format. */
  metrics(): string {
    const refs = [
      { labels: 'layer="l1",type="l1_head"', block: this.#heads.l1 },
      { labels: 'layer="l2",type="l2_unsafe"', block: this.#heads.l2 },
    ].flatMap(({ labels, block }) => (block === undefined ? [] : [{ labels, block }]));
    const gauge = (name: string, help: string, samples: readonly string[]) => [
      `# HELP op_node_default_${name} ${help}`,
      `# TYPE op_node_default_${name} gauge`,
      ...samples.map((sample) => `op_node_default_${name}${sample}`),
    ];
    return [
      ...gauge("up", "1 while the stand-in for op-node runs", [" 1"]),
      ...gauge(
        "refs_number",
        "Number of the newest block",
        refs.map(({ labels, block }) => `{${labels}} ${String(block.number)}`),
      ),
      ...gauge(
        "refs_time",
        "Time of the newest block in Unix seconds",
        refs.map(({ labels, block }) => `{${labels}} ${String(block.timestamp)}`),
      ),
      "",
    ].join("\n");
  }
}
