import {
  CostError,
  assertCost,
  estimateMonthlyCost,
  formatCost,
  hostFaults,
  machineTypes,
  type HostInput,
} from "../../../constructs/host";
import { describeFault } from "../../../constructs/core/errors";
import { hostWith } from "./fixtures";

const estimate = (changes: Partial<HostInput> = {}) => estimateMonthlyCost(hostWith(changes));

function tableOf(changes: Partial<HostInput> = {}): string[] {
  return formatCost(estimate(changes)).split("\n");
}

describe("estimate", () => {
  test("is the sum of instance, address, disks and snapshots over 730 hours", () => {
    const { lines, totalUsd, complete } = estimate({ region: "us-east-1" });
    expect(
      lines.map(({ what, quantity, unitPriceUsd, usd }) => [what, quantity, unitPriceUsd, usd]),
    ).toEqual([
      ["instance t4g.small", 730, 0.0168, 12.26],
      ["public IPv4 address", 730, 0.005, 3.65],
      ["root disk, gp3", 16, 0.08, 1.28],
      ["data disk, gp3", 30, 0.08, 2.4],
      ["snapshots of 14 days", 50.4, 0.05, 2.52],
    ]);
    expect(totalUsd).toBe(22.11);
    expect(complete).toBe(true);
  });

  test("has no snapshots where none are taken", () => {
    const { lines, notes } = estimate({ snapshots: false });
    expect(lines).toHaveLength(4);
    expect(notes.join(" ")).not.toContain("Snapshots");
  });

  test("leaves open what it does not know, and never takes it for nothing", () => {
    const { lines, complete, totalUsd } = estimate({ region: "af-south-1" });
    expect(lines.map(({ usd }) => usd)).toEqual(Array(5).fill(undefined));
    expect(complete).toBe(false);
    expect(totalUsd).toBe(0);
  });

  test("takes stated prices first", () => {
    const { lines } = estimate({ prices: { instanceUsdPerHour: 0.01 } });
    expect(lines.map(({ unitPriceUsd }) => unitPriceUsd)).toEqual([
      0.01, 0.005, 0.0952, 0.0952, 0.054,
    ]);
  });

  test.each(Object.keys(machineTypes))("knows %s in us-east-1", (instanceType) => {
    expect(estimate({ region: "us-east-1", instanceType }).complete).toBe(true);
  });

  test.each([
    "us-west-2",
    "eu-west-1",
    "eu-central-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-southeast-1",
  ])("knows a t4g.small and a t4g.medium in %s, the larger at twice the price", (region) => {
    const hourly = (instanceType: string) =>
      estimate({ region, instanceType }).lines[0]?.unitPriceUsd ?? NaN;
    expect(estimate({ region }).complete).toBe(true);
    expect(hourly("t4g.medium")).toBeCloseTo(2 * hourly("t4g.small"));
  });
});

describe("table", () => {
  test("has a row per thing, the sum and the assumptions", () => {
    expect(tableOf({ region: "us-east-1" })).toEqual([
      "per month                   quantity    USD each         USD",
      "instance t4g.small             730 h      0.0168       12.26",
      "public IPv4 address            730 h       0.005        3.65",
      "root disk, gp3                16 GiB        0.08        1.28",
      "data disk, gp3                30 GiB        0.08        2.40",
      "snapshots of 14 days        50.4 GiB        0.05        2.52",
      "sum                                                    22.11",
      "Prices in USD on demand, as published up to 2026-09 or stated in 'host.prices'.",
      "Snapshots: a copy of a data disk that is filled to 70 %, and 10 % of that for each day kept.",
      "Not in it: traffic, taxes.",
    ]);
  });

  test("says what is unknown", () => {
    const lines = tableOf({ instanceType: "m7g.large" });
    expect(lines[1]).toBe("instance m7g.large             730 h     unknown     unknown");
    expect(lines[6]).toMatch(/^sum of what is known +10\.\d\d$/);
  });

  test("names what this host is charged for beside", () => {
    const lines = tableOf({
      cpuCredits: "unlimited",
      network: { type: "own", flowLogs: {} },
    });
    expect(lines.at(-1)).toBe("Not in it: traffic, taxes, flow logs, surplus CPU credits.");
  });
});

describe("limit", () => {
  test("accepts what costs as much or less", () => {
    expect(() => {
      assertCost(hostWith({ region: "us-east-1", monthlyCostLimitUsd: 22.11 }));
    }).not.toThrow();
    expect(() => {
      assertCost(hostWith());
    }).not.toThrow();
  });

  test("fails with the whole table when the host costs more", () => {
    const refused = () => {
      assertCost(hostWith({ region: "us-east-1", monthlyCostLimitUsd: 20 }));
    };
    expect(refused).toThrow(CostError);
    expect(refused).toThrow(
      "'host.monthlyCostLimitUsd' must be at least 22.11 for what the host costs, got 20:",
    );
    expect(refused).toThrow(tableOf({ region: "us-east-1" }).join("\n"));
  });

  test("fails where a price is not known, naming the field that states it", () => {
    const faults = (changes: Partial<HostInput>) =>
      hostFaults(hostWith({ monthlyCostLimitUsd: 50, ...changes })).map(describeFault);
    expect(faults({ instanceType: "m7g.large" })).toEqual([
      "'host.prices.instanceUsdPerHour' must be given with 'host.monthlyCostLimitUsd', since the price of the instance type in eu-central-1 is not known here, got nothing; take it for m7g.large in eu-central-1 from AWS's price list, or leave out the limit",
    ]);
    expect(
      faults({ region: "af-south-1", prices: { instanceUsdPerHour: 0.02 } }).map(
        (fault) => fault.split("'")[1],
      ),
    ).toEqual([
      "host.prices.publicIpv4UsdPerHour",
      "host.prices.diskUsdPerGiBMonth",
      "host.prices.snapshotUsdPerGiBMonth",
    ]);
    expect(
      faults({
        region: "af-south-1",
        snapshots: false,
        prices: { instanceUsdPerHour: 0.02, publicIpv4UsdPerHour: 0.005, diskUsdPerGiBMonth: 0.1 },
      }),
    ).toEqual([]);
  });
});
