import { z } from "zod";
import { ConfigFile } from "../../core/config-file";
import { Endpoint } from "../../core/endpoint";
import { distinct, hostName, httpUrl, kebabName, port } from "../../core/schema";
import { Service } from "../../core/service";
import { defineSource } from "../../core/source";
import { certificateThresholds } from "../../core/thresholds";
import { probesOverview } from "./overview";
import { blackboxExporterDown, certificateRules, probeDown, probeRules } from "./mixin";

/** Half a private key, as a provider's host name may carry an API key. */
const keyInHost = /[0-9a-fA-F]{32}/;

function isTarget(value: unknown): boolean {
  if (typeof value !== "string") return false;
  if (httpUrl.safeParse(value).success) return !keyInHost.test(new URL(value).host);
  const [, host, number] = /^([^:]+):(\d{1,5})$/.exec(value) ?? [];
  return (
    hostName.safeParse(host).success &&
    port.safeParse(Number(number)).success &&
    !keyInHost.test(value)
  );
}

const probe = z.strictObject({
  /** Label `service` of the probe's series. */
  name: kebabName,
  /** What is asked. It becomes a label, so a URL with a key cannot be probed. */
  target: z.custom<string>(isTarget, {
    message: "an http:// or https:// URL without user, query and key, or host:port",
  }),
  module: z.enum(["http_2xx", "json_rpc", "tcp"]).default("http_2xx"),
});

const [distinctTarget, distinctTargetRule] = distinct("target");

/** Only of sound targets: the fault of a repeated one shows it. */
function soundTargetsDistinct(values: unknown, context: z.RefinementCtx): void {
  if (!Array.isArray(values)) return;
  distinctTarget(
    values.map((value: unknown) =>
      typeof value === "object" && value !== null && "target" in value && isTarget(value.target)
        ? value
        : undefined,
    ),
    context,
  );
}

/** Probes addresses over HTTP, JSON-RPC and TCP, certificates included. */
export const blackboxExporter = defineSource({
  type: "blackbox-exporter",
  schema: z.strictObject({
    /** Names are unique, and so are targets: a target is the `instance` of its series. */
    probes: z
      .array(probe)
      .superRefine(...distinct("name"))
      .superRefine(soundTargetsDistinct, distinctTargetRule)
      .default([]),
    thresholds: certificateThresholds,
  }),
  create({ probes, thresholds }, { scope, id, runtime }) {
    const service = new Service(scope, id, {
      runtime,
      image: "blackbox-exporter",
      user: "65534:65534",
      memory: {
        reservationMiB: 24,
        workingSetMiB: 19,
        limitMiB: 48,
        measured: "3 MiB anonymous and 16 of file pages, without probes, amd64",
      },
      cpus: 0.25,
      command: ["--config.file=/etc/blackbox_exporter/config.yml"],
      health: { command: ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:9115/-/healthy"] },
      files: () => [
        ConfigFile.asset("/etc/blackbox_exporter/config.yml", "blackbox-exporter/blackbox.yml"),
      ],
    });
    const at = { protocol: "metrics", host: service.host, port: 9115 } as const;
    return [
      {
        observation: {
          job: "blackbox-exporter",
          targets: [{ endpoint: new Endpoint({ ...at, path: "/metrics" }) }],
          scrape: { intervalSeconds: 15 },
          down: blackboxExporterDown,
          rules: [],
        },
      },
      ...(probes.length === 0
        ? []
        : [
            {
              observation: {
                job: "probe",
                targets: probes.map(({ name, target, module }) => ({
                  endpoint: new Endpoint({ ...at, path: "/probe" }),
                  instance: target,
                  params: { target, module },
                  labels: { service: name },
                })),
                scrape: { intervalSeconds: 15 },
                down: probeDown,
                rules: [probeRules, certificateRules(thresholds)],
                boards: [probesOverview(thresholds)],
              },
            },
          ]),
    ];
  },
});
