import { hexToBigInt, hexToNumber, isAddressEqual, isHex, type Hex } from "viem";
import type { PrivateKeyAccount } from "viem/accounts";
import { z } from "zod";

const hex = z.custom<Hex>((value) => isHex(value), { message: "must be hexadecimal" });
const quantity = hex.transform((value) => hexToBigInt(value));
const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/)
  .transform((text): Hex => `0x${text.slice(2)}`);

const transaction = z.object({
  from: address,
  to: address.nullish(),
  gas: quantity,
  maxFeePerGas: quantity,
  maxPriorityFeePerGas: quantity,
  value: quantity.nullish(),
  nonce: hex.transform((value) => hexToNumber(value)),
  input: hex.nullish(),
  accessList: z.array(z.object({ address, storageKeys: z.array(hex) })).nullish(),
  chainId: quantity,
  // Absent or null for what op-batcher sends with `--data-availability-type=calldata`.
  blobVersionedHashes: z.null().optional(),
  authorizationList: z.null().optional(),
});

/**
 * Signs as op-signer does (`eth_signTransaction`): transactions with dynamic fees, of one account, for one chain.
 * @throws Error when the transaction is of another kind, account or chain
 */
export async function signTransaction(
  account: PrivateKeyAccount,
  chainId: number,
  args: unknown,
): Promise<Hex> {
  const parsed = transaction.safeParse(args);
  if (!parsed.success) {
    const fields = [...new Set(parsed.error.issues.map(({ path }) => path.join(".")))];
    throw new Error(
      `the transaction must be of type 2 with its fields in hexadecimal, got faults in ${fields.join(", ")}`,
    );
  }
  const { from, to, value, input, accessList, ...rest } = parsed.data;
  if (!isAddressEqual(from, account.address)) {
    throw new Error(`'from' must be ${account.address}, got ${from}`);
  }
  if (rest.chainId !== BigInt(chainId)) {
    throw new Error(`'chainId' must be ${String(chainId)}, got ${String(rest.chainId)}`);
  }
  return account.signTransaction({
    type: "eip1559",
    chainId,
    nonce: rest.nonce,
    gas: rest.gas,
    maxFeePerGas: rest.maxFeePerGas,
    maxPriorityFeePerGas: rest.maxPriorityFeePerGas,
    to,
    value: value ?? 0n,
    data: input ?? "0x",
    accessList: accessList ?? [],
  });
}
