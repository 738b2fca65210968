import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { dashboardsFolder } from "../constructs/grafana/dashboards";
import { renderEnvironment } from "./rendered";
import { CommandError, type Progress } from "./shell";
import { stateDirectory } from "./workspace";

/**
 * Writes an environment's dashboards as Grafana reads them; touches nothing else.
 * @param folder emptied first; default: below the state's folder
 * @throws CommandError where the environment has no Grafana
 */
export function writeDashboards(
  environment: string,
  print: Progress,
  folder = join(stateDirectory, "dashboards", environment),
): void {
  const { files } = renderEnvironment(environment);
  const dashboards = [...files].filter(([path]) => path.startsWith(`${dashboardsFolder}/`));
  if (dashboards.length === 0) {
    throw new CommandError(
      `'${environment}' must have a Grafana to have dashboards, got none: set 'grafana: true'`,
    );
  }
  rmSync(folder, { recursive: true, force: true });
  for (const [path, content] of dashboards) {
    const file = join(folder, relative(dashboardsFolder, path));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    print(file);
  }
}
