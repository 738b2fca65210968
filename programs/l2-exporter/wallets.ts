import type { WalletConfig } from "./config";
import type { Metrics } from "./metrics";
import { weiToEth } from "./units";

/** The metrics of one wallet. */
export class Wallet {
  readonly #labels;
  #balance: bigint | undefined;

  constructor(
    chain: string,
    readonly config: WalletConfig,
    private readonly metrics: Metrics,
  ) {
    const { layer, name, role, address } = config;
    this.#labels = { chain, layer, wallet: name, role, address };
  }

  /** Records a balance in wei that was just read. */
  balance(wei: bigint): void {
    const change = wei - (this.#balance ?? wei);
    this.#balance = wei;
    this.metrics.set("l2_wallet_balance_eth", this.#labels, weiToEth(wei));
    this.metrics.set(
      "l2_wallet_balance_updated_timestamp_seconds",
      this.#labels,
      Date.now() / 1000,
    );
    const spent = change < 0n ? -change : 0n;
    const received = change > 0n ? change : 0n;
    this.metrics.add("l2_wallet_spent_eth_total", this.#labels, weiToEth(spent));
    this.metrics.add("l2_wallet_received_eth_total", this.#labels, weiToEth(received));
  }

  /** Records a transaction count that was just read. */
  nonce(state: "latest" | "pending", count: bigint): void {
    this.metrics.set("l2_wallet_nonce", { ...this.#labels, state }, Number(count));
  }
}
