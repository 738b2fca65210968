import { parse } from "yaml";
import { blackboxExporter } from "../../../constructs/exporters/blackbox-exporter";
import { alertsIn, observe } from "../../support/observe";

const probes = [
  { name: "api", target: "https://api.example.com/health" },
  { name: "rpc", target: "https://rpc.example.com", module: "json_rpc" },
  { name: "p2p", target: "node.example.com:9222", module: "tcp" },
] as const;

describe("blackbox-exporter", () => {
  test("watches itself where nothing is probed", () => {
    const { observations } = observe(blackboxExporter({}));
    expect(observations.map(({ job }) => job)).toEqual(["blackbox-exporter"]);
  });

  test("asks for each probe with its module, under the address as instance", () => {
    const { observations } = observe(blackboxExporter({ probes: [...probes] }));
    expect(observations.map(({ job }) => job)).toEqual(["blackbox-exporter", "probe"]);
    const targets = observations[1]?.targets ?? [];
    expect(targets.map(({ instance, params, labels }) => ({ instance, params, labels }))).toEqual([
      {
        instance: "https://api.example.com/health",
        params: { target: "https://api.example.com/health", module: "http_2xx" },
        labels: { service: "api" },
      },
      {
        instance: "https://rpc.example.com",
        params: { target: "https://rpc.example.com", module: "json_rpc" },
        labels: { service: "rpc" },
      },
      {
        instance: "node.example.com:9222",
        params: { target: "node.example.com:9222", module: "tcp" },
        labels: { service: "p2p" },
      },
    ]);
    for (const { endpoint } of targets) expect(endpoint.path).toBe("/probe");
  });

  test("knows every module that a probe may name, and answers before the scrape gives up", () => {
    const { files } = observe(blackboxExporter({}));
    const { modules } = parse(files["/etc/blackbox_exporter/config.yml"] ?? "") as {
      modules: Record<string, { timeout: string }>;
    };
    expect(Object.keys(modules)).toEqual(["http_2xx", "json_rpc", "tcp"]);
    for (const { timeout } of Object.values(modules)) expect(timeout).toBe("4s");
  });

  test.each([
    "https://user@example.com",
    "https://example.com/?key=1",
    "ftp://example.com",
    "example.com",
    "example.com:123456",
  ])("fails when a target is %s", (target) => {
    expect(blackboxExporter({ probes: [{ name: "a", target }] }).check("sources[0]")).toHaveLength(
      1,
    );
  });

  test.each([
    `https://rpc.example.com/v2/${"FakeKey0".repeat(4)}`,
    `https://${"fa4e".repeat(8)}.example.com`,
    `0x${"fa4e".repeat(16)}:443`,
    `${"fa4e".repeat(8)}.example.com:443`,
    "https://user:FAKE-PASSWORD@example.com",
  ])("refuses a key in a target, even twice, and never shows it: %s", (target) => {
    const faults = blackboxExporter({
      probes: [
        { name: "a", target },
        { name: "b", target },
      ],
    }).check("sources[0]");
    expect(faults).toHaveLength(2);
    for (const fault of faults) {
      expect(fault).toMatchObject({
        allowed: "an http:// or https:// URL without user, query and key, or host:port",
        got: "a string",
      });
    }
    expect(JSON.stringify(faults)).not.toContain(target);
  });

  test.each(["http://10.0.0.20:8080/health", "node.example.com:9222", "10.200.100.123:30303"])(
    "accepts the target %s",
    (target) => {
      expect(blackboxExporter({ probes: [{ name: "a", target }] }).check("sources[0]")).toEqual([]);
    },
  );

  test("tells in time that a certificate expires, by the days of the environment", () => {
    const { observations } = observe(
      blackboxExporter({ probes: [...probes], thresholds: { certificateDays: 14 } }),
    );
    const certificates = alertsIn(observations).filter(({ name }) => name === "CertificateExpires");
    expect(
      certificates.map(({ priority, expr }) => `${priority} ${expr.slice(expr.indexOf("<"))}`),
    ).toEqual(["P2 < 7", "P4 < 14"]);
    // What an agent probes has thresholds of its own.
    for (const { expr } of certificates) expect(expr).toContain('agent=""');
  });
});
