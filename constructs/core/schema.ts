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

/** Whether a union says itself what it allows. */
function hasWords(issue: z.core.$ZodIssue): boolean {
  return issue.message !== "Invalid input";
}

function fieldName(path: readonly PropertyKey[], prefix: string): string {
  return path.reduce<string>((name, key) => {
    if (typeof key === "number") return `${name}[${String(key)}]`;
    return name === "" ? String(key) : `${name}.${String(key)}`;
  }, prefix);
}

type Issues = readonly z.core.$ZodIssue[];

/** The branches of a union that take this kind of value, an object say, or all where none does. */
function ofThatKind(branches: readonly Issues[]): readonly Issues[] {
  const another = ({ code, path }: z.core.$ZodIssue) =>
    path.length === 0 && (code === "invalid_type" || code === "invalid_value");
  const fitting = branches.filter((issues) => !issues.some(another));
  return fitting.length > 0 ? fitting : branches;
}

function allowedBy(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      if (!issue.message.startsWith("Invalid input")) return issue.message;
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
      return oneOf(issue.values);
    case "invalid_union":
      return "options" in issue && issue.options !== undefined
        ? oneOf(issue.options)
        : issue.message;
    default:
      return issue.message;
  }
}

function oneOf(values: readonly unknown[]): string {
  const [only, ...others] = values.map((value) => show(value));
  return only !== undefined && others.length === 0
    ? only
    : `one of ${[only, ...others].join(", ")}`;
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
    if (issue.code === "invalid_union" && issue.errors.length > 0 && !hasWords(issue)) {
      const nearest =
        [...ofThatKind(issue.errors)].sort((a, b) => b.length - a.length).at(-1) ?? [];
      return faultsOf(new z.ZodError([...nearest]), at(input, issue.path), field);
    }
    const shown = issue.code === "custom" ? (issue.params as Shown | undefined) : undefined;
    return [
      {
        field,
        allowed:
          shown?.earlier === undefined
            ? allowedBy(issue)
            : `different from ${fieldName([...issue.path.slice(0, -2), shown.earlier, ...issue.path.slice(-1)], prefix)}`,
        got: shown?.got ?? gotOf(issue, at(input, issue.path)),
        ...(shown?.repair === undefined ? {} : { repair: shown.repair }),
      },
    ];
  });
}

/** What a custom rule of ours says beside its message: without `got` the value counts as a secret. */
interface Shown {
  /** Index of the element that a {@link distinct} one repeats. */
  readonly earlier?: number;
  readonly got?: string;
  readonly repair?: string;
}

/** A private key, or a token of a well-known shape, in whatever field it was pasted. */
const keyLike =
  /(0x)?[0-9a-fA-F]{64}|hooks\.slack\.com\/|discord(app)?\.com\/api\/webhooks\/|\b(xox[a-z]|glpat|gh[a-z])[-_][0-9A-Za-z-]{8,}/;

function gotOf(issue: z.core.$ZodIssue, value: unknown): string {
  if (value === undefined || value === null) return value === null ? "null" : "nothing";
  // A custom rule or a union guards secrets: what stands there may be one.
  const guarded =
    issue.code === "custom" ||
    (issue.code === "invalid_union" && hasWords(issue) && !("options" in issue));
  const kind = Array.isArray(value) ? "array" : typeof value;
  // A structure may hold one further in.
  const structure = typeof value === "object" && !(Array.isArray(value) && value.length === 0);
  if (guarded || structure) return `${article(kind)} ${kind}`;
  if (typeof value === "string" && keyLike.test(value)) return "a string that looks like a key";
  return typeof value === "number" ? String(value) : show(value);
}

/**
 * A rule of an array of objects: no two share the value of `key`. It is checked beside every other fault.
 * @param key a field that holds a string
 */
export function distinct(key: string) {
  const rule = `distinct ${key}`;
  const check = (values: unknown, context: z.RefinementCtx): void => {
    if (!Array.isArray(values)) return;
    const seen = new Map<string, number>();
    values.forEach((element: unknown, i) => {
      const value = at(element, [key]);
      if (typeof value !== "string") return;
      const earlier = seen.get(value);
      if (earlier === undefined) seen.set(value, i);
      else {
        context.addIssue({
          code: "custom",
          path: [i, key],
          message: "different from an earlier one",
          params: { rule, earlier, got: `${show(value)} again` },
        });
      }
    });
  };
  return [check, { when: () => true, rule }] as const;
}

/** A string that matches a pattern; `allowed` completes "must be …". */
export function matching(pattern: RegExp, allowed: string): z.ZodString {
  return z.string({ error: allowed }).regex(pattern, { message: allowed });
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

/** A path segment that only a machine would write: 16 characters or more, digits among capitals or many of them. */
function randomSegment(segment: string): boolean {
  if (segment.length < 16) return false;
  const digits = segment.replace(/\D/g, "").length;
  return digits >= 4 || (digits > 0 && /[a-z]/.test(segment) && /[A-Z]/.test(segment));
}

function isKeylessUrl(value: unknown): boolean {
  if (typeof value !== "string" || !/^https?:\/\//.test(value) || !URL.canParse(value))
    return false;
  const { username, password, search, hash, pathname } = new URL(value);
  return username + password + search + hash === "" && !pathname.split("/").some(randomSegment);
}

/**
 * An HTTP or HTTPS URL that carries no key: no user, no query, no random path segment. Its faults never show what was
 * given.
 */
export const httpUrl = z.custom<string>(isKeylessUrl, {
  message: "an http:// or https:// URL without user, query and key",
});

/** A URL without a key in it, or the name of a file that holds a whole URL. */
export const urlOrSecret = z.union([httpUrl, secretReference], {
  error:
    'an http:// or https:// URL without user, query and key, or secret("a-name"), naming a file that holds the URL',
});

/** An Ethereum address. */
export const ethereumAddress = matching(
  /^0x[0-9a-fA-F]{40}$/,
  "an Ethereum address (0x and 40 hex digits)",
);
