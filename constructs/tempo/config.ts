import { ConfigFile } from "../core/config-file";
import type { Endpoint } from "../core/endpoint";

/** The configuration in the container. */
export const configPath = "/etc/tempo/tempo.yaml";

/** What the environment decides about Tempo. */
export interface ConfigProps {
  readonly retentionDays: number;
  readonly metrics: Endpoint<"remote-write">;
}

/** tempo.yaml: the asset with the environment's scalars. */
export function configFile({ retentionDays, metrics }: ConfigProps): ConfigFile {
  const retention = `${String(retentionDays * 24)}h`;
  return ConfigFile.overlay(configPath, "tempo/tempo.yaml", {
    "backend_scheduler.provider.compaction.compaction.block_retention": retention,
    "backend_worker.compaction.block_retention": retention,
    "query_frontend.search.max_duration": retention,
    "metrics_generator.storage.remote_write.0.url": metrics.url,
  });
}
