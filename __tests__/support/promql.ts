import { parser } from "@prometheus-io/lezer-promql";

/** One `metric{label="…"}` of an expression. */
export interface Selector {
  readonly metric: string;
  /** Matched labels, by name. */
  readonly labels: ReadonlyMap<string, string>;
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
  const selectors: { metric: string; labels: Map<string, string> }[] = [];
  const grouping: string[] = [];
  const parents: string[] = [];
  let label = "";
  parser.parse(expr).iterate({
    enter({ name, type, from, to }) {
      const text = expr.slice(from, to);
      const parent = parents.at(-1);
      if (type.isError) fault ??= text === "" ? `the end after '${expr.slice(0, from)}'` : text;
      if (name === "VectorSelector") selectors.push({ metric: "", labels: new Map() });
      if (name === "Identifier" && parent === "VectorSelector") {
        const selector = selectors.at(-1);
        if (selector !== undefined) selector.metric = text;
      }
      if (name === "LabelName" && parent === "UnquotedLabelMatcher") label = text;
      if (name === "StringLiteral" && parent === "UnquotedLabelMatcher") {
        selectors.at(-1)?.labels.set(label, text.slice(1, -1));
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
