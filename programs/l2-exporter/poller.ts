import { ReadFailure } from "./failure";
import type { Log } from "./log";
import type { Metrics } from "./metrics";
import type { Reader } from "./reader";

/** Polls of different endpoints start spread over this many milliseconds at most. */
const START_SPREAD_MS = 2000;
/** A failing endpoint is asked again after this many intervals at most. */
const MAX_BACK_OFF = 2;

export interface PollerOptions {
  readonly chain: string;
  readonly reader: Reader;
  readonly intervalMs: number;
  readonly metrics: Metrics;
  readonly log: Log;
  /** A number from 0 (included) to 1 (excluded); injected by tests. @default Math.random */
  readonly random?: () => number;
  /** Called after every poll. */
  readonly onPoll: () => void;
}

/** Milliseconds to wait after a failure: one interval after the first, two after the next ones. */
export function backOffMs(intervalMs: number, failures: number): number {
  return intervalMs * Math.min(MAX_BACK_OFF, 2 ** (failures - 1));
}

/** Polls one endpoint on its own timer: never two polls at once, and independent of every other. */
export class Poller {
  readonly #abort = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #up: boolean | undefined;
  #failures = 0;
  #polled = false;

  constructor(private readonly options: PollerOptions) {
    const { chain, reader, metrics } = options;
    metrics.set("l2_rpc_up", { chain, endpoint: reader.endpoint }, 0);
  }

  /** Whether the endpoint was tried at least once. */
  get polled(): boolean {
    return this.#polled;
  }

  /** Starts polling after a random part of the interval, 2 s at most. */
  start(): void {
    const { intervalMs, random = Math.random } = this.options;
    this.#schedule(random() * Math.min(START_SPREAD_MS, intervalMs));
  }

  /** Stops at once; a read under way is aborted. */
  stop(): void {
    this.#abort.abort();
    clearTimeout(this.#timer);
    this.options.reader.close();
  }

  #schedule(delayMs: number): void {
    this.#timer = setTimeout(() => void this.#poll(), delayMs);
  }

  async #poll(): Promise<void> {
    const { reader, intervalMs, onPoll } = this.options;
    const started = performance.now();
    let failure: ReadFailure | undefined;
    try {
      await reader.read(this.#abort.signal);
    } catch (error) {
      failure =
        error instanceof ReadFailure
          ? error
          : new ReadFailure("error", `internal error: ${error instanceof Error ? error.name : ""}`);
    }
    if (this.#abort.signal.aborted) return;
    this.#record(failure);
    this.#polled = true;
    onPoll();
    this.#schedule(
      failure === undefined
        ? Math.max(0, started + intervalMs - performance.now())
        : backOffMs(intervalMs, this.#failures),
    );
  }

  #record(failure: ReadFailure | undefined): void {
    const { chain, reader, metrics, log } = this.options;
    const { endpoint, host } = reader;
    const labels = { chain, endpoint };
    const up = failure === undefined;
    metrics.set("l2_rpc_up", labels, up ? 1 : 0);
    if (up) {
      metrics.set("l2_rpc_last_success_timestamp_seconds", labels, Date.now() / 1000);
    }
    this.#failures = up ? 0 : this.#failures + 1;
    if (this.#up === up) return;
    this.#up = up;
    const fields = host === undefined ? labels : { ...labels, host };
    if (failure === undefined) log("info", "endpoint up", fields);
    else log("warn", "endpoint down", { ...fields, reason: failure.message });
  }
}
