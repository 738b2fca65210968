import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import { ENDPOINT_NAMES } from "./config";
import { OUTCOMES } from "./failure";

interface Definition {
  readonly type: "gauge" | "counter" | "histogram";
  readonly labels: readonly string[];
  readonly unit: string;
  /** One line of meaning: the HELP text and the row of the documentation. */
  readonly help: string;
  /** When a series of it exists. */
  readonly exists: string;
}

const WALLET = ["chain", "layer", "wallet", "role", "address"] as const;
const HEAD = ["chain", "layer", "head"] as const;
const FIRST_READ = "from the first read";

/** Every metric of our own: the names and labels are a contract with the alert rules. */
export const DEFINITIONS = {
  l2_exporter_info: {
    type: "gauge",
    labels: ["version"],
    unit: "1",
    help: "Version of the exporter, as a label of the constant 1.",
    exists: "always",
  },
  l2_wallet_balance_eth: {
    type: "gauge",
    labels: WALLET,
    unit: "ETH",
    help: "Balance at the latest block; keeps its last value while the endpoint is down.",
    exists: FIRST_READ,
  },
  l2_wallet_balance_updated_timestamp_seconds: {
    type: "gauge",
    labels: WALLET,
    unit: "unix seconds",
    help: "When the balance was last read.",
    exists: FIRST_READ,
  },
  l2_wallet_spent_eth_total: {
    type: "counter",
    labels: WALLET,
    unit: "ETH",
    help: "Sum of the falls of the balance between reads; not lowered by a top-up.",
    exists: `${FIRST_READ}, as 0`,
  },
  l2_wallet_received_eth_total: {
    type: "counter",
    labels: WALLET,
    unit: "ETH",
    help: "Sum of the rises of the balance between reads.",
    exists: `${FIRST_READ}, as 0`,
  },
  l2_wallet_nonce: {
    type: "gauge",
    labels: [...WALLET, "state"],
    unit: "transactions",
    help: "Transactions sent: state latest counts mined ones, pending also those in the pool.",
    exists: FIRST_READ,
  },
  l2_rpc_up: {
    type: "gauge",
    labels: ["chain", "endpoint"],
    unit: "0 or 1",
    help: "Whether the last poll read everything it has to, from the right chain.",
    exists: "always, 0 until the first success",
  },
  l2_rpc_last_success_timestamp_seconds: {
    type: "gauge",
    labels: ["chain", "endpoint"],
    unit: "unix seconds",
    help: "When a poll last succeeded.",
    exists: "from the first success",
  },
  l2_rpc_requests_total: {
    type: "counter",
    labels: ["chain", "endpoint", "method", "outcome"],
    unit: "calls",
    help: "Calls by how they ended; every call of a JSON-RPC batch counts.",
    exists: "always, as 0",
  },
  l2_rpc_duration_seconds: {
    type: "histogram",
    labels: ["chain", "endpoint"],
    unit: "seconds",
    help: "Duration of an HTTP exchange (a batch is one), failed ones too.",
    exists: "always, as 0",
  },
  l2_chain_head_block: {
    type: "gauge",
    labels: HEAD,
    unit: "block number",
    help: "Number of the latest, safe or finalized block.",
    exists: "from the first read; safe and finalized only where the node knows them",
  },
  l2_chain_head_timestamp_seconds: {
    type: "gauge",
    labels: HEAD,
    unit: "unix seconds",
    help: "Timestamp inside the latest, safe or finalized block.",
    exists: "as l2_chain_head_block",
  },
  l2_chain_base_fee_gwei: {
    type: "gauge",
    labels: ["chain", "layer"],
    unit: "gwei",
    help: "Base fee per gas of the latest block.",
    exists: "from the first block with a base fee",
  },
  l2_chain_blob_base_fee_gwei: {
    type: "gauge",
    labels: ["chain", "layer"],
    unit: "gwei",
    help: "Base fee per blob gas, as eth_blobBaseFee answers; layer is always l1.",
    exists: "where the L1 endpoint knows eth_blobBaseFee",
  },
  l2_sync_status_block: {
    type: "gauge",
    labels: ["chain", "ref"],
    unit: "block number",
    help: "Block references of op-node's optimism_syncStatus.",
    exists: "from the first answer that knows the block",
  },
  l2_sync_status_timestamp_seconds: {
    type: "gauge",
    labels: ["chain", "ref"],
    unit: "unix seconds",
    help: "Timestamp inside the referenced block.",
    exists: "as l2_sync_status_block",
  },
  l2_celestia_balance_tia: {
    type: "gauge",
    labels: ["chain", "address"],
    unit: "TIA",
    help: "Balance of the account that pays for Celestia blobs; keeps its last value.",
    exists: FIRST_READ,
  },
  l2_beacon_syncing: {
    type: "gauge",
    labels: ["chain"],
    unit: "0 or 1",
    help: "Whether the beacon node says that it is syncing.",
    exists: FIRST_READ,
  },
} as const satisfies Readonly<Record<string, Definition>>;

/** Values of the labels that have a fixed set. */
export const LABEL_VALUES = {
  endpoint: ENDPOINT_NAMES,
  outcome: OUTCOMES,
  head: ["latest", "safe", "finalized"],
  layer: ["l1", "l2"],
  state: ["latest", "pending"],
  ref: ["unsafe_l2", "safe_l2", "finalized_l2", "current_l1", "head_l1", "safe_l1", "finalized_l1"],
} as const;

const DURATION_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

type Definitions = typeof DEFINITIONS;
type NamesOf<Type extends Definition["type"]> = {
  [Name in keyof Definitions]: Definitions[Name]["type"] extends Type ? Name : never;
}[keyof Definitions];
type LabelsOf<Name extends keyof Definitions> = Definitions[Name]["labels"][number];
type Labels<Name extends keyof Definitions> = Readonly<Record<LabelsOf<Name>, string>>;

/** The registry, written to by metric name with all labels of that metric. */
export class Metrics {
  readonly registry = new Registry();
  readonly #gauges = new Map<string, Gauge>();
  readonly #counters = new Map<string, Counter>();
  readonly #histograms = new Map<string, Histogram>();

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    for (const [name, { type, labels, help }] of Object.entries<Definition>(DEFINITIONS)) {
      const options = { name, help, labelNames: [...labels], registers: [this.registry] };
      if (type === "gauge") this.#gauges.set(name, new Gauge(options));
      else if (type === "counter") this.#counters.set(name, new Counter(options));
      else {
        this.#histograms.set(name, new Histogram({ ...options, buckets: DURATION_BUCKETS }));
      }
    }
  }

  /** Sets a gauge. */
  set<Name extends NamesOf<"gauge">>(name: Name, labels: Labels<Name>, value: number): void {
    this.#gauges.get(name)?.set({ ...labels }, value);
  }

  /** Adds to a counter; `by` 0 makes the series exist. */
  add<Name extends NamesOf<"counter">>(name: Name, labels: Labels<Name>, by = 1): void {
    this.#counters.get(name)?.inc({ ...labels }, by);
  }

  /** Adds an observation to a histogram. */
  observe<Name extends NamesOf<"histogram">>(
    name: Name,
    labels: Labels<Name>,
    value: number,
  ): void {
    this.#histograms.get(name)?.observe({ ...labels }, value);
  }

  /** Makes an empty series of a histogram exist. */
  touch<Name extends NamesOf<"histogram">>(name: Name, labels: Labels<Name>): void {
    this.#histograms.get(name)?.zero({ ...labels });
  }
}
