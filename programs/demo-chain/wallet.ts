import { type Address, formatEther, type Hash, type Hex, parseEther } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { developerAccount, type Sender, sender } from "./chains";

const developerChainId = 1337;
const transferGas = 21_000n;
const receiptTimeoutMs = 30_000;

// Neither an exponent nor digits that the number does not have: 0.05, not 0.050000000000000003.
const decimal = new Intl.NumberFormat("en-US", { useGrouping: false, maximumFractionDigits: 18 });

/** What a transfer left in the wallet. */
export interface Transfer {
  readonly hash: Hash;
  /** ETH. */
  readonly balanceEth: number;
}

async function developerChain(rpcUrl: string): Promise<Sender> {
  const chain = sender(rpcUrl);
  const id = await chain.getChainId();
  if (id !== developerChainId) {
    throw new Error(
      `'rpcUrl' must be a node of a developer chain (id ${String(developerChainId)}), got chain ${String(id)}: nothing was sent`,
    );
  }
  return chain;
}

function wei(field: string, eth: number): bigint {
  if (!Number.isFinite(eth) || eth < 0) {
    throw new Error(`'${field}' must be an amount of ETH of 0 or more, got ${String(eth)}`);
  }
  return parseEther(decimal.format(eth));
}

async function settle(chain: Sender, hash: Hash, address: Address): Promise<Transfer> {
  await chain.waitForTransactionReceipt({ hash, timeout: receiptTimeoutMs });
  return { hash, balanceEth: Number(formatEther(await chain.getBalance({ address }))) };
}

/** The balance of a wallet in ETH. */
export async function balance(props: {
  readonly rpcUrl: string;
  readonly address: Address;
}): Promise<number> {
  return Number(formatEther(await sender(props.rpcUrl).getBalance({ address: props.address })));
}

/**
 * Sends what a wallet holds to the developer account and leaves exactly `leaveEth`; resolves once it is in a block.
 * Throws on a chain that is not a developer chain, and when the wallet holds no more than that and the fee.
 */
export async function drain(props: {
  readonly rpcUrl: string;
  readonly key: Hex;
  /** ETH. */
  readonly leaveEth: number;
}): Promise<Transfer> {
  const leave = wei("leaveEth", props.leaveEth);
  const account = privateKeyToAccount(props.key);
  const { address } = account;
  const chain = await developerChain(props.rpcUrl);
  const [held, { baseFeePerGas }, to] = await Promise.all([
    chain.getBalance({ address }),
    chain.getBlock(),
    developerAccount(chain),
  ]);
  // A transaction of the first type costs its gas price exactly, so that what is left is exact too.
  const gasPrice = 2n * (baseFeePerGas ?? 0n) + 1_000_000_000n;
  const value = held - leave - transferGas * gasPrice;
  if (value <= 0n) {
    throw new Error(
      `'leaveEth' must be less than the balance of ${formatEther(held)} ETH and the fee, got ${String(props.leaveEth)}`,
    );
  }
  const hash = await chain.sendTransaction({
    account,
    chain: null,
    type: "legacy",
    to,
    value,
    gas: transferGas,
    gasPrice,
  });
  return settle(chain, hash, address);
}

/**
 * Sends `eth` ether from the developer account to a wallet; resolves once they are in a block. Throws on a chain that
 * is not a developer chain.
 */
export async function refill(props: {
  readonly rpcUrl: string;
  readonly address: Address;
  readonly eth: number;
}): Promise<Transfer> {
  const value = wei("eth", props.eth);
  const chain = await developerChain(props.rpcUrl);
  const hash = await chain.sendTransaction({
    account: await developerAccount(chain),
    chain: null,
    to: props.address,
    value,
  });
  return settle(chain, hash, props.address);
}
