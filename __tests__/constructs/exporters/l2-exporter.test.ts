import { secret } from "../../../constructs/core/secret";
import { l2Exporter } from "../../../constructs/exporters/l2-exporter";
import { parseConfig } from "../../../programs/l2-exporter/config";
import { alertsIn, observe } from "../../support/observe";

const source = l2Exporter({
  chains: [
    {
      name: "alpha",
      pollSeconds: 2,
      network: "rollup_default",
      l1: { url: secret("l1-rpc-url"), chainId: 1 },
      l2: { url: "http://geth:8545" },
      rollup: { url: "http://node:9545" },
      beacon: { url: secret("beacon-url") },
      da: { url: "http://da:3100" },
      celestia: {
        url: "http://light:26658",
        address: "celestia1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqzf30as",
        token: secret("celestia-token"),
      },
      wallets: [
        { name: "batcher", role: "batcher", address: "0x00000000000000000000000000000000000ba7c4" },
        {
          name: "fees",
          role: "other",
          layer: "l2",
          address: "0x00000000000000000000000000000000000000fe",
        },
      ],
    },
    { name: "beta", rollup: { url: "http://node-beta:9545" } },
  ],
});

const mount = "/run/secrets/l2-observatory";

describe("l2-exporter", () => {
  test("names its secrets and networks, one of each", () => {
    expect(source.secrets.map((one) => one.secret)).toEqual([
      "l1-rpc-url",
      "beacon-url",
      "celestia-token",
    ]);
  });

  test("renders a configuration that the program itself accepts", () => {
    const { files } = observe(source);
    const { listen, chains } = parseConfig(files["/etc/l2-exporter/config.yml"] ?? "");
    expect(listen).toEqual({ host: "0.0.0.0", port: 9300 });
    expect(chains.map(({ name }) => name)).toEqual(["alpha", "beta"]);
    expect(chains[0]).toMatchObject({
      pollSeconds: 2,
      l1: { urlFile: `${mount}/l1-rpc-url`, chainId: 1 },
      l2: { url: "http://geth:8545" },
      rollup: { url: "http://node:9545" },
      beacon: { urlFile: `${mount}/beacon-url` },
      da: { url: "http://da:3100" },
      celestia: { url: "http://light:26658", tokenFile: `${mount}/celestia-token` },
    });
    expect(chains[0]?.wallets.map(({ name, role, layer }) => [name, role, layer])).toEqual([
      ["batcher", "batcher", "l1"],
      ["fees", "other", "l2"],
    ]);
  });

  test("gets the program from disk, so that it stays out of plan and state", () => {
    const uploads = observe(source).container?.upload ?? [];
    const program = uploads.find(({ file }) => file === "/app/l2-exporter.js");
    expect(program?.content).toBeUndefined();
    expect(program?.source_hash).toMatch(/^[0-9a-f]{64}$/);
  });

  test("joins the chains' networks and reads its secrets from one folder", () => {
    const { container } = observe(source);
    expect(container?.networks_advanced?.map(({ name }) => name)).toEqual([
      expect.stringContaining("docker_network"),
      "rollup_default",
    ]);
    expect(container?.mounts).toEqual([
      { type: "bind", source: "/secrets/l2-exporter", target: mount, read_only: true },
    ]);
  });

  test("watches the endpoints and the batcher's wallet that are listed, and no others", () => {
    const alerts = alertsIn(observe(source).observations);
    const about = (chain: string) =>
      new Set(alerts.filter(({ expr }) => expr.includes(chain)).map(({ name }) => name));
    expect(about("alpha")).toEqual(
      new Set([
        "L1RpcDown",
        "L1RpcSlow",
        "L1RpcErrors",
        "HighL1GasPrice",
        "L2RpcDown",
        "RollupRpcDown",
        "L1BeaconDown",
        "DAServerDown",
        "CelestiaNodeDown",
        "CelestiaLowBalance",
        "BatcherLowETH",
        "BatcherGasRunway",
      ]),
    );
    expect(about("beta")).toEqual(new Set(["RollupRpcDown"]));
    for (const { name, why } of alerts) {
      expect([name, why]).toEqual([name, expect.any(String)]);
    }
  });

  test("takes the thresholds of endpoints from the chain", () => {
    const watched = l2Exporter({
      chains: [
        {
          name: "alpha",
          l1: { url: "http://l1:8545" },
          celestia: {
            url: "http://light:26658",
            address: "celestia1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqzf30as",
            token: secret("celestia-token"),
          },
          thresholds: { l1SlowSeconds: 2.5, l1ErrorPercent: 33, lowBalanceTia: 12 },
        },
      ],
    });
    const alerts = alertsIn(observe(watched).observations);
    const threshold = (name: string) =>
      / [<>] [\d.]+/.exec(alerts.find((alert) => alert.name === name)?.expr ?? "")?.[0];
    expect(threshold("L1RpcSlow")).toBe(" > 2.5");
    expect(threshold("L1RpcErrors")).toBe(" > 33");
    expect(threshold("CelestiaLowBalance")).toBe(" < 12");
  });

  test.each([
    [1, 90],
    [12, 90],
    [60, 225],
    [300, 945],
  ])("polled every %i s, waits %i s where another alert says it first", (poll, seconds) => {
    const watched = l2Exporter({
      chains: [{ name: "alpha", pollSeconds: poll, l2: { url: "http://geth:8545" } }],
    });
    const down = alertsIn(observe(watched).observations).find(({ name }) => name === "L2RpcDown");
    expect(down?.for).toBe(`${String(seconds)}s`);
  });

  test.each([
    [1, 30],
    [5, 30],
    [12, 51],
    [60, 195],
    [300, 915],
  ])("polled every %i s, says that L1 is down after %i s, three lost polls", (poll, seconds) => {
    const watched = l2Exporter({
      chains: [{ name: "alpha", pollSeconds: poll, l1: { url: "http://l1:8545" } }],
    });
    const down = alertsIn(observe(watched).observations).find(({ name }) => name === "L1RpcDown");
    expect(down?.for).toBe(`${String(seconds)}s`);
    expect(down?.description).toContain(`for ${String(seconds)} s.`);
  });
});
