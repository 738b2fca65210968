import { utiaToTia, weiToEth, weiToGwei } from "../../../programs/l2-exporter/units";

test("wei become the nearest double of the ETH amount", () => {
  expect(weiToEth(0n)).toBe(0);
  expect(weiToEth(1n)).toBe(1e-18);
  expect(weiToEth(500_000_000_000_000_000n)).toBe(0.5);
  // Number(wei) / 1e18 rounds twice here and gives 0.30000000000000004.
  expect(weiToEth(300_000_000_000_000_000n)).toBe(0.3);
  expect(weiToEth(123_456_789_012_345_678_901_234_567n)).toBe(123456789.01234567890123);
  expect(weiToEth(2n ** 256n - 1n)).toBeCloseTo(1.157920892373162e59, -45);
});

test("every wei amount round-trips as well as a double can", () => {
  for (let shift = 0n; shift < 200n; shift++) {
    const wei = (1n << shift) + (1n << (shift / 3n)) + 7n;
    const digits = wei.toString().padStart(19, "0");
    expect(weiToEth(wei)).toBe(Number(`${digits.slice(0, -18)}.${digits.slice(-18)}`));
  }
});

test("gwei and TIA", () => {
  expect(weiToGwei(7_000_000_007n)).toBe(7.000000007);
  expect(utiaToTia(1_234_567n)).toBe(1.234567);
});
