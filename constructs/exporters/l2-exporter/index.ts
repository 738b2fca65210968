import { join } from "node:path";
import { z } from "zod";
import { ConfigFile } from "../../core/config-file";
import { Endpoint } from "../../core/endpoint";
import { packageRoot } from "../../core/paths";
import {
  distinct,
  ethereumAddress,
  kebabName,
  secretReference,
  urlOrSecret,
} from "../../core/schema";
import { secretFile, type Secret } from "../../core/secret";
import { Service } from "../../core/service";
import { defineSource } from "../../core/source";
import { batcherWalletRules, batcherWalletThresholds } from "../batcher-wallet";
import { l1GasRules, l1GasThresholds } from "../l1-gas";
import { walletOverview } from "../wallet-overview";
import { exporterRows } from "./dashboard";
import { endpointNames, endpointRules, endpointThresholds } from "./endpoints";
import { compatibilityRules, l2ExporterDown } from "./mixin";

const endpoint = z.strictObject({
  /** A URL without a key in it, or a file with the whole URL: providers put keys into paths. */
  url: urlOrSecret,
});

const chainEndpoint = endpoint.extend({
  /** An endpoint of another chain counts as down. */
  chainId: z.int().min(1).optional(),
});

const wallet = z.strictObject({
  /** Label `wallet`, unique within the chain. */
  name: kebabName,
  role: z.enum(["batcher", "proposer", "challenger", "other"]),
  layer: z.enum(["l1", "l2"]).default("l1"),
  address: ethereumAddress,
});

const endpointsRule = "endpoints given";

/** What the program refuses as well: a chain without an endpoint, a wallet on a layer that is not read. */
function endpointsGiven(value: unknown, context: z.RefinementCtx): void {
  if (typeof value !== "object" || value === null) return;
  const given = (key: string) => (value as Readonly<Record<string, unknown>>)[key] !== undefined;
  if (!endpointNames.some(given)) {
    context.addIssue({
      code: "custom",
      message: `a chain with at least one of ${endpointNames.join(", ")}`,
      params: { rule: endpointsRule, got: "none", repair: "add the endpoint that is to be read" },
    });
  }
  const wallets: unknown = "wallets" in value ? value.wallets : [];
  (Array.isArray(wallets) ? wallets : []).forEach((one: unknown, i) => {
    const layer = typeof one === "object" && one !== null && "layer" in one ? one.layer : undefined;
    if ((layer !== "l1" && layer !== "l2") || given(layer)) return;
    context.addIssue({
      code: "custom",
      path: ["wallets", i, "layer"],
      message: "a layer whose endpoint is given",
      params: { rule: endpointsRule, got: `'${layer}'`, repair: `add '${layer}' to the chain` },
    });
  });
}

const chainFields = z.strictObject({
  /** Label `chain`. */
  name: kebabName,
  /** How often endpoints are asked; the default is one L1 slot. */
  pollSeconds: z.int().min(1).max(300).default(12),
  l1: chainEndpoint.optional(),
  l2: chainEndpoint.optional(),
  rollup: endpoint.optional(),
  beacon: endpoint.optional(),
  da: endpoint.optional(),
  celestia: endpoint
    .extend({
      address: z.string().regex(/^celestia1[0-9a-z]{38}$/, { message: "a celestia1… address" }),
      token: secretReference,
    })
    .optional(),
  /** Names are unique. */
  wallets: z
    .array(wallet)
    .superRefine(...distinct("name"))
    .default([]),
  /** Thresholds of the batcher's wallet, where one is listed. */
  batcherWallet: batcherWalletThresholds,
  /** `highL1GasPriceGwei` is the same as that of the chain in `opBatcher`, where both watch L1. */
  thresholds: z.strictObject({ ...l1GasThresholds, ...endpointThresholds }).prefault({}),
  /** An existing Docker network on which the endpoints are reached. */
  network: z.string().min(1).optional(),
});

const always = { when: () => true, rule: endpointsRule };

const chain = chainFields.superRefine(endpointsGiven, always);

type Chain = z.output<typeof chain>;
type Url = Chain["l1"] & object;

function secretUrl(of: { readonly url: string | Secret } | undefined): Secret[] {
  return of === undefined || typeof of.url === "string" ? [] : [of.url];
}

function secretsOf(chains: readonly Chain[]): Secret[] {
  return chains.flatMap(({ l1, l2, rollup, beacon, da, celestia }) => [
    ...[l1, l2, rollup, beacon, da, celestia].flatMap(secretUrl),
    ...(celestia === undefined ? [] : [celestia.token]),
  ]);
}

function renderEndpoint({ url, chainId }: Pick<Url, "url" | "chainId">): object {
  return {
    ...(typeof url === "string" ? { url } : { urlFile: secretFile(url) }),
    ...(chainId === undefined ? {} : { chainId }),
  };
}

/** The program's configuration. */
export function renderConfig(chains: readonly Chain[]): object {
  return {
    listen: "0.0.0.0:9300",
    chains: chains.map(({ name, pollSeconds, wallets, celestia, ...endpoints }) => ({
      name,
      pollSeconds,
      ...Object.fromEntries(
        (["l1", "l2", "rollup", "beacon", "da"] as const).flatMap((key) => {
          const given = endpoints[key];
          return given === undefined ? [] : [[key, renderEndpoint(given)]];
        }),
      ),
      ...(celestia === undefined
        ? {}
        : {
            celestia: {
              ...renderEndpoint(celestia),
              address: celestia.address,
              tokenFile: secretFile(celestia.token),
            },
          }),
      wallets,
    })),
  };
}

function networksOf(chains: readonly Chain[]): string[] {
  return [...new Set(chains.flatMap(({ network }) => network ?? []))];
}

/** Balances, fees, heads and reachability of every chain's endpoints, by one process. */
export const l2Exporter = defineSource({
  type: "l2-exporter",
  schema: z.strictObject({
    /** Names are unique. */
    chains: z
      .array(chain)
      .min(1)
      .superRefine(...distinct("name")),
  }),
  secrets: ({ chains }) => secretsOf(chains),
  agreements: ({ chains }) =>
    chains.flatMap(({ name, wallets, batcherWallet, l1, thresholds }, i) => [
      ...(wallets.some(({ role }) => role === "batcher")
        ? [
            {
              what: `batcher wallet of ${name}`,
              field: `chains[${String(i)}].batcherWallet`,
              value: batcherWallet,
            },
          ]
        : []),
      ...(l1 === undefined
        ? []
        : [
            {
              what: `L1 fees of ${name}`,
              field: `chains[${String(i)}].thresholds.highL1GasPriceGwei`,
              value: thresholds.highL1GasPriceGwei,
            },
          ]),
    ]),
  create({ chains }, { scope, id, runtime }) {
    const service = new Service(scope, id, {
      runtime,
      image: "node",
      user: "1000:1000",
      memory: {
        reservationMiB: 80,
        workingSetMiB: 77,
        limitMiB: 128,
        measured:
          "20 chains with three wallets each, every 2 s: 77 MiB resident, 36 MiB of it anonymous",
      },
      cpus: 0.5,
      command: [
        "node",
        "--max-old-space-size=64",
        "--max-semi-space-size=1",
        "/app/l2-exporter.js",
        "--config",
        "/etc/l2-exporter/config.yml",
      ],
      health: {
        command: [
          "node",
          "-e",
          "fetch('http://127.0.0.1:9300/-/healthy').then((r)=>process.exit(r.ok?0:1),()=>process.exit(1))",
        ],
      },
      secrets: secretsOf(chains),
      networks: () => networksOf(chains),
      files: () => [
        ConfigFile.fromDisk(
          "/app/l2-exporter.js",
          join(packageRoot, "dist", "programs", "l2-exporter.js"),
        ),
        ConfigFile.yaml("/etc/l2-exporter/config.yml", renderConfig(chains)),
      ],
    });
    return [
      {
        observation: {
          job: "l2-exporter",
          targets: [
            {
              endpoint: new Endpoint({
                protocol: "metrics",
                host: service.host,
                port: 9300,
                path: "/metrics",
              }),
            },
          ],
          scrape: { intervalSeconds: 5 },
          down: l2ExporterDown,
          rules: [
            compatibilityRules,
            ...chains.flatMap((one) => [
              endpointRules({
                chain: one.name,
                given: endpointNames.filter((name) => one[name] !== undefined),
                pollSeconds: one.pollSeconds,
                thresholds: one.thresholds,
              }),
              ...(one.l1 === undefined
                ? []
                : [l1GasRules(one.name, one.thresholds.highL1GasPriceGwei)]),
              ...(one.wallets.some(({ role }) => role === "batcher")
                ? batcherWalletRules(one.name, one.batcherWallet)
                : []),
            ]),
          ],
          boards: chains.flatMap((one) => [
            ...exporterRows({
              chain: one.name,
              given: endpointNames.filter((name) => one[name] !== undefined),
              roles: one.wallets.map(({ role }) => role),
              batcherWallet: one.batcherWallet,
              thresholds: one.thresholds,
            }),
            ...(one.wallets.some(({ role }) => role === "batcher")
              ? [walletOverview(one.name, one.batcherWallet)]
              : []),
          ]),
        },
      },
    ];
  },
});
