import type { z } from "zod";

/** A zod schema as far as the walk looks into it. */
interface Node {
  readonly _zod: { readonly def: Definition };
}

interface Definition {
  readonly type: string;
  readonly check?: string;
  readonly format?: string;
  readonly shape?: Readonly<Record<string, Node>>;
  readonly catchall?: Node;
  readonly innerType?: Node;
  readonly element?: Node;
  readonly valueType?: Node;
  readonly options?: readonly Node[];
  readonly discriminator?: string;
  readonly values?: readonly unknown[];
  readonly checks?: readonly { readonly _zod: { readonly def: Check } }[];
}

interface Check {
  readonly check: string;
  readonly format?: string;
  readonly rule?: string;
}

const wrappers = new Set(["optional", "default", "prefault", "nonoptional", "readonly"]);

function unwrap(node: Node): Node {
  const { type, innerType } = node._zod.def;
  return wrappers.has(type) && innerType !== undefined ? unwrap(innerType) : node;
}

function required(node: Node): boolean {
  const { type, innerType } = node._zod.def;
  if (type === "optional" || type === "default" || type === "prefault") return false;
  return innerType === undefined || required(innerType);
}

const checkNames: Readonly<Record<string, string>> = {
  greater_than: "min",
  less_than: "max",
  min_length: "min",
  max_length: "max",
  number_format: "int",
};

function checkName(check: Check): string {
  if (check.check === "string_format") return check.format ?? "format";
  return check.check === "custom" ? (check.rule ?? "custom") : (checkNames[check.check] ?? "?");
}

/** The word of a branch of a union: its discriminating value, or its place. */
function branchName(option: Node, discriminator: string | undefined, place: number): string {
  const literal = discriminator === undefined ? undefined : option._zod.def.shape?.[discriminator];
  const value = literal?._zod.def.values?.[0];
  return typeof value === "string" ? value : String(place);
}

function walk(node: Node, path: string): string[] {
  const inner = unwrap(node);
  const { def } = inner._zod;
  const own = (def.checks ?? []).map(({ _zod }) => `${path}:${checkName(_zod.def)}`);
  switch (def.type) {
    case "object": {
      if (def.catchall?._zod.def.type !== "never") {
        throw new Error(`'${path}' must be a strict object: an unknown field would be dropped`);
      }
      const join = (key: string) => (path === "" ? key : `${path}.${key}`);
      return [
        ...(path === "" ? [] : [`${path}:object`]),
        ...own,
        join("<unknown field>"),
        ...Object.entries(def.shape ?? {}).flatMap(([key, field]) => [
          ...(required(field) && unwrap(field)._zod.def.type !== "literal"
            ? [`${join(key)}:required`]
            : []),
          ...walk(field, join(key)),
        ]),
      ];
    }
    case "union":
      return [
        ...(def.discriminator === undefined ? [] : [`${path}:discriminator`, `${path}:object`]),
        ...(def.options ?? [])
          .flatMap((option, i) =>
            walk(option, `${path}<${branchName(option, def.discriminator, i)}>`),
          )
          .filter((id) => def.discriminator === undefined || !id.endsWith(">:object")),
      ];
    case "array":
      return [`${path}:array`, ...own, ...(def.element ? walk(def.element, `${path}[]`) : [])];
    case "record":
      return [`${path}:record`, ...own, ...(def.valueType ? walk(def.valueType, `${path}.*`) : [])];
    case "literal":
      // The discriminating literal of a branch is what chooses the branch.
      return /<[^>]*>\.type$/.test(path) ? [] : [`${path}:literal`];
    case "string":
    case "number":
      return [
        `${path}:${def.type}`,
        ...(def.check === undefined ? [] : [`${path}:${checkName(def as Check)}`]),
        ...own,
      ];
    case "boolean":
    case "enum":
    case "custom":
      return [`${path}:${def.type}`, ...own];
    default:
      throw new Error(`no rule is known for the type '${def.type}' at '${path}'`);
  }
}

/** One id per leaf rule of a schema, e.g. `ports.prometheus:max`, `engine<ssh>.user:regex`, `<unknown field>`. */
export function rulesOf(schema: z.ZodType, path = ""): string[] {
  return walk(schema, path);
}

function branchOf(def: Definition, value: unknown): { readonly node: Node; readonly name: string } {
  const options = def.options ?? [];
  const tag =
    def.discriminator !== undefined && typeof value === "object" && value !== null
      ? (value as Readonly<Record<string, unknown>>)[def.discriminator]
      : undefined;
  const place = options.findIndex((option, i) => branchName(option, def.discriminator, i) === tag);
  const objects = options.findIndex(({ _zod }) => _zod.def.type === "object");
  const chosen = place >= 0 ? place : Math.max(0, objects);
  const node = options[chosen];
  if (node === undefined) throw new Error("a union without options");
  return { node, name: branchName(node, def.discriminator, chosen) };
}

function locate(
  node: Node,
  value: unknown,
  path: readonly PropertyKey[],
  at: string,
): { readonly node: Node; readonly at: string; readonly value: unknown } {
  const inner = unwrap(node);
  const { def } = inner._zod;
  const [key, ...rest] = path;
  if (key === undefined) return { node: inner, at, value };

  if (def.type === "union") {
    if (def.discriminator === key) return { node: inner, at, value };
    const branch = branchOf(def, value);
    return locate(branch.node, value, path, `${at}<${branch.name}>`);
  }
  const next =
    typeof value === "object" && value !== null
      ? (value as Readonly<Record<PropertyKey, unknown>>)[key]
      : undefined;
  if (def.type === "array" && def.element) return locate(def.element, next, rest, `${at}[]`);
  if (def.type === "record" && def.valueType) return locate(def.valueType, next, rest, `${at}.*`);
  const field = def.shape?.[String(key)];
  if (field === undefined) throw new Error(`no field ${String(key)} at '${at}'`);
  return locate(field, next, rest, at === "" ? String(key) : `${at}.${String(key)}`);
}

function violated(issue: z.core.$ZodIssue, node: Node, at: string, value: unknown): string {
  switch (issue.code) {
    case "invalid_type":
      if (value === undefined) return `${at}:required`;
      return `${at}:${issue.expected === "int" || (issue.expected === "number" && Number(value) === value) ? "int" : unionSafe(node, issue.expected)}`;
    case "too_small":
      return `${at}:min`;
    case "too_big":
      return `${at}:max`;
    case "invalid_format":
      return `${at}:${issue.format}`;
    case "invalid_value":
      return value === undefined ? `${at}:required` : `${at}:${node._zod.def.type}`;
    case "unrecognized_keys": {
      const { def } = node._zod;
      const branch = def.type === "union" ? `<${branchOf(def, value).name}>` : "";
      return at === "" ? "<unknown field>" : `${at}${branch}.<unknown field>`;
    }
    case "invalid_union":
      return "discriminator" in issue ? `${at}:discriminator` : `${at}:union`;
    default:
      return `${at}:${node._zod.def.type}`;
  }
}

function unionSafe(node: Node, expected: string): string {
  return node._zod.def.type === "union" ? "object" : expected;
}

/** The ids of the rules that an input breaks, in the words of {@link rulesOf}. */
export function rulesBrokenBy(schema: z.ZodType, input: unknown, path = ""): string[] {
  const result = schema.safeParse(input);
  if (result.success) return [];
  return result.error.issues.flatMap((issue): string[] => {
    const { node, at, value } = locate(schema, input, issue.path, path);
    const rule: unknown = issue.code === "custom" ? issue.params?.["rule"] : undefined;
    if (typeof rule === "string")
      return [`${ownerOf(schema, input, issue.path, path, rule)}:${rule}`];
    if (issue.code === "invalid_union" && !("discriminator" in issue)) {
      const def = node._zod.def;
      return value === undefined
        ? [`${at}:required`]
        : (def.options ?? []).flatMap((option, i) =>
            rulesBrokenBy(option as unknown as z.ZodType, value, `${at}<${String(i)}>`),
          );
    }
    if (value === undefined && issue.code === "custom") return [`${at}:required`];
    return [violated(issue, node, at, value)];
  });
}

/** Where the named rule stands: it may report a fault deeper inside what it checks. */
function ownerOf(
  schema: z.ZodType,
  input: unknown,
  path: readonly PropertyKey[],
  prefix: string,
  rule: string,
): string {
  for (let length = path.length; length >= 0; length--) {
    const { node, at } = locate(schema, input, path.slice(0, length), prefix);
    if ((node._zod.def.checks ?? []).some(({ _zod }) => _zod.def.rule === rule)) return at;
  }
  throw new Error(`no rule '${rule}' on the way to ${path.map(String).join(".")}`);
}
