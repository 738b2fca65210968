import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Reader } from "../../../programs/pictures/store";

let answer: (request: IncomingMessage, response: ServerResponse) => void;
let server: Server;
let base: string;
let asked: URL[];

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(new URL(request.url ?? "", "http://store"));
    answer(request, response);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  base = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
});
beforeEach(() => {
  asked = [];
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
});

function says(data: unknown): void {
  answer = (_, response) => response.end(JSON.stringify({ status: "success", data }));
}

const span = { from: 1_000_007_000, to: 1_000_367_000 };
const reader = () => new Reader({ metrics: `${base}/`, logs: base });
const parameters = () => Object.fromEntries(asked[0]?.searchParams ?? []);

describe("the metrics store", () => {
  it("is asked for values at whole steps", async () => {
    says({
      resultType: "matrix",
      result: [
        {
          metric: { chain: "alpha" },
          values: [
            [1_000_020, "1.5"],
            [1_000_080, "NaN"],
          ],
        },
      ],
    });
    expect(await reader().series({ expr: "up" }, span, 60)).toEqual([
      { labels: { chain: "alpha" }, points: [[1_000_020_000, 1.5]] },
    ]);
    expect(asked[0]?.pathname).toBe("/api/v1/query_range");
    expect(parameters()).toEqual({ query: "up", start: "999960", end: "1000320", step: "60" });
  });

  it("is asked for present values", async () => {
    says({ resultType: "vector", result: [{ metric: { job: "a" }, value: [1, "+Inf"] }] });
    expect(await reader().samples({ expr: "up" }, span.to)).toEqual([
      { labels: { job: "a" }, value: Infinity },
    ]);
    expect(parameters()).toEqual({ query: "up", time: "1000367" });
  });

  it("may answer with a mere number", async () => {
    says({ resultType: "scalar", result: [1, "42"] });
    expect(await reader().samples({ expr: "42" }, span.to)).toEqual([{ labels: {}, value: 42 }]);
  });

  it("tells the values of a label in order", async () => {
    says(["beta", "alpha"]);
    expect(await reader().labelValues("chain", "up", span)).toEqual(["alpha", "beta"]);
    expect(asked[0]?.pathname).toBe("/api/v1/label/chain/values");
    expect(parameters()["match[]"]).toBe("up");
  });

  it("fails with the store's own words", async () => {
    answer = (_, response) => {
      response.statusCode = 400;
      response.end(JSON.stringify({ status: "error", error: "1:4: parse error" }));
    };
    await expect(reader().samples({ expr: "up{" }, 0)).rejects.toThrow(
      "the metrics store must answer the query, got HTTP 400: 1:4: parse error",
    );
  });

  it("fails when something else answers", async () => {
    answer = (_, response) => response.end("<html>");
    await expect(reader().samples({ expr: "up" }, 0)).rejects.toThrow("got HTTP 200: <html>");
  });

  it("fails when the answer is too large", async () => {
    answer = (_, response) => response.end("x".repeat(5 * 1024 * 1024));
    await expect(reader().samples({ expr: "up" }, 0)).rejects.toThrow(
      "the metrics store must answer with at most 4 MiB, got more",
    );
  });

  it("fails when nobody answers", async () => {
    const nobody = new Reader({ metrics: "http://127.0.0.1:1" });
    await expect(nobody.samples({ expr: "up" }, 0)).rejects.toThrow(
      /^the metrics store must answer at http:\/\/127.0.0.1:1, got /,
    );
  });

  it("fails when a query of values gives something else", async () => {
    says({ resultType: "matrix", result: [] });
    await expect(reader().samples({ expr: "up[5m]" }, 0)).rejects.toThrow(
      "'up[5m]' must give a vector, got a matrix",
    );
  });
});

describe("the log store", () => {
  it("is asked for the last lines, and they come in order", async () => {
    says({
      resultType: "streams",
      result: [
        {
          stream: {},
          values: [
            ["1000300000000000", "third"],
            ["1000100000000000", "first"],
          ],
        },
        { stream: {}, values: [["1000200000000000", "second"]] },
      ],
    });
    expect(await reader().lines({ expr: '{a="b"}' }, span, 2)).toEqual([
      { at: 1_000_200_000, text: "second" },
      { at: 1_000_300_000, text: "third" },
    ]);
    expect(asked[0]?.pathname).toBe("/loki/api/v1/query_range");
    expect(parameters()).toEqual({
      query: '{a="b"}',
      start: "1000007000000000",
      end: "1000367000000000",
      limit: "2",
      direction: "backward",
    });
  });

  it("answers queries of numbers too", async () => {
    says({ resultType: "vector", result: [] });
    await reader().samples({ expr: "sum(rate(x[1m]))", store: "logs" }, 0);
    expect(asked[0]?.pathname).toBe("/loki/api/v1/query");
  });

  it("fails when there is none", async () => {
    const metricsOnly = new Reader({ metrics: base });
    await expect(metricsOnly.lines({ expr: '{a="b"}' }, span, 2)).rejects.toThrow(
      "'stores.logs' must be Loki's URL for a panel on logs, got nothing",
    );
  });
});
