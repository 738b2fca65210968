import type { ChainConfig, EndpointName, LocationConfig } from "./config";
import { type Outcome, ReadFailure } from "./failure";
import { HttpClient, type HttpReply, statusFailure } from "./http-client";
import { RpcBatch } from "./json-rpc";
import { below, currentUrl } from "./location";
import type { Metrics } from "./metrics";

/** What one kind of endpoint reads in a poll. */
export interface Reader {
  readonly endpoint: EndpointName;
  /** Host and port for the log; absent where the whole URL comes from a file. */
  readonly host?: string;
  /** Reads everything once; rejects with a `ReadFailure` when the endpoint counts as down. */
  read(signal: AbortSignal): Promise<void>;
  close(): void;
}

/** How a method can end besides ok, error, timeout, rate_limited and invalid_response. */
export type ExtraOutcomes = Readonly<Record<string, readonly Outcome[]>>;

const COMMON_OUTCOMES: readonly Outcome[] = [
  "ok",
  "error",
  "timeout",
  "rate_limited",
  "invalid_response",
];

/** What all readers share: the connection, the counters, and where the endpoint is. */
export class Connection {
  readonly #client: HttpClient;

  constructor(
    private readonly chain: string,
    private readonly endpoint: EndpointName,
    private readonly location: LocationConfig,
    private readonly metrics: Metrics,
    timeoutMs: number,
    methods: ExtraOutcomes,
  ) {
    this.#client = new HttpClient(timeoutMs);
    metrics.touch("l2_rpc_duration_seconds", { chain, endpoint });
    for (const [method, extra] of Object.entries(methods)) {
      for (const outcome of [...COMMON_OUTCOMES, ...extra]) this.count(method, outcome, 0);
    }
  }

  get host(): string | undefined {
    return this.location.url === undefined ? undefined : new URL(this.location.url).host;
  }

  count(method: string, outcome: Outcome, by = 1): void {
    const { chain, endpoint } = this;
    this.metrics.add("l2_rpc_requests_total", { chain, endpoint, method, outcome }, by);
  }

  /** Starts a batch of JSON-RPC calls to the endpoint's present URL. */
  async rpc(
    options: { batch?: boolean; headers?: Readonly<Record<string, string>> } = {},
  ): Promise<RpcBatch> {
    return new RpcBatch({
      client: this.#client,
      url: await currentUrl(this.location),
      batch: options.batch ?? true,
      headers: options.headers,
      onCall: (method, outcome) => {
        this.count(method, outcome);
      },
      onExchange: (seconds) => {
        this.#observe(seconds);
      },
    });
  }

  /** GETs a path below the endpoint's URL; `judge` turns the answer into a value or throws. */
  async get<T>(
    path: string,
    method: string,
    signal: AbortSignal,
    judge: (reply: HttpReply) => T,
  ): Promise<T> {
    const url = below(await currentUrl(this.location), path);
    const started = performance.now();
    try {
      const reply = await this.#client
        .send({ url, method: "GET", headers: { accept: "application/json" } }, signal)
        .finally(() => {
          this.#observe((performance.now() - started) / 1000);
        });
      const value = judge(reply);
      this.count(method, "ok");
      return value;
    } catch (error) {
      const failure =
        error instanceof ReadFailure ? error : new ReadFailure("error", "internal error");
      this.count(method, failure.outcome);
      throw failure;
    }
  }

  close(): void {
    this.#client.close();
  }

  #observe(seconds: number): void {
    const { chain, endpoint } = this;
    this.metrics.observe("l2_rpc_duration_seconds", { chain, endpoint }, seconds);
  }
}

/** One endpoint of a chain, and the connection to it. */
export abstract class EndpointReader implements Reader {
  protected readonly connection: Connection;

  constructor(
    protected readonly chain: ChainConfig,
    readonly endpoint: EndpointName,
    location: LocationConfig,
    protected readonly metrics: Metrics,
    methods: ExtraOutcomes,
  ) {
    this.connection = new Connection(
      chain.name,
      endpoint,
      location,
      metrics,
      chain.timeoutSeconds * 1000,
      methods,
    );
  }

  get host(): string | undefined {
    return this.connection.host;
  }

  abstract read(signal: AbortSignal): Promise<void>;

  close(): void {
    this.connection.close();
  }
}

/** Throws the failure that a status stands for, save for the statuses in `accepted`. */
export function requireStatus(reply: HttpReply, accepted: readonly number[] = []): void {
  const failure = accepted.includes(reply.status) ? undefined : statusFailure(reply.status);
  if (failure !== undefined) throw failure;
}
