import type { RuleGroup } from "../../core/alert";
import type { DownAlert } from "../../core/observation";

/** The alert for a proposer that does not answer. */
export const proposerDown: DownAlert = {
  name: "ProposerDown",
  priority: "P2",
  for: "1m",
  summary: "The proposer does not answer",
  runbook: {
    meaning: "op-proposer, which posts the chain's state to L1, gave no answer for a minute.",
    impact: "Withdrawals wait until the next proposal. The chain itself goes on.",
    steps: ["Look at the process and its last log lines, then start it again."],
  },
};

/** Balance of the proposer's wallet. */
export function proposerWalletRules(chain: string, lowBalanceEth: number): RuleGroup {
  const balance = `min by (chain) (op_proposer_default_balance{chain="${chain}"})`;
  return {
    name: `op-proposer.${chain}`,
    intervalSeconds: 15,
    rules: [
      {
        name: "ProposerLowETH",
        priority: "P2",
        expr: `${balance} < ${String(lowBalanceEth)}`,
        for: "1m",
        summary: "The proposer's wallet is nearly empty",
        description: `The proposer of {{ $labels.chain }} has {{ $value | printf "%.4f" }} ETH left, less than ${String(lowBalanceEth)} ETH.`,
        graph: balance,
        inhibitedBy: ["L1RpcDown", "ProposerDown"],
        runbook: {
          meaning:
            "The account that pays for proposals, and for the bonds of dispute games, is low.",
          impact: "Without it no proposal lands, and withdrawals wait.",
          steps: ["Top up the proposer's address.", "Look for bonds that can be claimed back."],
        },
      },
    ],
  };
}
