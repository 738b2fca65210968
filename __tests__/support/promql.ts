import { parser } from "@prometheus-io/lezer-promql";

/** One `metric{label="…"}` of an expression. */
export interface Selector {
  readonly metric: string;
  /** Matched labels, by name. */
  readonly labels: ReadonlyMap<string, string>;
  readonly matchers: readonly Matcher[];
}

/** One `label="value"` of a selector. */
export interface Matcher {
  readonly label: string;
  /** `=`, `!=`, `=~` or `!~`. */
  readonly operator: string;
  readonly value: string;
}

/** Whether a matcher takes a value. Its expressions must mean the same to JavaScript and to RE2. */
export function matches({ operator, value }: Matcher, found: string): boolean {
  const equal = operator.endsWith("~") ? new RegExp(`^(?:${value})$`).test(found) : value === found;
  return equal !== operator.startsWith("!");
}

/** What an expression is made of. */
export interface Expression {
  /** The first text that is not PromQL. */
  readonly fault: string | undefined;
  readonly selectors: readonly Selector[];
  /** Labels of `by`, `without` and `on`. */
  readonly grouping: readonly string[];
}

/** Parses PromQL with the grammar of Prometheus' own editor. */
export function parsePromql(expr: string): Expression {
  let fault: string | undefined;
  const selectors: { metric: string; labels: Map<string, string>; matchers: Matcher[] }[] = [];
  const grouping: string[] = [];
  const parents: string[] = [];
  let label = "";
  let operator = "";
  parser.parse(expr).iterate({
    enter({ name, type, from, to }) {
      const text = expr.slice(from, to);
      const parent = parents.at(-1);
      if (type.isError) fault ??= text === "" ? `the end after '${expr.slice(0, from)}'` : text;
      if (name === "VectorSelector") {
        selectors.push({ metric: "", labels: new Map(), matchers: [] });
      }
      if (name === "Identifier" && parent === "VectorSelector") {
        const selector = selectors.at(-1);
        if (selector !== undefined) selector.metric = text;
      }
      if (name === "LabelName" && parent === "UnquotedLabelMatcher") label = text;
      if (name === "MatchOp") operator = text;
      if (name === "StringLiteral" && parent === "UnquotedLabelMatcher") {
        const value = text.slice(1, -1);
        selectors.at(-1)?.labels.set(label, value);
        selectors.at(-1)?.matchers.push({ label, operator, value });
      }
      if (name === "LabelName" && parent === "GroupingLabels") grouping.push(text);
      parents.push(name);
    },
    leave() {
      parents.pop();
    },
  });
  return { fault, selectors, grouping };
}
