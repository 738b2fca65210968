import type { Alert, RuleGroup } from "../../core/alert";
import type { DownAlert } from "../../core/observation";
import { newFailures } from "../../core/promql";
import { onChainBoard } from "../l2-boards";

/** The alert for a conductor that does not answer. */
export const conductorDown: DownAlert = {
  name: "ConductorDown",
  priority: "P2",
  for: "1m",
  summary: "A conductor does not answer",
  panel: onChainBoard("programs", "up"),
  runbook: {
    meaning:
      "op-conductor, which decides with the others which server makes the blocks, gave no answer for a minute.",
    impact:
      "One server fewer can take over. When more than half of them are gone, nobody leads and no block is made.",
    steps: [
      "Look at the process and its last log lines, then start it again; it joins the others by itself.",
      "Are the others up? If only a minority is, bring servers back before anything else.",
      "If its disk is lost, remove the server from the cluster and add it anew.",
    ],
  },
};

/** Alerts on the servers that take turns as the sequencer of a chain. */
export function conductorRules(chain: string): RuleGroup {
  return {
    name: `op-conductor.${chain}`,
    intervalSeconds: 5,
    rules: [noLeader(chain), twoLeaders(chain), unhealthy(chain), cannotAct(chain)],
  };
}

/**
 * Blocks that the others agreed to, by conductor. No metric says who leads, but only the leader's op-node commits its
 * blocks, and only the leader can: `<nil>` is how the program writes no error.
 */
export function committed(chain: string): string {
  return `increase(op_conductor_rpc_server_responses_total{chain="${chain}", method="conductor_commitUnsafePayload", error="<nil>"}[1m])`;
}

function noLeader(chain: string): Alert {
  const blocks = `sum by (chain) (${committed(chain)})`;
  return {
    name: "ConductorNoLeader",
    priority: "P1",
    // Where nothing was committed since the start there is no series.
    expr: `(${blocks} or 0 * max by (chain) (op_conductor_up{chain="${chain}"})) == 0`,
    for: "1m",
    panel: onChainBoard("conductors", "leader"),
    summary: "No server of the sequencer leads",
    description:
      "No conductor of {{ $labels.chain }} has committed a block for more than a minute.",
    graph: blocks,
    why: "The leader commits every block, so a minute without one is many blocks late; another minute lets an election end.",
    inhibitedBy: ["ActiveSequencers", "L2UnsafeHeadStalled"],
    runbook: {
      meaning:
        "The conductors have no leader, or the leader's sequencer makes no block. Somebody may also have told op-node to go without them (`admin_overrideLeader`).",
      impact: "The chain stands still, or it runs without its safeguard.",
      steps: [
        "Ask each conductor: `conductor_leader`, `conductor_active`, `conductor_sequencerHealthy`, `conductor_clusterMembership`.",
        "No leader: are more than half of the servers up, and do they reach each other at the consensus port? Bring them back.",
        "A leader whose sequencer is stopped: read its log for the reason, or give the lead away with `conductor_transferLeader`.",
        "`no unsafe head` in its log: this cluster has never agreed on a block, so it cannot start one itself. Start the leader's sequencer by `admin_startSequencer` with the hash of its head.",
        "Paused (`conductor_paused`): somebody did that for maintenance. Ask, then `conductor_resume`.",
        "If the cluster cannot be saved, follow the chain's procedure for a sequencer without conductor. Never start two.",
      ],
    },
  };
}

function twoLeaders(chain: string): Alert {
  const leaders = `count by (chain) (max by (chain, instance) (${committed(chain)}) > 0)`;
  return {
    name: "ConductorTwoLeaders",
    priority: "P1",
    expr: `${leaders} > 1`,
    // A change of the leader shows both for one window of a minute.
    for: "2m",
    panel: onChainBoard("conductors", "leader"),
    summary: "Two servers of the sequencer lead at once",
    description:
      '{{ $value | printf "%.0f" }} conductors of {{ $labels.chain }} commit blocks at the same time.',
    graph: leaders,
    why: "When the lead changes, both have committed within one minute: only what lasts longer is two leaders.",
    runbook: {
      meaning:
        "One cluster has one leader, so there are two clusters, or the lead changes several times a minute.",
      impact:
        "Two versions of the chain are made and sent out: transactions that users saw confirmed are taken back.",
      steps: [
        "Ask each conductor `conductor_clusterMembership`: do all of them know the same servers? Was one bootstrapped a second time?",
        "Two clusters: pause the conductor of the wrong one (`conductor_pause`) and stop its sequencer (`admin_stopSequencer`) at once.",
        "One cluster: the lead wanders because servers are unhealthy or the network between them is slow. See ConductorUnhealthy.",
      ],
    },
  };
}

/** Health checks that each server passed in 2 minutes. */
export function checksPassed(chain: string): string {
  return `sum by (chain, instance) (increase(op_conductor_healthchecks_count{chain="${chain}", success="true"}[2m]))`;
}

function unhealthy(chain: string): Alert {
  const sound = checksPassed(chain);
  return {
    name: "ConductorUnhealthy",
    priority: "P2",
    expr: `(${sound} or 0 * max by (chain, instance) (op_conductor_up{chain="${chain}"})) == 0`,
    for: "2m",
    panel: onChainBoard("conductors", "healthy"),
    summary: "A server of the sequencer is not healthy",
    description:
      "The server at {{ $labels.instance }} of {{ $labels.chain }} has not passed a health check for 2 minutes.",
    graph: sound,
    why: "Two minutes without one passed check, and two more: a restart is over by then.",
    inhibitedBy: ["ConductorNoLeader", "L2UnsafeHeadStalled"],
    runbook: {
      meaning:
        "A conductor finds its own op-node or execution client unreachable, behind, or with too few peers.",
      impact:
        "This server cannot take the lead. If it has it, the lead is given away; with no sound server left, no block is made.",
      steps: [
        "Read its log: `Sequencer is unhealthy` names the reason.",
        "Look at the op-node and the execution client of the same server: are they up, do their heads advance, have they peers?",
        "If it leads and does not let go, `conductor_transferLeader`.",
      ],
    },
  };
}

/** A start that the conductor itself refuses, before it asks op-node, is not counted: {@link noLeader} sees that. */
function cannotAct(chain: string): Alert {
  const failures = [
    "op_conductor_sequencer_starts_count",
    "op_conductor_sequencer_stops_count",
    "op_conductor_leader_transfers_count",
  ]
    .map((metric) =>
      newFailures(`${metric}{chain="${chain}", success="false"}`, ["chain", "instance"]),
    )
    .map((failed) => `${failed} > 0`)
    .join(" or ");
  return {
    name: "ConductorCannotAct",
    priority: "P2",
    expr: failures,
    for: "1m",
    panel: onChainBoard("conductors", "refused"),
    summary: "A conductor cannot start or stop its sequencer, or give the lead away",
    description:
      "The conductor at {{ $labels.instance }} of {{ $labels.chain }} could not start or stop its sequencer, or not give the lead away, within the last 5 minutes.",
    inhibitedBy: ["ConductorNoLeader", "L2UnsafeHeadStalled"],
    runbook: {
      meaning:
        "It wanted to change who makes the blocks: its op-node refused, or no other server took the lead. It tries again.",
      impact:
        "The change that it wanted is not done: the chain may stand still, or a bad server goes on.",
      steps: [
        "Read its log: which of start, stop and transfer failed, and why?",
        "Does op-node answer at its admin RPC, and is its head where the conductor's is? A start is refused on another head.",
        "A transfer that fails: are the other servers healthy, and known as voters (`conductor_clusterMembership`)?",
      ],
    },
  };
}
