import type { RuleGroup } from "../../core/alert";
import type { DownAlert } from "../../core/observation";

/** The alert for the exporter itself. */
export const l2ExporterDown: DownAlert = {
  name: "L2ExporterDown",
  priority: "P1",
  for: "1m",
  summary: "Wallets and L1 are not watched",
  runbook: {
    meaning:
      "The exporter that reads balances, fees and the state of RPC endpoints does not answer.",
    impact:
      "An empty wallet would be noticed only through op-batcher's own gauge, if that is scraped.",
    steps: [
      "Read its log: `docker logs --tail 50 $(docker ps -aqf label=l2-observatory.service=l2-exporter)`.",
    ],
  },
};

/**
 * Seconds after which three polls in a row have failed: the exporter waits one interval after the first and two after
 * the second; 15 s more are a time-out, a scrape and an evaluation.
 */
function missedPollsSeconds(pollSeconds: number): number {
  return Math.max(30, 3 * pollSeconds + 15);
}

/** Reachability of the endpoints a chain depends on. */
export function endpointRules(chain: string, pollSeconds: number): RuleGroup {
  const seconds = String(missedPollsSeconds(pollSeconds));
  const down = `l2_rpc_up{chain="${chain}", endpoint="l1"} == 0`;
  return {
    name: `l2-exporter.${chain}`,
    intervalSeconds: 5,
    rules: [
      {
        name: "L1RpcDown",
        priority: "P1",
        expr: down,
        for: `${seconds}s`,
        summary: "The L1 endpoint does not answer",
        description: `The L1 RPC of {{ $labels.chain }} has not answered, or is of another chain, for ${seconds} s. Balances shown are the last ones read.`,
        graph: `l2_rpc_up{chain="${chain}"}`,
        runbook: {
          meaning:
            "L1 cannot be read through the configured endpoint: outage, rate limit, or a wrong chain.",
          impact:
            "Batches cannot be posted and the chain cannot be derived; balances are frozen, so their alerts are held back.",
          steps: [
            "The exporter's log says why, on the platform's host: `docker logs --tail 50 $(docker ps -aqf label=l2-observatory.service=l2-exporter)`.",
            "Switch op-node, op-batcher and the exporter to the spare endpoint.",
          ],
        },
      },
    ],
  };
}

/** The name people query for the L1 base fee, beside op-batcher's view of it. */
export const compatibilityRules: RuleGroup = {
  name: "l2-exporter",
  intervalSeconds: 15,
  rules: [
    {
      record: "l1_gas_price_gwei",
      expr: 'l2_chain_base_fee_gwei{job="l2-exporter", layer="l1"}',
    },
  ],
};
