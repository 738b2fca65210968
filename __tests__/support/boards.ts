/** What stands for a person's choice. */
export const anything = ".*";

/** A query as Prometheus or Loki gets it: Grafana's own variables as for 6 hours, a person's as chosen, else anything. */
export function asAsked(expr: string, chosen: Readonly<Record<string, string>> = {}): string {
  const grafanas: Readonly<Record<string, string>> = {
    __rate_interval: "5m",
    __range: "6h",
    __interval: "1m",
  };
  return expr.replace(
    /\$(?:\{([A-Za-z_]\w*)(?::\w+)?\}|([A-Za-z_]\w*))/g,
    (_, braced: string | undefined, bare: string | undefined) => {
      const name = braced ?? bare ?? "";
      return grafanas[name] ?? chosen[name] ?? anything;
    },
  );
}

/** Names of a person's variables in a query. */
export function variablesIn(expr: string): readonly string[] {
  return [...expr.matchAll(/\$(?:\{([A-Za-z_]\w*)(?::\w+)?\}|([A-Za-z_]\w*))/g)]
    .map(([, braced, bare]) => braced ?? bare ?? "")
    .filter((name) => !name.startsWith("__"));
}
