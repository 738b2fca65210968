import type { Alert, RuleGroup } from "../../core/alert";
import { newFailures } from "../../core/promql";
import { onChainBoard } from "../l2-boards";
import { derivationLag, refsOf } from "./refs";

/** What decides the alerts on reading the chain from L1. */
export interface DerivationLimits {
  readonly l1HeadSeconds: number;
  readonly derivationLagBlocks: number;
  readonly derivationErrors: number;
  readonly l1ReorgBlocks: number;
}

/** Alerts on what a node reads the chain from. */
const sources = ["L1RpcDown", "L1RpcErrors", "L1BeaconDown", "DAServerDown"];

const otherEndpoint =
  "Ask the endpoint yourself: `cast block latest --rpc-url <L1 endpoint>`, or `eth_blockNumber` by curl. If it is slow, limits the rate or is behind an explorer, switch op-node to the spare one.";

/** Age in seconds of the newest L1 block that each node knows. */
export function l1HeadAge(chain: string): string {
  return `time() - max by (chain, instance) (${refsOf(chain).time("l1", "l1_head")})`;
}

function l1HeadStale(chain: string, l1HeadSeconds: number): Alert {
  const age = l1HeadAge(chain);
  return {
    name: "L1HeadStale",
    priority: "P2",
    expr: `${age} > ${String(l1HeadSeconds)}`,
    for: "1m",
    panel: onChainBoard("derivation", "l1-head"),
    summary: "The node sees no new L1 blocks",
    description: `The newest L1 block that {{ $labels.instance }} of {{ $labels.chain }} knows is {{ $value | printf "%.0f" }} seconds old, more than ${String(l1HeadSeconds)}.`,
    why: "L1RpcDown is faster and pages in its place where the L2 exporter asks the same endpoint: the wait leaves it time.",
    graph: age,
    inhibitedBy: ["L1RpcDown", "L1RpcErrors"],
    runbook: {
      meaning: "The L1 endpoint of op-node answers nothing, or always the same block.",
      impact:
        "The safe head stands still. The sequencer stays on an old L1 block, and 30 minutes later it stops.",
      steps: [
        otherEndpoint,
        "Does L1 itself make blocks? A public explorer knows. If not, wait: nothing can be done here.",
        "If the endpoint is sound and the node still sees nothing, start op-node again.",
      ],
    },
  };
}

/** Errors of each node's steps in 5 minutes. */
export function stepErrors(chain: string): string {
  return newFailures(
    `op_node_default_events_emitted{job="l2-node", chain="${chain}", event_type=~"engine-temporary-error|l1-temporary-error|critical-error"}`,
    ["chain", "instance"],
  );
}

function errors(chain: string, limit: number): Alert {
  const failures = stepErrors(chain);
  return {
    name: "DerivationErrors",
    priority: "P3",
    expr: `${failures} > ${String(limit)}`,
    for: "10m",
    panel: onChainBoard("derivation", "errors"),
    summary: "A step of the node fails again and again",
    description: `{{ $labels.instance }} of {{ $labels.chain }} reported {{ $value | printf "%.0f" }} errors of its steps in 5 minutes, more than ${String(limit)}.`,
    why: "Counted by the error events inside op-node: `op_node_default_derivation_errors_total` exists, but v1.19.6 counts nothing in it. Without an execution client a node reports some 40 a minute. An L1 endpoint that answers nothing makes none: L1HeadStale sees that.",
    graph: failures,
    inhibitedBy: [
      "DerivationLagging",
      "L1HeadStale",
      ...sources,
      "L2GethDown",
      "L2RethDown",
      "L2UnsafeHeadStalled",
    ],
    runbook: {
      meaning:
        "op-node tries the same step over and over: its execution client, L1, the beacon API or the DA server does not give what it asks for.",
      impact: "The heads move slowly, and stop when nothing succeeds any more.",
      steps: [
        "Read the reason: lines of op-node with 'temporary error' or 'failed temporarily', and their `err`.",
        "'Engine': look at the execution client, its log, its disk, and whether both know the same JWT secret.",
        "Blobs, or the beacon's address: the beacon API fails, or keeps blobs for too short a time. Use another one.",
        otherEndpoint,
        "With a DA server: `op_node_default_storage_errors_total` rises when it is the cause.",
      ],
    },
  };
}

function lagging(chain: string, blocks: number): Alert {
  const lag = derivationLag(chain);
  return {
    name: "DerivationLagging",
    priority: "P2",
    expr: `${lag} > ${String(blocks)} and ${lag} >= ${derivationLag(chain, "offset 10m")}`,
    for: "10m",
    panel: onChainBoard("derivation", "lag"),
    summary: "The node does not keep up with reading L1",
    description: `{{ $labels.instance }} of {{ $labels.chain }} has {{ $value | printf "%.0f" }} L1 blocks to read, more than ${String(blocks)}, and they do not get fewer.`,
    why: "A node that catches up after a start is no fault: as many blocks as 10 minutes before, or more.",
    graph: lag,
    inhibitedBy: ["L1HeadStale", ...sources, "L2GethDown", "L2RethDown"],
    runbook: {
      meaning:
        "New L1 blocks arrive, but op-node does not derive from them: it is stuck at one, or each takes longer than L1 needs for the next.",
      impact:
        "The safe and the finalized head stand still for this node, even though batches land.",
      steps: [
        "Read op-node's last warnings: what does it wait for?",
        otherEndpoint,
        "The beacon API gives the blobs, a DA server the batches: ask both.",
        "'Deriver system is resetting' again and again: the endpoint contradicts what it said before. Compare its newest blocks with those of another one, and switch.",
        "Nothing in the log: is the execution client slow (EngineSlow)?",
      ],
    },
  };
}

/** Channels that timed out in 10 minutes. */
export function channelTimeouts(chain: string): string {
  return `max by (chain) (increase(op_node_default_channel_timeout_total{job="l2-node", chain="${chain}"}[10m]))`;
}

function channelTimedOut(chain: string): Alert {
  const timeouts = channelTimeouts(chain);
  return {
    name: "ChannelTimedOut",
    priority: "P2",
    expr: `${timeouts} > 0`,
    panel: onChainBoard("derivation", "channel-timeouts"),
    summary: "A part of a batch never arrived on L1",
    description:
      'In 10 minutes {{ $value | printf "%.0f" }} channels of {{ $labels.chain }} timed out: a part of their data did not land on L1 in time.',
    why: "Any: the batcher posts a channel whole or again. 10 minutes, shorter than the 15 of BatchSubmissionFailed, which says the same from the batcher's side and holds it back.",
    graph: timeouts,
    inhibitedBy: [
      "NoBatchLanded",
      "BatcherDown",
      "BatcherLowETH",
      "BatcherInsufficientFunds",
      "BatcherTxStuck",
      "BatchSubmissionFailed",
      "L1RpcDown",
      "L1RpcErrors",
    ],
    runbook: {
      meaning:
        "A channel, a batch in parts, must be on L1 within 50 L1 blocks. This one was not, and the parts that did land are worth nothing.",
      impact:
        "What was paid for them is lost, and the safe head waits until the batcher posts these blocks again.",
      steps: [
        "Read op-batcher's log: which transaction did not land, and why? Fees that were too low are the usual cause.",
        "Is the L1 base fee or blob fee high (HighL1GasPrice)? Raise the fee limit of op-batcher.",
        "Does the safe head move again? If not within 10 minutes, start op-batcher again: it goes on from the safe head.",
        "Right after a restart of op-node it may be an old one: the node reads the last L1 blocks a second time.",
      ],
    },
  };
}

/** Reorganisations of L1 in 15 minutes that took back more blocks than given. */
export function l1Reorgs(chain: string, blocks: number): string {
  const selector = `{job="l2-node", chain="${chain}"}`;
  const shallow = `{job="l2-node", chain="${chain}", le="${String(blocks)}.5"}`;
  return `max by (chain) (increase(op_node_default_l1_reorg_depth_count${selector}[15m]) - ignoring (le) increase(op_node_default_l1_reorg_depth_bucket${shallow}[15m]))`;
}

function l1ReorgDeep(chain: string, blocks: number): Alert {
  const deep = l1Reorgs(chain, blocks);
  return {
    name: "L1ReorgDeep",
    priority: "P3",
    // The two are extrapolated apart from each other, so that without a deep one the difference is not quite 0.
    expr: `${deep} > 0.5`,
    panel: onChainBoard("derivation", "l1-reorgs"),
    summary: "L1 took many blocks back",
    description: `L1, as {{ $labels.chain }} sees it, took back more than ${String(blocks)} blocks {{ $value | printf "%.0f" }} times in 15 minutes.`,
    why: "The default is what the sequencer waits by default (`--sequencer.l1-confs`): a deeper one takes L1 blocks that L2 blocks name. The depth is the one that op-node notes, from the old head down to the new one.",
    graph: deep,
    inhibitedBy: ["L1RpcDown"],
    runbook: {
      meaning:
        "The L1 head went back further than the sequencer waits, or the endpoint balances over nodes of different height.",
      impact:
        "L2 blocks that name the L1 blocks that are gone are built anew: L2UnsafeReorg follows.",
      steps: [
        "Did it happen on L1? An explorer lists reorganisations: more than two blocks are rare.",
        "If not, the endpoint answers from nodes of different height: use one node, or another provider.",
        "If it was real and happens again, raise `--sequencer.l1-confs`.",
      ],
    },
  };
}

/** Alerts on how the nodes of a chain read it from L1. */
export function derivationRules(chain: string, limits: DerivationLimits): RuleGroup {
  return {
    name: `op-node.derivation.${chain}`,
    intervalSeconds: 15,
    rules: [
      l1HeadStale(chain, limits.l1HeadSeconds),
      errors(chain, limits.derivationErrors),
      lagging(chain, limits.derivationLagBlocks),
      channelTimedOut(chain),
      l1ReorgDeep(chain, limits.l1ReorgBlocks),
    ],
  };
}
