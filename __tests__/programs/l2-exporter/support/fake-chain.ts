import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import * as z from "zod";

/** How the fake answers every request. */
export type Mode =
  | "ok"
  | "hang"
  | "hang-body"
  | "http-429"
  | "http-500"
  | "redirect"
  | "garbage"
  | "huge"
  | "no-batch"
  | "reset";

const call = z.object({
  id: z.number(),
  method: z.string(),
  params: z.array(z.unknown()).default([]),
});
type Call = z.output<typeof call>;

interface RpcError {
  readonly code: number;
  readonly message: string;
}

interface Seen {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly methods: readonly string[];
}

function hex(value: bigint | number): string {
  return `0x${value.toString(16)}`;
}

/** An L1 or L2 node, op-node, beacon node, DA server and celestia-node behind one loopback port. */
export class FakeChain {
  mode: Mode = "ok";
  chainId = 900;
  head = 100n;
  baseFee: bigint | undefined = 7_000_000_000n;
  blobBaseFee = 3n;
  /** Heads by tag; null is an answered `null`. */
  tags: Record<string, bigint | null> = { safe: 90n, finalized: 80n };
  balances: Record<string, bigint> = {};
  nonces: Record<string, number> = { latest: 4, pending: 6 };
  /** Errors by method. */
  errors: Record<string, RpcError> = {};
  /** Results by method, instead of the true ones. */
  results: Record<string, unknown> = {};
  /** Methods left out of batch answers. */
  omitted = new Set<string>();
  /** Paths (of GETs) with their status; others are 404. */
  statuses: Record<string, number> = {
    "/eth/v1/node/syncing": 200,
    "/eth/v1/node/health": 200,
    "/health": 200,
  };
  syncing = false;
  readonly seen: Seen[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      void this.#handle(request, response);
    });
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  static async start(): Promise<FakeChain> {
    const chain = new FakeChain();
    await new Promise<void>((resolve) => {
      chain.#server.listen(0, "127.0.0.1", resolve);
    });
    return chain;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get openConnections(): number {
    return this.#sockets.size;
  }

  /** Every method that was called, in order. */
  get methods(): string[] {
    return this.seen.flatMap(({ methods }) => methods);
  }

  /** Closes the connections that clients keep open. */
  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.dropConnections();
    await new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString("utf8");
    const body = text === "" ? undefined : (JSON.parse(text) as unknown);
    const calls =
      body === undefined ? [] : z.array(call).parse(Array.isArray(body) ? body : [body]);
    this.seen.push({
      path: request.url ?? "",
      authorization: request.headers.authorization,
      methods: calls.map(({ method }) => method),
    });
    // A server that is careless with its clients' keys repeats the path it was asked for.
    const echo = `${request.url ?? ""} ${request.headers.authorization ?? ""}`;
    switch (this.mode) {
      case "hang":
        return;
      case "hang-body":
        response.writeHead(200, { "content-type": "application/json" });
        response.write('[{"jsonrpc":');
        return;
      case "http-429":
        response.writeHead(429).end(`too many requests for ${echo}`);
        return;
      case "http-500":
        response.writeHead(500).end(`failed: ${echo}`);
        return;
      case "redirect":
        response.writeHead(302, { location: `${this.url}/elsewhere` }).end();
        return;
      case "garbage":
        response.writeHead(200).end(`<html>${echo}</html>`);
        return;
      case "huge":
        response.writeHead(200);
        response.end(Buffer.alloc(9 * 1024 * 1024, 0x20));
        return;
      case "reset":
        request.socket.destroy();
        return;
      case "ok":
        break;
      case "no-batch":
        if (Array.isArray(body)) {
          const error = { code: -32600, message: `no batches, ${echo}` };
          response.writeHead(400).end(JSON.stringify({ jsonrpc: "2.0", id: null, error }));
          return;
        }
    }
    if (request.method === "GET") {
      const path = (request.url ?? "").split("?", 1)[0] ?? "";
      response
        .writeHead(this.statuses[path] ?? 404, { "content-type": "application/json" })
        .end(JSON.stringify({ data: { is_syncing: this.syncing, head_slot: "1" } }));
      return;
    }
    const answers = calls
      .filter(({ method }) => !this.omitted.has(method))
      .map((entry) => this.#answer(entry, echo))
      // The specification allows any order.
      .reverse();
    response
      .writeHead(200, { "content-type": "application/json" })
      .end(JSON.stringify(Array.isArray(body) ? answers : answers[0]));
  }

  #answer({ id, method, params }: Call, echo: string): object {
    const error = this.errors[method];
    if (error !== undefined) {
      return { jsonrpc: "2.0", id, error: { ...error, message: `${error.message} ${echo}` } };
    }
    if (method in this.results) return { jsonrpc: "2.0", id, result: this.results[method] };
    switch (method) {
      case "eth_chainId":
        return { jsonrpc: "2.0", id, result: hex(this.chainId) };
      case "eth_getBlockByNumber": {
        const number = params[0] === "latest" ? this.head : this.tags[String(params[0])];
        if (number === undefined) {
          const missing = { code: -32000, message: `${String(params[0])} block not found` };
          return { jsonrpc: "2.0", id, error: missing };
        }
        return { jsonrpc: "2.0", id, result: number === null ? null : this.#block(number) };
      }
      case "eth_blobBaseFee":
        return { jsonrpc: "2.0", id, result: hex(this.blobBaseFee) };
      case "eth_getBalance":
        return { jsonrpc: "2.0", id, result: hex(this.balances[String(params[0])] ?? 0n) };
      case "eth_getTransactionCount":
        return { jsonrpc: "2.0", id, result: hex(this.nonces[String(params[1])] ?? 0) };
      case "optimism_syncStatus":
        return { jsonrpc: "2.0", id, result: SYNC_STATUS };
      case "state.BalanceForAddress":
        return { jsonrpc: "2.0", id, result: { denom: "utia", amount: "1234567" } };
      default:
        return {
          jsonrpc: "2.0",
          id,
          error: { code: -32601, message: "the method does not exist" },
        };
    }
  }

  #block(number: bigint): object {
    return {
      number: hex(number),
      timestamp: hex(1_700_000_000n + number),
      ...(this.baseFee === undefined ? {} : { baseFeePerGas: hex(this.baseFee) }),
      transactions: ["0xabc"],
    };
  }
}

function reference(number: number): object {
  return { hash: `0x${"ab".repeat(32)}`, number, timestamp: 1_700_000_000 + number };
}

/** An answer of op-node that does not know its safe L1 block yet. */
export const SYNC_STATUS = {
  current_l1: reference(51),
  head_l1: reference(52),
  safe_l1: { hash: `0x${"00".repeat(32)}`, number: 0, timestamp: 0 },
  finalized_l1: reference(50),
  unsafe_l2: reference(33),
  safe_l2: reference(32),
  finalized_l2: reference(31),
  queued_unsafe_l2: reference(0),
};
