import { Metrics } from "../../../programs/l2-exporter/metrics";
import { Wallet } from "../../../programs/l2-exporter/wallets";
import { BATCHER, BATCHER_LABELS, value } from "./support/harness";

const ETH = 10n ** 18n;

test("spent and received survive a top-up", async () => {
  const metrics = new Metrics();
  const read = (name: string) => value(metrics, name, BATCHER_LABELS);
  const wallet = new Wallet(
    "test",
    { name: "batcher", role: "batcher", layer: "l1", address: BATCHER },
    metrics,
  );
  expect(await read("l2_wallet_balance_eth")).toBeUndefined();
  expect(await read("l2_wallet_spent_eth_total")).toBeUndefined();

  wallet.balance(2n * ETH);
  expect(await read("l2_wallet_balance_eth")).toBe(2);
  expect(await read("l2_wallet_spent_eth_total")).toBe(0);
  expect(await read("l2_wallet_received_eth_total")).toBe(0);

  wallet.balance(ETH / 2n);
  wallet.balance(10n * ETH);
  wallet.balance(10n * ETH);
  wallet.balance(9n * ETH + ETH / 4n);
  expect(await read("l2_wallet_balance_eth")).toBe(9.25);
  expect(await read("l2_wallet_spent_eth_total")).toBe(2.25);
  expect(await read("l2_wallet_received_eth_total")).toBe(9.5);
  expect(await read("l2_wallet_balance_updated_timestamp_seconds")).toBeCloseTo(
    Date.now() / 1000,
    0,
  );
});
