import type { RuleGroup } from "../../core/alert";
import type { DownAlert } from "../../core/observation";
import { onChainBoard } from "../l2-boards";

/** The alert for the exporter itself. */
export const l2ExporterDown: DownAlert = {
  name: "L2ExporterDown",
  priority: "P1",
  for: "1m",
  summary: "Wallets and L1 are not watched",
  panel: onChainBoard("programs", "up"),
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
