import { z } from "zod";
import { faultsOf } from "../../constructs/core/schema";
import { elementOf, membersOf, variantsOf, type Place } from "./comments";
import { capital, code, literal, table } from "./table";

/** One line of a reference. */
export interface Field {
  /** Dotted; `[]` stands for every element of a list. */
  readonly path: string;
  /** What it is for, and what may stand there. */
  readonly meaning: string;
  readonly default: string;
  /** Whether its author said what it is for. */
  readonly explained: boolean;
}

type Schema = z.core.$ZodType;

interface Unwrapped {
  readonly schema: Schema;
  /** Set where nothing needs to be given. */
  readonly fallback?: { readonly value?: unknown };
}

function definition(schema: Schema): z.core.$ZodTypes["_zod"]["def"] {
  return (schema as z.core.$ZodTypes)._zod.def;
}

function unwrap(schema: Schema): Unwrapped {
  const def = definition(schema);
  if (def.type === "optional") return { ...unwrap(def.innerType), fallback: {} };
  if (def.type === "default" || def.type === "prefault") {
    return { ...unwrap(def.innerType), fallback: { value: def.defaultValue } };
  }
  return { schema };
}

/** What the schema's own error says is allowed, when `wrong` is given. */
function allowedInsteadOf(schema: Schema, wrong: unknown): string | undefined {
  const { error } = z.safeParse(schema, wrong);
  return error === undefined
    ? undefined
    : faultsOf(new z.ZodError(error.issues), wrong)[0]?.allowed;
}

function allowedString(schema: Schema): string {
  const general = allowedInsteadOf(schema, 0) ?? "a string";
  if (general !== "a string") return general;
  const special = allowedInsteadOf(schema, "");
  if (special === undefined) return general;
  return special.startsWith("of length") ? "a string that is not empty" : special;
}

function allowedNumber(schema: Schema): string {
  const { minValue, maxValue, format } = schema as unknown as z.ZodNumber;
  const above = minValue !== null && !z.safeParse(schema, minValue).success;
  const least = minValue !== null && minValue > Number.MIN_SAFE_INTEGER ? minValue : undefined;
  const most = maxValue !== null && maxValue < Number.MAX_SAFE_INTEGER ? maxValue : undefined;
  const bounds = [
    ...(least === undefined ? [] : [`${above ? "above" : "from"} ${String(least)}`]),
    ...(most === undefined
      ? least === undefined
        ? []
        : ["up"]
      : [`${above ? "up to" : "to"} ${String(most)}`]),
  ];
  return [format === "safeint" ? "an integer" : "a number", ...bounds].join(" ");
}

function oneOf(values: readonly unknown[]): string {
  return values.map((value) => code(literal(value))).join(" or ");
}

/** What may stand in a field, where that is not told by fields of its own. */
function allowed(schema: Schema): string {
  const def = definition(schema);
  switch (def.type) {
    case "boolean":
      return `${code("true")} or ${code("false")}`;
    case "number":
      return allowedNumber(schema);
    case "string":
      return allowedString(schema);
    case "enum":
      return oneOf(Object.values(def.entries));
    case "literal":
      return oneOf(def.values);
    case "array":
      return isStructured(def.element) ? "" : `a list; each ${allowed(unwrap(def.element).schema)}`;
    case "record":
      return `values by name; each ${allowed(unwrap(def.valueType).schema)}`;
    case "object":
      return "";
    case "union":
      if (!isStructured(schema)) return allowedInsteadOf(schema, Symbol("nothing")) ?? "";
      return "discriminator" in def
        ? ""
        : def.options
            .map((option) => (isStructured(option) ? "the fields below" : allowed(option)))
            .join(" or ");
    default:
      return allowedInsteadOf(schema, undefined) ?? "";
  }
}

/** Whether a field has fields of its own. */
function isStructured(schema: Schema): boolean {
  const def = definition(unwrap(schema).schema);
  if (def.type === "array") return isStructured(def.element);
  if (def.type === "union") return def.options.some(isStructured);
  return def.type === "object";
}

function defaultOf({ schema, fallback }: Unwrapped, said: string | undefined): string {
  if (fallback === undefined) return "**required**";
  if (said !== undefined) return said;
  if (fallback.value === undefined) return "none";
  return isStructured(schema) && literal(fallback.value) === "{}"
    ? "those of its fields"
    : code(literal(fallback.value));
}

/** A sentence "Default: …" belongs into a column of its own. */
function split(comment: string): { readonly words: string; readonly said?: string } {
  const found = /^(.*?)\s*Default: ([^.]+)\.$/.exec(comment);
  if (found === null) return { words: comment };
  return { words: found[1] ?? "", ...(found[2] === undefined ? {} : { said: found[2] }) };
}

/** The first letter in lower case, save in an abbreviation. */
function continued(words: string): string {
  return /^[A-Z]([a-z ]|$)/.test(words) ? words.charAt(0).toLowerCase() + words.slice(1) : words;
}

function sentence(words: string): string {
  if (words === "") return "";
  return capital(/[.:!?]$/.test(words) ? words : `${words}.`);
}

function row(path: string, of: Unwrapped, comment: string, extra = ""): Field {
  const { words, said } = split(comment);
  const rule = allowed(of.schema).replace(/secret\("[a-z-]+"\)/g, code);
  const meaning = [
    sentence(words),
    extra,
    rule === "" ? "" : words === "" ? sentence(rule) : `Allowed: ${rule}.`,
  ];
  return {
    path,
    meaning: meaning.filter((part) => part !== "").join(" "),
    default: defaultOf(of, said),
    explained: words !== "",
  };
}

type Shape = Readonly<Record<string, Schema>>;

function shapeOf(schema: Schema): Shape {
  const def = definition(schema);
  return def.type === "object" ? def.shape : {};
}

/** The fields of a union's variants: a common one once, the others with the variant they belong to. */
function variantFields(
  options: readonly Schema[],
  discriminator: string | undefined,
  place: Place,
  path: string,
): Field[] {
  const written = variantsOf(place);
  const variants = options.map((schema, i) => ({
    schema: unwrap(schema).schema,
    comment: written[i]?.comment ?? "",
    place: written[i]?.value ?? place,
  }));
  const tag = (schema: Schema): string => {
    const kind = discriminator === undefined ? undefined : shapeOf(schema)[discriminator];
    return kind === undefined ? "" : allowed(kind);
  };
  const kinds: Field[] =
    discriminator === undefined
      ? []
      : [
          {
            path: `${path}.${discriminator}`,
            meaning: sentence(
              variants
                .map(({ schema, comment }) =>
                  comment === ""
                    ? tag(schema)
                    : `${tag(schema)}: ${continued(comment).replace(/\.$/, "")}`,
                )
                .join(variants.some(({ comment }) => comment !== "") ? "; " : " or "),
            ),
            default: "**required**",
            explained: true,
          },
        ];
  const rows = variants.flatMap((variant) =>
    fieldsOf(variant.schema, variant.place, path)
      .filter((field) => field.path !== `${path}.${discriminator ?? ""}`)
      .map((field) => ({ field, kind: tag(variant.schema) })),
  );
  // Said once only where it is the same in every variant.
  const common = (one: Field) =>
    rows.filter(
      ({ field }) =>
        field.path === one.path && field.default === one.default && field.meaning === one.meaning,
    ).length === variants.length;
  const told = new Set<string>();
  return [
    ...kinds,
    ...rows.flatMap(({ field, kind }) => {
      if (discriminator === undefined) return [field];
      if (!common(field))
        return [{ ...field, meaning: `With ${kind}: ${continued(field.meaning)}` }];
      if (told.has(field.path)) return [];
      told.add(field.path);
      return [field];
    }),
  ];
}

/**
 * Every field below a schema, its own fields left out.
 * @param place where the schema is written: the words above its fields are read there
 */
export function fieldsOf(of: Schema, place: Place, path = ""): Field[] {
  const { schema } = unwrap(of);
  const def = definition(schema);
  if (def.type === "array") {
    return isStructured(def.element)
      ? fieldsOf(def.element, elementOf(place) ?? place, `${path}[]`)
      : [];
  }
  if (def.type === "union") {
    const discriminator =
      "discriminator" in def && typeof def.discriminator === "string"
        ? def.discriminator
        : undefined;
    return isStructured(schema) ? variantFields(def.options, discriminator, place, path) : [];
  }
  const members = membersOf(place);
  return Object.entries(shapeOf(schema)).flatMap(([name, inner]) => {
    const member = members.get(name);
    const at = path === "" ? name : `${path}.${name}`;
    const below = member === undefined ? [] : fieldsOf(inner, member.value, at);
    const comment = [member?.comment ?? "", z.globalRegistry.get(inner)?.description ?? ""]
      .filter((words) => words !== "")
      .join(" ");
    const unwrapped = unwrap(inner);
    if (comment === "" && below.length > 0) {
      // A group that nobody explained is told by its fields, but not that it can be left out.
      if (unwrapped.fallback === undefined || "value" in unwrapped.fallback) return below;
      return [row(at, unwrapped, comment, "A group that can be left out."), ...below];
    }
    return [row(at, unwrapped, comment), ...below];
  });
}

/** Fields as a table. */
export function fieldTable(fields: readonly Field[]): string {
  return table(
    ["field", "meaning", "default"],
    fields.map(({ path, meaning, default: value }) => [code(path), meaning, value]),
  );
}
