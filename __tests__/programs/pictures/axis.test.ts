import { marksOf, niceScale } from "../../../programs/pictures/axis";
import { formatMarks } from "../../../programs/pictures/numbers";
import { withinReach } from "../../../programs/pictures/limits";
import type { Unit } from "../../../constructs/core/panel";

function marks(values: readonly number[], unit: Unit, ends: { min?: number; max?: number } = {}) {
  return formatMarks(marksOf(niceScale({ values, ...ends }, unit)), unit);
}

describe("a value axis", () => {
  it.each<[string, readonly number[], Unit, readonly string[]]>([
    ["starts at zero", [1, 4.5], "eth", ["0 ETH", "1 ETH", "2 ETH", "3 ETH", "4 ETH", "5 ETH"]],
    [
      "leaves room above a line",
      [0, 5],
      "eth",
      ["0 ETH", "1 ETH", "2 ETH", "3 ETH", "4 ETH", "5 ETH", "6 ETH"],
    ],
    ["is round in KiB and MiB", [0, 1500 * 1024], "bytes", ["0 B", "512 KiB", "1 MiB", "1.5 MiB"]],
    [
      "is round in minutes",
      [0, 3000],
      "seconds",
      ["0 s", "10 mins", "20 mins", "30 mins", "40 mins", "50 mins", "1 hour"],
    ],
    [
      "has one size where a larger one would need many decimals",
      [60, 70],
      "seconds",
      ["58 s", "60 s", "62 s", "64 s", "66 s", "68 s", "70 s", "72 s"],
    ],
    [
      "is not from zero where the line moves by little",
      [100, 104],
      "count",
      ["99", "100", "101", "102", "103", "104", "105"],
    ],
    ["reaches below zero", [-3, 4], "count", ["-4", "-2", "0", "2", "4", "6"]],
    ["has tiny values", [0, 4.5e-7], "count", ["0", "1e-7", "2e-7", "3e-7", "4e-7", "5e-7"]],
    ["is there for zeros", [0, 0], "count", ["0", "0.2", "0.4", "0.6", "0.8", "1", "1.2"]],
    ["is there for nothing", [], "count", ["0", "0.2", "0.4", "0.6", "0.8", "1", "1.2"]],
    ["is there for one value", [100], "count", ["85", "90", "95", "100", "105", "110", "115"]],
  ])("%s", (_, values, unit, texts) => {
    expect(marks(values, unit)).toEqual(texts);
  });

  it("has the panel's own ends", () => {
    expect(niceScale({ values: [0.985, 0.999], min: 0.98, max: 1 }, "ratio")).toEqual({
      min: 0.98,
      max: 1,
      interval: 0.005,
    });
  });
});

describe("limits", () => {
  it("are drawn where they are near", () => {
    expect(withinReach([0.5, 0.1], [0.3, 1.4])).toEqual([0.5, 0.1]);
  });

  it("are left out where they would flatten the line", () => {
    expect(withinReach([900, 1800], [60, 70])).toEqual([]);
    expect(withinReach([120, 1800], [60, 70])).toEqual([120]);
  });

  it("are all drawn over zeros, and where there is nothing", () => {
    expect(withinReach([5], [0, 0])).toEqual([5]);
    expect(withinReach([5], [])).toEqual([5]);
  });
});
