import { parseTransaction, recoverTransactionAddress } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { signTransaction } from "../../../programs/demo-chain/signer";

const account = privateKeyToAccount(`0x${"11".repeat(32)}`);

// As op-batcher v1.19.6 spells a calldata transaction (op-service/signer/transaction_args.go): nulls included.
const batch = {
  from: account.address,
  to: "0xff00000000000000000000000000000000001338",
  gas: "0xc350",
  gasPrice: null,
  maxFeePerGas: "0x3b9aca0e",
  maxPriorityFeePerGas: "0x3b9aca00",
  value: "0x0",
  nonce: "0x7",
  data: null,
  input: "0x00c0ffee",
  accessList: [],
  chainId: "0x539",
  blobVersionedHashes: undefined,
};

test("signs what op-batcher sends, for the account, unchanged", async () => {
  const signed = await signTransaction(account, 1337, batch);
  expect(
    await recoverTransactionAddress({ serializedTransaction: signed as `0x02${string}` }),
  ).toBe(account.address);
  expect(parseTransaction(signed)).toMatchObject({
    type: "eip1559",
    chainId: 1337,
    nonce: 7,
    gas: 50_000n,
    maxFeePerGas: 1_000_000_014n,
    maxPriorityFeePerGas: 1_000_000_000n,
    to: "0xff00000000000000000000000000000000001338",
    data: "0x00c0ffee",
  });
});

test.each([
  ["another account", { from: `0x${"22".repeat(20)}` }, /'from' must be 0x/],
  ["another chain", { chainId: "0x1" }, /'chainId' must be 1337, got 1/],
  ["blobs", { blobVersionedHashes: [`0x01${"00".repeat(31)}`] }, /faults in blobVersionedHashes/],
  ["a missing nonce", { nonce: undefined }, /faults in nonce/],
  ["a decimal amount", { value: "1" }, /faults in value/],
])("fails when it is asked for %s", async (_, change, message) => {
  await expect(signTransaction(account, 1337, { ...batch, ...change })).rejects.toThrow(message);
});

test("fails when it is asked for nothing", async () => {
  await expect(signTransaction(account, 1337, undefined)).rejects.toThrow(/must be of type 2/);
});
