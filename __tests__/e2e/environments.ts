import { secret } from "../../constructs/core/secret";
import { demoSources } from "../../environments/demo";
import type { Environments } from "../../environments/load";
import { local } from "../../environments/local";
import { production } from "../../environments/production";

const engine = {
  type: "local",
  socket: process.env["RIG_SOCKET"] ?? "/var/run/docker.sock",
} as const;

const lowBalanceEth = Number(process.env["E2E_LOW_BALANCE_ETH"] ?? "0.5");

/** The environment `local` with its demonstration chain, told to a Slack, on ports of its own. */
export const environments: Environments = {
  local: () => ({
    ...local,
    engine,
    // Left out, as the platform's own, where there is no Alloy.
    agents: [
      {
        agent: "application",
        engine,
        modules: [{ module: "host" }, { module: "docker-logs", ignore: ["l2o-e2e-ignored"] }],
      },
    ],
    traces: { store: "jaeger", diskGiB: 2 },
    // The address of the private engine that the rig starts; where files are only rendered, any that is not loopback.
    bindAddress: process.env["RIG_ADDRESS"] ?? "10.88.0.1",
    receivers: [{ name: "ops-slack", type: "slack", webhookUrl: secret("slack-webhook-url") }],
    sources: [...(local.sources ?? []), ...demoSources({ lowBalanceEth })],
  }),
  production: () => production,
  faulty: () => ({ ...production, name: "faulty", bindAddress: "0.0.0.0" }),
};
