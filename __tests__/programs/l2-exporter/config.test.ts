import { ConfigError, checkConfig, parseConfig } from "../../../programs/l2-exporter/config";
import { BATCHER, CELESTIA } from "./support/harness";

function faults(input: unknown): readonly string[] {
  try {
    checkConfig(input);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

function chainFaults(chain: object): readonly string[] {
  return faults({ chains: [{ name: "a", l1: { url: "http://l1:8545" }, ...chain }] });
}

const wallet = { name: "w", role: "batcher", layer: "l1", address: BATCHER };

test("fills in the defaults and writes addresses in checksum form", () => {
  const config = parseConfig(`
chains:
  - name: my-chain
    l1: { url: http://l1:8545, chainId: 1 }
    wallets:
      - { name: batcher, role: batcher, layer: l1, address: "${BATCHER.toLowerCase()}" }
`);
  expect(config).toEqual({
    listen: { host: "0.0.0.0", port: 9300 },
    chains: [
      {
        name: "my-chain",
        pollSeconds: 12,
        detailSeconds: 60,
        timeoutSeconds: 5,
        l1: { url: "http://l1:8545", chainId: 1, batch: true },
        wallets: [{ name: "batcher", role: "batcher", layer: "l1", address: BATCHER }],
      },
    ],
  });
});

test("reads every field", () => {
  const config = parseConfig(`
listen: "[::1]:9400"
chains:
  - name: full
    pollSeconds: 2
    detailSeconds: 30
    timeoutSeconds: 1.5
    l1: { urlFile: /run/secrets/l1, batch: false }
    l2: { url: https://user:password@l2/key, chainId: 42 }
    rollup: { url: http://node:9545 }
    beacon: { url: http://beacon:5052 }
    da: { url: http://da:3100 }
    celestia: { url: http://celestia:26658, tokenFile: /run/secrets/t, address: ${CELESTIA} }
    wallets:
      - { name: a, role: proposer, layer: l2, address: "${BATCHER}" }
`);
  expect(config.listen).toEqual({ host: "::1", port: 9400 });
  expect(config.chains[0]).toMatchObject({
    pollSeconds: 2,
    detailSeconds: 30,
    timeoutSeconds: 1.5,
    l1: { urlFile: "/run/secrets/l1", batch: false },
    celestia: { tokenFile: "/run/secrets/t", address: CELESTIA },
  });
});

test.each([
  [{ pollSeconds: 0 }, "'chains[0].pollSeconds' must be from 1 to 300, got 0"],
  [{ pollSeconds: 301 }, "'chains[0].pollSeconds' must be from 1 to 300, got 301"],
  [{ pollSeconds: "2" }, `'chains[0].pollSeconds' must be from 1 to 300, got "2"`],
  [{ detailSeconds: 3601 }, "'chains[0].detailSeconds' must be from 1 to 3600, got 3601"],
  [{ timeoutSeconds: 0 }, "'chains[0].timeoutSeconds' must be from 0.1 to 60, got 0"],
  [
    { name: "my chain" },
    "'chains[0].name' must be 1 to 63 letters, digits, '-', '_' or '.' that begin with a letter " +
      `or digit, got "my chain"`,
  ],
  [
    { l1: { url: "http://x", chainId: 0 } },
    "'chains[0].l1.chainId' must be a whole number from 1 to 9007199254740991, got 0",
  ],
  [
    { l1: { url: "http://x", chainId: 1.5 } },
    "'chains[0].l1.chainId' must be a whole number from 1 to 9007199254740991, got 1.5",
  ],
  [
    { l1: { url: "http://x", batch: "no" } },
    `'chains[0].l1.batch' must be true or false, got "no"`,
  ],
  [
    { rollup: { url: "http://x", chainId: 1 } },
    "'chains[0].rollup.chainId' must be a known field, got an unknown one; correct its spelling " +
      "or remove it",
  ],
  [
    { l1: {} },
    "'chains[0].l1' must be a mapping with one of url and urlFile, got neither; add one",
  ],
  [
    { da: { url: "http://x", urlFile: "/x" } },
    "'chains[0].da' must be a mapping with one of url and urlFile, got both; remove one",
  ],
  [{ beacon: "http://x" }, `'chains[0].beacon' must be a mapping, got "http://x"`],
  [
    { l2: { urlFile: "x" } },
    "'chains[0].l2.urlFile' must be an absolute path, got a text of 1 characters; name the file " +
      "that holds the URL, as the container sees it",
  ],
  [
    { celestia: { url: "http://x", address: CELESTIA, tokenFile: "t" } },
    "'chains[0].celestia.tokenFile' must be an absolute path, got a text of 1 characters; name " +
      "the file that holds the token, as the container sees it",
  ],
  [
    { celestia: { url: "http://x" } },
    "'chains[0].celestia.address' must be a celestia1… address with a correct bech32 checksum, " +
      "got nothing; correct it, and put it in quotes",
  ],
  [
    { wallets: [{ ...wallet, role: "cook" }] },
    `'chains[0].wallets[0].role' must be one of batcher, proposer, challenger, other, got "cook"`,
  ],
  [
    { wallets: [{ ...wallet, layer: "l3" }] },
    `'chains[0].wallets[0].layer' must be one of l1, l2, got "l3"`,
  ],
  [
    { wallets: [{ ...wallet, layer: "l2" }] },
    `'chains[0].wallets[0].layer' must be a layer whose endpoint is given, got "l2"; add ` +
      "'chains[0].l2'",
  ],
  [
    { wallets: [wallet, { ...wallet, role: "other" }] },
    `'chains[0].wallets[1].name' must be unique, got "w" twice; rename one`,
  ],
  [
    { wallets: [{ ...wallet, address: BATCHER.replace("d8dA", "d8DA") }] },
    "'chains[0].wallets[0].address' must be an address of 0x and 40 hex digits with a correct " +
      `EIP-55 checksum, got "0xd8DA6BF26964aF9D7eEd9e03E53415D37aA96045"; correct it, and put it ` +
      "in quotes",
  ],
  [{ wallets: "none" }, `'chains[0].wallets' must be a list of wallets, got "none"`],
  [
    { l3: { url: "http://x" } },
    "'chains[0].l3' must be a known field, got an unknown one; correct its spelling or remove it",
  ],
])("fails when a chain has %j", (chain, expected) => {
  expect(chainFaults(chain)).toEqual([expected]);
});

test.each(["ftp://host", "host:8545", "http://", "", 7])("fails when a URL is %j", (url) => {
  expect(chainFaults({ l1: { url } })).toEqual([
    expect.stringContaining("'chains[0].l1.url' must be an http:// or https:// URL, got"),
  ]);
});

test.each(["9300", "0.0.0.0:0", "0.0.0.0:70000", "a b:1", "http://x:1", 9300])(
  "fails when listen is %j",
  (listen) => {
    expect(faults({ listen, chains: [{ name: "a", l1: { url: "http://x" } }] })).toEqual([
      expect.stringContaining("'listen' must be <address>:<port> with a port from 1 to 65535, got"),
    ]);
  },
);

test.each([
  [undefined, "'configuration' must be a mapping, got nothing"],
  [[], "'configuration' must be a mapping, got an empty list"],
  [{}, "'chains' must be a list of at least one chain, got nothing"],
  [{ chains: [] }, "'chains' must be a list of at least one chain, got an empty list"],
  [{ chains: [7] }, "'chains[0]' must be a mapping, got 7"],
  [
    { chains: [{ name: "a" }] },
    "'chains[0]' must be a chain with at least one of l1, l2, rollup, beacon, da, celestia, got " +
      "none; add one",
  ],
  [
    {
      chains: [
        { name: "a", l1: { url: "http://x" } },
        { name: "a", l1: { url: "http://x" } },
      ],
    },
    `'chains[1].name' must be unique, got "a" twice; rename one`,
  ],
])("fails when the configuration is %j", (input, expected) => {
  expect(faults(input)).toEqual([expected]);
});

test("reports all faults at once, each once", () => {
  expect(
    chainFaults({ pollSeconds: 0, oops: 1, l1: {}, wallets: [{ ...wallet, layer: "l2" }] }),
  ).toHaveLength(4);
});

test("fails when the YAML is broken, with the place", () => {
  expect(() => parseConfig("chains:\n  - name: a\n   l1: {")).toThrow(
    /^'configuration' must be valid YAML, got [A-Z_]+ at line \d+, column \d+; correct that line/,
  );
  expect(() => parseConfig("a: 1\na: 2")).toThrow("DUPLICATE_KEY at line 2");
});

test("fails when aliases multiply", () => {
  const row = (name: string, of: string) =>
    `${name}: &${name} [${Array.from({ length: 20 }, () => of).join(", ")}]\n`;
  const text = row("a", "x") + row("b", "*a") + row("c", "*b");
  expect(() => parseConfig(text)).toThrow("must be YAML without nested aliases");
});

test("no fault tells a secret", () => {
  const canary = "CANARY0123456789";
  const texts = [
    `chains: [{ name: a, l1: { url: "ftp://${canary}:${canary}@host/${canary}" } }]`,
    `chains: [{ name: a, l1: { urlFile: ${canary} } }]`,
    `chains: [{ name: a, celestia: { url: http://x, tokenFile: ${canary} } }]`,
    `chains:\n  - name: a\n   l1: { url: http://host/${canary}`,
    `chains: [{ name: a, l1: "https://provider.example/v3/${canary.repeat(4)}" }]`,
    `chains: [{ name: a, l1: { url: http://x }, wallets: [{ address: "0x${canary.repeat(4)}" }] }]`,
  ];
  for (const text of texts) {
    let message = "";
    try {
      parseConfig(text);
    } catch (error) {
      message = String(error);
    }
    expect(message).toContain("must be");
    expect(message).not.toContain(canary);
  }
});
