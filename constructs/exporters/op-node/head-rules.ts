import type { Alert, RuleGroup } from "../../core/alert";
import { onChainBoard } from "../l2-boards";
import { derivationLag, refsOf } from "./refs";

/** What the chain's configuration decides. */
export interface Rollup {
  readonly blockTimeSeconds: number;
  readonly l1BlockSeconds: number;
  readonly sequencerWindowBlocks: number;
}

/** What decides the alerts on the heads. */
export interface HeadLimits {
  readonly unsafeSeconds: number;
  readonly safeSeconds: number;
  readonly finalizedSeconds: number;
  readonly windowLeftPercent: number;
  readonly derivationLagBlocks: number;
}

/** Alerts whose fault keeps the safe head back as well; each is at least as urgent. */
const behindSafeHead = [
  "SequencerWindowNear",
  "NoBatchLanded",
  "BatcherDown",
  "BatcherLowETH",
  "BatcherInsufficientFunds",
  "BatcherTxStuck",
  "BatchSubmissionFailed",
  "DAServerDown",
  "DASubmissionFailing",
  "L1BeaconDown",
  "L1HeadStale",
  "L1RpcDown",
  "L1RpcErrors",
];

const lostBlocks =
  "When the window closes, every node derives the chain without the batches that are missing: those blocks are lost, with the transactions in them.";

/** Seconds since the newest block of a chain. */
export function newestBlockAge(chain: string): string {
  return `time() - max by (chain) (${refsOf(chain).time("l2", "l2_unsafe")})`;
}

function stalled(chain: string, unsafeSeconds: number): Alert {
  const age = newestBlockAge(chain);
  // While no execution or no consensus client answers, their own alerts say so, and they take a little longer.
  const down = `max by (job, chain) (up{job=~"l2-node|l2-geth|l2-reth", chain="${chain}"}) == 0`;
  return {
    name: "L2UnsafeHeadStalled",
    priority: "P1",
    expr: `(${age} > ${String(unsafeSeconds)}) unless on (chain) (${down})`,
    for: "30s",
    panel: onChainBoard("heads", "newest"),
    summary: "The chain makes no blocks",
    description: `The newest block of {{ $labels.chain }} is {{ $value | printf "%.0f" }} seconds old, more than ${String(unsafeSeconds)}.`,
    why: "The age of the newest block that any node of the chain knows. It is silent while all execution clients or all consensus clients of the chain are down: L2GethDown or L2NodeDown pages then. No alert holds it back, so that a replica that is down hides no standstill.",
    graph: age,
    runbook: {
      meaning:
        "No node of the chain has a new block. The sequencer has stopped, or cannot build, or its blocks do not reach a replica.",
      impact: "Transactions wait, users see the chain stand still. Nothing is lost yet.",
      steps: [
        'Does the sequencer sequence? `op_node_default_sequencer_active{job="l2-node"}` is 1 on it. At 0 somebody or a restart stopped it: start it with `admin_startSequencer`, or let op-conductor do so.',
        "Read op-node's last lines. 'Engine failed temporarily' or 'backing off': look at the execution client, its log and its disk.",
        "'Error finding next L1 Origin': the sequencer sees no new L1 block and may not go on without. Look at the L1 endpoint, switch to the spare one.",
        "'has fallen behind safe head': `--sequencer.max-safe-lag` stops it until batches land. Look at op-batcher.",
        "A replica only: do blocks arrive? Look at its peers and at the public RPC of the chain; if that moves, the fault is here.",
      ],
    },
  };
}

/** Seconds of blocks that each node is behind the first of its chain. */
export function behindFirstNode(chain: string): string {
  const time = refsOf(chain).time("l2", "l2_unsafe");
  return `max by (chain) (${time}) - on (chain) group_right () max by (chain, instance) (${time})`;
}

function behind(chain: string, unsafeSeconds: number): Alert {
  const lag = behindFirstNode(chain);
  return {
    name: "L2NodeBehind",
    priority: "P3",
    expr: `${lag} > ${String(unsafeSeconds)}`,
    for: "5m",
    panel: onChainBoard("heads", "behind"),
    summary: "A node is behind the other nodes of its chain",
    description: `{{ $labels.instance }} of {{ $labels.chain }} is {{ $value | printf "%.0f" }} seconds of blocks behind the first node of its chain.`,
    why: "As far as the newest block may be old, for 5 minutes: a node that starts again has caught up by then.",
    graph: lag,
    runbook: {
      meaning: "The chain goes on, and this node does not keep up.",
      impact: "Who reads from it gets old answers. It cannot take over as sequencer.",
      steps: [
        "Does it have peers? `op_node_default_p2p_peer_count`.",
        "Does it wait for a missing block? `op_node_default_unsafe_payloads_buffer_len` rises then: it gets the block from L1 at the latest, when the batch lands.",
        "Is its execution client slow? Compare `op_node_default_rpc_client_request_duration_seconds` with the other nodes, and look at its disk.",
      ],
    },
  };
}

/**
 * Reading L1 from further back after a restart is not a step back of what has landed: hence the highest of a while. And
 * a node that still reads old L1 blocks cannot know what has landed: hence silence while it lags.
 */
function whileReading(chain: string, expr: string, lagBlocks: number): string {
  return `(${expr}) unless on (chain) (min by (chain) (${derivationLag(chain)}) > ${String(lagBlocks)})`;
}

/** Seconds of blocks between the unsafe and the safe head. */
export function safeLag(chain: string): string {
  const { time } = refsOf(chain);
  return `max by (chain) (${time("l2", "l2_unsafe")}) - max by (chain) (max_over_time(${time("l2", "l2_safe")}[30m]))`;
}

function safeLagging(chain: string, { safeSeconds, derivationLagBlocks }: HeadLimits): Alert {
  const lag = safeLag(chain);
  return {
    name: "SafeHeadLagging",
    priority: "P2",
    expr: whileReading(chain, `${lag} > ${String(safeSeconds)}`, derivationLagBlocks),
    for: "5m",
    panel: onChainBoard("heads", "safe-lag"),
    summary: "Blocks are made, but do not become safe",
    description: `The safe head of {{ $labels.chain }} is {{ $value | printf "%.0f" }} seconds of blocks behind the unsafe head, more than ${String(safeSeconds)}.`,
    why: "The distance between the two heads, not the age: a sequencer that stands still makes no second page. After a restart op-node takes its safe head back to the finalized one and reads again: the highest of 30 minutes counts.",
    graph: lag,
    inhibitedBy: behindSafeHead,
    runbook: {
      meaning:
        "The sequencer makes blocks, but no batch with them is found on L1: none lands, or what lands is not accepted.",
      impact: `Withdrawals and bridges wait. ${lostBlocks}`,
      steps: [
        "How long is there? Query `chain:sequencer_window_left_minutes`.",
        'Do batches land? `op_batcher_default_last_batcher_tx_unix{stage="success"}` is the time of the last one. If not, op-batcher\'s log says why: funds, fees, nonce, L1 endpoint, DA server.',
        "If they land, is a part of a channel missing? `op_node_default_channel_timeout_total` rises then; op-batcher posts it again, restart it if it does not.",
        "If they land whole, op-node's log says why it leaves them out, in lines with 'Dropping' or 'dropping'. A batcher that runs with another chain's configuration, or another key than the chain's, posts in vain.",
      ],
    },
  };
}

/** Minutes that are left of the sequencer window. */
export function windowLeftMinutes(chain: string): string {
  return `chain:sequencer_window_left_minutes{chain="${chain}"}`;
}

/** Minutes left of the window at which somebody is woken. */
export function windowNearMinutes(rollup: Rollup, limits: HeadLimits): number {
  const minutes = (windowMinutes(rollup) * limits.windowLeftPercent) / 100;
  return Number(minutes.toFixed(1));
}

function windowNear(chain: string, rollup: Rollup, limits: HeadLimits): Alert {
  const left = windowLeftMinutes(chain);
  const threshold = String(windowNearMinutes(rollup, limits));
  return {
    name: "SequencerWindowNear",
    priority: "P1",
    expr: whileReading(chain, `${left} < ${threshold}`, limits.derivationLagBlocks),
    for: "5m",
    panel: onChainBoard("heads", "window"),
    summary: "The sequencer window closes: blocks are about to be lost",
    description: `The sequencer window of {{ $labels.chain }} closes in {{ $value | printf "%.0f" }} minutes (threshold ${threshold}). No batch with newer blocks has landed on L1.`,
    why: `${String(limits.windowLeftPercent)} % of the window of ${String(rollup.sequencerWindowBlocks)} L1 blocks. No alert holds it back: it is the last warning, and whoever answered the first one has not ended the cause.`,
    graph: left,
    runbook: {
      meaning:
        "A batch must land within the sequencer window after the L1 block that its L2 blocks name. For the oldest block that is not on L1 yet, this time is nearly over.",
      impact: lostBlocks,
      steps: [
        "Everything that gets a batch onto L1 now is right: funds, a higher fee limit, another L1 endpoint, calldata instead of the DA server, a second machine for op-batcher.",
        "Start op-batcher again with a short `--max-channel-duration` (1), so that a part lands at once: the window is counted from the oldest block that is missing.",
        "Watch `chain:sequencer_window_left_minutes` rise. If it cannot be done in time, stop the sequencer: every block it makes now is lost too, and tell users.",
      ],
    },
  };
}

function windowMinutes({ l1BlockSeconds, sequencerWindowBlocks }: Rollup): number {
  return (sequencerWindowBlocks * l1BlockSeconds) / 60;
}

/** L1 goes on while a node cannot see it: the age of its newest L1 block counts as well. */
function windowLeft(chain: string, rollup: Rollup): string {
  const { number, time } = refsOf(chain);
  const used = `max by (chain) (${number("l1", "l1_head")}) - max by (chain) (max_over_time(${number("l1_origin", "l2_safe")}[1h]))`;
  const age = `(time() - max by (chain) (${time("l1", "l1_head")}))`;
  const seconds = `(${String(rollup.sequencerWindowBlocks)} - (${used})) * ${String(rollup.l1BlockSeconds)} - ${age}`;
  return `clamp_min((${seconds}) / 60, 0)`;
}

/** Seconds of blocks between the safe and the finalized head. */
export function finalizedLag(chain: string): string {
  const { time } = refsOf(chain);
  return `max by (chain) (${time("l2", "l2_safe")}) - max by (chain) (${time("l2", "l2_finalized")})`;
}

function finalizedStalled(chain: string, finalizedSeconds: number): Alert {
  const lag = finalizedLag(chain);
  return {
    name: "FinalizedHeadStalled",
    priority: "P3",
    expr: `${lag} > ${String(finalizedSeconds)}`,
    for: "30m",
    panel: onChainBoard("heads", "finalized-lag"),
    summary: "Safe blocks do not become final",
    description: `The finalized head of {{ $labels.chain }} is {{ $value | printf "%.0f" }} seconds of blocks behind the safe head, more than ${String(finalizedSeconds)}.`,
    why: "The distance to the safe head: a batcher that stops is no fault of finality. 30 minutes, since a long channel moves the safe head far at once, and L1 needs up to 20 minutes to finalise.",
    graph: lag,
    inhibitedBy: ["L1RpcDown", "L1RpcErrors", "L1HeadStale"],
    runbook: {
      meaning:
        "Batches are on L1, but L1 does not finalise the blocks with them, or the L1 endpoint does not tell it.",
      impact:
        "Who waits for finality waits: exchanges, bridges, op-proposer where it proposes final blocks only.",
      steps: [
        "Does L1 finalise? Compare the endpoint's block `finalized` with that of a public explorer.",
        "If L1 is sound, the endpoint is not: switch op-node to another one.",
        "A development chain whose L1 has no finality: raise `thresholds.finalizedSeconds`.",
      ],
    },
  };
}

function unsafeReorg(chain: string): Alert {
  const steps = `max by (chain) (resets(${refsOf(chain).number("l2", "l2_unsafe")}[5m]))`;
  return {
    name: "L2UnsafeReorg",
    priority: "P2",
    expr: `${steps} > 0`,
    panel: onChainBoard("heads", "numbers"),
    summary: "The chain took blocks back",
    description:
      'The newest block of {{ $labels.chain }} went back {{ $value | printf "%.0f" }} times in 5 minutes.',
    why: "Any: in normal operation the head never goes back. What is over within the 5 seconds between two scrapes is not seen.",
    graph: refsOf(chain).number("l2", "l2_unsafe"),
    runbook: {
      meaning:
        "Blocks that users saw are gone: L1 was reorganised below the chain, the execution client lost its last blocks in a crash, or batches did not land in time.",
      impact: "Transactions that looked done may be undone. Who gave goods for them loses money.",
      steps: [
        'How far? `max_over_time(op_node_default_refs_number{layer="l2", type="l2_unsafe"}[10m])` against its present value.',
        "Did the execution client start again just then? It was killed, and what was not on disk yet is lost: give it time to stop.",
        "Was L1 reorganised (L1ReorgDeep)? Then nothing is wrong here; raise `--sequencer.l1-confs` if it happens often.",
        "Do two nodes sequence? See ActiveSequencers.",
        "Did the sequencer window close? See SequencerWindowNear.",
      ],
    },
  };
}

/** Alerts on the heads of a chain, whichever of its nodes is ahead. */
export function headRules(chain: string, rollup: Rollup, limits: HeadLimits): RuleGroup {
  return {
    name: `op-node.heads.${chain}`,
    intervalSeconds: 5,
    rules: [
      { record: "chain:sequencer_window_left_minutes", expr: windowLeft(chain, rollup) },
      {
        record: "chain:blocks_per_second:promised",
        expr: `vector(1 / ${String(rollup.blockTimeSeconds)})`,
        labels: { chain },
      },
      stalled(chain, limits.unsafeSeconds),
      behind(chain, limits.unsafeSeconds),
      safeLagging(chain, limits),
      windowNear(chain, rollup, limits),
      finalizedStalled(chain, limits.finalizedSeconds),
      unsafeReorg(chain),
    ],
  };
}
