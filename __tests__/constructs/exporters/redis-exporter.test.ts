import { secret } from "../../../constructs/core/secret";
import { redisExporter } from "../../../constructs/exporters/redis-exporter";
import { alertsIn, observe } from "../../support/observe";

const password = secret("cache-password");

describe("redis-exporter", () => {
  const source = redisExporter({ service: "cache", host: "cache", network: "apps", password });

  test("is one container per Redis, named after the service", () => {
    expect(source.id).toBe("redis-exporter-cache");
    expect(source.targets).toEqual(["cache:6379"]);
    expect(source.secrets).toEqual([password]);
    expect(observe(source).container?.hostname).toBe("redis-exporter-cache");
  });

  test("is scraped at the exporter, under the name of the Redis", () => {
    const { observations } = observe(source);
    expect(observations).toHaveLength(1);
    expect(observations[0]).toMatchObject({
      job: "redis-exporter",
      scrape: { intervalSeconds: 10 },
      down: { name: "RedisExporterDown", priority: "P1", for: "1m" },
      targets: [
        {
          endpoint: { host: "redis-exporter-cache", port: 9121, path: "/metrics" },
          instance: "cache:6379",
          labels: { service: "cache" },
        },
      ],
    });
  });

  test("joins the network of the Redis, and Prometheus need not", () => {
    const { observations, container } = observe(source);
    expect(container?.networks_advanced?.map(({ name }) => name)).toEqual([
      expect.stringContaining("docker_network"),
      "apps",
    ]);
    expect(observations[0]?.targets[0]?.network).toBeUndefined();
  });

  test("reads the password from its file when it starts, and hands on every argument", () => {
    const { container } = observe(source);
    expect(container).toMatchObject({ entrypoint: ["/bin/sh"] });
    expect(container?.command).toEqual([
      "-ec",
      'REDIS_PASSWORD="$(cat /run/secrets/l2-observatory/cache-password)"; export REDIS_PASSWORD; exec "$0" "$@"',
      "/redis_exporter",
      "-redis.addr=cache:6379",
      "-connection-timeout=3s",
    ]);
    expect(container?.mounts).toEqual([
      {
        type: "bind",
        source: "/secrets/redis-exporter-cache",
        target: "/run/secrets/l2-observatory",
        read_only: true,
      },
    ]);
  });

  test("needs neither shell nor secret for a Redis without a password", () => {
    const open = redisExporter({ service: "cache", host: "10.0.0.31", port: 6380 });
    expect(open.secrets).toEqual([]);
    const { container } = observe(open);
    expect(container).not.toHaveProperty("entrypoint");
    expect(container?.command).toEqual(["-redis.addr=10.0.0.31:6380", "-connection-timeout=3s"]);
    expect(container?.mounts).toEqual([]);
  });

  test("logs in as the account of an access list", () => {
    const { container } = observe(
      redisExporter({ service: "cache", host: "cache", user: "exporter", password }),
    );
    expect(container?.command).toContain("-redis.user=exporter");
  });

  test("gives up on a Redis that hangs before the scrape gives up on it", () => {
    const { observations, container } = observe(source);
    const [, seconds] = /^-connection-timeout=(\d+)s$/.exec(container?.command?.at(-1) ?? "") ?? [];
    const scrapeTimeout = (observations[0]?.scrape.intervalSeconds ?? 0) - 1;
    // It connects twice.
    expect(2 * Number(seconds)).toBeLessThan(scrapeTimeout);
  });

  test("has alerts about this Redis alone, with the environment's threshold", () => {
    const alerts = alertsIn(
      observe(
        redisExporter({ service: "cache", host: "cache", thresholds: { highMemoryPercent: 95 } }),
      ).observations,
    );
    expect(alerts.map(({ name, priority }) => [name, priority])).toEqual([
      ["RedisConnectionFailed", "P1"],
      ["RedisHighMemory", "P3"],
    ]);
    for (const { expr } of alerts) expect(expr).toContain('service="cache"');
    expect(alerts[1]?.expr).toMatch(/> 95$/);
    expect(alerts[1]?.description).toContain("more than 95 %");
  });
});
