import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { z } from "zod";

const maxBodyBytes = 1024 * 1024;

const request = z.object({
  id: z.union([z.number(), z.string(), z.null()]).optional(),
  method: z.string(),
  params: z.array(z.unknown()).default([]),
});

/** JSON-RPC methods by name. What they throw is told to the caller. */
export type Methods = ReadonlyMap<string, (params: readonly unknown[]) => Promise<unknown>>;

/** Pages by path; a page that rejects is answered with 503. */
export type Pages = ReadonlyMap<string, () => Promise<string>>;

async function call(methods: Methods, body: unknown): Promise<object> {
  const parsed = request.safeParse(body);
  const failure = (code: number, message: string) => ({
    jsonrpc: "2.0",
    id: parsed.success ? (parsed.data.id ?? null) : null,
    error: { code, message },
  });
  if (!parsed.success) return failure(-32600, "the request must be a JSON-RPC 2.0 request");
  const { id = null, method, params } = parsed.data;
  const run = methods.get(method);
  if (run === undefined) return failure(-32601, `the method ${method} is not offered here`);
  try {
    return { jsonrpc: "2.0", id, result: await run(params) };
  } catch (error) {
    return failure(-32000, error instanceof Error ? error.message : String(error));
  }
}

async function read(incoming: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming) {
    const part = chunk as Buffer;
    bytes += part.length;
    if (bytes > maxBodyBytes) throw new Error("the request must be at most 1 MiB");
    chunks.push(part);
  }
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}

async function answer(
  methods: Methods,
  pages: Pages,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const reply = (status: number, type: string, text: string) => {
    outgoing.writeHead(status, { "content-type": type }).end(text);
  };
  if (incoming.method === "POST") {
    let body: unknown;
    try {
      body = await read(incoming);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const failure = { jsonrpc: "2.0", id: null, error: { code: -32700, message } };
      reply(400, "application/json", JSON.stringify(failure));
      return;
    }
    const result = Array.isArray(body)
      ? await Promise.all(body.map((one) => call(methods, one)))
      : await call(methods, body);
    reply(200, "application/json", JSON.stringify(result));
    return;
  }
  const page = pages.get(incoming.url ?? "/");
  if (page === undefined) {
    reply(404, "text/plain", `must be one of ${[...pages.keys()].join(", ")}\n`);
    return;
  }
  try {
    reply(200, "text/plain; version=0.0.4; charset=utf-8", await page());
  } catch (error) {
    reply(503, "text/plain", `${error instanceof Error ? error.message : String(error)}\n`);
  }
}

/** An HTTP server that offers JSON-RPC methods to POST and pages to GET; not listening yet. */
export function createRpcServer(methods: Methods, pages: Pages): Server {
  return createServer((incoming, outgoing) => {
    answer(methods, pages, incoming, outgoing).catch(() => outgoing.destroy());
  });
}
