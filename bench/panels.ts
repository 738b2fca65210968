import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runOrFail, sleep } from "../commands/shell";
import { cacheDirectory } from "../commands/workspace";
import type { CompleteBoard, Variable } from "../constructs/core/board";
import { queriesOf, type Panel } from "../constructs/core/panel";
import { durationSeconds } from "../constructs/core/promql";
import { boards } from "../__tests__/support/catalogue";
import { anything, asAsked } from "../__tests__/support/boards";
import { provideTool } from "../tools/local-images";
import { freePort } from "../tools/rig/free-port";
import { median, printTable } from "./figures";
import {
  askedSeries,
  identity,
  loadSeries,
  recordings,
  seriesOf,
  writeSamples,
  type Series,
  type SeriesLabels,
} from "./panel-series";

/** Between two samples of a series, in seconds. */
const every = 60;
const hour = 3600;
const day = 24 * hour;
/** How far the series of the boards go back. */
const kept = 7 * day;
/** How far all other series go back. */
const recent = 2 * hour;
const recentSeries = 20_000;
/** Longest block that Prometheus itself makes of seven days with its default retention and its steps of three. */
const blockHours = 18;
/** Points that a panel asks for. */
const points = 1000;
/** The shortest step that Grafana's data source is given, in seconds. */
const shortestStep = 15;
const rounds = 3;
/** What no panel may take at its board's own span, in seconds. */
const allowedSeconds = 1;
/** Recording rules read what others record: at most so many levels. */
const levels = 6;

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

interface Tools {
  readonly promtool: string;
  readonly prometheus: string;
}

interface Answer {
  readonly metric: SeriesLabels;
  readonly value?: readonly [number, string];
}

/** A server that knows what is in a folder of blocks, and scrapes nothing. */
class Store {
  private constructor(
    readonly url: string,
    readonly stop: () => Promise<void>,
  ) {}

  static async start({ prometheus }: Tools, folder: string): Promise<Store> {
    const config = join(folder, "prometheus.yml");
    writeFileSync(config, "scrape_configs: []\n");
    const port = String(await freePort());
    // The limits of a question are those of constructs/prometheus.
    const server = spawn(
      prometheus,
      [
        `--config.file=${config}`,
        `--storage.tsdb.path=${join(folder, "blocks")}`,
        `--web.listen-address=127.0.0.1:${port}`,
        "--query.max-samples=10000000",
        "--query.max-concurrency=4",
        "--log.level=error",
      ],
      { stdio: ["ignore", "ignore", "inherit"] },
    );
    const ended = once(server, "exit");
    const store = new Store(`http://127.0.0.1:${port}`, async () => {
      server.kill();
      await ended;
    });
    for (let tries = 0; tries < 240; tries += 1) {
      const ready = await fetch(`${store.url}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (ready) return store;
      await sleep(0.25);
    }
    await store.stop();
    throw new Error("Prometheus was not ready within 60 s");
  }

  /** @throws Error with Prometheus' own words, and the query */
  async ask(path: string, form: Readonly<Record<string, string>>): Promise<readonly Answer[]> {
    const answer = await fetch(`${this.url}/api/v1/${path}`, {
      method: "POST",
      body: new URLSearchParams(form),
    });
    const body = (await answer.json()) as {
      readonly error?: string;
      readonly data?: readonly SeriesLabels[] | { readonly result: readonly Answer[] };
    };
    if (body.data === undefined) {
      throw new Error(`${body.error ?? answer.statusText}: ${form["query"] ?? path}`);
    }
    return "result" in body.data ? body.data.result : body.data.map((metric) => ({ metric }));
  }
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** Blocks of the series of the boards, and of all others as far as they are recent. */
async function makeBlocks(
  { promtool }: Tools,
  folder: string,
  { from, to }: Span,
  series: readonly Series[],
  others: readonly Series[] = [],
): Promise<void> {
  const file = join(folder, "samples.txt");
  const blocks = join(folder, "blocks");
  mkdirSync(blocks, { recursive: true });
  const length = blockHours * hour;
  const write = async (span: Span, all: readonly Series[], hours: number) => {
    if (span.from >= span.to) return;
    await writeSamples(file, all, { ...span, every });
    const limit = `--max-block-duration=${String(hours)}h`;
    const args = ["tsdb", "create-blocks-from", "openmetrics", limit, file, blocks];
    await runOrFail(promtool, args);
    rmSync(file);
  };
  const old = others.length === 0 ? to : Math.floor((to - recent) / recent) * recent;
  for (let start = from; start < old; start = Math.floor(start / length + 1) * length) {
    const end = Math.min(old, Math.floor(start / length + 1) * length);
    await write({ from: start, to: end }, series, blockHours);
  }
  await write({ from: old, to }, [...series, ...others], recent / hour);
}

/** Asks Prometheus itself which series the recording rules make of others, level by level. */
async function withRecorded(
  tools: Tools,
  folder: string,
  asked: readonly Series[],
  to: number,
): Promise<readonly Series[]> {
  let known = new Map(asked.map((one) => [identity(one.labels), one]));
  for (let level = 0; level < levels; level += 1) {
    const at = join(folder, `level-${String(level)}`);
    await makeBlocks(tools, at, { from: to - hour, to }, [...known.values()]);
    const store = await Store.start(tools, at);
    const before = known.size;
    try {
      const found = new Map<string, Series>();
      for (const { record, expr, labels = {} } of recordings()) {
        for (const { metric, value } of await store.ask("query", {
          query: expr,
          time: String(to - every),
        })) {
          const series = { ...metric, ...labels, __name__: record };
          const middle = Number(value?.[1]);
          found.set(identity(series), seriesOf(series, Number.isFinite(middle) ? middle : 1));
        }
      }
      known = new Map([...found, ...known]);
    } finally {
      await store.stop();
      rmSync(at, { recursive: true });
    }
    if (known.size === before) break;
  }
  return [...known.values()];
}

/** What stands in a query for a board's variables: the first value that is offered, or everything. */
async function choicesOf(
  store: Store,
  variables: readonly Variable[],
  { from, to }: Span,
): Promise<Readonly<Record<string, string>>> {
  const chosen: Record<string, string> = {};
  for (const { name, from: offered, store: of, several = false } of variables) {
    if (of === "logs") continue;
    const found = several
      ? []
      : await store.ask("series", {
          "match[]": asAsked(offered, chosen),
          start: String(from),
          end: String(to),
        });
    const values = found.flatMap(({ metric }) => metric[name] ?? []).sort();
    chosen[name] = values[0] ?? anything;
  }
  return chosen;
}

/** A query with Grafana's own variables for a span. */
function forSpan(expr: string, span: number, step: number): string {
  const values: Readonly<Record<string, number>> = {
    __rate_interval: Math.max(4 * every, step + every),
    __range: span,
    __interval: step,
  };
  return expr.replace(
    /\$(?:\{(__\w+)\}|(__\w+))/g,
    (whole, braced: string | undefined, bare: string | undefined) => {
      const seconds = values[braced ?? bare ?? ""];
      return seconds === undefined ? whole : `${String(seconds)}s`;
    },
  );
}

interface PanelTime {
  readonly id: string;
  readonly queries: number;
  /** Of all its queries, one after the other. */
  readonly seconds: number;
  readonly series: number;
}

function metricQueries(panel: Panel): readonly string[] {
  if (panel.type === "lines") return [];
  return queriesOf(panel).flatMap(({ store, expr }) => (store === "logs" ? [] : [expr]));
}

async function timePanels(
  store: Store,
  { board, rows }: CompleteBoard,
  span: number,
  to: number,
): Promise<readonly PanelTime[]> {
  const step = Math.max(shortestStep, Math.ceil(span / points));
  const chosen = await choicesOf(store, board.variables, { from: to - span, to });
  const times: PanelTime[] = [];
  for (const { key, panels } of rows) {
    for (const panel of panels) {
      const queries = metricQueries(panel).map((expr) =>
        asAsked(forSpan(expr, span, step), chosen),
      );
      if (queries.length === 0) continue;
      const seconds: number[] = [];
      let series = 0;
      for (let round = 0; round < rounds; round += 1) {
        const began = performance.now();
        series = 0;
        for (const query of queries) {
          const answer =
            panel.type === "table"
              ? await store.ask("query", { query, time: String(to) })
              : await store.ask("query_range", {
                  query,
                  start: String(to - span),
                  end: String(to),
                  step: String(step),
                });
          series += answer.length;
        }
        seconds.push((performance.now() - began) / 1000);
      }
      times.push({
        id: `${key}/${panel.key}`,
        queries: queries.length,
        seconds: median(seconds),
        series,
      });
    }
  }
  return times;
}

function slowest(times: readonly PanelTime[]): PanelTime | undefined {
  return [...times].sort((a, b) => b.seconds - a.seconds)[0];
}

async function report(store: Store, to: number): Promise<void> {
  const rows: string[][] = [];
  const over: string[] = [];
  const overAtWeek: string[] = [];
  const empty: string[] = [];
  for (const complete of boards()) {
    const { uid, span = "6h" } = complete.board;
    const own = await timePanels(store, complete, durationSeconds(span), to);
    const worst = slowest(own);
    if (worst === undefined) continue;
    const week = await timePanels(store, complete, kept, to);
    const worstOfWeek = slowest(week);
    const words = ({ id, seconds }: PanelTime) => `${uid}/${id}: ${seconds.toFixed(2)} s`;
    over.push(...own.filter(({ seconds }) => seconds > allowedSeconds).map(words));
    overAtWeek.push(...week.filter(({ seconds }) => seconds > allowedSeconds).map(words));
    empty.push(...own.filter(({ series }) => series === 0).map(({ id }) => `${uid}/${id}`));
    rows.push([
      uid,
      String(own.reduce((sum, { queries }) => sum + queries, 0)),
      span,
      worst.id,
      worst.seconds.toFixed(2),
      worstOfWeek?.id ?? "",
      worstOfWeek?.seconds.toFixed(2) ?? "",
    ]);
    say(`  ${uid}`);
  }
  printTable(["board", "queries", "span", "slowest panel", "s", "slowest of 7 days", "s"], rows);
  const list = (title: string, found: readonly string[]) => {
    const text = found.length === 0 ? "none" : found.join(", ");
    process.stdout.write(`${title}: ${text}\n\n`);
  };
  list(`Over ${String(allowedSeconds)} s at the board's own span`, over);
  list(`Over ${String(allowedSeconds)} s at 7 days`, overAtWeek);
  list("Without data here", empty);
}

/** Times what every board asks a real Prometheus, over seven days of the boards' series and many recent others. */
export async function benchPanels(): Promise<void> {
  const provide = (tool: "promtool" | "prometheus") =>
    provideTool({ tool, cacheDirectory, progress: say });
  const tools: Tools = {
    promtool: await provide("promtool"),
    prometheus: await provide("prometheus"),
  };
  const folder = mkdtempSync(join(tmpdir(), "l2o-bench-"));
  const to = Math.floor(Date.now() / 1000 / every) * every;
  try {
    say("asking which series the recording rules make …");
    const asked = askedSeries();
    const series = await withRecorded(tools, folder, asked, to);
    const others = loadSeries(asked, recentSeries);
    say(`writing 7 days of ${String(series.length)} series, 2 hours of ${String(others.length)} …`);
    const began = performance.now();
    await makeBlocks(tools, folder, { from: to - kept, to }, series, others);
    say(`  ${((performance.now() - began) / 1000).toFixed(0)} s`);
    const store = await Store.start(tools, folder);
    try {
      say(`asking what every panel asks, ${String(rounds)} times …`);
      process.stdout.write(
        `## Panels over 7 days of ${String(series.length)} series at ${String(every)} s, and ${String(others.length)} recent series\n\n`,
      );
      await report(store, to - every);
    } finally {
      await store.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
