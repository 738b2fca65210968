import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "cdktf";
import type { CompleteBoard } from "../../constructs/core/board";
import { queriesOf, type Panel, type Query } from "../../constructs/core/panel";
import { Reader } from "../../programs/pictures/store";
import { rateSeconds, stepSeconds, type Span } from "../../programs/pictures/time";
import {
  builtIns,
  chooseVariables,
  inQuery,
  type Replacements,
} from "../../programs/pictures/variables";
import { parseEnvironment } from "../../stacks/environment";
import { leaveOut } from "../../stacks/leave-out";
import { MonitoringStack } from "../../stacks/monitoring-stack";
import type { Platform } from "../../tools/rig/platform";
import { eventually, expect, print, type Steps } from "../../tools/rig/steps";
import { emptyPanels, panelFaults, type Asked } from "./empty-panels";
import { environments } from "./environments";

/** How far back a panel looks: the platform is not much older when it is asked. */
const spanMinutes = 15;
const scrapeSeconds = 15;
/** About as many points as a panel on a screen has pixels for. */
const points = 450;

/** The boards of the environment under test, without what could not be had. */
function boardsOf(platform: Platform): readonly CompleteBoard[] {
  const make = environments["local"];
  if (make === undefined) throw new Error("the module of environments has no 'local'");
  const environment = leaveOut(parseEnvironment(make(true)), platform.missingImages);
  const outdir = mkdtempSync(join(tmpdir(), "l2o-panels-"));
  try {
    const app = new App({ outdir });
    const props = { environment, secretsDirectory: "/nonexistent" };
    return new MonitoringStack(app, "panels", props).boards();
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** Puts the questions of panels to the real stores. */
class Questioner {
  readonly #reader: Reader;
  readonly #step: number;

  constructor(
    { prometheus, engine }: Platform,
    readonly span: Span,
  ) {
    const logs = `http://${engine.address}:3100`;
    this.#reader = new Reader({ metrics: prometheus, logs });
    this.#step = stepSeconds(span, points, scrapeSeconds);
  }

  async board({ board, rows }: CompleteBoard): Promise<readonly Asked[]> {
    const queried = rows.flatMap(({ key, panels }) =>
      panels
        .filter(({ type }) => type !== "text")
        .map((panel) => ({ path: `${board.uid}/${key}/${panel.key}`, panel })),
    );
    const chosen = await chooseVariables(
      board.variables,
      {},
      queried.flatMap(({ panel }) => queriesOf(panel).map(({ expr }) => expr)),
      (label, from, store) => this.#reader.labelValues(label, from, this.span, store),
    );
    const step = this.#step;
    const replacements = {
      ...builtIns(this.span, step, rateSeconds(step, scrapeSeconds)),
      ...chosen,
    };
    const asked: Asked[] = [];
    for (const { path, panel } of queried) {
      asked.push({ path, ...(await this.#panel(panel, replacements)) });
    }
    return asked;
  }

  async #panel(panel: Panel, replacements: Replacements): Promise<Omit<Asked, "path">> {
    let hasData = false;
    const errors: string[] = [];
    for (const query of queriesOf(panel)) {
      const expr = inQuery(query.expr, replacements);
      try {
        const answered = await this.#answers(panel.type, { ...query, expr });
        // A limit is there whether or not anything was measured.
        hasData ||= answered && query.limit !== true;
      } catch (error) {
        errors.push(`${expr}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    return { hasData, errors };
  }

  async #answers(type: Panel["type"], query: Query): Promise<boolean> {
    if (type === "lines") return (await this.#reader.lines(query, this.span, 1)).length > 0;
    if (type === "timeseries") {
      const all = await this.#reader.series(query, this.span, this.#step);
      return all.some((series) => series.points.length > 0);
    }
    return (await this.#reader.samples(query, this.span.to)).length > 0;
  }
}

/** Lines and a deployment, sent as programs and pipelines send theirs, and how to take back what would stay. */
async function somethingToShow(platform: Platform): Promise<() => Promise<void>> {
  const { engine, push } = platform;
  const lines = ["level=info msg=started", "level=error msg=broken"];
  const at = Date.now();
  const values = lines.map((line, i) => [`${String(at + i)}000000`, line]);
  const sent = await fetch(`http://${engine.address}:3100/loki/api/v1/push`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      streams: [{ stream: { service: "e2e", container: "e2e", logstream: "stdout" }, values }],
    }),
  });
  expect(sent.ok, `Loki answered ${String(sent.status)} to lines`);
  const pushed = `${push}/metrics/job/e2e_deployment`;
  // An hour ago: people are told of a newer one.
  const deployedAt = Math.floor(at / 1000) - 3600;
  const body = `deployment_timestamp_seconds{service="e2e",version="v1"} ${String(deployedAt)}\n`;
  const { ok, status } = await fetch(pushed, { method: "PUT", body });
  expect(ok, `a pushed deployment was answered ${String(status)}`);
  // A panel's last point is up to one step old.
  await eventually(
    "the pushed deployment",
    60,
    () => platform.query(`deployment_timestamp_seconds{service="e2e"} offset ${scrapeSeconds}s`),
    (series) => series.size === 1,
  );
  return async () => {
    await fetch(pushed, { method: "DELETE" });
  };
}

async function askAll(platform: Platform): Promise<readonly Asked[]> {
  const to = Date.now();
  const questioner = new Questioner(platform, { from: to - spanMinutes * 60_000, to });
  const asked: Asked[] = [];
  for (const board of boardsOf(platform)) asked.push(...(await questioner.board(board)));
  return asked;
}

/**
 * Every panel of the environment's boards is asked for its data, as one who opens the board asks. Comes when the chain,
 * traces and drills have left something to show.
 */
export async function panels(steps: Steps, platform: Platform): Promise<void> {
  await steps.step(
    "every panel has data, but for a short list",
    async () => {
      const takeBack = await somethingToShow(platform);
      const asked = await askAll(platform).finally(takeBack);
      const empty = asked.filter(({ hasData }) => !hasData).map(({ path }) => path);
      for (const { reason, panels: paths } of emptyPanels) {
        const now = paths.filter((path) => empty.includes(path));
        if (now.length > 0) print(`    no data: ${reason}: ${now.join(", ")}`);
      }
      const faults = panelFaults(asked, emptyPanels);
      const figures = `${String(asked.length)} panels, ${String(asked.length - empty.length)} with data, ${String(empty.length)} without`;
      expect(faults.length === 0, `${figures}\n${faults.join("\n")}`);
      return figures;
    },
    ["deploy from nothing"],
  );
}
