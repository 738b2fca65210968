import { readFileSync } from "node:fs";
import { assetPath } from "../../../constructs/core/paths";
import { parseAlloy, stringOf, type Block } from "../../support/alloy-files";
import { logLines, plain } from "../../support/log-lines";

/** An expression of RE2 for JavaScript; what only one of the two knows is refused. */
function expression(re2: string): RegExp {
  if (/\(\?<?[=!]|\\[1-9]|\\[AzQEpP]/.test(re2)) throw new Error(`not known to both: ${re2}`);
  const insensitive = re2.startsWith("(?i)");
  return new RegExp(re2.replace(/^\(\?i\)/, "").replaceAll("(?P<", "(?<"), insensitive ? "i" : "");
}

const [declare] = parseAlloy(readFileSync(assetPath("alloy/lines.alloy"), "utf8"));
const stages = declare?.blocks.find(({ name }) => name === "loki.process")?.blocks ?? [];
const one = (blocks: readonly Block[], name: string) =>
  blocks.filter((block) => block.name === name);
const text = (block: Block, attribute: string) => stringOf(block.attributes[attribute] ?? '""');

/** The conditions of a `stage.match`. */
const conditions = (selector: string) =>
  [...selector.matchAll(/\|~ ("(?:\\.|[^"\\])*")/g)].map(([, quoted = '""']) =>
    expression(JSON.parse(quoted) as string),
  );

const formats = one(stages, "stage.match").map((block) => ({
  selector: text(block, "selector"),
  conditions: conditions(text(block, "selector")),
  block,
}));

/** Which format each file is, by the place of its `stage.match`. */
const formatOf: Readonly<Record<string, number | undefined>> = {
  "axum-color": 2,
  "axum-json": 0,
  "axum-text": 2,
  geth: 3,
  "nginx-access": 5,
  "nginx-error": 6,
  "op-batcher": 4,
  "spring-boot-ecs": 0,
  "spring-boot-logstash": 0,
  "spring-boot-text": 1,
};

const [multiline] = one(stages, "stage.multiline");
const firstLine = expression(stringOf(multiline?.attributes["firstline"] ?? "``"));

describe.each(logLines.map((line, i) => ({ ...line, name: `${line.file} ${String(i)}` })))(
  "$name",
  ({ file, entry, expected }) => {
    const whole = plain(entry);
    const matching = formats.filter(({ conditions: all }) => all.every((one) => one.test(whole)));

    test("begins a new entry, and goes on where it is indented or an exception", () => {
      const [first = "", ...others] = whole.split("\n");
      expect(firstLine.test(first)).toBe(true);
      for (const line of others) expect([line, firstLine.test(line)]).toEqual([line, false]);
    });

    test("is at most one format, and the one of its program where something is expected", () => {
      expect(matching.length).toBeLessThanOrEqual(1);
      const format = formatOf[file];
      if (format === undefined || Object.keys(expected).length === 0) return;
      expect(matching[0]?.selector).toBe(formats[format]?.selector);
    });

    test("gives what its expressions are there for", () => {
      const groups: Record<string, string> = {};
      for (const stage of one(matching[0]?.block.blocks ?? [], "stage.regex")) {
        Object.assign(groups, expression(text(stage, "expression")).exec(whole)?.groups);
      }
      for (const key of ["logger", "method", "path", "status", "trace_id", "span_id"]) {
        if (groups[key] !== undefined || (expected[key] !== undefined && !whole.startsWith("{"))) {
          expect([key, groups[key]]).toEqual([key, expected[key]]);
        }
      }
    });
  },
);

describe("the stages", () => {
  test("every expression is one of RE2 that JavaScript reads too", () => {
    const all = stages.flatMap((stage) => [stage, ...stage.blocks]);
    const expressions = all.flatMap(({ attributes }) =>
      ["expression", "firstline"].flatMap((key) => {
        const value = attributes[key];
        return value === undefined || value.startsWith("argument.") ? [] : [stringOf(value)];
      }),
    );
    expect(expressions.length).toBeGreaterThan(14);
    for (const each of expressions) expect(() => expression(each)).not.toThrow();
  });

  test("drop nothing but what the argument says", () => {
    expect(one(stages, "stage.drop").map(({ attributes }) => attributes["expression"])).toEqual([
      "argument.drop.value",
    ]);
    expect(JSON.stringify(stages)).not.toMatch(/drop_malformed|"drop"/);
  });

  test("leave a bounded set of labels, and what has no bound as metadata", () => {
    expect(stages.at(-1)?.name).toBe("stage.label_keep");
    expect(stages.at(-1)?.attributes["values"]).toBe(
      '[ "chain" , "container" , "logstream" , "service" ]',
    );
    expect(one(stages, "stage.labels")).toEqual([]);
    expect(one(stages, "stage.structured_metadata")[0]?.attributes["values"]).toMatch(/trace_id/);
  });
});
