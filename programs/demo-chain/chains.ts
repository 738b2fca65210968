import {
  createPublicClient,
  createWalletClient,
  http,
  publicActions,
  type Hash,
  type HttpTransport,
  type PublicActions,
  type PublicClient,
  type WalletClient,
} from "viem";

const timeoutMs = 2000;

/** A client that neither repeats a failed request nor waits longer than 2 s for an answer. */
export function reader(url: string): Reader {
  return createPublicClient({ transport: http(url, { timeout: timeoutMs, retryCount: 0 }) });
}

/** A client that also sends transactions: of the accounts its node holds, or of a key given with each. */
export function sender(url: string): Sender {
  return createWalletClient({
    transport: http(url, { timeout: timeoutMs, retryCount: 0 }),
    pollingInterval: 250,
  }).extend(publicActions);
}

/** See {@link reader}. */
export type Reader = PublicClient<HttpTransport>;

/** See {@link sender}. */
export type Sender = WalletClient<HttpTransport> & PublicActions<HttpTransport>;

/** A block as op-node refers to it. */
export interface BlockRef {
  readonly hash: Hash;
  readonly number: number;
  readonly parentHash: Hash;
  /** Unix seconds. */
  readonly timestamp: number;
}

/** Reads the newest block, or the one with the given number. */
export async function blockRef(chain: Reader, number?: bigint): Promise<BlockRef> {
  const block = await (number === undefined
    ? chain.getBlock()
    : chain.getBlock({ blockNumber: number }));
  return {
    hash: block.hash,
    number: Number(block.number),
    parentHash: block.parentHash,
    timestamp: Number(block.timestamp),
  };
}

/** The account whose ether geth's developer mode makes. Throws when the node holds no account. */
export async function developerAccount(chain: Sender) {
  const [account] = await chain.getAddresses();
  if (account === undefined) {
    throw new Error("the node holds no account: is it geth in developer mode?");
  }
  return account;
}
