import type { Query } from "../../constructs/core/panel";
import { PictureError } from "./failure";
import type { Span } from "./time";

/** The labels of a series. */
export type Labels = Readonly<Record<string, string>>;

/** Values over time. Samples that are no finite number are left out. */
export interface Series {
  readonly labels: Labels;
  /** Milliseconds since 1970, and the value; in order. */
  readonly points: readonly (readonly [at: number, value: number])[];
}

/** One present value. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/** One line of a log. */
export interface Line {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly text: string;
}

/** Where the stores answer. */
export interface Stores {
  /** Base URL of Prometheus' HTTP API, e.g. `http://127.0.0.1:9090`. */
  readonly metrics: string;
  /**
   * Base URL of Loki's HTTP API.
   * @default - panels on logs are refused
   */
  readonly logs?: string;
}

/** A question with everything replaced in it. */
export type Question = Pick<Query, "expr" | "store">;

const timeoutMs = 20_000;
/** About 250 series of 450 points; a chart of more cannot be read, and the answer is in memory several times. */
const maxAnswerBytes = 4 * 1024 * 1024;

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

async function bodyOf(response: Response, name: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > maxAnswerBytes) {
      throw new PictureError(
        `the ${name} must answer with at most 4 MiB, got more: choose fewer series or a shorter time`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "no answer";
  if (error.name === "TimeoutError") return `no answer within ${timeoutMs / 1000} s`;
  const cause: unknown = error.cause;
  return isRecord(cause) && typeof cause["code"] === "string" ? cause["code"] : error.message;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** The member `data` of what an HTTP API answers. */
async function ask(
  base: string,
  path: string,
  parameters: Readonly<Record<string, string>>,
  name: string,
): Promise<unknown> {
  const url = `${base.replace(/\/$/, "")}${path}?${new URLSearchParams(parameters).toString()}`;
  let status: number;
  let body: string;
  try {
    // A connection kept from the last picture may be closed by the store just as it is used.
    const headers = { connection: "close" };
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(timeoutMs) });
    status = response.status;
    body = await bodyOf(response, name);
  } catch (error) {
    if (error instanceof PictureError) throw error;
    throw new PictureError(`the ${name} must answer at ${base}, got ${reasonOf(error)}`);
  }
  const answer = parsed(body);
  if (isRecord(answer) && answer["status"] === "success") return answer["data"];
  const told = isRecord(answer) && typeof answer["error"] === "string" ? answer["error"] : body;
  throw new PictureError(
    `the ${name} must answer the query, got HTTP ${status}: ${told.trim().slice(0, 300)}`,
  );
}

/** A sample's value, which the stores write as text. */
function numberOf(value: unknown): number {
  return Number(String(value).replace("Inf", "Infinity"));
}

function labelsOf(value: unknown): Labels {
  return isRecord(value)
    ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, String(one)]))
    : {};
}

function results(data: unknown, type: string, expr: string): readonly unknown[] {
  const got = isRecord(data) ? data["resultType"] : undefined;
  if (isRecord(data) && got === type) return listOf(data["result"]);
  throw new PictureError(`'${expr}' must give a ${type}, got a ${String(got)}`);
}

/** Asks the stores of an environment. Every failure is a `PictureError`. */
export class Reader {
  constructor(private readonly stores: Stores) {}

  /** The values of a query at every step of a span. */
  async series({ expr, store }: Question, span: Span, step: number): Promise<Series[]> {
    // Aligned, so that two pictures of the same hours show the same points.
    const aligned = (at: number) => Math.floor(at / 1000 / step) * step;
    const parameters = {
      query: expr,
      start: String(aligned(span.from)),
      end: String(aligned(span.to)),
      step: String(step),
    };
    const data = await this.#ask(store, "query_range", parameters);
    return results(data, "matrix", expr).map((one) => ({
      labels: labelsOf(isRecord(one) ? one["metric"] : undefined),
      points: listOf(isRecord(one) ? one["values"] : undefined)
        .map((pair) => {
          const [at, value] = listOf(pair);
          return [Number(at) * 1000, numberOf(value)] as const;
        })
        .filter(([at, value]) => Number.isFinite(at) && Number.isFinite(value)),
    }));
  }

  /** The values of a query at one moment. */
  async samples({ expr, store }: Question, at: number): Promise<Sample[]> {
    const data = await this.#ask(store, "query", { query: expr, time: String(at / 1000) });
    if (isRecord(data) && data["resultType"] === "scalar") {
      return [{ labels: {}, value: numberOf(listOf(data["result"])[1]) }];
    }
    return results(data, "vector", expr)
      .map((one) => ({
        labels: labelsOf(isRecord(one) ? one["metric"] : undefined),
        value: numberOf(listOf(isRecord(one) ? one["value"] : undefined)[1]),
      }))
      .filter(({ value }) => !Number.isNaN(value));
  }

  /** The last lines of a span, the newest last. */
  async lines({ expr }: Question, span: Span, most: number): Promise<Line[]> {
    const data = await this.#ask("logs", "query_range", {
      query: expr,
      start: `${span.from}000000`,
      end: `${span.to}000000`,
      limit: String(most),
      direction: "backward",
    });
    return results(data, "streams", expr)
      .flatMap((one) => listOf(isRecord(one) ? one["values"] : undefined))
      .map((pair) => {
        const [at, text] = listOf(pair);
        return { at: Number(String(at).slice(0, -6)), text: String(text) };
      })
      .sort((a, b) => a.at - b.at)
      .slice(-most);
  }

  /** The values that a label has on some series, sorted. */
  async labelValues(label: string, series: string, span: Span): Promise<string[]> {
    const data = await ask(
      this.stores.metrics,
      `/api/v1/label/${encodeURIComponent(label)}/values`,
      { "match[]": series, start: String(span.from / 1000), end: String(span.to / 1000) },
      "metrics store",
    );
    return listOf(data).map(String).sort();
  }

  #ask(
    store: Query["store"],
    verb: "query" | "query_range",
    parameters: Readonly<Record<string, string>>,
  ): Promise<unknown> {
    const { metrics, logs } = this.stores;
    if (store !== "logs") return ask(metrics, `/api/v1/${verb}`, parameters, "metrics store");
    if (logs === undefined) {
      return Promise.reject(
        new PictureError("'stores.logs' must be Loki's URL for a panel on logs, got nothing"),
      );
    }
    return ask(logs, `/loki/api/v1/${verb}`, parameters, "log store");
  }
}
