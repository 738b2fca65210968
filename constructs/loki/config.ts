import { readdirSync } from "node:fs";
import type { LogAlert, LogRuleGroup } from "../core/alert";
import { annotationsOf, labelsOf, linesLink, type BoardLinks } from "../core/alert-rule";
import { ConfigFile } from "../core/config-file";
import type { Endpoint } from "../core/endpoint";
import { assetPath } from "../core/paths";
import type { Logs } from "./schema";

/** Folder of the configuration in the container. */
export const configFolder = "/etc/loki";

/** Without tenants Loki reads the rules of one by this name. */
const rulesFolder = `${configFolder}/rules/fake`;

/** What the environment decides about the main file. */
export interface MainFileProps {
  readonly logs: Logs;
  /** Where alerts on logs are sent. */
  readonly alertmanagers: readonly Endpoint<"alertmanager">[];
  /** Base URL of Loki as a person reaches it. */
  readonly url: string;
}

function periods({ storage, schema }: Logs): object[] {
  const period = (from: string, store: string, version: string, prefix: string) => ({
    from,
    store,
    object_store: storage.type,
    schema: version,
    index: { prefix, period: "24h" },
  });
  return [
    ...schema.earlier.map((one) => period(one.from, one.store, one.schema, one.indexPrefix)),
    period(schema.from, "tsdb", "v13", "index_"),
  ];
}

/** loki.yaml: the asset with what the environment decides. */
export function mainFile({ logs, alertmanagers, url }: MainFileProps): ConfigFile {
  const { storage, limits } = logs;
  return ConfigFile.overlay(
    `${configFolder}/loki.yaml`,
    "loki/loki.yaml",
    {
      ...(storage.type === "s3"
        ? {
            "storage_config.aws.bucketnames": storage.bucket,
            "storage_config.aws.region": storage.region,
          }
        : {}),
      "compactor.delete_request_store": storage.type,
      "limits_config.retention_period": `${String(logs.retentionDays * 24)}h`,
      "limits_config.ingestion_rate_mb": limits.ingestionMBPerSecond,
      "limits_config.ingestion_burst_size_mb": 2 * limits.ingestionMBPerSecond,
      "limits_config.max_global_streams_per_user": limits.streams,
      "ruler.alertmanager_url": alertmanagers.map((endpoint) => endpoint.url).join(","),
      "ruler.external_url": url,
    },
    { "schema_config.configs": periods(logs) },
  );
}

/** Where a person looks things up from an alert on logs. */
export interface LogLinks {
  /** Base URL of Loki as a person reaches it. */
  readonly loki: string;
  /**
   * Where panels are found.
   * @default - alerts lead to their lines
   */
  readonly panels?: BoardLinks;
  /**
   * Base URL of the runbook pages; `/<alert>` is appended.
   * @default - alerts carry no runbook link
   */
  readonly runbooks?: string;
}

/**
 * One alert as Loki's ruler reads it.
 * @param environment label of every alert: what Prometheus adds to each, Loki does not
 */
export function renderLogRule(alert: LogAlert, environment: string, links: LogLinks): object {
  return {
    alert: alert.name,
    expr: alert.logql,
    ...(alert.for === undefined ? {} : { for: alert.for }),
    labels: { ...labelsOf(alert), environment },
    annotations: annotationsOf(alert, {
      dashboard: linesLink(links.loki, alert),
      ...(links.panels === undefined ? {} : { panels: links.panels }),
      ...(links.runbooks === undefined ? {} : { runbooks: links.runbooks }),
    }),
  };
}

/** The file of one rule group. */
export function logRuleFile(group: LogRuleGroup, environment: string, links: LogLinks): ConfigFile {
  return ConfigFile.yaml(`${rulesFolder}/${group.name}.yml`, {
    groups: [
      {
        name: group.name,
        interval: `${String(group.intervalSeconds)}s`,
        rules: group.alerts.map((alert) => renderLogRule(alert, environment, links)),
      },
    ],
  });
}

/** What keeps the folder of rules there without any: Loki complains of one that is missing. */
export function noRulesFile(): ConfigFile {
  return ConfigFile.yaml(`${rulesFolder}/none.yml`, { groups: [] });
}

/** An operator's own rule files, unchanged. Loki reads one flat folder: the name tells them apart. */
export function operatorFiles(): ConfigFile[] {
  return readdirSync(assetPath("loki/rules"))
    .filter((name) => name.endsWith(".yml"))
    .sort()
    .map((name) => ConfigFile.asset(`${rulesFolder}/operator-${name}`, `loki/rules/${name}`));
}
