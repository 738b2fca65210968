import { z } from "zod";
import { show, type Fault } from "./errors";
import { secretName } from "./secret";

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null
        ? (inner as Readonly<Record<PropertyKey, unknown>>)[key]
        : undefined,
    value,
  );
}

function fieldName(path: readonly PropertyKey[], prefix: string): string {
  return path.reduce<string>((name, key) => {
    if (typeof key === "number") return `${name}[${String(key)}]`;
    return name === "" ? String(key) : `${name}.${String(key)}`;
  }, prefix);
}

function allowedBy(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.expected === "int"
        ? "an integer"
        : `${article(issue.expected)} ${issue.expected}`;
    case "too_small":
      return issue.origin === "string" || issue.origin === "array"
        ? `of length ${String(issue.minimum)} at least`
        : `${issue.inclusive === false ? "more than" : "at least"} ${String(issue.minimum)}`;
    case "too_big":
      return issue.origin === "string" || issue.origin === "array"
        ? `of length ${String(issue.maximum)} at most`
        : `${issue.inclusive === false ? "less than" : "at most"} ${String(issue.maximum)}`;
    case "invalid_value":
      return `one of ${issue.values.map((value) => show(value)).join(", ")}`;
    default:
      return issue.message;
  }
}

function article(noun: string): string {
  return /^[aeiou]/.test(noun) ? "an" : "a";
}

/**
 * Turns zod's issues into faults of the house form.
 * @param input what was parsed, to show what stands there
 * @param prefix where `input` stands, e.g. `sources[2]`
 */
export function faultsOf(error: z.ZodError, input: unknown, prefix = ""): Fault[] {
  return error.issues.flatMap((issue): Fault[] => {
    const field = fieldName(issue.path, prefix);
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => ({
        field: field === "" ? key : `${field}.${key}`,
        allowed: "a known field",
        got: "an unknown one",
        repair: "remove it or correct its spelling",
      }));
    }
    if (issue.code === "invalid_union" && issue.errors.length > 0) {
      const nearest = [...issue.errors].sort((a, b) => b.length - a.length).at(-1) ?? [];
      return faultsOf(new z.ZodError([...nearest]), at(input, issue.path), field);
    }
    const value = at(input, issue.path);
    // A custom rule guards secrets: what stands there may be one.
    const got = issue.code === "custom" ? `${article(typeof value)} ${typeof value}` : show(value);
    return [{ field, allowed: allowedBy(issue), got }];
  });
}

/** A string that matches a pattern; `allowed` completes "must be …". */
export function matching(pattern: RegExp, allowed: string): z.ZodString {
  return z.string().regex(pattern, { message: allowed });
}

/** Lower-case words joined by hyphens: safe in container names, labels and Terraform addresses. */
export const kebabName = matching(
  /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/,
  "lower-case words joined by hyphens, such as 'my-chain'",
);

/** A TCP or UDP port. */
export const port = z.int().min(1).max(65535);

/** A host name or an IPv4 address. */
export const hostName = matching(
  /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/,
  "a host name or an IPv4 address without scheme and port",
);

/** A reference to a secret, made by `secret("…")`. Its faults never show what was given: it may be the secret itself. */
export const secretReference = z.custom<{ readonly secret: string }>(
  (value) =>
    typeof value === "object" &&
    value !== null &&
    "secret" in value &&
    typeof value.secret === "string" &&
    secretName.test(value.secret),
  { message: 'secret("a-name"), naming a file that holds the value' },
);

/** An HTTP or HTTPS URL. */
export const httpUrl = z.url({ protocol: /^https?$/, error: "an http:// or https:// URL" });

/** An Ethereum address. */
export const ethereumAddress = matching(
  /^0x[0-9a-fA-F]{40}$/,
  "an Ethereum address (0x and 40 hex digits)",
);
