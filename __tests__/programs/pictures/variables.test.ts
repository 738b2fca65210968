import type { Variable } from "../../../constructs/core/board";
import { builtIns, chooseVariables, inQuery, inWords } from "../../../programs/pictures/variables";

const chain: Variable = { name: "chain", title: "Chain", from: "l2_head", several: true };
const instance: Variable = {
  name: "instance",
  title: "Instance",
  from: 'up{chain=~"$chain"}',
};
const offered: Readonly<Record<string, readonly string[]>> = {
  chain: ["alpha", "beta.2"],
  instance: ["node-1:9545", "node-2:9545"],
};

function choose(
  chosen: Readonly<Record<string, readonly string[]>>,
  text: string,
  asked: string[] = [],
) {
  return chooseVariables([chain, instance], chosen, [text], (label, series) => {
    asked.push(`${label} of ${series}`);
    return Promise.resolve(offered[label] ?? []);
  });
}

describe("variables", () => {
  it("are all values where several may be chosen and none was", async () => {
    const all = await choose({}, "$chain");
    expect(inQuery('x{chain=~"$chain"}', all)).toBe('x{chain=~"(alpha|beta\\\\.2)"}');
    expect(inWords("Head of $chain", all)).toBe("Head of all");
  });

  it("are one value without brackets", async () => {
    const one = await choose({ chain: ["alpha"] }, "$chain");
    expect(inQuery('x{chain=~"${chain}"}', one)).toBe('x{chain=~"alpha"}');
  });

  it("are joined with a plus in words", async () => {
    const two = await choose({ chain: ["alpha", "beta"] }, "$chain");
    expect(inWords("$chain", two)).toBe("alpha + beta");
  });

  it("are the first value where one must be chosen and none was", async () => {
    const first = await choose({}, "$instance");
    expect(inQuery('x{instance="$instance"}', first)).toBe('x{instance="node-1:9545"}');
  });

  it("are asked for only where they are named, after those that they depend on", async () => {
    const asked: string[] = [];
    await choose({}, "up", asked);
    expect(asked).toEqual([]);
    await choose({}, "$instance", asked);
    expect(asked).toEqual(["chain of l2_head", 'instance of up{chain=~"(alpha|beta\\\\.2)"}']);
  });

  it("cannot end the string they stand in", async () => {
    const evil = await choose({ instance: ['a"} or up{x="\\'] }, "$instance");
    expect(inQuery('x{instance="$instance"}', evil)).toBe('x{instance="a\\"} or up{x=\\"\\\\"}');
  });

  it("leave what they do not know", () => {
    expect(inQuery('label_replace(up, "a", "$1", "b", "(.*)")', {})).toBe(
      'label_replace(up, "a", "$1", "b", "(.*)")',
    );
  });

  it("do not match the beginning of a longer name", async () => {
    expect(inQuery("$chain_id", await choose({}, "$chain"))).toBe("$chain_id");
  });

  it("fails when there is no such variable", async () => {
    await expect(choose({ chian: ["alpha"] }, "$chain")).rejects.toThrow(
      "'variables' must be among chain, instance, got 'chian'",
    );
  });

  it("fails when one value is asked for and several are given", async () => {
    await expect(choose({ instance: ["a", "b"] }, "$instance")).rejects.toThrow(
      "'instance' must have one value, got 2",
    );
  });
});

test("Grafana's own names are replaced too", () => {
  const names = builtIns({ from: 0, to: 6 * 3_600_000 }, 60, 75);
  expect(
    inQuery(
      "rate(x[$__rate_interval]) + increase(x[$__range]) + max_over_time(x[$__interval]) + $__range_s + $__interval_ms",
      names,
    ),
  ).toBe("rate(x[75s]) + increase(x[21600s]) + max_over_time(x[60s]) + 21600 + 60000");
});
