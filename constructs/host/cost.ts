import { usableDiskShare } from "../core/budget";
import { pricesAsOf, unitPricesOf, type UnitPrices } from "./prices";
import type { Host } from "./schema";

/** Hours of an average month. */
export const monthHours = 730;

/** The share of the data that a day changes; each snapshot keeps what changed since the one before it. */
export const dailyChangeShare = 0.1;

/** One thing that AWS charges for. */
export interface CostLine {
  readonly what: string;
  readonly quantity: number;
  readonly unit: "h" | "GiB";
  /** The field of `prices` that states its price. */
  readonly price: keyof UnitPrices;
  /** Per unit; nothing where it is not known. */
  readonly unitPriceUsd: number | undefined;
  /** A month; nothing where the price is not known. */
  readonly usd: number | undefined;
}

/** What a host costs a month, about. */
export interface CostEstimate {
  readonly lines: readonly CostLine[];
  /** Sum of the lines whose price is known. */
  readonly totalUsd: number;
  /** Whether every price is known. */
  readonly complete: boolean;
  /** What was assumed and what is not in the sum, a sentence each. */
  readonly notes: readonly string[];
}

type Item = Pick<CostLine, "what" | "quantity" | "unit" | "price">;

/** Full copy of the data and what each later day adds to it, in GiB. */
function snapshotGiB(dataVolumeGiB: number, keepDays: number): number {
  const data = dataVolumeGiB * usableDiskShare;
  return Number((data + data * dailyChangeShare * keepDays).toFixed(1));
}

function itemsOf({ instanceType, rootVolumeGiB, dataVolumeGiB, snapshots }: Host): Item[] {
  const disk = { unit: "GiB", price: "diskUsdPerGiBMonth" } as const;
  return [
    {
      what: `instance ${instanceType}`,
      quantity: monthHours,
      unit: "h",
      price: "instanceUsdPerHour",
    },
    {
      what: "public IPv4 address",
      quantity: monthHours,
      unit: "h",
      price: "publicIpv4UsdPerHour",
    },
    { what: "root disk, gp3", quantity: rootVolumeGiB, ...disk },
    { what: "data disk, gp3", quantity: dataVolumeGiB, ...disk },
    ...(snapshots === false
      ? []
      : [
          {
            what: `snapshots of ${String(snapshots.keepDays)} days`,
            quantity: snapshotGiB(dataVolumeGiB, snapshots.keepDays),
            unit: "GiB",
            price: "snapshotUsdPerGiBMonth",
          } as const,
        ]),
  ];
}

function notesOf({ snapshots, network, cpuCredits, instanceType }: Host): string[] {
  const percent = (share: number) => `${String(share * 100)} %`;
  const left = [
    "traffic",
    "taxes",
    ...(network.type === "own" && network.flowLogs !== undefined ? ["flow logs"] : []),
    ...(cpuCredits === "unlimited" && /^t\d/.test(instanceType) ? ["surplus CPU credits"] : []),
  ];
  return [
    `Prices in USD on demand, as published up to ${pricesAsOf} or stated in 'host.prices'.`,
    ...(snapshots === false
      ? []
      : [
          `Snapshots: a copy of a data disk that is filled to ${percent(usableDiskShare)}, and ${percent(dailyChangeShare)} of that for each day kept.`,
        ]),
    `Not in it: ${left.join(", ")}.`,
  ];
}

/** Without the last digits of binary fractions. */
function cents(usd: number): number {
  return Number(usd.toFixed(2));
}

/** What a host costs a month: instance, public address, disks and snapshots. A price that is not known is left open. */
export function estimateMonthlyCost(host: Host): CostEstimate {
  const prices = unitPricesOf(host.region, host.instanceType, host.prices);
  const lines = itemsOf(host).map((item): CostLine => {
    const unitPriceUsd = prices[item.price];
    return {
      ...item,
      unitPriceUsd,
      usd: unitPriceUsd === undefined ? undefined : cents(item.quantity * unitPriceUsd),
    };
  });
  return {
    lines,
    totalUsd: cents(lines.reduce((sum, { usd = 0 }) => sum + usd, 0)),
    complete: lines.every(({ usd }) => usd !== undefined),
    notes: notesOf(host),
  };
}

function row([what = "", ...figures]: readonly string[]): string {
  return [what.padEnd(24), ...figures.map((figure) => figure.padStart(12))].join("");
}

/** An estimate as a table: a row per thing, the sum, and what was assumed. */
export function formatCost({ lines, totalUsd, complete, notes }: CostEstimate): string {
  return [
    row(["per month", "quantity", "USD each", "USD"]),
    ...lines.map(({ what, quantity, unit, unitPriceUsd, usd }) =>
      row([
        what,
        `${String(quantity)} ${unit}`,
        unitPriceUsd === undefined ? "unknown" : String(unitPriceUsd),
        usd === undefined ? "unknown" : usd.toFixed(2),
      ]),
    ),
    row([complete ? "sum" : "sum of what is known", "", "", totalUsd.toFixed(2)]),
    ...notes,
  ].join("\n");
}

/** The host costs more than its environment allows. */
export class CostError extends Error {
  override readonly name = "CostError";
}

/**
 * Checks a host against its own limit; without one anything is accepted.
 * @throws CostError with the whole estimate
 */
export function assertCost(host: Host): void {
  const { monthlyCostLimitUsd } = host;
  if (monthlyCostLimitUsd === undefined) return;
  const estimate = estimateMonthlyCost(host);
  if (estimate.totalUsd <= monthlyCostLimitUsd) return;
  throw new CostError(
    `'host.monthlyCostLimitUsd' must be at least ${estimate.totalUsd.toFixed(2)} for what the host costs, got ${String(monthlyCostLimitUsd)}:\n\n${formatCost(estimate)}\n\nuse a smaller instance type or disk, keep fewer snapshots, or raise the limit`,
  );
}
