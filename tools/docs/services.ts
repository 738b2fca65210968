import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, TerraformStack } from "cdktf";
import { z } from "zod";
import { isAlert, priorities, type Priority } from "../../constructs/core/alert";
import type { Observable, Observation } from "../../constructs/core/observation";
import { packageRoot } from "../../constructs/core/paths";
import { secret } from "../../constructs/core/secret";
import { daServer } from "../../constructs/exporters/da-server";
import { l2Exporter } from "../../constructs/exporters/l2-exporter";
import { opConductor } from "../../constructs/exporters/op-conductor";
import { opReth } from "../../constructs/exporters/op-reth";
import { Runtime } from "../../constructs/core/runtime";
import type { Source, SourceFactory } from "../../constructs/core/source";
import * as exporters from "../../constructs/exporters";
import { environments } from "../../environments";
import { environmentSchema, parseEnvironment } from "../../stacks/environment";
import { leaveOut } from "../../stacks/leave-out";
import { Prometheus } from "../../constructs/prometheus";
import { heartbeatGroup } from "../../constructs/prometheus/heartbeat";
import { MonitoringStack } from "../../stacks/monitoring-stack";
import { classesOf, commentOf } from "./comments";
import { code, table } from "./table";

/** Something that runs on the platform or is watched by it. */
export interface Part {
  /** Folder of constructs/ or constructs/exporters/. */
  readonly name: string;
  /** What it is, in its own docstring's words. */
  readonly what: string;
  /** Where it is reached. */
  readonly port: string;
  /** Alerts with their priorities, the most urgent first. */
  readonly alerts: ReadonlyMap<string, readonly Priority[]>;
}

/** A factory of sources under the name that environments call it by. */
export interface NamedFactory {
  readonly name: string;
  readonly factory: SourceFactory<z.ZodType>;
  /** File that defines it. */
  readonly file: string;
  /** Its docstring. */
  readonly what: string;
}

/** Folders of constructs/ that are no service of the platform. */
const others = ["core", "demo", "exporters", "host"];

function folders(path: string): string[] {
  return readdirSync(join(packageRoot, path), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

function isFactory(value: unknown): value is SourceFactory<z.ZodType> {
  return typeof value === "function" && "type" in value && "schema" in value;
}

function isObservable(value: object): value is Observable {
  return "observation" in value;
}

/** Every kind of source, in the order of their folders. */
export function factories(): readonly NamedFactory[] {
  const all: Readonly<Record<string, unknown>> = exporters;
  const named = Object.entries(all).flatMap(([name, factory]): NamedFactory[] => {
    if (!isFactory(factory)) return [];
    const file = join(packageRoot, "constructs", "exporters", factory.type, "index.ts");
    return [{ name, factory, file, what: commentOf(file, name) }];
  });
  return named.sort((a, b) => (a.factory.type < b.factory.type ? -1 : 1));
}

function alertsOf(observations: readonly Observation[]): Part["alerts"] {
  const found = observations
    .flatMap(({ down, rules, logRules = [] }) => [
      down,
      ...rules.flatMap((group) => group.rules.filter(isAlert)),
      ...logRules.flatMap((group) => group.alerts),
    ])
    .map(({ name, priority }) => ({ name, priority }));
  const alerts = new Map<string, Priority[]>();
  for (const priority of priorities) {
    for (const { name } of found.filter((one) => one.priority === priority)) {
      const known = alerts.get(name) ?? [];
      alerts.set(name, known.includes(priority) ? known : [...known, priority]);
    }
  }
  return alerts;
}

/** What is watched about a part: Prometheus adds the heartbeat when it knows what the others do for it. */
function observationOf(part: Observable): Observation {
  const { observation } = part;
  return part instanceof Prometheus
    ? { ...observation, rules: [...observation.rules, heartbeatGroup(observation.legs ?? [])] }
    : observation;
}

/** All environments of this repository, `local` with the demonstration and without Alloy too, parsed. */
function everyEnvironment() {
  return Object.values(environments).flatMap((make) => {
    const [plain, demo] = [parseEnvironment(make(false)), parseEnvironment(make(true))];
    return [plain, demo, leaveOut(plain, ["alloy"])];
  });
}

/** Programs that stand in for others, or that few chains have: no example lists them. */
function otherPrograms() {
  const chain = "other";
  return parseEnvironment({
    name: "other-programs",
    engine: { type: "local" },
    machine: { name: "any", memoryMiB: 8192, diskGiB: 100 },
    sources: [
      opReth({ chain }),
      daServer({ chain }),
      opConductor({ chain, server: "first" }),
      l2Exporter({
        chains: [
          {
            name: chain,
            beacon: { url: "http://beacon:5052" },
            da: { url: "http://l2-da-server:3100" },
            celestia: {
              url: "http://celestia:26658",
              address: `celestia1${"q".repeat(38)}`,
              token: secret("celestia-token"),
            },
          },
        ],
      }),
    ],
  });
}

/** What the sources of all environments observe, by type. */
function observedSources(app: App): ReadonlyMap<string, readonly Observation[]> {
  const sources = [...everyEnvironment(), otherPrograms()].flatMap((environment, i) => {
    const stack = new TerraformStack(app, `sources-${String(i)}`);
    const runtime = new Runtime(stack, "runtime", {
      environment: environment.name,
      machine: environment.machine,
      secretsDirectory: "/",
    });
    return environment.sources.map((source: Source) => ({
      type: source.type,
      observations: source
        .create({ scope: stack, id: source.id, runtime })
        .map(({ observation }) => observation),
    }));
  });
  const types = [...new Set(sources.map(({ type }) => type))];
  return new Map(
    types.map((type) => [
      type,
      sources.flatMap((one) => (one.type === type ? one.observations : [])),
    ]),
  );
}

const defaultPorts: Readonly<Record<string, number>> =
  environmentSchema.shape.ports.parse(undefined);

const otlpPorts = "4317, 4318 where it takes OTLP";

/** Where services are reached whose port has no field of its own name. */
const otherPorts: Readonly<Record<string, string>> = {
  alloy: otlpPorts,
  "otel-collector": otlpPorts,
  "otel-java-agent": "none",
  slo: "none",
  "socket-proxy": "inside, 2375",
  tempo: "inside, 3200",
};

/** Both stores of traces, both collectors and the other engine of alerts: an environment has one each. */
function alternatives() {
  return (["tempo", "jaeger"] as const).map((store) =>
    parseEnvironment({
      name: store,
      engine: { type: "local" },
      machine: { name: "any", memoryMiB: 8192, diskGiB: 100 },
      traces: { store, collector: store === "tempo" ? "alloy" : "otel-collector" },
      alerting: { engine: store === "tempo" ? "grafana" : "prometheus" },
    }),
  );
}

function platformParts(app: App): Part[] {
  const stacks = [...everyEnvironment(), ...alternatives()].map(
    (environment, i) =>
      new MonitoringStack(app, `platform-${String(i)}`, { environment, secretsDirectory: "/" }),
  );
  const observables = stacks.flatMap((stack) =>
    stack.node
      .findAll()
      .flatMap((construct) =>
        isObservable(construct)
          ? [{ className: construct.constructor.name, observation: observationOf(construct) }]
          : [],
      ),
  );
  return folders("constructs")
    .filter((name) => !others.includes(name))
    .map((name) => {
      const file = join(packageRoot, "constructs", name, `${name}.ts`);
      const classes = existsSync(file) ? classesOf(file) : new Map<string, string>();
      const port = defaultPorts[name];
      return {
        name,
        what: [...classes]
          .map(([of, comment]) => (classes.size === 1 ? comment : `${code(of)}: ${comment}`))
          .join(" "),
        port: port === undefined ? (otherPorts[name] ?? "") : String(port),
        alerts: alertsOf(
          observables.flatMap(({ className, observation }) =>
            classes.has(className) ? [observation] : [],
          ),
        ),
      };
    });
}

function usualPort({ schema }: SourceFactory<z.ZodType>): number | undefined {
  const field = schema instanceof z.ZodObject ? (schema.shape as z.ZodRawShape)["port"] : undefined;
  const value: unknown = field instanceof z.ZodDefault ? field.def.defaultValue : undefined;
  return typeof value === "number" ? value : undefined;
}

function sourceParts(app: App): Part[] {
  const observed = observedSources(app);
  return factories().map(({ factory, what }) => {
    const observations = observed.get(factory.type);
    if (observations === undefined) {
      throw new Error(
        `'${factory.type}' must be a source of some environment, got none: its alerts are read there; list it in environments/production.ts, or above`,
      );
    }
    const own = observations[0]?.targets[0]?.endpoint.port;
    const scraped = usualPort(factory);
    return {
      name: factory.type,
      what,
      port: scraped === undefined ? `inside, ${String(own)}` : `its own, ${String(scraped)}`,
      alerts: alertsOf(observations),
    };
  });
}

/** Everything that runs on the platform or is watched by it. */
export function parts(): readonly Part[] {
  const outdir = mkdtempSync(join(tmpdir(), "l2-observatory-docs-"));
  try {
    const app = new App({ outdir, stackTraces: false });
    return [...platformParts(app), ...sourceParts(app)];
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

/** The table of the README. */
export function serviceTable(all: readonly Part[]): string {
  return table(
    ["service", "what it does or is", "port", "alerts"],
    all.map(({ name, what, port, alerts }) => [
      name,
      what,
      port,
      [...alerts].map(([alert, of]) => `${alert} ${of.join("/")}`).join(", "),
    ]),
  );
}
