import { secret } from "../../constructs/core/secret";
import type { Environments } from "../../environments/load";
import { local } from "../../environments/local";

/** Ports of the drill's own servers on this machine. */
export const ports = { prometheus: 29_090, pushgateway: 29_091, alertmanager: 29_093 } as const;

/** The environment `local`, told to a Slack and a webhook; nobody hears its P2. */
export const environments: Environments = {
  local: () => ({
    ...local,
    ports,
    agent: false,
    grafana: false,
    logs: false,
    receivers: [
      { name: "ops-slack", type: "slack", webhookUrl: secret("slack-webhook-url") },
      { name: "on-call", type: "webhook", url: secret("on-call-webhook-url") },
    ],
    routes: { P2: [] },
  }),
};
