/** How a single call ended; the values of the label `outcome`. */
export const OUTCOMES = [
  "ok",
  "error",
  "timeout",
  "rate_limited",
  "invalid_response",
  "unsupported",
  "wrong_chain",
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** A read that gave no value. The message is made of our own words and of codes, so it is safe to log. */
export class ReadFailure extends Error {
  override readonly name = "ReadFailure";
  constructor(
    readonly outcome: Exclude<Outcome, "ok">,
    reason: string,
  ) {
    super(reason);
  }
}

/** The code of a system error such as ECONNREFUSED; an empty text when there is none. */
export function codeOf(error: unknown): string {
  return typeof error === "object" &&
    error !== null &&
    "code" in error &&
    typeof error.code === "string"
    ? error.code
    : "";
}
