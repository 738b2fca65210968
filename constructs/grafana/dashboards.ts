import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { ConfigFile } from "../core/config-file";
import { refuse, show, type Fault } from "../core/errors";
import { assetPath } from "../core/paths";

/** A dashboard as data. */
export interface Dashboard {
  /** Fixed for good: links name it. Letters, digits, hyphens and underscores, 40 at most. */
  readonly uid: string;
  readonly title: string;
  /** Grafana's folder, made when it is missing. */
  readonly folder: string;
  /** Grafana's JSON model of version 1, without id; uid and title are set from the fields above. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** Folder of the dashboards in the container; a folder in it is one of Grafana's. */
export const dashboardsFolder = "/etc/grafana/dashboards";

const operatorFolder = "Operator";

/** What Grafana itself answers to, where a datasource is named. */
const builtIn = ["grafana", "-- Grafana --", "-- Mixed --", "-- Dashboard --"];

type Json = Readonly<Record<string, unknown>>;

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Every datasource that a part of a dashboard names, by uid. */
function namedDatasources(part: unknown): string[] {
  if (Array.isArray(part)) return part.flatMap(namedDatasources);
  if (!isJson(part)) return [];
  const { datasource } = part;
  const uid = isJson(datasource) ? datasource["uid"] : datasource;
  return [
    ...(typeof uid === "string" ? [uid] : []),
    ...Object.values(part).flatMap(namedDatasources),
  ];
}

/** Names of the dashboard's own variables that stand for a datasource. */
function datasourceVariables({ templating }: Json): string[] {
  const list = isJson(templating) ? templating["list"] : undefined;
  if (!Array.isArray(list)) return [];
  return list.flatMap((variable: unknown) =>
    isJson(variable) && variable["type"] === "datasource" && typeof variable["name"] === "string"
      ? [variable["name"]]
      : [],
  );
}

function datasourceFaults({ uid, json }: Dashboard, datasources: readonly string[]): Fault[] {
  const variables = datasourceVariables(json);
  const known = [
    ...datasources,
    ...builtIn,
    ...variables.flatMap((name) => [`$${name}`, `\${${name}}`]),
  ];
  return [...new Set(namedDatasources(json))]
    .filter((named) => !known.includes(named))
    .map((named) => ({
      field: `${uid}.datasource`,
      allowed: `one of ${datasources.join(", ")}, or a datasource variable of the dashboard`,
      got: show(named),
    }));
}

function formFaults({ uid, title, folder, json }: Dashboard): Fault[] {
  return [
    ...(/^[A-Za-z0-9_-]{1,40}$/.test(uid)
      ? []
      : [
          {
            field: "uid",
            allowed: "1 to 40 letters, digits, hyphens and underscores",
            got: show(uid),
          },
        ]),
    ...(title.trim() === ""
      ? [{ field: `${uid}.title`, allowed: "a title", got: show(title) }]
      : []),
    ...(/^[A-Za-z0-9][A-Za-z0-9 _-]{0,79}$/.test(folder)
      ? []
      : [
          {
            field: `${uid}.folder`,
            allowed: "letters, digits, spaces, hyphens and underscores, without a folder in it",
            got: show(folder),
          },
        ]),
    ...("__inputs" in json
      ? [
          {
            field: `${uid}.__inputs`,
            allowed: "absent, since nobody fills inputs in here",
            got: show(json["__inputs"]),
            repair: "export the dashboard without 'for sharing externally'",
          },
        ]
      : []),
  ];
}

interface Placed {
  readonly dashboard: Dashboard;
  readonly file: ConfigFile;
}

function rendered(dashboard: Dashboard): Placed {
  const { uid, title, folder, json } = dashboard;
  return {
    dashboard,
    file: ConfigFile.json(`${dashboardsFolder}/${folder}/${uid}.json`, { ...json, uid, title }),
  };
}

/** An operator's file as it is. */
function operatorFile(asset: string, folder: string): Placed {
  const parsed: unknown = JSON.parse(readFileSync(assetPath(asset), "utf8"));
  const json = isJson(parsed) ? parsed : {};
  const text = (value: unknown): string => (typeof value === "string" ? value : "");
  return {
    dashboard: { uid: text(json["uid"]), title: text(json["title"]), folder, json },
    file: ConfigFile.asset(`${dashboardsFolder}/${folder}/${basename(asset)}`, asset),
  };
}

function operatorFiles(root: string): Placed[] {
  const here = (path: string, folder: string) =>
    readdirSync(assetPath(path))
      .filter((name) => name.endsWith(".json"))
      .sort()
      .map((name) => operatorFile(`${path}/${name}`, folder));
  const subfolders = readdirSync(assetPath(root), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
  return [
    ...here(root, operatorFolder),
    ...subfolders.flatMap((name) => here(`${root}/${name}`, name)),
  ];
}

/** The dashboards of one Grafana. Checks when one is added; reading it closes it. */
export class DashboardSet {
  readonly #datasources: readonly string[];
  readonly #placed: Placed[] = [];
  #closed = false;

  /** @param datasources uids that panels may name */
  constructor(datasources: readonly string[]) {
    this.#datasources = datasources;
  }

  /**
   * The same dashboard twice counts once.
   * @throws ConfigurationError with every fault, before any dashboard is taken
   * @throws Error when the dashboards were rendered already
   */
  add(...dashboards: readonly Dashboard[]): void {
    this.#place(dashboards.map(rendered));
  }

  /**
   * An operator's own files, unchanged.
   * @param root folder below assets/
   * @throws ConfigurationError as {@link DashboardSet.add} does
   */
  addFiles(root: string): void {
    this.#place(operatorFiles(root));
  }

  #place(added: readonly Placed[]): void {
    if (this.#closed) {
      const uids = added.map(({ dashboard }) => `'${dashboard.uid}'`).join(", ");
      throw new Error(`dashboards are added after rendering, got ${uids}: add them before synth`);
    }
    const taken: Placed[] = [];
    const faults = added.flatMap((one) => {
      const { dashboard } = one;
      const known = [...this.#placed, ...taken];
      if (known.some((other) => isDeepStrictEqual(other.dashboard, dashboard))) return [];
      taken.push(one);
      return [
        ...formFaults(dashboard),
        ...datasourceFaults(dashboard, this.#datasources),
        ...clashes(
          dashboard,
          known.map((other) => other.dashboard),
        ),
      ];
    });
    refuse("dashboards", faults);
    this.#placed.push(...taken);
  }

  /** Every dashboard as Grafana reads it. Closes the set. */
  files(): readonly ConfigFile[] {
    this.#closed = true;
    return this.#placed.map(({ file }) => file);
  }
}

function clashes({ uid, title, folder }: Dashboard, known: readonly Dashboard[]): Fault[] {
  return [
    ...(known.some((other) => other.uid === uid)
      ? [
          {
            field: "uid",
            allowed: "different from those of all other dashboards",
            got: `${show(uid)} again`,
          },
        ]
      : []),
    ...(known.some((other) => other.title === title && other.folder === folder)
      ? [
          {
            field: `${uid}.title`,
            allowed: `different from the other titles in the folder '${folder}'`,
            got: `${show(title)} again`,
          },
        ]
      : []),
  ];
}
