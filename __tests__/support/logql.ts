/** What the grammar of Grafana's own editor gives: the part of it that is used here. */
interface Grammar {
  readonly parser: {
    parse(text: string): {
      iterate(visitor: {
        enter(node: {
          readonly name: string;
          readonly type: { readonly isError: boolean };
          readonly from: number;
          readonly to: number;
        }): void;
      }): void;
    };
  };
}

function load(): Grammar | undefined {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- it may not be installed
    return require("@grafana/lezer-logql") as Grammar;
  } catch {
    return undefined;
  }
}

const grammar = load();

/** Whether expressions can be parsed here. */
export const canParseLogql = grammar !== undefined;

/** The first text that is not LogQL; nothing where it is sound. @throws Error where there is no grammar */
export function logqlFault(expr: string): string | undefined {
  if (grammar === undefined) throw new Error("@grafana/lezer-logql is not installed");
  let fault: string | undefined;
  grammar.parser.parse(expr).iterate({
    enter({ type, from, to }) {
      if (!type.isError) return;
      fault ??= from === to ? `the end after '${expr.slice(0, from)}'` : expr.slice(from, to);
    },
  });
  return fault;
}

/** Labels that an agent sets on every stream of its kind, and that a rule may select by. */
export const streamLabels = ["chain", "service", "container", "logstream"] as const;

/** Label names of the stream selector of an expression. */
export function selectedLabels(expr: string): string[] {
  return [...expr.matchAll(/\{([^}]*)\}/g)].flatMap(([, matchers = ""]) =>
    [...matchers.matchAll(/(\w+)\s*[!=]~?/g)].map(([, label = ""]) => label),
  );
}
