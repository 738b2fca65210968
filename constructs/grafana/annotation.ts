/** A description as Grafana reads it, and what it asks beside the alert's own expression. */
export interface Translated {
  readonly text: string;
  /** PromQL by the node's name. */
  readonly queries: Readonly<Record<string, string>>;
}

/** `{{ with query "…" }}what it says{{ else }}what is said without an answer{{ end }}`, with no block within. */
const within = String.raw`((?:(?!\{\{-? *(?:with|if|range|else|end)\b)[\s\S])*)`;
const asked = new RegExp(
  String.raw`\{\{-? *with query ("(?:[^"\\]|\\.)*") *-?\}\}${within}\{\{-? *else *-?\}\}${within}\{\{-? *end *-?\}\}`,
  "g",
);

// In Grafana `$value` is a text about all nodes, and a rule that fires because it got no answer has no value at all.
const value = "{{ $value := 0.0 }}{{ with $values.B }}{{ $value = .Value }}{{ end }}";

function fault(name: string, allowed: string): Error {
  return new Error(`the description of ${name} must ${allowed}`);
}

/**
 * A description in Prometheus' template language as one in Grafana's, which has the same labels and functions, but no
 * `query`: what it asks becomes a node of the rule. A node that is not a number was not answered.
 * @param name of the alert
 * @param firesUnanswered whether the alert fires too when its own question fails
 * @throws Error when a query stands in another form, or Grafana would take something for a variable of its environment
 */
export function translated(
  name: string,
  description: string,
  firesUnanswered: boolean,
): Translated {
  const queries: Record<string, string> = {};
  const said = description.replace(
    asked,
    (_, query: string, answered: string, otherwise: string) => {
      const node = `Q${String(Object.keys(queries).length + 1)}`;
      queries[node] = JSON.parse(query) as string;
      const says = answered
        .replaceAll(/\. \| first \| value\b/g, ".Value")
        .replaceAll(/\. \| first \| label "(\w+)"/g, ".Labels.$1");
      return `{{ with $values.${node} }}{{ if eq .Value .Value }}${says}{{ else }}${otherwise}{{ end }}{{ else }}${otherwise}{{ end }}`;
    },
  );
  if (/\{\{[^}]*\b(?:query|first)\b/.test(said)) {
    throw fault(
      name,
      'ask as {{ with query "…" }}{{ . | first | value }}{{ else }}…{{ end }}, since Grafana has no query',
    );
  }
  if (said.includes("${")) {
    throw fault(name, "not hold '${', which Grafana takes for a variable of its environment");
  }
  const worded = /\$value\b/.test(said) ? `${value}${said}` : said;
  return {
    queries,
    text: firesUnanswered
      ? `{{ if $values.B }}${worded}{{ else }}It gives Grafana no answer, so that most alerts cannot be evaluated.{{ end }}`
      : worded,
  };
}
