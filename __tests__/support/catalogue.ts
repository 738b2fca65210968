import { Testing } from "cdktf";
import type { Alert, LogRuleGroup, RecordingRule, RuleGroup } from "../../constructs/core/alert";
import type { CompleteBoard } from "../../constructs/core/board";
import { secret } from "../../constructs/core/secret";
import { agentSchema, type AgentInput } from "../../constructs/alloy";
import { axum } from "../../constructs/exporters/axum";
import { blackboxExporter } from "../../constructs/exporters/blackbox-exporter";
import { daServer } from "../../constructs/exporters/da-server";
import { l2Exporter } from "../../constructs/exporters/l2-exporter";
import { mysqldExporter } from "../../constructs/exporters/mysqld-exporter";
import { nginxExporter } from "../../constructs/exporters/nginx-exporter";
import { nodeExporter } from "../../constructs/exporters/node-exporter";
import { opBatcher } from "../../constructs/exporters/op-batcher";
import { opChallenger } from "../../constructs/exporters/op-challenger";
import { opConductor } from "../../constructs/exporters/op-conductor";
import { opDisputeMon } from "../../constructs/exporters/op-dispute-mon";
import { opGeth } from "../../constructs/exporters/op-geth";
import { opNode } from "../../constructs/exporters/op-node";
import { opProposer } from "../../constructs/exporters/op-proposer";
import { opReth } from "../../constructs/exporters/op-reth";
import { redisExporter } from "../../constructs/exporters/redis-exporter";
import { springBoot } from "../../constructs/exporters/spring-boot";
import { Grafana } from "../../constructs/grafana";
import { engineRules } from "../../constructs/grafana/mixin";
import { Jaeger } from "../../constructs/jaeger";
import { OtelCollector } from "../../constructs/otel-collector";
import { Tempo } from "../../constructs/tempo";
import type { Source, SourceFactory } from "../../constructs/core/source";
import { agentObservable } from "../../stacks/agent-stack";
import { parseEnvironment } from "../../stacks/environment";
import { MonitoringStack } from "../../stacks/monitoring-stack";
import type { z } from "zod";

/** Every kind of source. */
export const factories: readonly SourceFactory<z.ZodType>[] = [
  opGeth,
  opNode,
  opBatcher,
  opProposer,
  opChallenger,
  opDisputeMon,
  opReth,
  opConductor,
  daServer,
  l2Exporter,
  springBoot,
  axum,
  nginxExporter,
  redisExporter,
  mysqldExporter,
  nodeExporter,
  blackboxExporter,
].map((factory) => factory as unknown as SourceFactory<z.ZodType>);

/** The two chains of the catalogue's environment: rules must tell them apart. */
export const chains = ["alpha", "beta"] as const;

const wallets = [
  {
    name: "batcher",
    role: "batcher",
    address: "0x00000000000000000000000000000000000ba7c4",
  },
] as const;

/** One of everything that can be watched, for two chains, with every default. */
export const everySource: readonly Source[] = [
  ...chains.flatMap((chain) => [
    opGeth({ chain, host: `geth-${chain}`, dataGiB: 500 }),
    opNode({ chain, host: `node-${chain}`, peersExpected: true, sequencer: true }),
    opBatcher({ chain, host: `batcher-${chain}` }),
    opProposer({ chain, host: `proposer-${chain}` }),
    opChallenger({ chain, host: `challenger-${chain}` }),
    opDisputeMon({ chain, host: `dispute-mon-${chain}` }),
    daServer({ chain, host: `da-server-${chain}` }),
    ...["s1", "s2", "s3"].map((server) =>
      opConductor({ chain, server, host: `conductor-${chain}-${server}` }),
    ),
  ]),
  // An execution client instead of op-geth, so for chains of its own.
  opReth({ chain: "gamma", host: "reth-gamma" }),
  opReth({ chain: "delta", host: "reth-delta" }),
  l2Exporter({
    chains: chains.map((name) => ({
      name,
      l1: { url: secret(`l1-of-${name}`) },
      l2: { url: `http://geth-${name}:8545` },
      rollup: { url: `http://node-${name}:9545` },
      beacon: { url: secret(`beacon-of-${name}`) },
      da: { url: `http://da-${name}:3100` },
      celestia: {
        url: `http://celestia-${name}:26658`,
        address: "celestia1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqzf30as",
        token: secret(`celestia-of-${name}`),
      },
      wallets: [...wallets],
    })),
  }),
  springBoot({
    service: "api",
    host: "10.0.0.20",
    jvm: { title: "JVM API", pool: "DoktoriHikariPool", tomcatMaxThreads: 100 },
  }),
  springBoot({ service: "worker", host: "10.0.0.21" }),
  axum({ service: "indexer", host: "10.0.0.22" }),
  axum({ service: "relay", host: "10.0.0.23" }),
  nginxExporter({ service: "edge", host: "edge" }),
  nginxExporter({ service: "intranet", host: "10.0.0.30" }),
  redisExporter({ service: "cache", host: "cache", password: secret("cache-password") }),
  redisExporter({ service: "sessions", host: "10.0.0.31" }),
  mysqldExporter({ service: "orders", host: "orders", password: secret("orders-password") }),
  mysqldExporter({ service: "users", host: "10.0.0.32", password: secret("users-password") }),
  nodeExporter({}),
  blackboxExporter({
    probes: [
      { name: "api", target: "https://api.example.com/health" },
      { name: "rpc", target: "https://rpc.example.com", module: "json_rpc" },
    ],
  }),
];

/** Two agents: rules must tell them apart. */
const agents: readonly AgentInput[] = [
  {
    agent: "app-1",
    modules: [
      { module: "host" },
      {
        module: "spring",
        service: "chat",
        host: "chat",
        port: 8081,
        jvm: { title: "JVM Chat", pool: "ChatHikariPool", tomcatMaxThreads: 100 },
      },
      { module: "probes", probes: [{ name: "inside", target: "http://10.0.0.40" }] },
    ],
  },
  { agent: "app-2", modules: [{ module: "docker-logs" }] },
];

/** Links of rendered rules in the tests. */
export const links = {
  prometheus: "http://127.0.0.1:9090",
  runbooks: "http://127.0.0.1:9091/runbooks",
};

interface Kept {
  readonly groups: readonly RuleGroup[];
  readonly boards: readonly CompleteBoard[];
}

let kept: Kept | undefined;

function everything(): Kept {
  if (kept === undefined) {
    const stack = observed();
    kept = { groups: stack.prometheus.ruleGroups(), boards: stack.boards() };
  }
  return kept;
}

/** Every rule group that the package can produce, with every default. */
export function catalogue(): readonly RuleGroup[] {
  return everything().groups;
}

/** Every dashboard that the package can produce. */
export function boards(): readonly CompleteBoard[] {
  return everything().boards;
}

function observed(): MonitoringStack {
  const stack = new MonitoringStack(Testing.app(), "catalogue", {
    environment: parseEnvironment({
      name: "catalogue",
      engine: { type: "local" },
      machine: { name: "test", memoryMiB: 4096, diskGiB: 50 },
      secretsDirectory: "/secrets",
      sources: [...everySource],
      slos: [
        { service: "api", requests: "spring-boot" },
        { service: "ledger", requests: "axum" },
      ],
      retention: { days: 30 },
      agent: false,
      grafana: false,
    }),
  });
  // Both stores of traces, of which an environment has one.
  const { runtime } = stack;
  const metrics = stack.prometheus.push;
  const traces = new Jaeger(stack, "jaeger", { runtime });
  const grafana = new Grafana(stack, "grafana", { runtime, metrics: stack.prometheus });
  stack.observe(
    traces,
    new Tempo(stack, "tempo", { runtime, metrics }),
    new OtelCollector(stack, "otel-collector", { runtime, traces, metrics }),
    grafana,
    // What it tells as the engine of alerts.
    { observation: { ...grafana.observation, targets: [], rules: [engineRules] } },
    ...agents.map((observed) => agentObservable(agentSchema.parse(observed))),
  );
  return stack;
}

/** Every rule of the catalogue. */
export function rules(): readonly (Alert | RecordingRule)[] {
  return catalogue().flatMap((group) => group.rules);
}

/** Every group of rules on logs. */
export function logRules(): readonly LogRuleGroup[] {
  const { loki } = new MonitoringStack(Testing.app(), "log-catalogue", {
    environment: parseEnvironment({
      name: "catalogue",
      engine: { type: "local" },
      machine: { name: "test", memoryMiB: 4096, diskGiB: 50 },
      secretsDirectory: "/secrets",
      agent: false,
      grafana: false,
      sources: [...everySource],
    }),
  });
  return loki?.ruleGroups() ?? [];
}
