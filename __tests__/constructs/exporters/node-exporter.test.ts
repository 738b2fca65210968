import { nodeExporter } from "../../../constructs/exporters/node-exporter";
import { alertsIn, observe } from "../../support/observe";

describe("node-exporter", () => {
  const { observations, container } = observe(nodeExporter({}));

  test("is scraped under the environment's name, which outlives the container's address", () => {
    expect(observations).toHaveLength(1);
    expect(observations[0]).toMatchObject({
      job: "node-exporter",
      targets: [{ instance: "test", endpoint: { host: "node-exporter", port: 9100 } }],
    });
  });

  test("reads the host's folders, and nothing can be written there", () => {
    expect(container?.mounts).toEqual([
      { type: "bind", source: "/proc", target: "/host/proc", read_only: true },
      { type: "bind", source: "/sys", target: "/host/sys", read_only: true },
      { type: "bind", source: "/", target: "/host/root", read_only: true },
    ]);
  });

  test("leaves out what would describe the container instead of the host", () => {
    for (const collector of ["netclass", "netdev", "netstat", "sockstat", "arp"]) {
      expect(container?.command).toContain(`--no-collector.${collector}`);
    }
  });

  test("leaves out file systems of the engine, as a pattern that Terraform does not open", () => {
    const flag = container?.command?.find((one) => one.includes("mount-points-exclude")) ?? "";
    const pattern = new RegExp(flag.slice(flag.indexOf("=") + 1));
    for (const mount of ["/proc", "/sys/fs/cgroup", "/run", "/var/lib/docker/overlay2/x/merged"]) {
      expect([mount, pattern.test(mount)]).toEqual([mount, true]);
    }
    for (const mount of ["/", "/data", "/var/lib/docker", "/runner"]) {
      expect([mount, pattern.test(mount)]).toEqual([mount, false]);
    }
  });

  test("has alerts about this host alone, with thresholds that the environment decides", () => {
    const alerts = alertsIn(observations);
    expect(alerts.map(({ name, priority }) => `${name} ${priority}`)).toEqual([
      "HostDiskSpace P1",
      "HostDiskSpace P2",
      "HostDiskSpace P3",
      "HostCpuHigh P3",
      "HostCpuSteal P3",
      "HostMemoryHigh P2",
      "HostSwapHigh P3",
      "HostInodesHigh P2",
      "HostClockUnsynchronised P3",
      "HostClockSkew P3",
      "HostRestarted P4",
    ]);
    for (const { expr } of alerts) expect(expr).toContain('instance="test"');
    const stricter = alertsIn(
      observe(nodeExporter({ thresholds: { cpuPercent: 70, diskCriticalPercent: 98 } }))
        .observations,
    );
    const limits = stricter.map(({ description }) => description).join(" ");
    expect(limits).toContain("busy, more than 70 %");
    expect(limits).toContain("full, more than 98 %");
    expect(limits).toContain("full, more than 80 %");
  });
});
