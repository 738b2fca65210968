import * as z from "zod";
import type { ChainConfig, ExecutionEndpointConfig } from "./config";
import { ReadFailure } from "./failure";
import { type Pending, quantity } from "./json-rpc";
import type { Metrics } from "./metrics";
import { EndpointReader } from "./reader";
import { weiToGwei } from "./units";
import { Wallet } from "./wallets";

const block = z.object({
  number: quantity,
  timestamp: quantity,
  baseFeePerGas: quantity.nullish(),
});
type Block = z.output<typeof block>;

/** Polls in a row that may answer from an older block before that is taken as the chain's state. */
const OLDER_POLLS = 5;

/** The value, or nothing where the node has none or the call failed; the counters tell which. */
function optional<T>(pending: Pending<T> | undefined): T | undefined {
  try {
    return pending?.();
  } catch (error) {
    if (error instanceof ReadFailure) return undefined;
    throw error;
  }
}

/** Reads an L1 or L2 execution client: heads, fees, and the wallets of that layer. */
export class ExecutionReader extends EndpointReader {
  readonly #wallets: readonly Wallet[];
  #detailDue = 0;
  #highest = -1n;
  #older = 0;

  constructor(
    endpoint: "l1" | "l2",
    chain: ChainConfig,
    private readonly config: ExecutionEndpointConfig,
    metrics: Metrics,
  ) {
    const wallets = chain.wallets.filter(({ layer }) => layer === endpoint);
    super(chain, endpoint, config, metrics, {
      ...(config.chainId === undefined ? {} : { eth_chainId: ["wrong_chain"] }),
      eth_getBlockByNumber: ["unsupported"],
      ...(endpoint === "l1" ? { eth_blobBaseFee: ["unsupported"] } : {}),
      ...(wallets.length === 0
        ? {}
        : { eth_getBalance: [], eth_getTransactionCount: ["unsupported"] }),
    });
    this.#wallets = wallets.map((wallet) => new Wallet(chain.name, wallet, metrics));
  }

  async read(signal: AbortSignal): Promise<void> {
    const started = performance.now();
    const detailed = started >= this.#detailDue;
    const rpc = await this.connection.rpc({ batch: this.config.batch });
    const { chainId } = this.config;
    const rightChain =
      chainId === undefined
        ? undefined
        : rpc.add("eth_chainId", [], quantity, (got) =>
            got === BigInt(chainId)
              ? undefined
              : new ReadFailure("wrong_chain", `chain id is ${got}, expected ${chainId}`),
          );
    const latest = rpc.add("eth_getBlockByNumber", ["latest", false], block);
    const wallets = this.#wallets.map((wallet) => {
      const { address } = wallet.config;
      const count = (state: string) =>
        detailed ? rpc.add("eth_getTransactionCount", [address, state], quantity) : undefined;
      return {
        wallet,
        balance: rpc.add("eth_getBalance", [address, "latest"], quantity),
        latest: count("latest"),
        pending: count("pending"),
      };
    });
    const tagged = (tag: string) =>
      detailed ? rpc.add("eth_getBlockByNumber", [tag, false], block) : undefined;
    const safe = tagged("safe");
    const finalized = tagged("finalized");
    const blobFee =
      detailed && this.endpoint === "l1" ? rpc.add("eth_blobBaseFee", [], quantity) : undefined;
    await rpc.send(signal);

    rightChain?.();
    const head = latest();
    this.#head("latest", head);
    this.#head("safe", optional(safe));
    this.#head("finalized", optional(finalized));
    this.#fee("l2_chain_base_fee_gwei", head.baseFeePerGas);
    this.#fee("l2_chain_blob_base_fee_gwei", optional(blobFee));

    let failure: ReadFailure | undefined;
    if (this.#isCurrent(head.number)) {
      for (const { wallet, balance, latest: mined, pending } of wallets) {
        try {
          wallet.balance(balance());
          if (mined !== undefined) wallet.nonce("latest", mined());
        } catch (error) {
          if (!(error instanceof ReadFailure)) throw error;
          failure ??= new ReadFailure(
            error.outcome,
            `wallet ${wallet.config.name}: ${error.message}`,
          );
        }
        const waiting = optional(pending);
        if (waiting !== undefined) wallet.nonce("pending", waiting);
      }
    }
    if (failure !== undefined) throw failure;
    if (detailed) {
      // Half a poll early rather than a whole poll late.
      this.#detailDue =
        started + this.chain.detailSeconds * 1000 - (this.chain.pollSeconds * 1000) / 2;
    }
  }

  /**
   * Behind one URL there may be nodes of different height. A balance from an older block would be
   * counted as money received and then spent again, so it is left out, unless it stays that way
   * (a chain that was reset).
   */
  #isCurrent(number: bigint): boolean {
    if (number < this.#highest && ++this.#older <= OLDER_POLLS) return false;
    this.#highest = number;
    this.#older = 0;
    return true;
  }

  #head(head: string, block: Block | undefined): void {
    if (block === undefined) return;
    const labels = { chain: this.chain.name, layer: this.endpoint, head };
    this.metrics.set("l2_chain_head_block", labels, Number(block.number));
    this.metrics.set("l2_chain_head_timestamp_seconds", labels, Number(block.timestamp));
  }

  #fee(
    name: "l2_chain_base_fee_gwei" | "l2_chain_blob_base_fee_gwei",
    wei: bigint | null | undefined,
  ): void {
    if (wei === null || wei === undefined) return;
    this.metrics.set(name, { chain: this.chain.name, layer: this.endpoint }, weiToGwei(wei));
  }
}
