import type { AddressInfo } from "node:net";
import type { Server } from "node:http";
import { createRpcServer, type Methods } from "../../../programs/demo-chain/server";

let server: Server;
let url: string;

beforeAll(async () => {
  server = createRpcServer(
    new Map<string, NonNullable<ReturnType<Methods["get"]>>>([
      ["add", ([a, b]) => Promise.resolve(Number(a) + Number(b))],
      ["refuse", () => Promise.reject(new Error("not today"))],
    ]),
    new Map([
      ["/metrics", () => Promise.resolve("one 1\n")],
      ["/-/healthy", () => Promise.reject(new Error("not yet"))],
    ]),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

async function post(body: string): Promise<{ status: number; json: unknown }> {
  const response = await fetch(url, { method: "POST", body });
  return { status: response.status, json: await response.json() };
}

test("calls a method", async () => {
  expect(await post('{"jsonrpc":"2.0","id":7,"method":"add","params":[1,2]}')).toEqual({
    status: 200,
    json: { jsonrpc: "2.0", id: 7, result: 3 },
  });
});

test("answers every call of a batch, faults included", async () => {
  const { json } = await post(
    '[{"id":1,"method":"add","params":[1,1]},{"id":2,"method":"refuse"},{"id":3,"method":"none"},{}]',
  );
  expect(json).toEqual([
    { jsonrpc: "2.0", id: 1, result: 2 },
    { jsonrpc: "2.0", id: 2, error: { code: -32000, message: "not today" } },
    {
      jsonrpc: "2.0",
      id: 3,
      error: { code: -32601, message: "the method none is not offered here" },
    },
    {
      jsonrpc: "2.0",
      id: null,
      error: { code: -32600, message: "the request must be a JSON-RPC 2.0 request" },
    },
  ]);
});

test("fails when the body is not JSON, or too long", async () => {
  expect((await post("{")).status).toBe(400);
  expect(await post(`"${"a".repeat(1024 * 1024)}"`)).toMatchObject({
    status: 400,
    json: { error: { code: -32700, message: "the request must be at most 1 MiB" } },
  });
});

test("serves pages: 503 while one has nothing to say, 404 beside them", async () => {
  const get = async (path: string) => {
    const response = await fetch(`${url}${path}`);
    return [response.status, await response.text()];
  };
  expect(await get("/metrics")).toEqual([200, "one 1\n"]);
  expect(await get("/-/healthy")).toEqual([503, "not yet\n"]);
  expect(await get("/")).toEqual([404, "must be one of /metrics, /-/healthy\n"]);
});
