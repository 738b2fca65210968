import { reader } from "../../../programs/demo-chain/chains";
import { Rollup } from "../../../programs/demo-chain/rollup";
import { FakeDevChain } from "./support/fake-dev-chain";

const batcher = "0x00000000000000000000000000000000000ba7c4";
const zero = `0x${"0".repeat(64)}`;
let l1: FakeDevChain;
let l2: FakeDevChain;
let rollup: Rollup;

beforeEach(async () => {
  [l1, l2] = await Promise.all([FakeDevChain.listen("l1"), FakeDevChain.listen("l2")]);
  l1.height = 40;
  l2.height = 30;
  rollup = new Rollup(reader(l1.url), reader(l2.url), batcher);
});
afterEach(() => {
  l1.close();
  l2.close();
});

test("the configuration names both genesis blocks and two chain ids", async () => {
  expect(await rollup.config()).toMatchObject({
    genesis: {
      l1: { hash: l1.hash(0), number: 0 },
      l2: { hash: l2.hash(0), number: 0 },
      l2_time: 1,
      system_config: { batcherAddr: batcher, gasLimit: 25_000_000 },
    },
    l1_chain_id: 1337,
    l2_chain_id: 1338,
  });
});

test("an L2 with a chain id of its own keeps it", async () => {
  l2.chainId = 4242;
  expect(await rollup.config()).toMatchObject({ l1_chain_id: 1337, l2_chain_id: 4242 });
});

test("the sync status names heads, and leaves what nobody derives at zero", async () => {
  const unknown = { hash: zero, number: 0 };
  const head = { hash: l2.hash(30), number: 30, parentHash: l2.hash(29), timestamp: 1_800_000_060 };
  expect(await rollup.syncStatus()).toMatchObject({
    head_l1: { hash: l1.hash(40), number: 40, parentHash: l1.hash(39), timestamp: 1_800_000_080 },
    current_l1: { number: 40 },
    safe_l1: unknown,
    finalized_l1: unknown,
    unsafe_l2: { ...head, l1origin: unknown, sequenceNumber: 0 },
    local_safe_l2: head,
    safe_l2: unknown,
    finalized_l2: unknown,
  });
});

test("metrics show only heads that were read, and keep them while a chain is silent", async () => {
  expect(rollup.metrics()).not.toContain("refs_number{");
  await rollup.heads();
  l1.failWith = 500;
  l2.height = 31;
  await expect(rollup.heads()).rejects.toThrow();
  const lines = rollup.metrics().split("\n");
  expect(lines).toContain("op_node_default_up 1");
  expect(lines).toContain('op_node_default_refs_number{layer="l1",type="l1_head"} 40');
  expect(lines).toContain('op_node_default_refs_number{layer="l2",type="l2_unsafe"} 31');
  expect(lines).toContain('op_node_default_refs_time{layer="l2",type="l2_unsafe"} 1800000062');
  expect(rollup.metrics()).not.toContain("safe_l2");
  expect(rollup.metrics()).toMatch(/\n$/);
});
