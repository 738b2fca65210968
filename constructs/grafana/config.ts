import { ConfigFile } from "../core/config-file";
import { dashboardsFolder } from "./dashboards";
import type { Datasource } from "./datasources";

/** Folder of the configuration in the container. */
export const configFolder = "/etc/grafana";

/** grafana.ini: the asset as it is. */
export function mainFile(): ConfigFile {
  return ConfigFile.asset(`${configFolder}/grafana.ini`, "grafana/grafana.ini");
}

/**
 * A value as a provisioning file must write it. There Grafana takes `$NAME` and `${NAME}` in any string for a variable
 * of its environment, and `$$` for the character. Dashboards are not read so.
 */
export function provisioned(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll("$", () => "$$");
  if (Array.isArray(value)) return value.map(provisioned);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, provisioned(inner)]));
}

/** The datasources; those of an earlier deployment that are not among them are removed. */
export function datasourcesFile(datasources: readonly Datasource[]): ConfigFile {
  return ConfigFile.yaml(`${configFolder}/provisioning/datasources/datasources.yaml`, {
    apiVersion: 1,
    prune: true,
    datasources: datasources.map(({ jsonData, ...fields }) => ({
      ...(provisioned(fields) as object),
      access: "proxy",
      editable: false,
      jsonData: provisioned(jsonData),
    })),
  });
}

/**
 * Where the dashboards are. People may save changes to one: they last until its file changes, and can be exported from
 * Grafana into the file.
 */
export function dashboardsFile(): ConfigFile {
  return ConfigFile.yaml(`${configFolder}/provisioning/dashboards/dashboards.yaml`, {
    apiVersion: 1,
    providers: [
      {
        name: "l2-observatory",
        type: "file",
        disableDeletion: false,
        allowUiUpdates: true,
        // A changed file comes with a new container.
        updateIntervalSeconds: 3600,
        options: { path: dashboardsFolder, foldersFromFilesStructure: true },
      },
    ],
  });
}
