import { ConfigurationError, describeFault } from "../../constructs/core/errors";
import { images } from "../../constructs/core/images";
import { secret } from "../../constructs/core/secret";
import { blackboxExporter } from "../../constructs/exporters/blackbox-exporter";
import { l2Exporter } from "../../constructs/exporters/l2-exporter";
import { nodeExporter } from "../../constructs/exporters/node-exporter";
import { opBatcher } from "../../constructs/exporters/op-batcher";
import { opGeth } from "../../constructs/exporters/op-geth";
import { springBoot } from "../../constructs/exporters/spring-boot";
import { parseEnvironment, secretsNeeded, type EnvironmentInput } from "../../stacks/environment";
import { soundEnvironment, soundHostEnvironment } from "../support/refusals";

const sound = soundEnvironment;
const slack = (name: string) =>
  ({ name, type: "slack", webhookUrl: secret("slack-webhook-url") }) as const;

function mail(name: string, change: object): object {
  const address = "ops@example.com";
  return { name, type: "email", to: [address], from: address, host: "mail.example.com", ...change };
}

function refusalOf(change: object): ConfigurationError {
  try {
    parseEnvironment({ ...sound, ...change });
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
  throw new Error("the environment was accepted");
}

function faultsOf(change: object): string[] {
  return refusalOf(change).faults.map(describeFault);
}

describe("a checked environment", () => {
  test("has its defaults filled in", () => {
    const environment = parseEnvironment({ ...sound, receivers: [slack("a")] });
    expect(environment).toMatchObject({
      prefix: "l2o",
      bindAddress: "127.0.0.1",
      ports: { prometheus: 9090, pushgateway: 9091, alertmanager: 9093 },
      retention: { days: 15, prometheusGiB: 4 },
      pushgateway: true,
      protectData: false,
      backend: { type: "local" },
      images: { overrides: {} },
    });
    expect(environment.receivers[0]).toMatchObject({ channel: "#l2-ops-alert" });
  });

  test("tells every priority to every receiver that gets no heartbeat", () => {
    const { routes } = parseEnvironment({
      ...sound,
      receivers: [slack("a"), slack("b"), slack("dead-man")],
      routes: { P4: ["a"], heartbeat: ["dead-man"] },
    });
    expect(routes).toEqual({
      P1: ["a", "b"],
      P2: ["a", "b"],
      P3: ["a", "b"],
      P4: ["a"],
      heartbeat: ["dead-man"],
    });
  });

  test("needs each secret once per service", () => {
    const environment = parseEnvironment({
      ...sound,
      receivers: [
        slack("a"),
        slack("b"),
        {
          name: "c",
          type: "webhook",
          url: "https://hook.example.com/in",
          bearerToken: secret("token"),
        },
      ],
      sources: [
        l2Exporter({
          chains: [
            { name: "alpha", l1: { url: secret("l1-rpc-url") } },
            { name: "beta", l1: { url: secret("l1-rpc-url") } },
          ],
        }),
      ],
    });
    expect(secretsNeeded(environment)).toEqual([
      { service: "alertmanager", secret: "slack-webhook-url" },
      { service: "alertmanager", secret: "token" },
      { service: "l2-exporter", secret: "l1-rpc-url" },
    ]);
  });

  test("gives the channels' secrets to the engine that delivers", () => {
    const environment = parseEnvironment({
      ...sound,
      grafana: true,
      alerting: { engine: "grafana" },
      receivers: [slack("a")],
    });
    expect(secretsNeeded(environment)).toEqual([
      { service: "grafana", secret: "slack-webhook-url" },
      { service: "grafana", secret: "grafana-admin-password", generated: true },
      { service: "grafana", secret: "grafana-secret-key", generated: true },
    ]);
  });

  test("keeps secrets where its own host puts them", () => {
    const of = (input: EnvironmentInput) => parseEnvironment(input).secretsDirectory;
    const given = { ...soundHostEnvironment, secretsDirectory: "/srv/secrets" };
    expect(of({ ...soundHostEnvironment, secretsDirectory: undefined })).toBe(
      "/etc/l2-observatory/secrets",
    );
    expect(of(given)).toBe("/srv/secrets");
    expect(of({ ...soundEnvironment, secretsDirectory: undefined })).toBeUndefined();
  });

  test("accepts two chains on addresses of their own, and their exporter with the same thresholds", () => {
    const wallet = { lowBalanceEth: 2 };
    const wallets = [
      { name: "batcher", role: "batcher", address: "0x00000000000000000000000000000000000ba7c4" },
    ] as const;
    expect(() =>
      parseEnvironment({
        ...sound,
        sources: [
          opBatcher({ chain: "alpha", host: "a", wallet }),
          opBatcher({ chain: "beta", host: "b" }),
          l2Exporter({
            chains: [
              {
                name: "alpha",
                l1: { url: "https://l1.example.com" },
                wallets: [...wallets],
                batcherWallet: wallet,
              },
            ],
          }),
        ],
      }),
    ).not.toThrow();
  });
});

describe("fails when", () => {
  test.each<[string, object, string[]]>([
    [
      "Grafana is the engine of alerts and does not run",
      { grafana: false, alerting: { engine: "grafana" } },
      ["'grafana' must be true where 'alerting.engine' is 'grafana', got false"],
    ],
    [
      "Grafana is the engine of alerts and cannot have the channels",
      {
        grafana: true,
        alerting: { engine: "grafana" },
        receivers: [
          { name: "a", type: "telegram", botToken: secret("t"), chatId: 1, apiUrl: "http://b.c" },
          mail("b", { tls: "implicit" }),
          mail("c", { port: 465 }),
          mail("d", { authority: secret("authority") }),
          mail("e", { host: "other.example.com" }),
        ],
      },
      [
        "'receivers[0].apiUrl' must be left out where Grafana is the engine, which knows Telegram's own server only, got 'http://b.c'",
        "'receivers[1].port' must be 465 where 'tls' is 'implicit' and Grafana is the engine, got 587",
        "'receivers[2].tls' must be 'implicit' on port 465 where Grafana is the engine, got 'starttls'",
        "'receivers[2]' must be on the mail server of the receiver 'b', with its sender and user: Grafana has one, got 'mail.example.com:465'",
        "'receivers[3].authority' must be left out where Grafana is the engine, which trusts what its image trusts, got 'authority'",
        "'receivers[3]' must be on the mail server of the receiver 'b', with its sender and user: Grafana has one, got 'mail.example.com:587'",
        "'receivers[4]' must be on the mail server of the receiver 'b', with its sender and user: Grafana has one, got 'other.example.com:587'",
      ],
    ],
    [
      "a port is used twice",
      { ports: { prometheus: 9100, alertmanager: 9100 } },
      ["'ports.alertmanager' must be a port that is not used by ports.prometheus, got 9100"],
    ],
    [
      "a port is another one's default",
      { ports: { prometheus: 9093 } },
      ["'ports.alertmanager' must be a port that is not used by ports.prometheus, got 9093"],
    ],
    [
      "two receivers have one name",
      { receivers: [slack("a"), slack("b"), slack("a")] },
      ["'receivers' must be receivers with different names, got 'a' twice"],
    ],
    [
      "a receiver has no secret",
      { receivers: [{ name: "a", type: "slack" }] },
      [
        "'receivers[0].webhookUrl' must be secret(\"a-name\"), naming a file that holds the value, got nothing",
      ],
    ],
    [
      "a route names an unknown receiver",
      { receivers: [slack("a")], routes: { P2: ["a", "b"] } },
      ["'routes.P2[1]' must be one of a, got 'b'"],
    ],
    [
      "a route names a receiver where there is none",
      { routes: { heartbeat: ["a"] } },
      ["'routes.heartbeat[0]' must be the name of a receiver (there is none), got 'a'"],
    ],
    [
      "nobody hears P1",
      { receivers: [slack("a")], routes: { P1: [] } },
      [
        "'routes.P1' must be at least one receiver, got none; somebody must hear what is critical; without 'routes.P1' every receiver does that gets no heartbeat",
      ],
    ],
    [
      "the only receiver gets the heartbeat, and nobody is left for P1",
      { receivers: [slack("a")], routes: { heartbeat: ["a"] } },
      [
        "'routes.P1' must be at least one receiver, got none; somebody must hear what is critical; without 'routes.P1' every receiver does that gets no heartbeat",
      ],
    ],
    [
      "a source is listed twice",
      { sources: [nodeExporter({}), nodeExporter({})] },
      [
        "'sources' must be sources that differ in type or instance (chain, service), got 'node-exporter' twice",
      ],
    ],
    [
      "two chains are scraped at one address",
      { sources: [opGeth({ chain: "alpha" }), opGeth({ chain: "beta" })] },
      [
        "'sources[1]' must be reached at another address than 'sources[0]', got 'l2-geth:6060'; set 'host' or 'port'",
      ],
    ],
    [
      "two applications are scraped at one address",
      {
        sources: [
          springBoot({ service: "api", host: "10.0.0.1" }),
          springBoot({ service: "worker", host: "10.0.0.1", port: 8080 }),
        ],
      },
      [
        "'sources[1]' must be reached at another address than 'sources[0]', got '10.0.0.1:8080'; set 'host' or 'port'",
      ],
    ],
    [
      "two sources state different thresholds for one wallet and one L1",
      {
        sources: [
          opBatcher({
            chain: "alpha",
            wallet: { lowBalanceEth: 2 },
            thresholds: { highL1GasPriceGwei: 9 },
          }),
          l2Exporter({
            chains: [
              {
                name: "alpha",
                l1: { url: secret("l1") },
                wallets: [
                  {
                    name: "b",
                    role: "batcher",
                    address: "0x00000000000000000000000000000000000ba7c4",
                  },
                ],
              },
            ],
          }),
        ],
      },
      [
        '\'sources[1].chains[0].batcherWallet\' must be the same as \'sources[0].wallet\', got {"lowBalanceEth":0.5,"runwayCriticalHours":6,"runwayHighHours":24}; both are about the batcher wallet of alpha: state it once and use it twice',
        "'sources[1].chains[0].thresholds.highL1GasPriceGwei' must be the same as 'sources[0].thresholds.highL1GasPriceGwei', got 50; both are about the L1 fees of alpha: state it once and use it twice",
      ],
    ],
    [
      "chains, wallets and probes have one name, all at once",
      {
        sources: [
          l2Exporter({
            chains: [
              {
                name: "alpha",
                l1: { url: secret("l1") },
                wallets: [
                  {
                    name: "b",
                    role: "batcher",
                    address: "0x00000000000000000000000000000000000ba7c4",
                  },
                  {
                    name: "b",
                    role: "other",
                    address: "0x00000000000000000000000000000000000ba7c5",
                  },
                ],
              },
              { name: "alpha", l2: { url: secret("l2") }, pollSeconds: 0 },
              { name: "alpha", l2: { url: secret("l2") } },
            ],
          }),
          blackboxExporter({
            probes: [
              { name: "api", target: "https://api.example.com" },
              { name: "api", target: "https://api.example.com" },
            ],
          }),
        ],
      },
      [
        "'sources[0].chains[0].wallets[1].name' must be different from sources[0].chains[0].wallets[0].name, got 'b' again",
        "'sources[0].chains[1].pollSeconds' must be at least 1, got 0",
        "'sources[0].chains[1].name' must be different from sources[0].chains[0].name, got 'alpha' again",
        "'sources[0].chains[2].name' must be different from sources[0].chains[0].name, got 'alpha' again",
        "'sources[1].probes[1].name' must be different from sources[1].probes[0].name, got 'api' again",
        "'sources[1].probes[1].target' must be different from sources[1].probes[0].target, got 'https://api.example.com' again",
      ],
    ],
    [
      "a chain has no endpoint",
      { sources: [l2Exporter({ chains: [{ name: "alpha" }] })] },
      [
        "'sources[0].chains[0]' must be a chain with at least one of l1, l2, rollup, beacon, da, celestia, got none; add the endpoint that is to be read",
      ],
    ],
    [
      "an image is unknown",
      { images: { overrides: { prometheuss: "a:v1" } } },
      [
        `'images.overrides.prometheuss' must be one of ${Object.keys(images).join(", ")}, got 'prometheuss'`,
      ],
    ],
    ...["a/prometheus", "a/prometheus:latest", "a/prometheus:main", "a/prometheus:v3-latest"].map(
      (reference): [string, object, string[]] => [
        `the image ${reference} is not pinned`,
        { images: { overrides: { prometheus: reference } } },
        [
          `'images.overrides.prometheus' must be an image with a version tag or a digest, got '${reference}'; pin it, for example 'registry.example/name:v1.2.3'`,
        ],
      ],
    ),
    ...["0.0.0.0", "8.8.8.8", "172.32.0.1", "::", "localhost", "10.0.0.256"].map(
      (bindAddress): [string, object, string[]] => [
        `ports are bound to ${bindAddress}`,
        { bindAddress },
        [`'bindAddress' must be a loopback or private IPv4 address, got '${bindAddress}'`],
      ],
    ),
    [
      "a remote engine has no folder of secrets",
      { engine: { type: "ssh", address: "10.88.0.1" }, secretsDirectory: undefined },
      [
        "'secretsDirectory' must be given when the engine is remote, got nothing; name the folder on that host that holds the secret files",
      ],
    ],
    [
      "nothing says what machine it is",
      { machine: undefined },
      [
        "'machine' must be given where no 'host' is, got nothing; state memory, swap and disk of the machine that runs the engine",
      ],
    ],
    [
      "one source is no source and another one is faulty",
      { sources: ["op-geth", opGeth({ chain: "Not Like This" })] },
      [
        "'sources[0]' must be a source, made by a factory such as opBatcher({ … }), got a string",
        "'sources[1].chain' must be lower-case words joined by hyphens, such as 'my-chain', got 'Not Like This'",
      ],
    ],
  ])("%s", (_what, change, says) => {
    expect(faultsOf(change)).toEqual(says);
  });
});

describe("fails with a host of its own when", () => {
  const { host } = soundHostEnvironment;
  test.each<[string, object, string[]]>([
    [
      "the engine is this machine's",
      { engine: { type: "local" } },
      [
        "'engine.type' must be 'ssh' where 'host' makes the machine, got 'local'; write engine: { type: \"ssh\", address: '10.88.0.1' }",
      ],
    ],
    [
      "engine and services are at another address than the host",
      { engine: { type: "ssh", address: "10.88.0.9" }, bindAddress: "127.0.0.1" },
      [
        "'engine.address' must be the host's address in the tunnel, '10.88.0.1', got '10.88.0.9'",
        "'bindAddress' must be the host's address in the tunnel, '10.88.0.1', got '127.0.0.1'",
      ],
    ],
    [
      "the engine is reached as somebody else, or at another port",
      { engine: { type: "ssh", address: "10.88.0.1", user: "admin", port: 2222 } },
      [
        "'engine.user' must be 'deploy' where 'host' makes the machine, got 'admin'",
        "'engine.port' must be 22 where 'host' makes the machine, got 2222",
      ],
    ],
    [
      "nobody could deploy",
      { host: { ...host, deployKeys: [] } },
      [
        "'host.deployKeys' must be at least one key, since Docker is reached over SSH, got none; make one with 'ssh-keygen -t ed25519' and write the line of its .pub file",
      ],
    ],
    [
      "the folder of secrets would need quoting in a shell",
      { secretsDirectory: "/srv/my secrets" },
      [
        "'secretsDirectory' must be an absolute path in letters, digits and _.+- on a host of its own, got '/srv/my secrets'",
      ],
    ],
    [
      "the machine is stated twice",
      { machine: soundEnvironment.machine },
      [
        '\'machine\' must be left out where \'host\' says it, got {"name":"a machine","memoryMiB":2048,"swapMiB":1024,"diskGiB":20}',
      ],
    ],
  ])("%s", (_what, change, says) => {
    expect(faultsOf({ ...soundHostEnvironment, machine: undefined, ...change })).toEqual(says);
  });
});

describe("logs", () => {
  const s3 = { type: "s3", bucket: "example-logs", region: "eu-central-1" } as const;

  test("are kept for 15 days where nothing is said, and not at all where it is said", () => {
    expect(parseEnvironment(soundEnvironment).logs).toMatchObject({
      retentionDays: 15,
      storage: { type: "filesystem" },
      limits: { ingestionMBPerSecond: 1, streams: 500 },
    });
    expect(parseEnvironment({ ...soundEnvironment, logs: false }).logs).toBe(false);
  });

  test("fail with several faults, each told", () => {
    expect(() =>
      parseEnvironment({ ...soundEnvironment, logs: { retentionDays: 0, errorBurst: 0 } }),
    ).toThrow(
      /'logs\.retentionDays' must be at least 1, got 0[^]*'logs\.errorBurst' must be at least 1, got 0/,
    );
  });

  test("fail when an earlier period is not earlier", () => {
    expect(() =>
      parseEnvironment({
        ...soundEnvironment,
        logs: { schema: { earlier: [{ from: "2025-01-01", store: "tsdb", schema: "v12" }] } },
      }),
    ).toThrow(
      "'logs.schema.earlier[0].from' must be before 'logs.schema.from', '2024-01-01', got '2025-01-01'",
    );
  });

  test("fail in S3 when containers do not get the rights of the host that is made", () => {
    const { host } = soundHostEnvironment;
    const environment = { ...soundHostEnvironment, logs: { storage: s3 } };
    expect(() => parseEnvironment(environment)).toThrow(
      "'host.containersReachMetadata' must be true where logs are kept in S3, got false",
    );
    if (host === undefined) throw new Error("no host");
    expect(() =>
      parseEnvironment({ ...environment, host: { ...host, containersReachMetadata: true } }),
    ).not.toThrow();
    expect(() => parseEnvironment({ ...soundEnvironment, logs: { storage: s3 } })).not.toThrow();
  });
});

test("several faults come in one message, with the environment's name", () => {
  const { message } = refusalOf({
    colour: "blue",
    bindAddress: "0.0.0.0",
    retention: { days: 0, weeks: 2 },
    sources: [opGeth({ chain: "alpha", port: 0 })],
    receivers: [slack("a")],
    routes: { P3: ["b"] },
  });
  expect(message.split("\n")).toEqual([
    "environment 'test' has 6 faults:",
    "  'bindAddress' must be a loopback or private IPv4 address, got '0.0.0.0'",
    "  'retention.days' must be at least 1, got 0",
    "  'retention.weeks' must be a known field, got an unknown one; remove it or correct its spelling",
    "  'colour' must be a known field, got an unknown one; remove it or correct its spelling",
    "  'routes.P3[0]' must be one of a, got 'b'",
    "  'sources[0].port' must be at least 1, got 0",
  ]);
});

describe("a pasted secret is never echoed:", () => {
  const pasted = "FAKE-canary-7f3a9c1d2e4b5a6c7d8e";
  const key = `0x${"f4ke".replace("k", "c").repeat(16)}`;
  test.each<[string, object]>([
    [
      "a Slack URL",
      { receivers: [{ name: "a", type: "slack", webhookUrl: `https://x/${pasted}` }] },
    ],
    ["a webhook's key", { receivers: [{ name: "a", type: "webhook", url: pasted }] }],
    [
      "a webhook's URL with a key in its path",
      { receivers: [{ name: "a", type: "webhook", url: `https://hook.example.com/in/${pasted}` }] },
    ],
    [
      "a webhook's URL with a key in its query",
      {
        receivers: [{ name: "a", type: "webhook", url: `https://hook.example.com/in?k=${pasted}` }],
      },
    ],
    [
      "a webhook's URL with a password",
      { receivers: [{ name: "a", type: "webhook", url: `https://u:${pasted}@hook.example.com` }] },
    ],
    [
      "a bearer token",
      {
        receivers: [{ name: "a", type: "webhook", url: secret("a"), bearerToken: pasted as never }],
      },
    ],
    [
      "a secret's value as its name",
      { receivers: [{ name: "a", type: "slack", webhookUrl: secret(pasted) }] },
    ],
    [
      "an L1 URL with a key",
      {
        sources: [
          l2Exporter({
            chains: [{ name: "alpha", l1: { url: `https://l1.example.com/v3/${pasted}` } }],
          }),
        ],
      },
    ],
    [
      "a private key as an address",
      {
        sources: [
          l2Exporter({
            chains: [
              {
                name: "alpha",
                l1: { url: secret("l1") },
                wallets: [{ name: "b", role: "batcher", address: key }],
              },
            ],
          }),
        ],
      },
    ],
  ])("%s", (_what, change) => {
    const { message } = refusalOf(change);
    expect(message).not.toContain(pasted);
    expect(message).not.toContain(key);
    expect(message).toMatch(/ has 1 fault:\n/);
  });
});
