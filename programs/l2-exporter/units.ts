import { formatEther, formatGwei, formatUnits } from "viem";

// The decimal text is exact, and parsing a decimal text rounds once, to the nearest double.

/** Wei as ETH, correctly rounded to the nearest double. */
export function weiToEth(wei: bigint): number {
  return Number(formatEther(wei));
}

/** Wei as gwei, correctly rounded to the nearest double. */
export function weiToGwei(wei: bigint): number {
  return Number(formatGwei(wei));
}

/** utia as TIA (6 decimals), correctly rounded to the nearest double. */
export function utiaToTia(utia: bigint): number {
  return Number(formatUnits(utia, 6));
}
