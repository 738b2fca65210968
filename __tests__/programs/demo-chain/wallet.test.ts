import { parseEther } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { sender } from "../../../programs/demo-chain/chains";
import { fundOnce } from "../../../programs/demo-chain/faucet";
import { balance, drain, refill } from "../../../programs/demo-chain/wallet";
import { developer, FakeDevChain } from "./support/fake-dev-chain";

const key = `0x${"11".repeat(32)}` as const;
const { address } = privateKeyToAccount(key);
let chain: FakeDevChain;

beforeEach(async () => {
  chain = await FakeDevChain.listen("l1");
});
afterEach(() => {
  chain.close();
});

test("the faucet fills a wallet that was never used, once", async () => {
  expect(await fundOnce(sender(chain.url), address, 5)).toBe(true);
  expect(await balance({ rpcUrl: chain.url, address })).toBe(5);
  expect(await fundOnce(sender(chain.url), address, 5)).toBe(false);
  expect(chain.sent).toHaveLength(1);
});

test("the faucet leaves a drained wallet alone", async () => {
  await fundOnce(sender(chain.url), address, 5);
  await drain({ rpcUrl: chain.url, key, leaveEth: 0 });
  expect(await fundOnce(sender(chain.url), address, 5)).toBe(false);
  expect(chain.balance(address)).toBe(0n);
});

test("a drain leaves exactly what it should and gives the rest back", async () => {
  await fundOnce(sender(chain.url), address, 5);
  const { balanceEth } = await drain({ rpcUrl: chain.url, key, leaveEth: 0.05 });
  expect(balanceEth).toBe(0.05);
  expect(chain.balance(address)).toBe(parseEther("0.05"));
  expect(chain.sent.at(-1)).toMatchObject({ from: address, to: developer });
});

test("a refill adds to what is there", async () => {
  chain.balances.set(address.toLowerCase(), parseEther("0.25"));
  expect((await refill({ rpcUrl: chain.url, address, eth: 1.5 })).balanceEth).toBe(1.75);
});

test("fails when there is less in the wallet than should stay", async () => {
  await fundOnce(sender(chain.url), address, 1);
  await expect(drain({ rpcUrl: chain.url, key, leaveEth: 1 })).rejects.toThrow(
    "'leaveEth' must be less than the balance of 1 ETH and the fee, got 1",
  );
  expect(chain.sent).toHaveLength(1);
});

test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])(
  "fails when the amount is %d",
  async (eth) => {
    await expect(drain({ rpcUrl: chain.url, key, leaveEth: eth })).rejects.toThrow(
      /'leaveEth' must be an amount of ETH of 0 or more/,
    );
    await expect(refill({ rpcUrl: chain.url, address, eth })).rejects.toThrow(/'eth' must be/);
  },
);

test("fails on a chain that is not a developer chain, before anything is sent", async () => {
  chain.chainId = 1;
  chain.balances.set(address.toLowerCase(), parseEther("1"));
  await expect(drain({ rpcUrl: chain.url, key, leaveEth: 0 })).rejects.toThrow(
    /'rpcUrl' must be a node of a developer chain \(id 1337\), got chain 1/,
  );
  await expect(refill({ rpcUrl: chain.url, address, eth: 1 })).rejects.toThrow(/got chain 1/);
  expect(chain.sent).toEqual([]);
});
