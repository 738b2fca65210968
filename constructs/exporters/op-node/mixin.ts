import type { LogRuleGroup, RuleGroup } from "../../core/alert";
import type { DownAlert } from "../../core/observation";
import { onChainBoard } from "../l2-boards";

/** The alert for a consensus client that does not answer. */
export const l2NodeDown: DownAlert = {
  name: "L2NodeDown",
  priority: "P1",
  for: "1m",
  summary: "The L2 consensus client does not answer",
  panel: onChainBoard("programs", "up"),
  runbook: {
    meaning:
      "op-node, which drives the execution client and derives the chain from L1, gave no answer for a minute.",
    impact: "On the sequencer no block is made; on a replica the heads stand still.",
    steps: [
      "Look at the process and its last log lines: the L1 RPC, the beacon API and the engine are named there.",
      "Start it again; it resumes from the engine's heads.",
      "If an L1 endpoint fails, switch to the spare one.",
    ],
  },
};

/** Seconds after which the newest block is no longer fresh, and the safe one. */
export interface Freshness {
  readonly unsafeSeconds: number;
  readonly safeSeconds: number;
}

/**
 * `op_node_sync_status`: 1 while the unsafe and the safe head are fresh, else 0. op-node exports no such gauge;
 * it exports the time of each head.
 */
export function syncStatusRules(
  chain: string,
  { unsafeSeconds, safeSeconds }: Freshness,
): RuleGroup {
  const age = (type: string) =>
    `(time() - max by (job, chain, instance) (op_node_default_refs_time{job="l2-node", chain="${chain}", layer="l2", type="${type}"}))`;
  return {
    name: `op-node.${chain}`,
    intervalSeconds: 5,
    rules: [
      {
        record: "op_node_sync_status",
        // A node that knows no safe head yet is not synchronised: 0, not absent.
        expr: `(${age("l2_unsafe")} < bool ${String(unsafeSeconds)}) * ((${age("l2_safe")} < bool ${String(safeSeconds)}) or 0 * ${age("l2_unsafe")})`,
      },
    ],
  };
}

/** One node of a chain. */
export interface PeerNode {
  /** Unique among the nodes of all chains. */
  readonly name: string;
  /** Label `instance`. */
  readonly instance: string;
}

/** Peers of a node that should have some. */
export function peerRules(chain: string, node: PeerNode, lowPeerCount: number): RuleGroup {
  const peers = `op_node_default_p2p_peer_count{job="l2-node", chain="${chain}", instance="${node.instance}"}`;
  return {
    name: `op-node.peers.${node.name}`,
    intervalSeconds: 15,
    rules: [
      {
        name: "LowPeerCount",
        priority: "P3",
        expr: `${peers} < ${String(lowPeerCount)}`,
        panel: onChainBoard("peers", "count"),
        for: "10m",
        summary: "The L2 node has few peers",
        description: `{{ $labels.instance }} of {{ $labels.chain }} has {{ $value | printf "%.0f" }} peers, fewer than ${String(lowPeerCount)}.`,
        why: "With one or two peers the next one that goes leaves the node alone; a node that has just started finds its peers within minutes.",
        graph: peers,
        inhibitedBy: ["L2NodeDown"],
        runbook: {
          meaning: "The node is connected to fewer other nodes than expected.",
          impact:
            "New blocks arrive late or not at all over the network; L1 remains as the slow way.",
          steps: [
            "Is the p2p port reachable from outside, and is the advertised address right?",
            "Do the configured static peers and boot nodes still exist?",
          ],
        },
      },
    ],
  };
}

/** What decides the alerts on the node's lines. */
export interface NodeLogs {
  /** Label `service` of its lines. */
  readonly service: string;
  /** Resets of the derivation pipeline in 15 minutes. */
  readonly pipelineResets: number;
}

/**
 * Alerts on the node's lines, by op-node/rollup/driver/sync_deriver.go of optimism v1.19.6: `msg="Deriver system is
 * resetting" err=…` stands in the log once for every reset event, and not for the reset at a start.
 */
export function logRules(chain: string, { service, pipelineResets }: NodeLogs): LogRuleGroup {
  const resets = `{chain="${chain}", service="${service}"} |= "Deriver system is resetting"`;
  return {
    name: `op-node.${chain}.${service}`,
    intervalSeconds: 10,
    alerts: [
      {
        name: "NodePipelineReset",
        priority: "P2",
        logql: `sum by (chain) (count_over_time(${resets} [15m])) >= ${String(pipelineResets)}`,
        lines: resets,
        summary: "The derivation pipeline starts over again and again",
        description:
          'The node of {{ $labels.chain }} reset its derivation {{ $value | printf "%.0f" }} times in 15 minutes.',
        inhibitedBy: ["L2NodeDown", "L1RpcDown"],
        runbook: {
          meaning:
            "What op-node reads from L1 contradicts what it read before: a deep reorganisation, or an L1 endpoint whose nodes disagree.",
          impact: "The safe head does not move, and the unsafe head may be thrown away.",
          steps: [
            "Read the reason: `err` of the lines of this alert.",
            "Compare the L1 endpoint's newest blocks with those of another one; if they differ, switch.",
            "If L1 is sound and it goes on, restart op-node, then look at the batches that the error names.",
          ],
        },
      },
    ],
  };
}
