import { ConfigFile } from "../core/config-file";

/** The configuration in the container. */
export const configPath = "/etc/jaeger/jaeger.yaml";

/** The folder of the public image that its user may write: the volume on it gets the same owner and mode. */
export const dataPath = "/var/tmp";

/** jaeger.yaml: the asset with the environment's scalars. */
export function configFile({ retentionDays }: { readonly retentionDays: number }): ConfigFile {
  return ConfigFile.overlay(configPath, "jaeger/jaeger.yaml", {
    "extensions.jaeger_storage.backends.spans.badger.ttl.spans": `${String(retentionDays * 24)}h`,
  });
}
