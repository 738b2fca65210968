import { nodeExporter } from "../../../constructs/exporters/node-exporter";
import { secret } from "../../../constructs/core/secret";
import type { Environments } from "../../../environments/load";
import type { EnvironmentInput } from "../../../stacks/environment";

export const bootName = "boot";
export const bootRegion = "eu-central-1";
export const bootBucket = "l2-observatory-boot-state";
export const tunnelAddress = "10.88.0.1";
export const operatorAddress = "10.88.0.2";
export const applicationAddress = "10.88.0.20";

/** What a step changes in the environment, told to the commands through the process environment. */
export interface BootVariables {
  /** Public keys that the operator made. */
  readonly BOOT_OPERATOR_KEY?: string | undefined;
  readonly BOOT_DEPLOY_KEY?: string | undefined;
  /** An application host that may reach Prometheus only. */
  readonly BOOT_APPLICATION_KEY?: string | undefined;
  readonly BOOT_TUNNEL_PORT?: string | undefined;
}

function peers(variables: BootVariables) {
  const { BOOT_OPERATOR_KEY: operator, BOOT_APPLICATION_KEY: application } = variables;
  return [
    ...(operator === undefined
      ? []
      : [{ name: "operator", publicKey: operator, address: operatorAddress }]),
    ...(application === undefined
      ? []
      : [
          {
            name: "application",
            publicKey: application,
            address: applicationAddress,
            allowed: [9090],
          },
        ]),
  ];
}

/** One Debian host with few services, as an operator would begin. */
export function bootEnvironment(variables: BootVariables): EnvironmentInput {
  return {
    name: bootName,
    engine: { type: "ssh", address: tunnelAddress },
    bindAddress: tunnelAddress,
    host: {
      region: bootRegion,
      operatingSystem: "debian-12",
      // Its package cannot be had without the network.
      sessionManager: { type: "none" },
      // The test's kernel has no swap on an overlay.
      swapMiB: 0,
      // moto has no Debian image and no snapshot policies.
      imageId: "ami-04681a1dbd79675a5",
      snapshots: false,
      tunnel: { port: Number(variables.BOOT_TUNNEL_PORT ?? "51820"), peers: peers(variables) },
      deployKeys: [
        {
          name: "operator",
          // Before the operator has made one: a key that fits nobody.
          publicKey:
            variables.BOOT_DEPLOY_KEY ??
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        },
      ],
    },
    backend: { type: "s3", bucket: bootBucket, region: bootRegion },
    receivers: [{ name: "ops-slack", type: "slack", webhookUrl: secret("slack-webhook-url") }],
    // What there is no image of without a registry.
    agent: false,
    grafana: false,
    sources: [nodeExporter({})],
  };
}

function variablesOf(all: NodeJS.ProcessEnv): BootVariables {
  const { BOOT_OPERATOR_KEY, BOOT_DEPLOY_KEY, BOOT_APPLICATION_KEY, BOOT_TUNNEL_PORT } = all;
  return { BOOT_OPERATOR_KEY, BOOT_DEPLOY_KEY, BOOT_APPLICATION_KEY, BOOT_TUNNEL_PORT };
}

/** For commands that are told of it by L2O_ENVIRONMENTS_MODULE. */
export const environments: Environments = {
  [bootName]: () => bootEnvironment(variablesOf(process.env)),
};
