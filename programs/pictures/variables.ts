import type { Variable } from "../../constructs/core/board";
import { PictureError } from "./failure";
import type { Span } from "./time";

/** What stands for each name in a query and in words. */
export interface Replacement {
  readonly query: string;
  readonly words: string;
}

/** Replacements by the variable's name, without `$`. */
export type Replacements = Readonly<Record<string, Replacement>>;

/** Asks which values a label has on some series. */
export type LabelValues = (label: string, series: string) => Promise<readonly string[]>;

const names = /\$(?:\{(\w+)\}|(\w+))/g;

function replaced(text: string, by: (name: string) => string | undefined): string {
  return text.replaceAll(names, (whole, braced?: string, bare?: string) => {
    return by(braced ?? bare ?? "") ?? whole;
  });
}

/** A query with its variables replaced; unknown names stay, so that `$1` of a replacement pattern does. */
export function inQuery(expr: string, replacements: Replacements): string {
  return replaced(expr, (name) => replacements[name]?.query);
}

/** A title or a legend with its variables replaced. */
export function inWords(text: string, replacements: Replacements): string {
  return replaced(text, (name) => replacements[name]?.words);
}

function inString(text: string): string {
  return text.replaceAll(/[\\"]/g, "\\$&").replaceAll("\n", "\\n");
}

function asPattern(value: string): string {
  return inString(value.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
}

function replacementOf(
  { several }: Variable,
  values: readonly string[],
  all: boolean,
): Replacement {
  if (several !== true) return { query: inString(values[0] ?? ""), words: values[0] ?? "" };
  const patterns = values.map(asPattern);
  return {
    query: patterns.length === 1 ? (patterns[0] ?? "") : `(${patterns.join("|")})`,
    words: all && values.length > 1 ? "all" : values.join(" + "),
  };
}

function namesIn(text: string): string[] {
  return [...text.matchAll(names)].map(([, braced, bare]) => braced ?? bare ?? "");
}

/** The variables that some texts name, and those that these are chosen from. */
function needed(variables: readonly Variable[], texts: readonly string[]): readonly Variable[] {
  const wanted = new Set(texts.flatMap(namesIn));
  for (const { name, from } of [...variables].reverse()) {
    if (wanted.has(name)) for (const one of namesIn(from)) wanted.add(one);
  }
  return variables.filter(({ name }) => wanted.has(name));
}

function checkChosen(
  variables: readonly Variable[],
  chosen: Readonly<Record<string, readonly string[]>>,
): void {
  for (const [name, values] of Object.entries(chosen)) {
    const variable = variables.find((one) => one.name === name);
    if (variable === undefined) {
      const known = variables.map((one) => one.name).join(", ") || "nothing: there are none";
      throw new PictureError(`'variables' must be among ${known}, got '${name}'`);
    }
    if (values.length !== 1 && (variable.several !== true || values.length === 0)) {
      const allowed = variable.several === true ? "at least one value" : "one value";
      throw new PictureError(`'${name}' must have ${allowed}, got ${values.length}`);
    }
  }
}

/**
 * Chooses what was not chosen as Grafana does: the first value, or all where several may be chosen. Asks only for what the
 * texts name.
 */
export async function chooseVariables(
  variables: readonly Variable[],
  chosen: Readonly<Record<string, readonly string[]>>,
  texts: readonly string[],
  ask: LabelValues,
): Promise<Replacements> {
  checkChosen(variables, chosen);
  const replacements: Record<string, Replacement> = {};
  for (const variable of needed(variables, texts)) {
    const given = chosen[variable.name];
    const values = given ?? (await ask(variable.name, inQuery(variable.from, replacements)));
    replacements[variable.name] = replacementOf(variable, values, given === undefined);
  }
  return replacements;
}

function duration(seconds: number): Replacement {
  const text = `${seconds}s`;
  return { query: text, words: text };
}

/** The names that Grafana itself replaces. */
export function builtIns(span: Span, step: number, rate: number): Replacements {
  const range = Math.round((span.to - span.from) / 1000);
  const number = (value: number) => ({ query: String(value), words: String(value) });
  return {
    __interval: duration(step),
    __interval_ms: number(step * 1000),
    __rate_interval: duration(rate),
    __rate_interval_ms: number(rate * 1000),
    __range: duration(range),
    __range_s: number(range),
    __range_ms: number(range * 1000),
    __auto: duration(step),
  };
}
