import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEther } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { readKey, readOptions, start } from "../../../programs/demo-chain/main";
import { FakeDevChain } from "./support/fake-dev-chain";
import { freePort } from "../../../tools/rig/free-port";

const key = `0x${"11".repeat(32)}` as const;
const { address } = privateKeyToAccount(key);
const required = ["--l1=http://l1:8545", "--l2=http://l2:8545", "--key-file=/key"];
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "demo-chain-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function file(name: string, content: string): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 100; i++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("it did not come to that within 5 s");
}

describe("options", () => {
  test("have defaults beside what must be given", () => {
    expect(readOptions(required)).toEqual({
      l1: "http://l1:8545",
      l2: "http://l2:8545",
      "key-file": "/key",
      "fund-eth": 5,
      "rpc-port": 9545,
      "metrics-port": 7300,
    });
  });

  test.each([
    [[], /'--l1' is at fault[^]*'--l2' is at fault[^]*'--key-file' is at fault/],
    [[...required, "--l1=l1:8545"], /'--l1' is at fault/],
    [[...required, "--fund-eth=0"], /'--fund-eth' is at fault/],
    [[...required, "--rpc-port=70000"], /'--rpc-port' is at fault/],
    [[...required, "--unknown"], /--unknown/],
  ])("fails when given %j", (args, message) => {
    expect(() => readOptions(args)).toThrow(message);
  });
});

describe("key", () => {
  test("is read without the line break", () => {
    expect(readKey(file("key", `${key}\n`))).toBe(key);
  });

  test("fails without showing what it found", () => {
    const bad = file("bad", "0xfake-not-a-key");
    expect(() => readKey(bad)).toThrow(`'--key-file' must hold 0x and 64 hex digits`);
    expect(() => readKey(bad)).not.toThrow(/fake-not-a-key/);
  });
});

test("waits for L1, funds the wallet and only then is healthy; a second start funds nothing", async () => {
  const [l1, l2] = await Promise.all([FakeDevChain.listen("l1"), FakeDevChain.listen("l2")]);
  const [rpcPort, metricsPort] = [await freePort(), await freePort()];
  const options = {
    l1: l1.url,
    l2: l2.url,
    "key-file": file("key", key),
    "fund-eth": 5,
    "rpc-port": rpcPort,
    "metrics-port": metricsPort,
  };
  const said = jest.spyOn(process.stdout, "write").mockReturnValue(true);
  const healthy = () =>
    fetch(`http://127.0.0.1:${String(metricsPort)}/-/healthy`).then(
      ({ ok }) => ok,
      () => false,
    );
  const call = async (method: string, ...params: unknown[]) => {
    const response = await fetch(`http://127.0.0.1:${String(rpcPort)}`, {
      method: "POST",
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    });
    return ((await response.json()) as { result?: unknown }).result;
  };
  l1.failWith = 503;
  let stop = await start(options);
  try {
    expect(await healthy()).toBe(false);
    l1.failWith = undefined;
    await until(healthy);
    expect(l1.balance(address)).toBe(parseEther("5"));
    expect(await call("health_status")).toMatch(/^demo-chain\//);
    expect(await call("optimism_syncStatus")).toMatchObject({ head_l1: { number: 1 } });
    const signed = await call("eth_signTransaction", {
      from: address,
      to: address,
      gas: "0x5208",
      maxFeePerGas: "0x3b9aca0e",
      maxPriorityFeePerGas: "0x1",
      value: "0x1",
      nonce: "0x0",
      chainId: "0x539",
    });
    expect(signed).toMatch(/^0x02/);
    const page = await fetch(`http://127.0.0.1:${String(metricsPort)}/metrics`);
    expect(await page.text()).toContain('op_node_default_refs_number{layer="l1",type="l1_head"} 1');
    stop();
    stop = await start(options);
    await until(healthy);
    expect(l1.sent).toHaveLength(1);
    expect(said.mock.calls.join("")).not.toContain(key.slice(2));
  } finally {
    stop();
    said.mockRestore();
    l1.close();
    l2.close();
  }
});
