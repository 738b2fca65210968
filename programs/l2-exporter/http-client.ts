import http from "node:http";
import https from "node:https";
import { codeOf, ReadFailure } from "./failure";

/** One HTTP exchange. */
export interface HttpRequest {
  readonly url: URL;
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A complete answer; any status. */
export interface HttpReply {
  readonly status: number;
  readonly body: string;
}

/** Answers above this many bytes are refused: a head block with some 100 000 transaction hashes. */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** One per connection that can be kept open, and a fresh one. */
const MAX_SOCKETS = 4;
const ATTEMPTS = MAX_SOCKETS + 1;
const RETRYABLE = new Set(["ECONNRESET", "EPIPE"]);

function transportFailure(error: unknown): ReadFailure {
  if (error instanceof ReadFailure) return error;
  const code = codeOf(error);
  return new ReadFailure("error", code === "" ? "connection failed" : `connection failed: ${code}`);
}

/** A client for one endpoint that keeps its connection open between polls. */
export class HttpClient {
  readonly #plain = new http.Agent({ keepAlive: true, maxSockets: MAX_SOCKETS });
  readonly #tls = new https.Agent({ keepAlive: true, maxSockets: MAX_SOCKETS });

  /** `timeoutMs` bounds the whole exchange, from connecting to the last byte of the body. */
  constructor(readonly timeoutMs: number) {}

  /** Sends a request; rejects with a `ReadFailure` only. */
  async send(request: HttpRequest, signal: AbortSignal): Promise<HttpReply> {
    const deadline = performance.now() + this.timeoutMs;
    try {
      for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
        const reply = await this.#exchange(request, signal, deadline);
        if (reply !== "stale") return reply;
      }
    } catch (error) {
      throw transportFailure(error);
    }
    throw new ReadFailure("error", "connection failed: ECONNRESET");
  }

  /** Closes every connection. */
  close(): void {
    this.#plain.destroy();
    this.#tls.destroy();
  }

  /** Resolves to "stale" when a kept connection turned out to be closed by the other side. */
  #exchange(
    request: HttpRequest,
    signal: AbortSignal,
    deadline: number,
  ): Promise<HttpReply | "stale"> {
    return new Promise((resolve, reject) => {
      const secure = request.url.protocol === "https:";
      let answered = false;
      const settle = (action: () => void): void => {
        clearTimeout(timer);
        action();
      };
      const fail = (error: Error): void => {
        settle(() => {
          if (!answered && outgoing.reusedSocket && RETRYABLE.has(codeOf(error))) {
            resolve("stale");
          } else reject(error);
        });
      };
      const outgoing = (secure ? https : http).request(
        request.url,
        {
          method: request.method,
          agent: secure ? this.#tls : this.#plain,
          signal,
          headers: {
            ...request.headers,
            ...(request.body === undefined
              ? {}
              : { "content-length": String(Buffer.byteLength(request.body)) }),
          },
        },
        (incoming) => {
          answered = true;
          const chunks: Buffer[] = [];
          let bytes = 0;
          incoming.on("data", (chunk: Buffer) => {
            bytes += chunk.length;
            if (bytes > MAX_BODY_BYTES) {
              outgoing.destroy(
                new ReadFailure(
                  "invalid_response",
                  `answer is larger than ${MAX_BODY_BYTES / 1024 / 1024} MiB`,
                ),
              );
            } else chunks.push(chunk);
          });
          incoming.on("error", fail);
          incoming.on("end", () => {
            settle(() => {
              resolve({
                status: incoming.statusCode ?? 0,
                body: Buffer.concat(chunks).toString("utf8"),
              });
            });
          });
        },
      );
      outgoing.on("error", fail);
      const timer = setTimeout(
        () => {
          outgoing.destroy(new ReadFailure("timeout", `no answer within ${this.timeoutMs} ms`));
        },
        Math.max(1, deadline - performance.now()),
      );
      outgoing.end(request.body);
    });
  }
}

/** The failure that an HTTP status stands for; nothing for 2xx. */
export function statusFailure(status: number): ReadFailure | undefined {
  if (status >= 200 && status < 300) return undefined;
  if (status === 429) return new ReadFailure("rate_limited", "http status 429");
  if (status === 401 || status === 403) {
    return new ReadFailure("error", `http status ${status}: the key or token is not accepted`);
  }
  if (status >= 300 && status < 400) {
    return new ReadFailure("error", `http status ${status}: redirects are not followed`);
  }
  return new ReadFailure("error", `http status ${status}`);
}
