import type { Alert, RuleGroup } from "../../core/alert";
import { onChainBoard } from "../l2-boards";
import { refsOf } from "./refs";

/** What decides the alerts on making blocks. */
export interface SequencingLimits {
  readonly sequencingErrors: number;
  readonly driftSeconds: number;
  readonly engineMilliseconds?: number | undefined;
}

/** Seconds of drift at which the sequencer leaves out all transactions: a constant of the protocol since Fjord. */
const maxDriftSeconds = 1800;

/** Blocks that the sequencer threw away in 10 minutes. */
export function blocksThrownAway(chain: string): string {
  return `sum by (chain) (increase(op_node_default_sequencing_errors_total{job="l2-node", chain="${chain}"}[10m]))`;
}

function sequencingErrors(chain: string, limit: number): Alert {
  const failures = blocksThrownAway(chain);
  return {
    name: "SequencingErrors",
    priority: "P3",
    expr: `${failures} >= ${String(limit)}`,
    panel: onChainBoard("sequencing", "thrown-away"),
    summary: "The sequencer throws its own blocks away",
    description:
      'The sequencer of {{ $labels.chain }} threw away {{ $value | printf "%.0f" }} blocks in 10 minutes that it had begun.',
    why: "A hiccup of the execution client makes one, and the next try heals it; several in 10 minutes are a fault that stays.",
    graph: failures,
    inhibitedBy: ["L2UnsafeHeadStalled"],
    runbook: {
      meaning: "The execution client calls what the sequencer builds invalid.",
      impact: "Each costs the time of one block. If every block fails, the chain stands still.",
      steps: [
        "Read the reason in op-node's log, around 'invalid'.",
        "Do the versions of op-node and its execution client fit, and know the same hard forks?",
        "If one transaction is the cause, it is named in the execution client's log.",
      ],
    },
  };
}

/**
 * How far a block is ahead of its L1 origin. The origin's time is not exported: it is that of the L1 head, less one L1
 * block time for each block between. A node that is behind, or a chain that stands still, does not change it.
 */
export function drift(chain: string, l1BlockSeconds: number): string {
  const { number, time } = refsOf(chain);
  const blocks = `(${number("l1", "l1_head")} - ignoring (layer, type) ${number("l1_origin", "l2_unsafe")})`;
  const ahead = `(${time("l2", "l2_unsafe")} - ignoring (layer, type) ${time("l1", "l1_head")})`;
  return `max by (chain) (${blocks} * ${String(l1BlockSeconds)} + ${ahead})`;
}

function driftHigh(chain: string, l1BlockSeconds: number, driftSeconds: number): Alert {
  const expr = drift(chain, l1BlockSeconds);
  return {
    name: "SequencerDriftHigh",
    priority: "P2",
    expr: `${expr} > ${String(driftSeconds)}`,
    for: "1m",
    panel: onChainBoard("sequencing", "drift"),
    summary: "The sequencer stays on an old L1 block",
    description: `The newest block of {{ $labels.chain }} is {{ $value | printf "%.0f" }} seconds ahead of its L1 origin. From ${String(maxDriftSeconds)} on the sequencer leaves out all transactions.`,
    why: "Some 60 seconds are usual: four L1 blocks of 12 s that the sequencer waits. When L1 stays away the drift grows by a second a second, so that from 600 on 20 minutes are left.",
    graph: expr,
    inhibitedBy: ["L1RpcDown", "L1RpcErrors", "L1HeadStale"],
    runbook: {
      meaning:
        "Each L2 block names an L1 block, its origin. The sequencer does not go on to newer ones.",
      impact: "At 1800 seconds its blocks are empty, and without a newer L1 block it stops.",
      steps: [
        "Read op-node's log for 'L1 Origin': it says what it waits for.",
        "Does the L1 endpoint give blocks by number, and receipts, in time? Switch to the spare one.",
        "Is `--sequencer.l1-confs` set far too high?",
      ],
    },
  };
}

/** Milliseconds within which each execution client takes 99 % of the blocks. */
export function newPayloadP99(chain: string, range: string): string {
  return `1000 * histogram_quantile(0.99, sum by (chain, instance, le) (rate(op_node_default_rpc_client_request_duration_seconds_bucket{job="l2-node", chain="${chain}", method=~"engine_newPayloadV.+"}[${range}])))`;
}

/** The limit of a chain's own, else half of its block time. */
export function engineLimit(
  { engineMilliseconds }: Pick<SequencingLimits, "engineMilliseconds">,
  blockTimeSeconds: number,
): number {
  return engineMilliseconds ?? blockTimeSeconds * 500;
}

function engineSlow(chain: string, milliseconds: number): Alert {
  const p99 = newPayloadP99(chain, "5m");
  return {
    name: "EngineSlow",
    priority: "P3",
    expr: `${p99} > ${String(milliseconds)}`,
    for: "10m",
    panel: onChainBoard("sequencing", "engine"),
    summary: "The execution client takes new blocks slowly",
    description: `The execution client behind {{ $labels.instance }} of {{ $labels.chain }} needs up to {{ $value | printf "%.0f" }} ms for a new block (p99, threshold ${String(milliseconds)} ms).`,
    why: "Half of a block time by default: the other half is for building the block.",
    graph: p99,
    inhibitedBy: ["L2GethDown", "L2RethDown", "L2UnsafeHeadStalled"],
    runbook: {
      meaning: "Executing and storing one block takes a large part of the time until the next.",
      impact:
        "Blocks come late, and a node that needs longer than a block time falls behind for good.",
      steps: [
        "Is its disk slow, or its machine busy? Compare CPU and disk latency with an hour ago.",
        "Is the database compacting? `eth_db_chaindata_compact_writedelay_duration` rises then.",
        "Have blocks become larger? Compare `chain_head_gas_used`: a lower gas limit, or a larger machine, is the way out.",
      ],
    },
  };
}

/** Alerts on how blocks are made. */
export function sequencingRules(
  chain: string,
  rollup: { readonly blockTimeSeconds: number; readonly l1BlockSeconds: number },
  limits: SequencingLimits,
): RuleGroup {
  return {
    name: `op-node.sequencing.${chain}`,
    intervalSeconds: 15,
    rules: [
      sequencingErrors(chain, limits.sequencingErrors),
      driftHigh(chain, rollup.l1BlockSeconds, limits.driftSeconds),
      engineSlow(chain, engineLimit(limits, rollup.blockTimeSeconds)),
    ],
  };
}

/** Alerts of a chain whose sequencers the environment lists. */
export function activeSequencerRules(chain: string, unsafeSeconds: number): RuleGroup {
  const active = `sum by (chain) (op_node_default_sequencer_active{job="l2-node", chain="${chain}"})`;
  // The one that sequences may be the one that is down, which L2NodeDown tells.
  const someDown = `min by (chain) (up{job="l2-node", chain="${chain}"}) == 0`;
  return {
    name: `op-node.sequencers.${chain}`,
    intervalSeconds: 5,
    rules: [
      {
        name: "ActiveSequencers",
        priority: "P1",
        expr: `${active} > 1 or (${active} < 1 unless on (chain) (${someDown}))`,
        panel: onChainBoard("sequencing", "active"),
        for: `${String(unsafeSeconds + 60)}s`,
        summary: "Not exactly one node sequences",
        description:
          'Of the nodes of {{ $labels.chain }} {{ $value | printf "%.0f" }} sequence; it must be exactly 1.',
        why: "A minute longer than the newest block may be old: where no node sequences, L2UnsafeHeadStalled is first and holds it back, and while a node is down, which may be the one that sequences, L2NodeDown says so alone. What is left are two that sequence, which a replica that is down does not hide, and one that nobody watches.",
        graph: `op_node_default_sequencer_active{job="l2-node", chain="${chain}"}`,
        inhibitedBy: ["L2UnsafeHeadStalled"],
        runbook: {
          meaning:
            "Two nodes build blocks of the same chain, or none of those that are watched does while blocks arrive all the same.",
          impact:
            "Two sequencers make two chains: one of them is thrown away, with its users' transactions.",
          steps: [
            "Which ones? `op_node_default_sequencer_active` is 1 on each that does.",
            "Two: keep the one from which op-batcher reads. Stop the other: `admin_stopSequencer`, or start it with `--sequencer.stopped`.",
            "With op-conductor: only its leader may sequence. Look for a node that was started without it.",
            "None, and yet there are blocks: who makes them? Stop it, or list it in the environment with `sequencer: true`.",
          ],
        },
      },
    ],
  };
}
