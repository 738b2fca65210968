import { readdirSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import { show, type Fault } from "./errors";
import { assetPath } from "./paths";

interface RuleFile {
  readonly groups?: readonly { readonly rules?: readonly { readonly alert?: string }[] }[];
}

/**
 * Alerts of an operator's own files, where nobody would hear them: the engine that evaluates them does not deliver.
 * @param folder of the files, below assets/
 */
export function undeliveredAlerts(folder: string): Fault[] {
  return readdirSync(assetPath(folder))
    .filter((name) => name.endsWith(".yml"))
    .sort()
    .flatMap((name) => {
      const { groups = [] } = (parse(readFileSync(assetPath(`${folder}/${name}`), "utf8")) ??
        {}) as RuleFile;
      return groups
        .flatMap(({ rules = [] }) => rules.flatMap(({ alert }) => alert ?? []))
        .map((alert) => ({
          field: `assets/${folder}/${name}`,
          allowed: "without alerts where Grafana is the engine",
          got: `the alert ${show(alert)}`,
          repair: "write it as a file of Grafana's in assets/grafana/alerting",
        }));
    });
}
