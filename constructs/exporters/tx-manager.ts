/** Prefix of the metrics of a program that sends to L1 through op-service's transaction manager. */
export type Sender = "op_batcher_default" | "op_proposer_default";

/** As long as a success of an earlier process is remembered, at least: that of one which restarts again and again. */
const rememberedSeconds = 6 * 3600;

/**
 * PromQL: seconds since a transaction of a chain's program last succeeded on L1, as far as that is remembered.
 * @param seconds how long ago it may well be
 */
export function ageOfSuccess(sender: Sender, chain: string, seconds: number): string {
  const remembered = Math.max(rememberedSeconds, 2 * seconds);
  return `time() - max by (chain) (max_over_time(${sender}_txmgr_last_confirm_unix{chain="${chain}", status="success"}[${String(remembered)}s]))`;
}

/**
 * PromQL: seconds since a transaction of a chain's program last succeeded on L1, and `seconds` where none is known,
 * for a program that was scraped that long ago already. So it is at least `seconds` once none succeeded for so long.
 *
 * The time of a success is a series of one process: absent until its first one, and again after a restart. It is the
 * transaction manager's, which looks at the receipt; op-batcher's own count of successes does not ask whether a
 * transaction was reverted (op-batcher/batcher/driver.go of optimism v1.19.6).
 */
export function secondsSinceSuccess(sender: Sender, chain: string, seconds: number): string {
  const age = ageOfSuccess(sender, chain, seconds);
  const scrapedThen = `max by (chain) (max_over_time(${sender}_up{chain="${chain}"}[5m] offset ${String(seconds)}s))`;
  return `((${age}) or ${String(seconds)} * ${scrapedThen}) and on (chain) ${scrapedThen}`;
}
