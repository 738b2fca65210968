import { Testing } from "cdktf";
import { images } from "../../../constructs/core/images";
import {
  demoBatcherAddress,
  demoEndpoints,
  demoNetwork,
  demoSecrets,
  demoServices,
} from "../../../constructs/demo";
import { demo, demoSources } from "../../../environments/demo";
import { DemoStack } from "../../../stacks/demo-stack";
import { parseEnvironment } from "../../../stacks/environment";

interface SynthesisedContainer {
  readonly name: string;
  readonly user: string;
  readonly command: readonly string[];
  readonly env?: readonly string[];
  readonly ports?: readonly object[];
  readonly volumes?: readonly object[];
  readonly mounts?: readonly { readonly source: string; readonly target: string }[];
  readonly networks_advanced: readonly { readonly aliases: readonly string[] }[];
}

function synthesise(props: Partial<ConstructorParameters<typeof DemoStack>[2]> = {}): {
  readonly text: string;
  readonly resource: {
    readonly docker_container: Readonly<Record<string, SynthesisedContainer>>;
    readonly docker_network: Readonly<Record<string, { readonly name: string }>>;
    readonly docker_image: Readonly<Record<string, { readonly name: string }>>;
    readonly docker_volume: Readonly<Record<string, { readonly name: string }>>;
  };
} {
  const stack = new DemoStack(Testing.app(), "local-demo", {
    environment: parseEnvironment(demo),
    stateDirectory: "/srv/example/state",
    ...props,
  });
  const text = Testing.synth(stack, true);
  return { text, ...(JSON.parse(text) as Omit<ReturnType<typeof synthesise>, "text">) };
}

function container(service: string, from = synthesise()): SynthesisedContainer {
  const found = Object.values(from.resource.docker_container).find(({ networks_advanced }) =>
    networks_advanced.some(({ aliases }) => aliases.includes(service)),
  );
  if (found === undefined) throw new Error(`no container ${service}`);
  return found;
}

describe("the stack", () => {
  test("has these resources, at these addresses", () => {
    const { resource } = synthesise();
    const addresses = Object.entries(resource).flatMap(([type, all]) =>
      Object.keys(all as object).map((id) => `${type}.${id}`),
    );
    expect(addresses.sort()).toMatchInlineSnapshot(`
      [
        "docker_container.demo-chain_container_BB89FD4D",
        "docker_container.l1-geth_container_D674DB49",
        "docker_container.l2-batcher_container_90292070",
        "docker_container.l2-geth_container_53140F44",
        "docker_image.demo-chain_image_A4A80393",
        "docker_image.l1-geth_image_BF0A20F4",
        "docker_image.l2-batcher_image_44A2FE98",
        "docker_image.l2-geth_image_D903B460",
        "docker_network.runtime_network_7A5E648C",
        "docker_volume.l1-geth_data_F4BFA65F",
        "docker_volume.l2-geth_data_180B1B95",
      ]
    `);
  });

  test("names everything for the environment, and its network as sources expect", () => {
    const { resource } = synthesise();
    expect(Object.values(resource.docker_network).map(({ name }) => name)).toEqual([
      demoNetwork(demo),
    ]);
    expect(demoNetwork(demo)).toBe("l2o-local-demo-network");
    expect(demoNetwork({ name: "local", prefix: "other" })).toBe("other-local-demo-network");
    expect(new Set(Object.values(resource.docker_container).map(({ name }) => name))).toEqual(
      new Set(Object.values(demoServices).map((id) => `l2o-local-demo-${id}`)),
    );
  });

  test("runs pinned images, or those given instead", () => {
    const names = (of: ReturnType<typeof synthesise>) =>
      new Set(Object.values(of.resource.docker_image).map(({ name }) => name));
    expect(names(synthesise())).toEqual(new Set([images.geth, images.node, images["op-batcher"]]));
    const imageOverrides = { geth: "mirror.example/geth:v1.17.0" };
    expect(names(synthesise({ imageOverrides }))).toContain("mirror.example/geth:v1.17.0");
  });

  test("publishes L1's JSON-RPC on the environment's address, and nothing else", () => {
    const all = Object.values(synthesise().resource.docker_container);
    expect(all.flatMap(({ ports = [] }) => ports)).toEqual([
      { internal: 8545, external: 18545, ip: "127.0.0.1", protocol: "tcp" },
    ]);
  });

  test("gives the batcher's key to its holder alone, and shows it nowhere", () => {
    const { text, resource } = synthesise();
    const mounts = Object.values(resource.docker_container).flatMap(({ name, mounts = [] }) =>
      mounts.map(({ source }) => [name, source]),
    );
    expect(mounts).toEqual([
      ["l2o-local-demo-demo-chain", "/srv/example/secrets/local/demo-chain"],
    ]);
    const [key] = demoSecrets("/nonexistent");
    expect(key?.value.trim().slice(2)).toHaveLength(64);
    expect(text).not.toContain(key?.value.trim().slice(2));
  });

  test("takes the secrets directory it is given", () => {
    const { mounts } = container(
      demoServices.rollup,
      synthesise({ secretsDirectory: "/etc/example/secrets" }),
    );
    expect(mounts).toMatchObject([{ source: "/etc/example/secrets/demo-chain" }]);
  });

  test("runs nothing as root, and fits the machine it claims", () => {
    for (const { user } of Object.values(synthesise().resource.docker_container)) {
      expect(user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    }
    const stack = new DemoStack(Testing.app(), "local-demo", {
      environment: parseEnvironment(demo),
    });
    expect(stack.runtime.budget.overruns()).toEqual([]);
  });
});

describe("the chains", () => {
  test("differ in their gas limit, so in their genesis", () => {
    const limit = (service: string) =>
      container(service).command.find((one) => one.startsWith("--dev.gaslimit="));
    expect(limit(demoServices.l1)).toBeDefined();
    expect(limit(demoServices.l1)).not.toBe(limit(demoServices.l2));
  });

  test.each([demoServices.l1, demoServices.l2])("%s keeps its chain in a volume", (service) => {
    const { command, volumes } = container(service);
    expect(volumes).toMatchObject([{ container_path: "/var/tmp" }]);
    expect(command).toEqual(
      expect.arrayContaining([
        "--datadir=/var/tmp/geth",
        "--db.engine=leveldb",
        "--gcmode=archive",
        `--http.vhosts=${service},localhost`,
      ]),
    );
  });
});

describe("the batcher", () => {
  test("reaches both chains and the signer by the names of their services", () => {
    expect(container(demoServices.batcher).command).toEqual(
      expect.arrayContaining([
        "--l1-eth-rpc=http://l1-geth:8545",
        "--l2-eth-rpc=http://l2-geth:8545",
        "--rollup-rpc=http://demo-chain:9545",
        "--signer.endpoint=http://demo-chain:9545",
        `--signer.address=${demoBatcherAddress}`,
        "--metrics.port=7301",
      ]),
    );
  });
});

describe("the environment", () => {
  test("watches what the stack runs, under the names it runs under", () => {
    const environment = parseEnvironment(demo);
    expect(environment.sources.map(({ id }) => id)).toEqual(
      expect.arrayContaining(["op-geth-demo", "op-node-demo", "op-batcher-demo", "l2-exporter"]),
    );
    for (const source of demoSources()) {
      expect(source.check("sources")).toEqual([]);
      expect(source.secrets).toEqual([]);
    }
    expect(Object.values(demoEndpoints).map(({ host }) => host)).toEqual([
      demoServices.l1,
      demoServices.l2,
      demoServices.rollup,
    ]);
  });

  test("fails when the low balance is none", () => {
    const faults = demoSources({ lowBalanceEth: 0 }).flatMap((one) => one.check("sources[0]"));
    expect(faults.map(({ field }) => field)).toEqual([
      "sources[0].wallet.lowBalanceEth",
      "sources[0].chains[0].batcherWallet.lowBalanceEth",
    ]);
  });
});
