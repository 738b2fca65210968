import { secret } from "../constructs/core/secret";
import { axum } from "../constructs/exporters/axum";
import { blackboxExporter } from "../constructs/exporters/blackbox-exporter";
import { l2Exporter } from "../constructs/exporters/l2-exporter";
import { mysqldExporter } from "../constructs/exporters/mysqld-exporter";
import { nginxExporter } from "../constructs/exporters/nginx-exporter";
import { opBatcher } from "../constructs/exporters/op-batcher";
import { opChallenger } from "../constructs/exporters/op-challenger";
import { opDisputeMon } from "../constructs/exporters/op-dispute-mon";
import { opGeth } from "../constructs/exporters/op-geth";
import { opNode } from "../constructs/exporters/op-node";
import { opProposer } from "../constructs/exporters/op-proposer";
import { redisExporter } from "../constructs/exporters/redis-exporter";
import { springBoot } from "../constructs/exporters/spring-boot";
import type { EnvironmentInput } from "../stacks/environment";

/** A complete example: one AWS host, one OP Stack chain and one Spring Boot application, both WireGuard peers of it. */
const chain = "example-chain";
const rollupHost = "10.88.0.10";
const applicationHost = "10.88.0.20";
const batcherWallet = { lowBalanceEth: 0.5 };

export const production: EnvironmentInput = {
  name: "production",
  engine: { type: "ssh", address: "10.88.0.1" },
  bindAddress: "10.88.0.1",
  protectData: true,
  host: {
    region: "eu-central-1",
    instanceType: "t4g.small",
    // The image brings the agent of Session Manager, the way in when the tunnel is down.
    operatingSystem: "amazon-linux-2023",
    tunnel: {
      peers: [
        {
          name: "operator",
          publicKey: "RkFLRS1wdWJsaWMta2V5LW9mLXRoZS1vcGVyYXRvci0=",
          address: "10.88.0.2",
        },
        {
          name: "rollup",
          publicKey: "RkFLRS1wdWJsaWMta2V5LW9mLXRoZS1yb2xsdXAtLS0=",
          address: rollupHost,
          // It is scraped and asks for nothing.
          allowed: [],
        },
        {
          name: "application",
          publicKey: "RkFLRS1wdWJsaWMta2V5LW9mLXRoZS1hcHAtaG9zdC0=",
          address: applicationHost,
          // Its jobs push metrics, its agent writes metrics and lines.
          allowed: [9090, 9091, 3100],
        },
      ],
    },
    deployKeys: [
      {
        name: "operator",
        publicKey:
          "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEZBS0Utc3NoLXB1YmxpYy1rZXktb2Ytb3BlcmF0b3It",
      },
    ],
    monthlyCostLimitUsd: 30,
  },
  backend: { type: "s3", bucket: "example-l2-observatory-state", region: "eu-central-1" },
  receivers: [
    { name: "ops-slack", type: "slack", webhookUrl: secret("slack-webhook-url") },
    {
      name: "team-discord",
      type: "discord",
      webhookUrls: {
        P1: secret("discord-alert-urgent-webhook-url"),
        P3: secret("discord-alert-normal-webhook-url"),
      },
    },
    { name: "on-call", type: "webhook", url: secret("on-call-webhook-url") },
    { name: "dead-man", type: "webhook", url: secret("dead-man-webhook-url") },
  ],
  routes: {
    P1: ["ops-slack", "team-discord", "on-call"],
    P2: ["ops-slack", "team-discord", "on-call"],
    P3: ["ops-slack", "team-discord"],
    P4: ["team-discord"],
    heartbeat: ["dead-man"],
  },
  calendar: {
    timeZone: "Europe/Berlin",
    businessHours: { from: "09:00", until: "18:00" },
    holidays: ["01-01", "05-01", "12-25", "12-26"],
  },
  agents: [
    {
      agent: "application",
      engine: { type: "ssh", address: applicationHost },
      modules: [{ module: "host" }, { module: "docker-logs", drop: ["GET /actuator/health"] }],
    },
  ],
  slos: [{ service: "api", requests: "spring-boot" }],
  // As long as an error budget is counted.
  retention: { days: 30 },
  sources: [
    opGeth({ chain, host: rollupHost, dataGiB: 400 }),
    opNode({ chain, host: rollupHost, peersExpected: true, sequencer: true }),
    opBatcher({ chain, host: rollupHost, wallet: batcherWallet }),
    opProposer({ chain, host: rollupHost }),
    opChallenger({ chain, host: rollupHost }),
    opDisputeMon({ chain, host: rollupHost }),
    l2Exporter({
      chains: [
        {
          name: chain,
          l1: { url: secret("l1-rpc-url"), chainId: 1 },
          l2: { url: `http://${rollupHost}:8545` },
          rollup: { url: `http://${rollupHost}:9545` },
          wallets: [
            {
              name: "batcher",
              role: "batcher",
              address: "0x00000000000000000000000000000000000ba7c4",
            },
            {
              name: "proposer",
              role: "proposer",
              address: "0x00000000000000000000000000000000000009e0",
            },
          ],
          batcherWallet,
        },
      ],
    }),
    springBoot({
      service: "api",
      host: applicationHost,
      port: 8080,
      jvm: { title: "JVM API", pool: "DoktoriHikariPool", tomcatMaxThreads: 100 },
    }),
    axum({ service: "indexer", host: applicationHost }),
    nginxExporter({ service: "web", host: applicationHost }),
    redisExporter({
      service: "sessions",
      host: applicationHost,
      password: secret("redis-password"),
    }),
    mysqldExporter({
      service: "orders",
      host: applicationHost,
      password: secret("mysql-password"),
    }),
    blackboxExporter({
      probes: [
        { name: "api", target: "https://api.example.com/actuator/health" },
        { name: "public-rpc", target: "https://rpc.example.com", module: "json_rpc" },
      ],
    }),
  ],
};
