import { getAddress, isAddress } from "viem";
import { type Document, parseDocument } from "yaml";
import * as z from "zod";
import { isCelestiaAddress } from "./celestia-address";

/** Everything of a chain that can be polled; the values of the label `endpoint`. */
export const ENDPOINT_NAMES = ["l1", "l2", "rollup", "beacon", "da", "celestia"] as const;
export type EndpointName = (typeof ENDPOINT_NAMES)[number];

/** What a wallet pays for; the values of the label `role`. */
export const WALLET_ROLES = ["batcher", "proposer", "challenger", "other"] as const;

const NAME = "1 to 63 letters, digits, '-', '_' or '.' that begin with a letter or digit";
const URL_RULE = "an http:// or https:// URL";
const PATH = "an absolute path";
const EVM_ADDRESS = "an address of 0x and 40 hex digits with a correct EIP-55 checksum";
const CELESTIA_ADDRESS = "a celestia1… address with a correct bech32 checksum";
const LISTEN = "<address>:<port> with a port from 1 to 65535";

function isHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return (protocol === "http:" || protocol === "https:") && hostname !== "";
}

/** The URL in a text that may end with a line break; nothing when it is not an http(s) URL. */
export function readUrl(text: string): URL | undefined {
  const trimmed = text.trim();
  return isHttpUrl(trimmed) ? new URL(trimmed) : undefined;
}

interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

function parseListen(text: string): ListenAddress | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/i.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host === undefined || port < 1 || port > 65535 ? undefined : { host, port };
}

const listen = z.string({ error: LISTEN }).transform((text, context) => {
  const parsed = parseListen(text);
  if (parsed !== undefined) return parsed;
  context.addIssue({ code: "custom", message: LISTEN });
  return z.NEVER;
});
const name = z.string({ error: NAME }).regex(/^[a-z0-9][a-z0-9._-]{0,62}$/i, { error: NAME });
const path = z.string({ error: PATH }).startsWith("/", { error: PATH });

function seconds(from: number, to: number, byDefault: number) {
  const error = `from ${from} to ${to}`;
  return z.number({ error }).min(from, { error }).max(to, { error }).default(byDefault);
}

const location = {
  url: z.string({ error: URL_RULE }).refine(isHttpUrl, { error: URL_RULE }).optional(),
  urlFile: path.optional(),
};
const mapping = { error: "a mapping" };
const plainEndpoint = z.strictObject(location, mapping);
const batch = z.boolean({ error: "true or false" }).default(true);
const CHAIN_ID = "a whole number from 1 to 9007199254740991";
const executionEndpoint = z.strictObject(
  {
    ...location,
    chainId: z.int({ error: CHAIN_ID }).min(1, { error: CHAIN_ID }).optional(),
    batch,
  },
  mapping,
);
const celestiaEndpoint = z.strictObject(
  {
    ...location,
    tokenFile: path.optional(),
    address: z
      .string({ error: CELESTIA_ADDRESS })
      .refine(isCelestiaAddress, { error: CELESTIA_ADDRESS }),
  },
  mapping,
);
const wallet = z.strictObject(
  {
    name,
    role: z.enum(WALLET_ROLES, { error: `one of ${WALLET_ROLES.join(", ")}` }),
    layer: z.enum(["l1", "l2"], { error: "one of l1, l2" }),
    address: z
      .string({ error: EVM_ADDRESS })
      .refine((text) => isAddress(text), { error: EVM_ADDRESS })
      .transform((text) => getAddress(text)),
  },
  mapping,
);
const chain = z.strictObject(
  {
    name,
    pollSeconds: seconds(1, 300, 12),
    detailSeconds: seconds(1, 3600, 60),
    timeoutSeconds: seconds(0.1, 60, 5),
    l1: executionEndpoint.optional(),
    l2: executionEndpoint.optional(),
    rollup: plainEndpoint.optional(),
    beacon: plainEndpoint.optional(),
    da: plainEndpoint.optional(),
    celestia: celestiaEndpoint.optional(),
    wallets: z.array(wallet, { error: "a list of wallets" }).default([]),
  },
  mapping,
);
const schema = z.strictObject(
  {
    listen: listen.prefault("0.0.0.0:9300"),
    chains: z
      .array(chain, { error: "a list of at least one chain" })
      .min(1, { error: "a list of at least one chain" }),
  },
  mapping,
);

/** A checked configuration: defaults filled in, addresses in checksum form. */
export type Config = z.output<typeof schema>;
export type ChainConfig = Config["chains"][number];
export type WalletConfig = ChainConfig["wallets"][number];
export type ExecutionEndpointConfig = z.output<typeof executionEndpoint>;
/** Where an endpoint is: a URL, or the file that holds it. Exactly one is set. */
export type LocationConfig = z.output<typeof plainEndpoint>;

/** All faults of a configuration; the message has one line per fault. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  constructor(readonly faults: readonly string[]) {
    super(faults.join("\n"));
  }
}

const REPAIRS: Readonly<Record<string, string>> = {
  address: "correct it, and put it in quotes",
  url: "write the whole URL, or name a file that holds it with 'urlFile'",
  urlFile: "name the file that holds the URL, as the container sees it",
  tokenFile: "name the file that holds the token, as the container sees it",
};
const SECRET_FIELDS = new Set(["url", "urlFile", "tokenFile"]);
const LONGEST_SHOWN = 64;

function fieldName(path: readonly PropertyKey[]): string {
  const text = path.reduce<string>(
    (before, key) =>
      typeof key === "number"
        ? `${before}[${key}]`
        : before === ""
          ? String(key)
          : `${before}.${String(key)}`,
    "",
  );
  return text === "" ? "configuration" : text;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => {
    if (Array.isArray(value) && typeof key === "number") return value[key];
    return isRecord(value) ? value[String(key)] : undefined;
  }, input);
}

function describe(value: unknown, secret: boolean): string {
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object") return "a mapping";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value !== "string") return typeof value;
  // A key pasted into the wrong field must not end in a log.
  return secret || value.length > LONGEST_SHOWN
    ? `a text of ${value.length} characters`
    : JSON.stringify(value);
}

function fault(field: string, allowed: string, got: string, repair?: string): string {
  return `'${field}' must be ${allowed}, got ${got}${repair === undefined ? "" : `; ${repair}`}`;
}

function schemaFaults(input: unknown, issues: readonly z.core.$ZodIssue[]): string[] {
  return issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) =>
        fault(
          fieldName([...issue.path, key]),
          "a known field",
          "an unknown one",
          "correct its spelling or remove it",
        ),
      );
    }
    const last = issue.path.at(-1);
    const key = typeof last === "string" ? last : "";
    return [
      fault(
        fieldName(issue.path),
        issue.message,
        describe(valueAt(input, issue.path), SECRET_FIELDS.has(key)),
        REPAIRS[key],
      ),
    ];
  });
}

function duplicates(list: readonly unknown[], at: (index: number) => string): string[] {
  const seen = new Set<string>();
  return list.flatMap((item, index) => {
    const value = isRecord(item) ? item["name"] : undefined;
    if (typeof value !== "string") return [];
    if (seen.has(value)) {
      return [fault(at(index), "unique", `${JSON.stringify(value)} twice`, "rename one")];
    }
    seen.add(value);
    return [];
  });
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Checks between fields, on the raw input so that they are reported together with the schema's. */
function crossFaults(input: unknown): string[] {
  const chains = listOf(isRecord(input) ? input["chains"] : undefined);
  const faults = duplicates(chains, (index) => `chains[${index}].name`);
  chains.forEach((entry, index) => {
    if (!isRecord(entry)) return;
    const at = `chains[${index}]`;
    const present = ENDPOINT_NAMES.filter((endpoint) => isRecord(entry[endpoint]));
    if (ENDPOINT_NAMES.every((endpoint) => entry[endpoint] === undefined)) {
      faults.push(
        fault(at, `a chain with at least one of ${ENDPOINT_NAMES.join(", ")}`, "none", "add one"),
      );
    }
    for (const endpoint of present) {
      const value = entry[endpoint];
      if (!isRecord(value)) continue;
      const given = ["url", "urlFile"].filter((key) => value[key] !== undefined);
      if (given.length !== 1) {
        const got = given.length === 0 ? "neither" : "both";
        const repair = given.length === 0 ? "add one" : "remove one";
        faults.push(
          fault(`${at}.${endpoint}`, "a mapping with one of url and urlFile", got, repair),
        );
      }
    }
    const wallets = listOf(entry["wallets"]);
    faults.push(...duplicates(wallets, (item) => `${at}.wallets[${item}].name`));
    wallets.forEach((item, position) => {
      const layer = isRecord(item) ? item["layer"] : undefined;
      if ((layer === "l1" || layer === "l2") && entry[layer] === undefined) {
        faults.push(
          fault(
            `${at}.wallets[${position}].layer`,
            "a layer whose endpoint is given",
            JSON.stringify(layer),
            `add '${at}.${layer}'`,
          ),
        );
      }
    });
  });
  return faults;
}

/** Checks a configuration; throws one `ConfigError` that lists every fault. */
export function checkConfig(input: unknown): Config {
  const parsed = schema.safeParse(input);
  const faults = [
    ...(parsed.success ? [] : schemaFaults(input, parsed.error.issues)),
    ...crossFaults(input),
  ];
  if (!parsed.success || faults.length > 0) throw new ConfigError([...new Set(faults)]);
  return parsed.data;
}

function toData(document: Document.Parsed): unknown {
  try {
    return document.toJS();
  } catch {
    throw new ConfigError([
      fault("configuration", "YAML without nested aliases", "too many", "write the values out"),
    ]);
  }
}

/** Reads a configuration from YAML text; throws one `ConfigError` that lists every fault. */
export function parseConfig(text: string): Config {
  // Positions only: the library's messages quote the source line, which may hold a key.
  const document = parseDocument(text, { prettyErrors: true });
  if (document.errors.length > 0) {
    throw new ConfigError(
      document.errors.map((error) => {
        const place = error.linePos?.[0];
        const where = place === undefined ? "" : ` at line ${place.line}, column ${place.col}`;
        return fault("configuration", "valid YAML", `${error.code}${where}`, "correct that line");
      }),
    );
  }
  return checkConfig(toData(document));
}
