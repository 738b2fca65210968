/** Seconds between two scrapes of the model. */
export const stepSeconds = 15;

/** When what goes wrong begins: until then everything is well, for as long as rules look back. */
export const troubleSeconds = 90 * 60;

/** What is wrong from {@link troubleSeconds} on. */
export interface Trouble {
  /** The batcher's wallet was emptied. */
  readonly walletEmpty?: boolean;
  /** Calls to L1 that fail, of each 10, and how; batches and derivation still come through, later. */
  readonly l1?: { readonly failing: number; readonly outcome: "timeout" | "rate_limited" };
  /** The sequencer makes no block. */
  readonly sequencerFrozen?: boolean;
  /** The node derives nothing from L1; new blocks come all the same. */
  readonly derivationStalled?: boolean;
  /** The DA layer takes nothing. */
  readonly daRefuses?: boolean;
}

/** A series in promtool's notation. */
export interface ModelSeries {
  readonly series: string;
  readonly values: string;
}

type Labels = Readonly<Record<string, string>>;

const blockSeconds = 2;
const l1BlockSeconds = 12;
/** From a batch's publication to its confirmation. */
const confirmationSeconds = 120;
const retrySeconds = 60;
const gasPerBatchEth = 0.0005;

/** Values of many series, step by step. */
class Recorder {
  readonly #series = new Map<string, string[]>();
  #step = 0;

  constructor(readonly steps: number) {}

  next(step: number): void {
    this.#step = step;
  }

  put(metric: string, labels: Labels, value: number | undefined): void {
    const text = Object.entries(labels)
      .map(([label, one]) => `${label}="${one}"`)
      .join(", ");
    const key = `${metric}{${text}}`;
    const values = this.#series.get(key) ?? Array<string>(this.steps).fill("_");
    values[this.#step] = value === undefined ? "_" : String(Number(value.toFixed(6)));
    this.#series.set(key, values);
  }

  all(): ModelSeries[] {
    return [...this.#series].map(([series, values]) => ({ series, values: values.join(" ") }));
  }
}

/** One chain with its batcher, as its programs and the exporter would tell it. */
class Rollup {
  #unsafe = 0;
  #safe = 0;
  #finalized = 0;
  #added = 0;
  #derived = 0;
  #balance = 2;
  #spent = 0;
  #published = 0;
  #sending: { readonly since: number; readonly upTo: number } | undefined;
  #nextBatch = 60;
  #landed: { readonly at: number; readonly upTo: number }[] = [];
  #confirmed = 0;
  #lastConfirmed: number | undefined;
  #failed = 0;
  #lastFailed: number | undefined;
  #proposed = 0;
  #daTaken = 0;
  #daErrors = 0;
  readonly #calls: Record<string, number> = { ok: 0, timeout: 0, rate_limited: 0 };
  readonly #answeredWithin: Record<string, number> = { "0.25": 0, "1": 0, "5": 0, "+Inf": 0 };

  constructor(readonly trouble: Trouble) {}

  advance(t: number): void {
    const trouble = t >= troubleSeconds ? this.trouble : {};
    if (trouble.sequencerFrozen !== true) this.#unsafe = t;
    if (trouble.walletEmpty === true) this.#balance = 0.0001;
    this.#batch(t, trouble);
    if (trouble.derivationStalled !== true) {
      this.#derived = t;
      for (const { at, upTo } of this.#landed) {
        if (t >= at + 30) this.#safe = Math.max(this.#safe, upTo);
      }
    }
    // L1 is final after about 15 minutes.
    this.#finalized = Math.max(this.#finalized, Math.min(this.#safe, t - 900));
    if (t - this.#proposed >= 3600 && this.#safe > this.#proposed) this.#proposed = t;
    this.#ask(trouble);
  }

  #batch(t: number, { walletEmpty = false, daRefuses = false, l1 }: Trouble): void {
    if (this.#sending === undefined) {
      if (t < this.#nextBatch || this.#unsafe <= this.#added) return;
      if (walletEmpty || daRefuses) {
        this.#failed += 1;
        this.#lastFailed = t;
        this.#nextBatch = t + retrySeconds;
        if (daRefuses) this.#daErrors += 1;
        return;
      }
      this.#sending = { since: t, upTo: this.#unsafe };
      this.#added = this.#unsafe;
      this.#published = t;
      return;
    }
    const { since, upTo } = this.#sending;
    const takes = confirmationSeconds * (l1 === undefined ? 1 : 2);
    if (t - since < takes) return;
    this.#sending = undefined;
    this.#nextBatch = t + 30;
    this.#landed = [...this.#landed.slice(-3), { at: t, upTo }];
    this.#confirmed += 1;
    this.#lastConfirmed = t;
    this.#daTaken += 1;
    this.#balance -= gasPerBatchEth;
    this.#spent += gasPerBatchEth;
  }

  #ask({ l1 }: Trouble): void {
    const failing = l1?.failing ?? 0;
    this.#calls["ok"] = (this.#calls["ok"] ?? 0) + 10 - failing;
    if (l1 !== undefined) this.#calls[l1.outcome] = (this.#calls[l1.outcome] ?? 0) + failing;
    const slow = l1?.outcome === "timeout";
    for (const le of Object.keys(this.#answeredWithin)) {
      const within = slow && le !== "5" && le !== "+Inf" ? 5 : 10;
      this.#answeredWithin[le] = (this.#answeredWithin[le] ?? 0) + within;
    }
  }

  record(to: Recorder, t: number): void {
    this.#recordNode(to, t);
    this.#recordBatcher(to);
    this.#recordExporter(to, t);
  }

  #recordNode(to: Recorder, t: number): void {
    const of = (labels: Labels): Labels => ({
      job: "l2-node",
      instance: "l2-node:7300",
      chain: "alpha",
      ...labels,
    });
    const l1 = Math.floor(t / l1BlockSeconds) * l1BlockSeconds;
    const heads = {
      l2_unsafe: this.#unsafe,
      l2_safe: this.#safe,
      l2_local_safe: this.#safe,
      l2_finalized: Math.max(0, this.#finalized),
    };
    for (const [type, time] of Object.entries(heads)) {
      const origin = Math.floor(Math.min(l1, Math.max(0, time - 60)) / l1BlockSeconds);
      to.put("op_node_default_refs_time", of({ layer: "l2", type }), time);
      to.put("op_node_default_refs_number", of({ layer: "l2", type }), time / blockSeconds);
      to.put("op_node_default_refs_number", of({ layer: "l1_origin", type }), origin);
    }
    const l1Heads = { l1_head: l1, l1_derived: this.#derived, l1_safe: Math.max(0, l1 - 400) };
    for (const [type, time] of Object.entries(l1Heads)) {
      to.put("op_node_default_refs_time", of({ layer: "l1", type }), time);
      const number = Math.floor(time / l1BlockSeconds);
      to.put("op_node_default_refs_number", of({ layer: "l1", type }), number);
    }
    to.put("op_node_default_up", of({}), 1);
    to.put("op_node_default_sequencer_active", of({}), 1);
    to.put("op_node_default_p2p_peer_count", of({}), 8);
    for (const counted of ["pipeline_resets", "channel_timeout", "sequencing_errors"]) {
      to.put(`op_node_default_${counted}_total`, of({}), 0);
    }
    const geth = { job: "l2-geth", instance: "l2-geth:6060", chain: "alpha" };
    to.put("chain_head_block", geth, this.#unsafe / blockSeconds);
    to.put("txpool_pending", geth, 10);
  }

  #recordBatcher(to: Recorder): void {
    const of = (labels: Labels): Labels => ({
      job: "op-batcher",
      instance: "l2-batcher:7301",
      chain: "alpha",
      ...labels,
    });
    const name = (metric: string) => `op_batcher_default_${metric}`;
    to.put(name("up"), of({}), 1);
    to.put(name("balance"), of({}), this.#balance);
    const stage = (one: string, count: number, last: number | undefined) => {
      if (last === undefined) return;
      to.put(name("batcher_tx_total"), of({ stage: one }), count);
      to.put(name("last_batcher_tx_unix"), of({ stage: one }), last);
    };
    stage("success", this.#confirmed, this.#lastConfirmed);
    stage("failed", this.#failed, this.#lastFailed);
    if (this.#lastConfirmed !== undefined) {
      const status = of({ status: "success" });
      to.put(name("txmgr_confirm_total"), status, this.#confirmed);
      to.put(name("txmgr_last_confirm_unix"), status, this.#lastConfirmed);
    }
    to.put(name("txmgr_last_publish_unix"), of({}), this.#published);
    to.put(name("txmgr_pending_txs"), of({}), this.#sending === undefined ? 0 : 1);
    to.put(name("txmgr_basefee_wei"), of({}), 2e9);
    for (const [type, time] of [
      ["loaded", this.#unsafe],
      ["added", this.#added],
    ] as const) {
      to.put(name("refs_time"), of({ layer: "l2", type }), time);
      to.put(name("refs_number"), of({ layer: "l2", type }), time / blockSeconds);
    }
    const proposer = { job: "op-proposer", instance: "l2-proposer:7302", chain: "alpha" };
    to.put("op_proposer_default_up", proposer, 1);
    to.put("op_proposer_default_balance", proposer, 5);
    to.put(
      "op_proposer_default_txmgr_last_confirm_unix",
      { ...proposer, status: "success" },
      this.#proposed === 0 ? undefined : this.#proposed,
    );
    const da = { job: "da-server", instance: "l2-da-server:6060", chain: "alpha" };
    to.put("celestia_submissions_total", da, this.#daTaken);
    to.put("celestia_submission_errors_total", da, this.#daErrors);
    to.put("op_altda_inclusion_height", da, 1000 + this.#daTaken);
  }

  #recordExporter(to: Recorder, t: number): void {
    const of = (labels: Labels): Labels => ({
      job: "l2-exporter",
      instance: "l2-exporter:9300",
      chain: "alpha",
      ...labels,
    });
    const failing = t >= troubleSeconds ? (this.trouble.l1?.failing ?? 0) : 0;
    for (const endpoint of ["l1", "l2", "rollup", "da"]) {
      // One poll in three is lost where calls fail: the others are tried again within it.
      const lost = endpoint === "l1" && failing > 0 && (t / stepSeconds) % 3 === 0;
      to.put("l2_rpc_up", of({ endpoint }), lost ? 0 : 1);
    }
    for (const [outcome, count] of Object.entries(this.#calls)) {
      const labels = of({ endpoint: "l1", method: "eth_getBalance", outcome });
      to.put("l2_rpc_requests_total", labels, count);
    }
    for (const [le, count] of Object.entries(this.#answeredWithin)) {
      to.put("l2_rpc_duration_seconds_bucket", of({ endpoint: "l1", le }), count);
    }
    const wallet = of({ layer: "l1", wallet: "batcher", role: "batcher", address: "0xba7c4" });
    to.put("l2_wallet_balance_eth", wallet, this.#balance);
    to.put("l2_wallet_spent_eth_total", wallet, this.#spent);
    to.put("l2_chain_base_fee_gwei", of({ layer: "l1" }), 2);
    to.put(
      "l2_chain_head_block",
      of({ layer: "l1", head: "latest" }),
      Math.floor(t / l1BlockSeconds),
    );
  }
}

/** Every series of a chain that is well, until the trouble begins. @param seconds how long it is watched */
export function rollupSeries(trouble: Trouble, seconds: number): ModelSeries[] {
  const steps = Math.ceil(seconds / stepSeconds) + 1;
  const recorder = new Recorder(steps);
  const rollup = new Rollup(trouble);
  for (let step = 0; step < steps; step += 1) {
    const t = step * stepSeconds;
    recorder.next(step);
    rollup.advance(t);
    rollup.record(recorder, t);
  }
  return recorder.all();
}
