/** Unit prices in USD, without taxes. */
export interface UnitPrices {
  readonly instanceUsdPerHour?: number | undefined;
  readonly publicIpv4UsdPerHour?: number | undefined;
  /** Of gp3 disks, with the throughput that is included. */
  readonly diskUsdPerGiBMonth?: number | undefined;
  readonly snapshotUsdPerGiBMonth?: number | undefined;
}

/** Month of the newest figure in the table; nothing in it was read from an account. */
export const pricesAsOf = "2026-09";

interface RegionPrices {
  readonly disk: number;
  readonly snapshot: number;
  /** On demand, Linux, shared tenancy, USD an hour. */
  readonly instances: Readonly<Record<string, number>>;
}

/** Charged since February 2024 for each public address, at the same rate in every region below. */
const publicIpv4UsdPerHour = 0.005;

/**
 * Second-hand figures of AWS's public price list: nothing here was read at AWS. Instances: us-east-1 from the table that
 * Karpenter (karpenter-provider-aws) generates from the list, of 2026-07-20; t4g.small and medium of eu-central-1,
 * eu-west-1 and ap-southeast-1, and t4g.small of ap-northeast-1 and -2, as quoted from it in 2026; larger sizes, us-west-2
 * and t3 from single tables, documents and bills. Disks: AWS's EBS prices of 2021, confirmed in 2026 for four regions.
 * Snapshots: the list (us-east-1, eu-central-1, eu-west-1) and bills; ap-southeast-1 from other projects' test data.
 */
const regions: Readonly<Record<string, RegionPrices>> = {
  "us-east-1": {
    disk: 0.08,
    snapshot: 0.05,
    instances: {
      "t4g.small": 0.0168,
      "t4g.medium": 0.0336,
      "t4g.large": 0.0672,
      "t4g.xlarge": 0.1344,
      "t3a.small": 0.0188,
      "t3a.medium": 0.0376,
      "t3a.large": 0.0752,
      "t3.small": 0.0208,
      "t3.medium": 0.0416,
      "t3.large": 0.0832,
      "m7g.medium": 0.0408,
      "m7g.large": 0.0816,
    },
  },
  "us-west-2": {
    disk: 0.08,
    snapshot: 0.05,
    instances: { "t4g.small": 0.0168, "t4g.medium": 0.0336 },
  },
  "eu-west-1": {
    disk: 0.088,
    snapshot: 0.05,
    instances: { "t4g.small": 0.0184, "t4g.medium": 0.0368, "t4g.large": 0.0736 },
  },
  "eu-central-1": {
    disk: 0.0952,
    snapshot: 0.054,
    instances: {
      "t4g.small": 0.0192,
      "t4g.medium": 0.0384,
      "t3.small": 0.024,
      "t3.medium": 0.048,
      "t3.large": 0.096,
    },
  },
  "ap-northeast-1": {
    disk: 0.096,
    snapshot: 0.05,
    instances: {
      "t4g.small": 0.0216,
      "t4g.medium": 0.0432,
      "t4g.large": 0.0864,
      "t4g.xlarge": 0.1728,
    },
  },
  "ap-northeast-2": {
    disk: 0.0912,
    snapshot: 0.05,
    instances: { "t4g.small": 0.0208, "t4g.medium": 0.0416, "t4g.large": 0.0832 },
  },
  "ap-southeast-1": {
    disk: 0.096,
    snapshot: 0.05,
    instances: {
      "t4g.small": 0.0212,
      "t4g.medium": 0.0424,
      "t3.small": 0.0264,
      "t3.medium": 0.0528,
    },
  },
};

/** The prices of an instance type in a region, as far as they are known; what the environment states wins. */
export function unitPricesOf(
  region: string,
  instanceType: string,
  stated: UnitPrices = {},
): UnitPrices {
  const known = regions[region];
  return {
    instanceUsdPerHour: stated.instanceUsdPerHour ?? known?.instances[instanceType],
    publicIpv4UsdPerHour:
      stated.publicIpv4UsdPerHour ?? (known === undefined ? undefined : publicIpv4UsdPerHour),
    diskUsdPerGiBMonth: stated.diskUsdPerGiBMonth ?? known?.disk,
    snapshotUsdPerGiBMonth: stated.snapshotUsdPerGiBMonth ?? known?.snapshot,
  };
}
