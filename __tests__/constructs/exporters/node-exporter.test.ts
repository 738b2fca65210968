import { nodeExporter } from "../../../constructs/exporters/node-exporter";
import { observe } from "../../support/observe";

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
});
