import { checkConfig, type ChainConfig } from "../../../../programs/l2-exporter/config";
import type { Metrics } from "../../../../programs/l2-exporter/metrics";

export const BATCHER = "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045";
export const PROPOSER = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
export const CELESTIA = "celestia1377k5an3f94v6wyaceu0cf4nq6gk2jtpc46g7h";
export const NEVER: globalThis.AbortSignal = new AbortController().signal;

/** One checked chain named "test"; throws when the input is refused. */
export function chainConfig(input: object): ChainConfig {
  const [chain] = checkConfig({ chains: [{ name: "test", ...input }] }).chains;
  if (chain === undefined) throw new Error("no chain");
  return chain;
}

/** Wallets as they are written in a configuration. */
export const WALLETS = [
  { name: "batcher", role: "batcher", layer: "l1", address: BATCHER },
  { name: "proposer", role: "proposer", layer: "l1", address: PROPOSER },
];

/** The labels of the first wallet. */
export const BATCHER_LABELS = {
  chain: "test",
  layer: "l1",
  wallet: "batcher",
  role: "batcher",
  address: BATCHER,
};

/** The value of the one series that has all these labels; undefined when there is none. */
export async function value(
  metrics: Metrics,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<number | undefined> {
  const all = await metrics.registry.getMetricsAsJSON();
  const series = all
    .filter((metric) => name === metric.name || name.startsWith(`${metric.name}_`))
    .flatMap((metric) => metric.values as { metricName?: string; labels: object; value: number }[])
    .filter((entry) => (entry.metricName ?? name) === name)
    .filter((entry) => {
      const own = new Map(Object.entries(entry.labels));
      return Object.entries(labels).every(([label, text]) => own.get(label) === text);
    });
  if (series.length > 1) throw new Error(`'${name}' must be one series, got ${series.length}`);
  return series[0]?.value;
}

/** Waits until the condition holds; throws after 5 s. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 5000;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error("the condition did not hold within 5 s");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
