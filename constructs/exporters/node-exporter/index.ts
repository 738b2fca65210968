import { z } from "zod";
import { Endpoint } from "../../core/endpoint";
import { platformDown } from "../../core/house-boards";
import type { DownAlert } from "../../core/observation";
import { Service } from "../../core/service";
import { defineSource } from "../../core/source";
import { hostThresholds } from "../../core/thresholds";
import { hostRows, platformRoom } from "../host-board";
import { hostRules } from "../host-rules";

const hostMetricsDown: DownAlert = {
  name: "NodeExporterDown",
  priority: "P1",
  for: "1m",
  summary: "The host's metrics are missing",
  panel: platformDown,
  runbook: {
    meaning: "The exporter of CPU, memory and disk metrics does not answer.",
    impact: "Nothing about the host's CPU, memory and disk is recorded.",
    steps: [
      "Read its log: `docker logs --tail 50 $(docker ps -aqf label=l2-observatory.service=node-exporter)`.",
    ],
  },
};

/** CPU, memory, disk and file systems of the host. */
export const nodeExporter = defineSource({
  type: "node-exporter",
  schema: z.strictObject({ thresholds: hostThresholds }),
  create({ thresholds }, { scope, id, runtime }) {
    const service = new Service(scope, id, {
      runtime,
      image: "node-exporter",
      user: "65534:65534",
      memory: {
        reservationMiB: 24,
        workingSetMiB: 19,
        limitMiB: 48,
        measured: "5 MiB anonymous and 14 of file pages, scraped every 15 s, amd64",
      },
      cpus: 0.25,
      command: [
        "--path.procfs=/host/proc",
        "--path.sysfs=/host/sys",
        "--path.rootfs=/host/root",
        // The container has a network of its own: these would describe it, not the host.
        "--no-collector.netclass",
        "--no-collector.netdev",
        "--no-collector.netstat",
        "--no-collector.sockstat",
        "--no-collector.arp",
        "--collector.filesystem.mount-points-exclude=^/(dev|proc|sys|run|var/lib/docker/.+)($|/)",
      ],
      health: { command: ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:9100/"] },
      hostFolders: [
        { hostPath: "/proc", path: "/host/proc", reason: "CPU, memory and load of the host" },
        { hostPath: "/sys", path: "/host/sys", reason: "devices and temperatures of the host" },
        { hostPath: "/", path: "/host/root", reason: "free space of the host's file systems" },
      ],
    });
    const endpoint = new Endpoint({
      protocol: "metrics",
      host: service.host,
      port: 9100,
      path: "/metrics",
    });
    return [
      {
        observation: {
          job: "node-exporter",
          targets: [{ endpoint, instance: runtime.environment }],
          scrape: { intervalSeconds: 15 },
          down: hostMetricsDown,
          rules: [hostRules(runtime.environment, thresholds)],
          boards: [
            ...hostRows(runtime.environment, thresholds),
            platformRoom(runtime.environment, thresholds),
          ],
        },
      },
    ];
  },
});
