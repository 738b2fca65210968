import { createHash } from "node:crypto";
import { privateKeyToAddress } from "viem/accounts";
import { demoEndpoints, demoNetwork } from "../constructs/demo";
import { secret } from "../constructs/core/secret";
import { l2Exporter } from "../constructs/exporters/l2-exporter";
import type { Environments } from "../environments/load";
import { local } from "../environments/local";

/** A wallet of the bench, on a chain that exists for this run only. */
export interface BenchWallet {
  /** Its chain's name: every wallet pays for a chain of its own. */
  readonly chain: string;
  readonly key: `0x${string}`;
  readonly address: `0x${string}`;
}

/** The wallets that the bench drains. */
export const wallets: readonly BenchWallet[] = Array.from({ length: 20 }, (_, i) => {
  const chain = `bench-${String(i + 1)}`;
  const key = `0x${createHash("sha256").update(`l2-observatory ${chain}`).digest("hex")}` as const;
  return { chain, key, address: privateKeyToAddress(key) };
});

/** `local` with the demonstration chain's L1, on which the wallets live. */
export const environments: Environments = {
  local: () => ({
    ...local,
    // The address of the private engine that the rig starts.
    bindAddress: process.env["RIG_ADDRESS"] ?? "127.0.0.1",
    receivers: [{ name: "ops-slack", type: "slack", webhookUrl: secret("slack-webhook-url") }],
    sources: [
      ...(local.sources ?? []),
      l2Exporter({
        chains: wallets.map(({ chain, address }) => ({
          name: chain,
          pollSeconds: 2,
          l1: { url: demoEndpoints.l1.url },
          wallets: [{ name: "batcher", role: "batcher", address }],
          network: demoNetwork(local),
        })),
      }),
    ],
  }),
};
