import { placed, type CompleteBoard } from "../../constructs/core/board";
import { queriesOf, units } from "../../constructs/core/panel";
import { isAlert } from "../../constructs/core/alert";
import { boardTag, renderBoard } from "../../constructs/grafana";
import { boards as catalogueBoards, logRules, rules } from "../support/catalogue";
import { anything, asAsked, variablesIn } from "../support/boards";
import { scrapeLabels } from "../support/known-metrics";
import { canParseLogql, logqlFault } from "../support/logql";
import { parsePromql, type Selector } from "../support/promql";
import { recordedFault } from "../support/recorded";

const all = catalogueBoards();
const alerts = [...rules().filter(isAlert), ...logRules().flatMap((group) => group.alerts)];
const recorded = new Map(
  rules().flatMap((rule) => (isAlert(rule) ? [] : [[rule.record, rule] as const])),
);

/** What Prometheus itself makes of alerts. */
const made: Readonly<Record<string, readonly string[]>> = {
  ALERTS: ["alertname", "alertstate", "severity", "priority", "heartbeat", "tier"],
  ALERTS_FOR_STATE: ["alertname", "severity", "priority", "heartbeat", "tier"],
};

/** Labels whose values an environment names: no recording has them. */
const namedByEnvironment = ["pool"];

/** What a person may choose finds everything; what an environment names is taken for granted. */
function withChoices(selector: Selector): Selector {
  const given = selector.matchers.filter(({ label }) => !namedByEnvironment.includes(label));
  const matchers = given.map((one) =>
    one.value === anything ? { ...one, operator: "=~" } : one,
  );
  return { ...selector, matchers };
}

const panelsOf = ({ rows }: CompleteBoard) =>
  rows.flatMap((row) => row.panels.map((panel) => ({ row, panel })));

const everyPanel = all.flatMap((complete) =>
  panelsOf(complete).map(({ row, panel }) => ({
    id: `${complete.board.uid}/${row.key}/${panel.key}`,
    complete,
    panel,
  })),
);

const everyQuery = everyPanel.flatMap(({ id, complete, panel }) =>
  queriesOf(panel).map((query, i) => ({
    id: `${id}[${String(i)}]`,
    complete,
    query,
    lines: panel.type === "lines" || query.store === "logs",
  })),
);

test("no two boards share a uid or a title", () => {
  for (const of of [
    ({ board }: CompleteBoard) => board.uid,
    ({ board }: CompleteBoard) => board.title,
  ]) {
    const seen = all.map(of);
    expect(new Set(seen).size).toBe(seen.length);
  }
});

describe.each(all.map((complete) => ({ uid: complete.board.uid, complete })))(
  "board $uid",
  ({ complete }) => {
    const { json } = renderBoard(complete, {
      alerts,
      logs: true,
      runbooks: "http://127.0.0.1:9091/runbooks",
    });
    const { panels, templating, tags } = json as {
      panels: readonly {
        id: number;
        type: string;
        title: string;
        gridPos: { x: number; y: number; w: number; h: number };
      }[];
      templating: { list: readonly { name: string }[] };
      tags: readonly string[];
    };

    test("says whom it helps, and leads to the others", () => {
      expect(complete.board.description.length).toBeGreaterThan(20);
      expect(tags).toEqual([boardTag]);
    });

    test("no panel overlaps another, none leaves the grid, no id is there twice", () => {
      const cells = new Set<string>();
      for (const { gridPos } of panels) {
        expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
        for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
          for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
            expect(cells).not.toContain(`${String(x)} ${String(y)}`);
            cells.add(`${String(x)} ${String(y)}`);
          }
        }
      }
      expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
      expect(placed(complete).length).toBe(complete.rows.length);
    });

    test("every variable is used, and every used one is there", () => {
      // Steps of runbooks hold a shell's variables.
      const text =
        JSON.stringify(panels.filter(({ type }) => type !== "text")) +
        JSON.stringify(templating.list.map((one) => ({ ...one, name: "" })));
      for (const { name } of templating.list) expect(variablesIn(text)).toContain(name);
      for (const name of variablesIn(text)) {
        expect(templating.list.map((variable) => variable.name)).toContain(name);
      }
    });
  },
);

test.each(everyPanel)("$id has a title, a description and a unit", ({ panel }) => {
  expect(panel.title).toMatch(/^[A-Z0-9][^{}$]{2,59}$/);
  expect(panel.description.length).toBeGreaterThan(20);
  expect(panel.description).toMatch(/[.?!:]$/);
  if (panel.type !== "text" && panel.type !== "lines")
    expect(Object.keys(units)).toContain(panel.unit);
});

const ofMetrics = everyQuery.filter(({ lines }) => !lines);

test.each(ofMetrics)("$id is PromQL over series that exist", ({ query }) => {
  const expr = asAsked(query.expr);
  const { fault, selectors } = parsePromql(expr);
  expect([expr, fault]).toEqual([expr, undefined]);
  for (const selector of selectors) {
    const { metric } = selector;
    if (metric in made) {
      const allowed = [...scrapeLabels, ...(made[metric] ?? [])];
      expect(allowed).toEqual(expect.arrayContaining([...selector.labels.keys()]));
    } else if (!recorded.has(metric)) {
      expect([expr, recordedFault(withChoices(selector))]).toEqual([expr, undefined]);
    }
  }
});

test.each(ofMetrics)("$id takes rates over $$__rate_interval", ({ query }) => {
  for (const [range] of query.expr.matchAll(/\b(?:rate|irate)\([^[]*\[([^\]]*)\]/g)) {
    expect(range).toContain("[$__rate_interval]");
  }
});

(canParseLogql ? test : test.skip)("every query of lines is LogQL", () => {
  const faults = everyQuery
    .filter(({ lines }) => lines)
    .map(({ id, query }) => [id, logqlFault(asAsked(query.expr))]);
  expect(faults.filter(([, fault]) => fault !== undefined)).toEqual([]);
});

test("every alert that names a panel names one that is there", () => {
  for (const { name, panel } of alerts) {
    if (panel === undefined) continue;
    const found = everyPanel.some(
      ({ id }) => id.startsWith(`${panel.board}/${panel.row}`) && id.endsWith(`/${panel.panel}`),
    );
    expect([name, panel, found]).toEqual([name, panel, true]);
  }
});
