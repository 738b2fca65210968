import { Testing } from "cdktf";
import { Endpoint } from "../../constructs/core/endpoint";
import type { Observable } from "../../constructs/core/observation";
import { opNode } from "../../constructs/exporters/op-node";
import { nodeExporter } from "../../constructs/exporters/node-exporter";
import { parseEnvironment, type EnvironmentInput } from "../../stacks/environment";
import { dockerProviderVersion } from "../../stacks/docker";
import { MonitoringStack, type MonitoringStackProps } from "../../stacks/monitoring-stack";
import { soundEnvironment } from "../support/refusals";
import { built, type ContainerResource, type Synthesised } from "../support/synth";

const stackOf = (
  change: Partial<EnvironmentInput> = {},
  images: Record<string, string> = {},
  more: Partial<MonitoringStackProps> = {},
) =>
  new MonitoringStack(Testing.app(), "test-monitoring", {
    environment: parseEnvironment({ ...soundEnvironment, sources: [nodeExporter({})], ...change }),
    imageOverrides: images,
    stateDirectory: "/state",
    ...more,
  });

const synth = (stack: MonitoringStack) => JSON.parse(Testing.synth(stack, true)) as Synthesised;

const hosts = ({ resource }: Synthesised): string[] =>
  Object.values(resource.docker_container ?? {})
    .map(({ hostname }) => hostname)
    .sort();

function container({ resource }: Synthesised, hostname: string): ContainerResource {
  const found = Object.values(resource.docker_container ?? {}).find(
    (one) => one.hostname === hostname,
  );
  if (found === undefined) throw new Error(`no container ${hostname}`);
  return found;
}

const external: Observable = {
  observation: {
    job: "outside",
    targets: [
      {
        endpoint: new Endpoint({
          protocol: "metrics",
          host: "10.0.0.9",
          port: 9999,
          path: "/metrics",
        }),
      },
    ],
    scrape: { intervalSeconds: 15 },
    down: {
      name: "OutsideDown",
      priority: "P3",
      for: "5m",
      summary: "Something outside does not answer",
      runbook: { meaning: "It is gone.", impact: "It is missed.", steps: ["Look."] },
    },
    rules: [],
  },
};

describe("MonitoringStack", () => {
  test("runs the servers and the sources of the environment", () => {
    expect(hosts(synth(stackOf()))).toEqual([
      "alertmanager",
      "loki",
      "node-exporter",
      "prometheus",
      "push-proxy",
      "pushgateway",
    ]);
  });

  test("has no Alertmanager where Grafana is the engine of alerts", () => {
    const stack = stackOf({ grafana: true, alerting: { engine: "grafana" } });
    expect(stack.alertmanager).toBeUndefined();
    const synthesised = synth(stack);
    expect(hosts(synthesised)).not.toContain("alertmanager");
    expect(Object.keys(synthesised.output ?? {})).not.toContain("alertmanager_url");
    const jobs = (container(synthesised, "prometheus").upload ?? []).map(({ file }) => file);
    expect(jobs).not.toContain("/etc/prometheus/scrape/alertmanager.yml");
    expect(container(synthesised, "grafana").env).toContain("GF_UNIFIED_ALERTING_ENABLED=true");
  });

  test("leaves Pushgateway and its links out where nothing is pushed", () => {
    const stack = synth(stackOf({ pushgateway: false }));
    expect(hosts(stack)).toEqual(["alertmanager", "loki", "node-exporter", "prometheus"]);
    expect(Object.keys(stack.output ?? {}).sort()).toEqual([
      "alertmanager_url",
      "loki_url",
      "prometheus_url",
    ]);
    expect(JSON.stringify(container(stack, "prometheus").upload)).not.toContain("runbook_url");
  });

  test("keeps no logs and evaluates nothing on them where the environment says so", () => {
    const stack = stackOf({ logs: false, sources: [opNode({ chain: "a" })] });
    expect(stack.loki).toBeUndefined();
    const synthesised = synth(stack);
    expect(hosts(synthesised)).not.toContain("loki");
    expect(Object.keys(synthesised.output ?? {})).not.toContain("loki_url");
    expect(JSON.stringify(synthesised)).not.toContain("NodePipelineReset");
  });

  test("serves the runbooks of alerts on logs", () => {
    const stack = synth(stackOf({ sources: [opNode({ chain: "a" })] }));
    const pages = (container(stack, "push-proxy").upload ?? []).map(({ file }) => file);
    expect(pages).toEqual(
      expect.arrayContaining([
        "/usr/share/l2-observatory/runbooks/LokiDown.md",
        "/usr/share/l2-observatory/runbooks/LogErrorBurst.md",
        "/usr/share/l2-observatory/runbooks/NodePipelineReset.md",
      ]),
    );
  });

  test("tells Alertmanager what inhibits alerts on logs", () => {
    const stack = synth(stackOf({ sources: [opNode({ chain: "a" })] }));
    const [file] = container(stack, "alertmanager").upload ?? [];
    expect(file?.content).toContain('alertname="NodePipelineReset"');
  });

  test("publishes the environment's ports on its address", () => {
    const stack = synth(
      stackOf({ bindAddress: "10.88.0.1", ports: { prometheus: 19090, pushgateway: 19091 } }),
    );
    expect(container(stack, "prometheus").ports).toEqual([
      { internal: 9090, external: 19090, ip: "10.88.0.1", protocol: "tcp" },
    ]);
    expect(stack.output).toMatchObject({
      prometheus_url: { value: "http://10.88.0.1:19090" },
      push_url: { value: "http://10.88.0.1:19091" },
      alertmanager_url: { value: "http://10.88.0.1:9093" },
    });
  });

  test("takes images from the run, before the environment's, before its registry", () => {
    const { resource } = synth(
      stackOf(
        {
          images: {
            registry: "mirror.example.com/hub",
            overrides: { nginx: "mine/nginx:v1", prometheus: "mine/prometheus:v1" },
          },
        },
        { prometheus: "built/prometheus:v2" },
      ),
    );
    const names = Object.values(resource.docker_image ?? {}).map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        "built/prometheus:v2",
        "mine/nginx:v1",
        expect.stringMatching(/^mirror\.example\.com\/hub\/prom\/alertmanager:/),
      ]),
    );
  });

  test("protects data where the environment says so", () => {
    const volumes = (protectData: boolean) =>
      Object.values(synth(stackOf({ protectData })).resource.docker_volume ?? {});
    expect(volumes(false)).not.toContainEqual(
      expect.objectContaining({ lifecycle: expect.anything() as unknown }),
    );
    for (const volume of volumes(true)) {
      expect(volume).toMatchObject({ lifecycle: { prevent_destroy: true } });
    }
  });

  test("reaches a remote engine over one SSH connection with a checked host key", () => {
    const provider = (stack: Synthesised) =>
      (stack as unknown as { provider: { docker: readonly Record<string, unknown>[] } }).provider
        .docker[0];
    expect(provider(synth(stackOf()))).toEqual({});
    const remote = provider(
      synth(stackOf({ engine: { type: "ssh", address: "10.88.0.1", port: 2222 } })),
    );
    expect(remote?.["host"]).toBe("ssh://deploy@10.88.0.1:2222");
    expect(remote?.["ssh_opts"]).toEqual(
      expect.arrayContaining(["StrictHostKeyChecking=yes", "ControlMaster=auto"]),
    );
  });

  test("reaches a remote engine as a file of ssh says, where one is named", () => {
    const environment = { engine: { type: "ssh", address: "10.88.0.1" } } as const;
    const { provider } = synth(
      stackOf(environment, {}, { sshConfig: "/tunnel/ssh_config" }),
    ) as unknown as {
      provider: { docker: readonly Record<string, unknown>[] };
    };
    expect(provider.docker[0]?.["ssh_opts"]).toEqual(["-F", "/tunnel/ssh_config"]);
  });

  test("pins the provider and names the backend", () => {
    expect(synth(stackOf()).terraform).toMatchObject({
      backend: { local: { path: "/state/test-monitoring.tfstate" } },
      required_providers: { docker: { version: dockerProviderVersion } },
    });
    expect(
      synth(stackOf({ backend: { type: "s3", bucket: "a-bucket", region: "eu-central-1" } }))
        .terraform,
    ).toMatchObject({
      backend: {
        s3: {
          bucket: "a-bucket",
          key: "l2-observatory/test-monitoring.tfstate",
          encrypt: true,
          use_lockfile: true,
        },
      },
    });
  });

  test("watches what a consumer adds", () => {
    const stack = stackOf();
    stack.observe(external);
    const files = (container(synth(stack), "prometheus").upload ?? []).map(({ file }) => file);
    expect(files).toEqual(
      expect.arrayContaining([
        "/etc/prometheus/scrape/outside.yml",
        "/etc/prometheus/rules/liveness.outside.yml",
      ]),
    );
  });

  test("fails when something is observed after synth", () => {
    const stack = stackOf();
    synth(stack);
    expect(() => {
      stack.observe(external);
    }).toThrow("'outside' is observed after rendering: observe before synth");
  });

  test("fails when a consumer's job contradicts a known one", () => {
    const { observation } = external;
    expect(() => {
      stackOf().observe({ observation: { ...observation, job: "alertmanager" } });
    }).toThrow("job 'alertmanager' is observed twice with different scrape settings");
  });

  test("fails when the services need more than the machine has", () => {
    expect(() => stackOf({ machine: { name: "small", memoryMiB: 600, diskGiB: 20 } })).toThrow(
      "the services do not fit small (MiB):",
    );
  });
});

/** The guard against accidental replacement: a changed address destroys what stands behind it. */
test("addresses of every stack", () => {
  const addresses = Object.fromEntries(
    built.flatMap(({ name, stacks }) =>
      Object.entries(stacks)
        .filter(([id]) => !id.endsWith("-host"))
        .map(([id, { resource }]) => [
          `${name}: ${id}`,
          Object.entries(resource)
            .flatMap(([type, all]) => Object.keys(all).map((address) => `${type}.${address}`))
            .sort(),
        ]),
    ),
  );
  expect(addresses).toMatchInlineSnapshot(`
    {
      "local-demo: local-demo": [
        "docker_container.demo-chain_container_BB89FD4D",
        "docker_container.l1-geth_container_D674DB49",
        "docker_container.l2-batcher_container_90292070",
        "docker_container.l2-geth_container_53140F44",
        "docker_image.demo-chain_image_A4A80393",
        "docker_image.l1-geth_image_BF0A20F4",
        "docker_image.l2-batcher_image_44A2FE98",
        "docker_image.l2-geth_image_D903B460",
        "docker_network.runtime_network_7A5E648C",
        "docker_volume.l1-geth_data_F4BFA65F",
        "docker_volume.l2-geth_data_180B1B95",
      ],
      "local-demo: local-monitoring": [
        "docker_container.alertmanager_container_9962CF4A",
        "docker_container.alloy_container_0CDFE80C",
        "docker_container.blackbox-exporter_container_F9B273AF",
        "docker_container.grafana_container_39109D2F",
        "docker_container.l2-exporter_container_02834EBB",
        "docker_container.loki_container_A499C913",
        "docker_container.prometheus_container_4574EB90",
        "docker_container.push-proxy_container_66709318",
        "docker_container.pushgateway_container_E12FF86D",
        "docker_container.socket-proxy_container_2602B88D",
        "docker_image.alertmanager_image_E5AD0ECF",
        "docker_image.alloy_image_5025626B",
        "docker_image.blackbox-exporter_image_A9BFF622",
        "docker_image.grafana_image_19C47B00",
        "docker_image.l2-exporter_image_9A035CBB",
        "docker_image.loki_image_D8E5FD14",
        "docker_image.prometheus_image_EC0698D5",
        "docker_image.push-proxy_image_C7EA3CD1",
        "docker_image.pushgateway_image_9D52C442",
        "docker_image.socket-proxy_image_5A071C83",
        "docker_network.runtime_network_7A5E648C",
        "docker_volume.alertmanager_data_67B04B41",
        "docker_volume.alloy_data_9EE3F536",
        "docker_volume.grafana_data_1044B25B",
        "docker_volume.loki_data_91A5006B",
        "docker_volume.prometheus_data_39C1C252",
        "docker_volume.pushgateway_data_974900F5",
      ],
      "local: local-monitoring": [
        "docker_container.alertmanager_container_9962CF4A",
        "docker_container.alloy_container_0CDFE80C",
        "docker_container.blackbox-exporter_container_F9B273AF",
        "docker_container.grafana_container_39109D2F",
        "docker_container.loki_container_A499C913",
        "docker_container.prometheus_container_4574EB90",
        "docker_container.push-proxy_container_66709318",
        "docker_container.pushgateway_container_E12FF86D",
        "docker_container.socket-proxy_container_2602B88D",
        "docker_image.alertmanager_image_E5AD0ECF",
        "docker_image.alloy_image_5025626B",
        "docker_image.blackbox-exporter_image_A9BFF622",
        "docker_image.grafana_image_19C47B00",
        "docker_image.loki_image_D8E5FD14",
        "docker_image.prometheus_image_EC0698D5",
        "docker_image.push-proxy_image_C7EA3CD1",
        "docker_image.pushgateway_image_9D52C442",
        "docker_image.socket-proxy_image_5A071C83",
        "docker_network.runtime_network_7A5E648C",
        "docker_volume.alertmanager_data_67B04B41",
        "docker_volume.alloy_data_9EE3F536",
        "docker_volume.grafana_data_1044B25B",
        "docker_volume.loki_data_91A5006B",
        "docker_volume.prometheus_data_39C1C252",
        "docker_volume.pushgateway_data_974900F5",
      ],
      "production: production-agent-application": [
        "docker_container.alloy_container_0CDFE80C",
        "docker_container.socket-proxy_container_2602B88D",
        "docker_image.alloy_image_5025626B",
        "docker_image.socket-proxy_image_5A071C83",
        "docker_network.runtime_network_7A5E648C",
        "docker_volume.alloy_data_9EE3F536",
      ],
      "production: production-monitoring": [
        "docker_container.alertmanager_container_9962CF4A",
        "docker_container.alloy_container_0CDFE80C",
        "docker_container.blackbox-exporter_container_F9B273AF",
        "docker_container.grafana_container_39109D2F",
        "docker_container.l2-exporter_container_02834EBB",
        "docker_container.loki_container_A499C913",
        "docker_container.mysqld-exporter-orders_container_E219B12E",
        "docker_container.nginx-exporter-web_container_2A713F89",
        "docker_container.prometheus_container_4574EB90",
        "docker_container.push-proxy_container_66709318",
        "docker_container.pushgateway_container_E12FF86D",
        "docker_container.redis-exporter-sessions_container_0BA7B724",
        "docker_container.socket-proxy_container_2602B88D",
        "docker_image.alertmanager_image_E5AD0ECF",
        "docker_image.alloy_image_5025626B",
        "docker_image.blackbox-exporter_image_A9BFF622",
        "docker_image.grafana_image_19C47B00",
        "docker_image.l2-exporter_image_9A035CBB",
        "docker_image.loki_image_D8E5FD14",
        "docker_image.mysqld-exporter-orders_image_9CE6ED75",
        "docker_image.nginx-exporter-web_image_A684BF75",
        "docker_image.prometheus_image_EC0698D5",
        "docker_image.push-proxy_image_C7EA3CD1",
        "docker_image.pushgateway_image_9D52C442",
        "docker_image.redis-exporter-sessions_image_293E3765",
        "docker_image.socket-proxy_image_5A071C83",
        "docker_network.runtime_network_7A5E648C",
        "docker_volume.alertmanager_data_67B04B41",
        "docker_volume.alloy_data_9EE3F536",
        "docker_volume.grafana_data_1044B25B",
        "docker_volume.loki_data_91A5006B",
        "docker_volume.prometheus_data_39C1C252",
        "docker_volume.pushgateway_data_974900F5",
      ],
    }
  `);
});
