import {
  hexToBigInt,
  isHex,
  LimitExceededRpcError,
  MethodNotFoundRpcError,
  MethodNotSupportedRpcError,
} from "viem";
import * as z from "zod";
import { type Outcome, ReadFailure } from "./failure";
import { type HttpClient, statusFailure } from "./http-client";

/** A hex quantity of up to 256 bits. Strict: an empty text must not be read as a balance of 0. */
export const quantity = z
  .string()
  .max(66)
  .refine((text): text is `0x${string}` => isHex(text) && text.length > 2)
  .transform((text) => hexToBigInt(text));

const reply = z.object({
  id: z.union([z.number(), z.string(), z.null()]).optional(),
  result: z.unknown().optional(),
  error: z.object({ code: z.number().optional(), message: z.unknown() }).nullish(),
});
type Reply = z.output<typeof reply>;

/** Codes of "slow down": EIP-1474, and those that providers use for their plan's limit. */
const RATE_LIMIT_CODES = new Set([LimitExceededRpcError.code, 429, -32007, -32029]);
const UNKNOWN_BLOCK_CODE = -39001;
const UNSUPPORTED_CODES = new Set([
  MethodNotFoundRpcError.code,
  MethodNotSupportedRpcError.code,
  UNKNOWN_BLOCK_CODE,
]);

function rpcFailure(error: NonNullable<Reply["error"]>): ReadFailure {
  const code = error.code ?? 0;
  if (RATE_LIMIT_CODES.has(code)) {
    return new ReadFailure("rate_limited", `json-rpc error ${code}: limit exceeded`);
  }
  // go-ethereum answers -32000 where a tag such as "finalized" names no block yet.
  const unknownBlock =
    typeof error.message === "string" &&
    /(block|header) not found|unknown block/i.test(error.message);
  if (UNSUPPORTED_CODES.has(code) || unknownBlock) {
    return new ReadFailure("unsupported", `json-rpc error ${code}: unknown method or block`);
  }
  return new ReadFailure("error", `json-rpc error ${code}`);
}

/** Gives the value of a call after `send`; throws the `ReadFailure` of that call otherwise. */
export type Pending<T> = () => T;

interface Call {
  readonly method: string;
  readonly params: readonly unknown[];
  settle(answer: Reply | ReadFailure): Outcome;
}

/** Where and how a batch is sent. */
export interface RpcTarget {
  readonly client: HttpClient;
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** false: one HTTP request per call, for providers that refuse JSON-RPC batches. */
  readonly batch: boolean;
  /** Called once per call. */
  readonly onCall: (method: string, outcome: Outcome) => void;
  /** Called once per HTTP exchange. */
  readonly onExchange: (seconds: number) => void;
}

/**
 * JSON-RPC calls that go out together. Answers are matched by id (viem's own transport matches by
 * position, so that one left-out answer would give a wallet its neighbour's balance) and every
 * result is checked against the schema of its call.
 */
export class RpcBatch {
  readonly #calls: Call[] = [];

  constructor(private readonly target: RpcTarget) {}

  /** Adds a call; `null` results count as unsupported, and `refuse` may turn a value down. */
  add<T>(
    method: string,
    params: readonly unknown[],
    result: z.ZodType<T>,
    refuse: (value: T) => ReadFailure | undefined = () => undefined,
  ): Pending<T> {
    let outcome: { value: T } | ReadFailure = new ReadFailure("error", "not sent");
    const judge = (answer: Reply | ReadFailure): { value: T } | ReadFailure => {
      if (answer instanceof ReadFailure) return answer;
      if (answer.error !== undefined && answer.error !== null) return rpcFailure(answer.error);
      if (answer.result === null) return new ReadFailure("unsupported", `${method} has no result`);
      const parsed = result.safeParse(answer.result);
      return parsed.success
        ? (refuse(parsed.data) ?? { value: parsed.data })
        : new ReadFailure("invalid_response", `the result of ${method} has an unknown form`);
    };
    this.#calls.push({
      method,
      params,
      settle: (answer) => {
        outcome = judge(answer);
        return outcome instanceof ReadFailure ? outcome.outcome : "ok";
      },
    });
    return () => {
      if (outcome instanceof ReadFailure) throw outcome;
      return outcome.value;
    };
  }

  /** Sends every added call. Does not reject: each call keeps its own failure. */
  async send(signal: AbortSignal): Promise<void> {
    const numbered = this.#calls.map((call, index) => ({ call, id: index + 1 }));
    const groups = this.target.batch ? [numbered] : numbered.map((entry) => [entry]);
    await Promise.all(
      groups.map(async (group) => {
        const answers = await this.#exchange(group, signal).catch((error: unknown) =>
          error instanceof ReadFailure ? error : new ReadFailure("error", "internal error"),
        );
        for (const { call, id } of group) {
          const answer =
            answers instanceof ReadFailure
              ? answers
              : (answers.get(id) ??
                new ReadFailure("invalid_response", `${call.method} was not answered`));
          this.target.onCall(call.method, call.settle(answer));
        }
      }),
    );
  }

  async #exchange(
    group: readonly { call: Call; id: number }[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<number, Reply>> {
    const { client, url, headers, onExchange } = this.target;
    const messages = group.map(({ call: { method, params }, id }) => ({
      jsonrpc: "2.0",
      id,
      method,
      params,
    }));
    const single = messages.length === 1;
    const started = performance.now();
    const answer = await client
      .send(
        {
          url,
          method: "POST",
          headers: { "content-type": "application/json", accept: "application/json", ...headers },
          body: JSON.stringify(single ? messages[0] : messages),
        },
        signal,
      )
      .finally(() => {
        onExchange((performance.now() - started) / 1000);
      });
    if (answer.status === 429) throw new ReadFailure("rate_limited", "http status 429");
    const body = parseJson(answer.body);
    const list = z.array(reply).safeParse(Array.isArray(body) ? body : [body]);
    const bad = statusFailure(answer.status);
    if (!list.success || body === undefined) {
      throw bad ?? new ReadFailure("invalid_response", "the answer is not JSON-RPC");
    }
    if (!single && !Array.isArray(body)) {
      const error = list.data[0]?.error;
      const failure = bad ?? (error ? rpcFailure(error) : undefined);
      throw failure?.outcome === "rate_limited"
        ? failure
        : new ReadFailure(
            failure?.outcome ?? "invalid_response",
            `${failure?.message ?? "one answer"} to a batch of ${messages.length}; ` +
              "set 'batch: false' when the provider refuses batches",
          );
    }
    if (bad !== undefined && list.data.every(({ error }) => !error)) throw bad;
    const first = list.data[0];
    if (single && first !== undefined && (first.id === null || first.id === undefined)) {
      return new Map(group.map(({ id }) => [id, first]));
    }
    return new Map(list.data.map((item) => [Number(item.id), item]));
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
