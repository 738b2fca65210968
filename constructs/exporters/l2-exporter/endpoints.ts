import { z } from "zod";
import type { Alert, RuleGroup } from "../../core/alert";
import { onChainBoard } from "../l2-boards";

/** What a chain's endpoints are called, here and in the label `endpoint`. */
export const endpointNames = ["l1", "l2", "rollup", "beacon", "da", "celestia"] as const;

/** One of a chain's endpoints. */
export type EndpointName = (typeof endpointNames)[number];

/** What an environment may decide about a chain's endpoints. */
export const endpointThresholds = {
  /** Seconds within which L1 gives 95 % of its answers, over 10 minutes: good endpoints need a tenth of it. */
  l1SlowSeconds: z.number().positive().max(10).default(1),
  /** Per cent of the calls to L1 that fail, over 5 minutes, at which somebody is told within the hour. */
  l1ErrorPercent: z.number().positive().max(100).default(20),
  /** TIA of the account that pays for Celestia blobs. One posts about 60 MB, at 8 gas a byte and 0.002 utia a gas. */
  lowBalanceTia: z.number().positive().max(1_000_000).default(1),
};

/** Thresholds of a chain's endpoints with their defaults filled in. */
export type EndpointThresholds = z.output<z.ZodObject<typeof endpointThresholds>>;

const readLog =
  "The exporter's log says why, on the platform's host: `docker logs --tail 50 $(docker ps -aqf label=l2-observatory.service=l2-exporter)`.";

type DownAlert = Pick<Alert, "name" | "priority" | "summary" | "inhibitedBy"> & {
  /** Subject of the message: what has not answered. */
  readonly what: string;
  /** What else the message says. */
  readonly more: string;
  readonly meaning: string;
  readonly impact: string;
  readonly steps: readonly string[];
};

const down: Readonly<Record<EndpointName, DownAlert>> = {
  l1: {
    name: "L1RpcDown",
    priority: "P1",
    summary: "The L1 endpoint does not answer",
    what: "The L1 RPC of {{ $labels.chain }} has not answered, or is of another chain,",
    more: " Balances shown are the last ones read.",
    meaning:
      "L1 cannot be read through the configured endpoint: outage, rate limit, or a wrong chain.",
    impact:
      "Batches cannot be posted and the chain cannot be derived; balances are frozen, so their alerts are held back.",
    steps: [readLog, "Switch op-node, op-batcher and the exporter to the spare endpoint."],
  },
  l2: {
    name: "L2RpcDown",
    priority: "P1",
    summary: "The chain's RPC does not answer",
    what: "The L2 RPC of {{ $labels.chain }} has not answered, or is of another chain,",
    more: "",
    inhibitedBy: ["L2GethDown", "L2RethDown"],
    meaning:
      "The endpoint through which the chain is used does not answer, while its execution client may well run.",
    impact: "Wallets and applications on it can neither read the chain nor send to it.",
    steps: [
      readLog,
      "Ask the execution client itself, past the proxy: `cast block-number --rpc-url http://<execution client>:8545`. If it answers, the way to it is at fault: proxy, certificate, name, firewall, rate limit.",
      "If it does not, look at its process and its last log lines, and start it again.",
    ],
  },
  rollup: {
    name: "RollupRpcDown",
    priority: "P3",
    summary: "op-node's RPC does not answer",
    what: "The rollup RPC of {{ $labels.chain }} has not answered",
    more: "",
    inhibitedBy: ["L2NodeDown"],
    meaning: "`optimism_syncStatus` of op-node cannot be read.",
    impact:
      "What asks it waits: op-batcher, op-proposer, op-challenger. The chain goes on while op-node runs.",
    steps: [
      readLog,
      "Does op-node run, and listen: `--rpc.addr`, `--rpc.port`? Can the platform reach that port?",
    ],
  },
  beacon: {
    name: "L1BeaconDown",
    priority: "P2",
    summary: "The L1 beacon API does not answer",
    what: "The L1 beacon API of {{ $labels.chain }} has not answered, or is not healthy,",
    more: "",
    inhibitedBy: ["L1RpcDown"],
    meaning: "The consensus client from which op-node reads blobs does not answer.",
    impact:
      "A chain that posts blobs is not derived any more: the safe head stops on every node. New blocks are still made.",
    steps: [
      readLog,
      "Give op-node another beacon API: `--l1.beacon`, and `--l1.beacon-fallbacks` for older blobs.",
      "If it was down for weeks, blobs have expired: take an endpoint that archives them.",
    ],
  },
  da: {
    name: "DAServerDown",
    priority: "P1",
    summary: "The alt-DA server does not answer",
    what: "The alt-DA server of {{ $labels.chain }} has not answered",
    more: "",
    meaning: "The server through which batches are stored and read again does not answer.",
    impact:
      "No batch can be posted, and none can be derived: the safe head stops. After the sequencer window blocks are lost.",
    steps: [
      readLog,
      "Look at the server's process and its last log lines, and start it again.",
      "If it cannot be started, start another one with the same storage or account, and give op-batcher and op-node its address: `--altda.da-server`.",
    ],
  },
  celestia: {
    name: "CelestiaNodeDown",
    priority: "P2",
    summary: "The Celestia node does not answer",
    what: "The Celestia node of {{ $labels.chain }} has not answered, or does not know the account,",
    more: " The balance shown is the last one read.",
    inhibitedBy: ["DAServerDown"],
    meaning: "The node through which blobs go to Celestia and come back does not answer.",
    impact:
      "The alt-DA server can store no batch, unless it uses another node: the safe head stops.",
    steps: [
      readLog,
      "Has its token expired? Make a new one: `celestia light auth read`.",
      "Look at the node's process and its last log lines; a light node that was off for long must synchronise first.",
      "Give the alt-DA server another node.",
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

/** Seconds until another alert, which keeps this one silent, has fired for the same fault: a minute after a lost scrape. */
function afterItsCause(seconds: number): number {
  return Math.max(90, seconds + 30);
}

function endpointDown(chain: string, endpoint: EndpointName, pollSeconds: number): Alert {
  const { name, priority, summary, inhibitedBy, what, more, ...runbook } = down[endpoint];
  const missed = missedPollsSeconds(pollSeconds);
  const seconds = String(inhibitedBy === undefined ? missed : afterItsCause(missed));
  return {
    name,
    priority,
    expr: `l2_rpc_up{chain="${chain}", endpoint="${endpoint}"} == 0`,
    for: `${seconds}s`,
    summary,
    description: `${what} for ${seconds} s.${more}`,
    why: `Three polls in a row, one every ${String(pollSeconds)} s: two lost ones are a hiccup of a provider.${inhibitedBy === undefined ? "" : ` And long enough for ${inhibitedBy.join(" and ")} to fire first, which then says it alone.`}`,
    graph: `l2_rpc_up{chain="${chain}"}`,
    panel: onChainBoard("endpoints", "up"),
    ...(inhibitedBy === undefined ? {} : { inhibitedBy }),
    runbook,
  };
}

/** Seconds within which an endpoint gives 95 % of its answers. */
export function rpcP95(chain: string, endpoint: EndpointName, range: string): string {
  return `histogram_quantile(0.95, sum by (chain, le) (rate(l2_rpc_duration_seconds_bucket{chain="${chain}", endpoint="${endpoint}"}[${range}])))`;
}

function l1Slow(chain: string, seconds: number): Alert {
  const p95 = rpcP95(chain, "l1", "10m");
  return {
    name: "L1RpcSlow",
    priority: "P3",
    expr: `${p95} > ${String(seconds)}`,
    for: "10m",
    summary: "The L1 endpoint answers slowly",
    description: `The slowest twentieth of the answers of {{ $labels.chain }}'s L1 RPC takes {{ $value | printf "%.1f" }} s and more (threshold ${String(seconds)} s).`,
    why: "L1 makes a block every 12 s, and op-node reads each with some calls one after another: at one second a call it keeps up, at three it does not. 10 minutes hold 50 polls. When answers take longer than the exporter waits, they are errors, and L1RpcErrors tells it with a higher priority.",
    graph: p95,
    panel: onChainBoard("endpoints", "l1-latency"),
    inhibitedBy: ["L1RpcDown", "L1RpcErrors", "L1HeadStale"],
    runbook: {
      meaning: "Calls to the configured L1 endpoint take much longer than they should.",
      impact:
        "Nothing yet. If it becomes worse, op-node falls behind L1, and batches are priced late.",
      steps: [
        "Is it the endpoint or the way to it? Compare with another endpoint from the same host.",
        "Look at the provider's status page, and at how much of the plan is used.",
        "Switch op-node, op-batcher and the exporter to the spare endpoint.",
      ],
    },
  };
}

function l1Calls(chain: string, range: string, matchers = ""): string {
  return `rate(l2_rpc_requests_total{chain="${chain}", endpoint="l1"${matchers}}[${range}])`;
}

function failedL1Calls(chain: string, range: string): string {
  // What an endpoint does not offer is asked for again and again, and missed by nobody.
  return l1Calls(chain, range, ', outcome!~"ok|unsupported"');
}

/** Per cent of the calls to L1 that fail. */
export function l1ErrorPercent(chain: string, range: string): string {
  return `100 * sum by (chain) (${failedL1Calls(chain, range)}) / sum by (chain) (${l1Calls(chain, range)})`;
}

function l1Errors(chain: string, percent: number, pollSeconds: number): Alert {
  const failed = failedL1Calls(chain, "5m");
  const share = l1ErrorPercent(chain, "5m");
  // What L1RpcDown told already: an outage stays in the window when it is over.
  const silent = `max_over_time(l2_rpc_up{chain="${chain}", endpoint="l1"}[${String(missedPollsSeconds(pollSeconds))}s])`;
  const outage = `max by (chain) (max_over_time((${silent} == bool 0)[5m:15s])) == 1`;
  const worst = `topk(1, sum by (outcome) (${failed}))`;
  return {
    name: "L1RpcErrors",
    priority: "P2",
    expr: `${share} > ${String(percent)} unless on (chain) (${outage})`,
    for: "1m",
    summary: "The L1 endpoint refuses or loses calls",
    description: `{{ $value | printf "%.0f" }} % of the calls to the L1 RPC of {{ $labels.chain }} failed in 5 minutes (threshold ${String(percent)} %), most of them as {{ with query "${worst.replace(/"/g, '\\"')}" }}{{ . | first | label "outcome" }}{{ else }}errors{{ end }}.`,
    why: "One call in five: op-node and op-batcher try again, but a batch needs about ten calls in a row, and nine of ten such rows have a fault then. In 5 minutes that is five lost polls of 25; four in a row are an outage, which L1RpcDown tells. It fires within 3 minutes where so much fails that op-node sees no new blocks, and says the reason.",
    graph: `sum by (outcome) (${l1Calls(chain, "5m")})`,
    panel: onChainBoard("endpoints", "l1-errors"),
    inhibitedBy: ["L1RpcDown"],
    runbook: {
      meaning:
        "Part of the calls to L1 fail. `rate_limited` is HTTP 429 or the same in JSON-RPC: more calls than the plan allows. `timeout` is an endpoint that is too slow.",
      impact: "Batches and derivation become slow and may stop; what is paid for L1 calls is lost.",
      steps: [
        'How do they fail? `sum by (outcome) (rate(l2_rpc_requests_total{endpoint="l1"}[5m]))`.',
        "rate_limited: who uses the key? op-node asks the most: `--l1.max-concurrency`, `--l1.rpc-rate-limit`. Buy more, or give each program a key of its own.",
        "timeout or error: look at the provider's status page.",
        "Switch op-node, op-batcher and the exporter to the spare endpoint.",
      ],
    },
  };
}

/** TIA of the account that pays for Celestia blobs. */
export function celestiaBalance(chain: string): string {
  return `min by (chain, address) (l2_celestia_balance_tia{chain="${chain}"})`;
}

function celestiaLowBalance(chain: string, tia: number): Alert {
  const balance = celestiaBalance(chain);
  return {
    name: "CelestiaLowBalance",
    priority: "P2",
    expr: `${balance} < ${String(tia)}`,
    for: "1m",
    summary: "The account that pays for Celestia blobs is nearly empty",
    description: `The Celestia account {{ $labels.address }} of {{ $labels.chain }} has {{ $value | printf "%.3f" }} TIA left, less than ${String(tia)} TIA.`,
    why: "1 TIA posts about 60 MB of batches at 8 gas a byte and 0.002 utia a gas: days for a quiet chain, hours for a busy one, which sets more.",
    graph: balance,
    panel: onChainBoard("celestia", "balance"),
    inhibitedBy: ["CelestiaNodeDown"],
    runbook: {
      meaning: "The account from which blobs on Celestia are paid is below its threshold.",
      impact:
        "When it is empty the alt-DA server stores no batch: the safe head stops, and after the sequencer window blocks are lost.",
      steps: [
        "Send TIA to the address that the message names.",
        "Confirm that the balance rises on the graph; the resolved message follows.",
        "If it fell faster than usual, compare Celestia's gas price with yesterday's, and the size of the batches.",
      ],
    },
  };
}

/** What is known about a chain's endpoints. */
export interface Endpoints {
  readonly chain: string;
  /** Those that the environment gives. */
  readonly given: readonly EndpointName[];
  readonly pollSeconds: number;
  readonly thresholds: EndpointThresholds;
}

/** Reachability of the endpoints that a chain depends on, and how well L1 answers. */
export function endpointRules({ chain, given, pollSeconds, thresholds }: Endpoints): RuleGroup {
  return {
    name: `l2-exporter.${chain}`,
    intervalSeconds: 5,
    rules: [
      ...given.map((endpoint) => endpointDown(chain, endpoint, pollSeconds)),
      ...(given.includes("l1")
        ? [
            l1Slow(chain, thresholds.l1SlowSeconds),
            l1Errors(chain, thresholds.l1ErrorPercent, pollSeconds),
          ]
        : []),
      ...(given.includes("celestia") ? [celestiaLowBalance(chain, thresholds.lowBalanceTia)] : []),
    ],
  };
}
