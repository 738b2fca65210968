import { type Address, parseEther } from "viem";
import { developerAccount, type Sender } from "./chains";

/**
 * Gives a wallet that was never used `eth` ether from the developer account, and waits until they are there. A wallet
 * that was drained stays so: its nonce tells that it was used. Resolves to whether it gave.
 */
export async function fundOnce(l1: Sender, address: Address, eth: number): Promise<boolean> {
  // With what waits for the next block: a restart in between must not fund twice.
  const blockTag = "pending";
  const [nonce, balance] = await Promise.all([
    l1.getTransactionCount({ address, blockTag }),
    l1.getBalance({ address, blockTag }),
  ]);
  if (nonce > 0 || balance > 0n) return false;
  const hash = await l1.sendTransaction({
    account: await developerAccount(l1),
    chain: null,
    to: address,
    value: parseEther(String(eth)),
  });
  await l1.waitForTransactionReceipt({ hash, timeout: 30_000 });
  return true;
}
