import { join } from "node:path";
import { packageRoot } from "../../constructs/core/paths";
import { z } from "zod";
import { argumentOf, commentOf, constant, membersOf } from "../../tools/docs/comments";
import { fieldsOf, type Field } from "../../tools/docs/fields";
import { factories, parts, serviceTable } from "../../tools/docs/services";
import { literal, table } from "../../tools/docs/table";
import { environmentFields, fill, generated, sourceFields, stale } from "../../tools/generate-docs";
import { environmentSchema } from "../../stacks/environment";
import { logRules, rules } from "../support/catalogue";

const contents = generated();
const fields = new Map(environmentFields().map((field) => [field.path, field]));

function factory(name: string) {
  const found = factories().find((one) => one.name === name);
  if (found === undefined) throw new Error(`no factory ${name}`);
  return found;
}

function fieldOf(all: readonly Field[], path: string): Field | undefined {
  return all.find((field) => field.path === path);
}

/** Dotted paths of a schema's leaves, read from its JSON schema: a second way beside the generator's own. */
function leaves(schema: unknown, path: string): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  const { properties, items, anyOf, oneOf } = schema as Readonly<Record<string, unknown>>;
  const below = [
    ...(typeof properties === "object" && properties !== null
      ? Object.entries(properties).flatMap(([name, inner]) =>
          leaves(inner, path === "" ? name : `${path}.${name}`),
        )
      : []),
    ...(typeof items === "object" && items !== null && "properties" in items
      ? leaves(items, `${path}[]`)
      : []),
    ...[anyOf, oneOf].flatMap((variants) =>
      Array.isArray(variants) ? variants.flatMap((one: unknown) => leaves(one, path)) : [],
    ),
  ];
  return below.length === 0 ? [path] : below;
}

function leavesOf(schema: z.ZodType): string[] {
  return leaves(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }), "");
}

describe("generated pages", () => {
  it("are what the code says now", () => {
    expect(stale(contents).map((path) => `${path} is old: run 'npm run docs'`)).toEqual([]);
  });

  it("are seen to be old when they differ", () => {
    expect(stale(new Map([["README.md", "something else"]]))).toEqual(["README.md"]);
    expect(stale(new Map([["docs/no-such-page.md", ""]]))).toEqual(["docs/no-such-page.md"]);
  });
});

describe("the reference of the environment", () => {
  it("has every field that the schema allows", () => {
    const missing = leavesOf(environmentSchema).filter((path) => !fields.has(path));
    expect(missing).toEqual([]);
  });

  it("tells meaning, range and default", () => {
    expect(fields.get("retention.days")).toMatchObject({
      meaning: "An integer from 1 to 365.",
      default: "`15`",
    });
    expect(fields.get("ports.demoL1")).toMatchObject({
      meaning:
        "JSON-RPC of the demonstration's L1, where there is one. Allowed: an integer from 1 to 65535.",
      default: "`18545`",
    });
  });

  it("follows imports, variants, lists and defaults that are told in words", () => {
    expect(fields.get("host.tunnel.port")?.default).toBe("`51820`");
    expect(fields.get("backend.bucket")?.meaning).toBe('With `"s3"`: the name of an S3 bucket.');
    expect(fields.get("receivers[].bearerToken")?.meaning).toMatch(
      /^With `"webhook"`: file with a bearer token\./,
    );
    expect(fields.get("host.tunnel.peers[].allowed")?.default).toBe("all of them");
  });

  it("says which fields are required", () => {
    const required = [...fields.values()]
      .filter((field) => field.default === "**required**" && !field.path.includes("."))
      .map(({ path }) => path);
    expect(required).toEqual(["name", "engine"]);
  });

  it("tells a field apart whose default depends on the variant", () => {
    const cidrs = environmentFields().filter(({ path }) => path === "host.network.cidr");
    expect(cidrs.map((field) => field.default)).toEqual(['`"10.87.0.0/24"`', "**required**"]);
  });
});

describe("the reference of the sources", () => {
  it.each(factories())("has every field of $name", (named) => {
    const told = sourceFields(named).map(({ path }) => path);
    const inSchema = leavesOf(named.factory.schema).filter((path) => path !== "");
    expect(inSchema.filter((path) => !told.includes(path))).toEqual([]);
    expect(named.what).not.toBe("");
    expect(contents.get("docs/sources.md")).toContain(`## ${named.name}\n`);
  });

  it("reads fields that are spread from a function with the caller's defaults", () => {
    const all = sourceFields(factory("opBatcher"));
    expect(fieldOf(all, "host")).toMatchObject({
      default: '`"l2-batcher"`',
      meaning: expect.stringMatching(/^As seen from the platform's containers\./) as string,
    });
    expect(fieldOf(all, "wallet.lowBalanceEth")?.default).toBe("`0.5`");
  });

  it("reads fields of an extended schema", () => {
    const all = sourceFields(factory("l2Exporter"));
    expect(fieldOf(all, "chains[].l1.url")?.meaning).toMatch(/^A URL without a key in it/);
    expect(fieldOf(all, "chains[].l1.chainId")?.meaning).toMatch(/another chain counts as down/);
  });
});

describe("the table of services", () => {
  const all = parts();

  it("has a row for every service and kind of source", () => {
    expect(all.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        "prometheus",
        "alertmanager",
        "pushgateway",
        ...factories().map(({ factory: { type } }) => type),
      ]),
    );
    expect(all.filter(({ what, port }) => what === "" || port === "")).toEqual([]);
  });

  it("names every alert of the catalogue with its priorities, and no other", () => {
    const told = all.flatMap(({ alerts }) =>
      [...alerts].flatMap(([alert, of]) => of.map((priority) => `${alert} ${priority}`)),
    );
    const known = [...rules(), ...logRules().flatMap((group) => group.alerts)].flatMap((rule) =>
      "name" in rule ? [`${rule.name} ${rule.priority}`] : [],
    );
    expect(told.filter((one) => !known.includes(one))).toEqual([]);
    expect(known.filter((one) => !told.includes(one))).toEqual([]);
  });

  it("shows published ports, ports inside and ports of what is watched", () => {
    const port = (name: string) => all.find((part) => part.name === name)?.port;
    expect(port("prometheus")).toBe("9090");
    expect(port("blackbox-exporter")).toBe("inside, 9115");
    expect(port("op-node")).toBe("its own, 7300");
  });

  it("is what the README shows", () => {
    expect(contents.get("README.md")).toContain(serviceTable(all));
  });
});

describe("reading comments", () => {
  const file = join(packageRoot, "stacks", "environment.ts");

  it("finds a constant in the file and where it is imported from", () => {
    expect(constant(file, "backendSchema")?.file.fileName).toBe(
      join(packageRoot, "stacks", "backend.ts"),
    );
    expect(constant(file, "noSuchConstant")).toBeUndefined();
    expect(argumentOf(file, "noSuchConstant").size).toBe(0);
  });

  it("drops tags and resolves links", () => {
    expect(commentOf(file, "parseEnvironment")).toBe(
      "Checks an environment, all fields and what holds between them.",
    );
    expect(commentOf(join(packageRoot, "constructs", "host", "schema.ts"), "machineTypeOf")).toBe(
      "Memory and architecture of the host's instance type.",
    );
  });

  it("keeps a field that nobody explained, with what may stand there", () => {
    const place = constant(file, "environmentSchema");
    if (place === undefined) throw new Error("no environmentSchema");
    expect(membersOf(place).get("prefix")?.comment).toMatch(/two platforms can share an engine/);
    const [field] = fieldsOf(z.strictObject({ fresh: z.int().min(3).default(4) }), place);
    expect(field).toEqual({
      path: "fresh",
      meaning: "An integer from 3 up.",
      default: "`4`",
      explained: false,
    });
  });
});

describe("filling a page", () => {
  const page = "a\n<!-- x: begin -->\nold\n<!-- x: end -->\nb\n";

  it("replaces what is between the markers and nothing else", () => {
    const filled = "a\n<!-- x: begin -->\n\nnew\n\n<!-- x: end -->\nb\n";
    expect(fill(page, "x", "new")).toBe(filled);
    expect(fill(filled, "x", "new")).toBe(filled);
  });

  it.each([
    ["a page without markers", "a"],
    ["a page without the end", "<!-- x: begin -->"],
    ["the end before the beginning", "<!-- x: end --> <!-- x: begin -->"],
    ["markers that stand there twice", page + page],
  ])("refuses %s", (_, wrong) => {
    expect(() => fill(wrong, "x", "new")).toThrow(
      "the page must hold '<!-- x: begin -->' and then '<!-- x: end -->', each once",
    );
  });

  it("writes tables as Prettier does, and literals as an environment would", () => {
    expect(table(["a", "b"], [["x|y", "1"]])).toBe(
      "| a    | b   |\n| ---- | --- |\n| x\\|y | 1   |",
    );
    expect(literal({ type: "own", ports: [1, 2], none: {} })).toBe(
      '{ type: "own", ports: [1, 2], none: {} }',
    );
  });
});
