/** One thing that is wrong in what a user wrote. */
export interface Fault {
  /** Dotted path of the field, e.g. `sources[2].pollSeconds`. */
  readonly field: string;
  /** What may stand there, completing "must be …". */
  readonly allowed: string;
  /** What stands there, already rendered by {@link show}. */
  readonly got: string;
  /**
   * What to do about it, where that does not follow from `allowed`.
   * @default - nothing is added
   */
  readonly repair?: string;
}

/** Renders a value for an error text: short, one line, never a whole object. */
export function show(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "function") return "a function";
  const text = typeof value === "string" ? `'${value}'` : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

/** `'field' must be <allowed>, got <got>; <repair>`. */
export function describeFault(fault: Fault): string {
  const repair = fault.repair === undefined ? "" : `; ${fault.repair}`;
  return `'${fault.field}' must be ${fault.allowed}, got ${fault.got}${repair}`;
}

/** What a user wrote cannot be built: carries every fault at once. Commands print it without a stack and exit with 1. */
export class ConfigurationError extends Error {
  readonly faults: readonly Fault[];

  /**
   * @param subject what is at fault, e.g. `environment 'local'`
   * @param faults at least one
   */
  constructor(subject: string, faults: readonly Fault[]) {
    const count = faults.length === 1 ? "1 fault" : `${String(faults.length)} faults`;
    super(`${subject} has ${count}:\n${faults.map((f) => `  ${describeFault(f)}`).join("\n")}`);
    this.name = "ConfigurationError";
    this.faults = faults;
  }
}

/** Throws a {@link ConfigurationError} if there is any fault. */
export function refuse(subject: string, faults: readonly Fault[]): void {
  if (faults.length > 0) throw new ConfigurationError(subject, faults);
}
