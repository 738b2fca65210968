import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { calendarFaults, calendarSchema } from "../constructs/core/calendar";
import { accessFaults, receiverSchema, secretsOf, type Routes } from "../constructs/core/receiver";
import { priorities } from "../constructs/core/alert";
import type { Machine } from "../constructs/core/budget";
import { refuse, show, type Fault } from "../constructs/core/errors";
import { imageFaults } from "../constructs/core/images";
import {
  defaultSecretsDirectory,
  deployUser,
  hostFaults,
  hostSchema,
  machineOf,
  secretsDirectoryFaults,
} from "../constructs/host/schema";
import { faultsOf, kebabName, matching, port } from "../constructs/core/schema";
import { logsSchema, schemaFaults } from "../constructs/loki/schema";
import type { Source } from "../constructs/core/source";
import { channelFaults } from "../constructs/grafana/contact-points";
import { grafanaSecrets } from "../constructs/grafana/secrets";
import {
  agentFaults,
  applicationAgentSchema,
  type ApplicationAgent,
  type ApplicationAgentInput,
  type PlatformAgentInput,
} from "./agents";
import { backendSchema } from "./backend";
import { sloFaults, sloSchema } from "../constructs/slo/schema";
import { engineSchema, machineSchema, unroutableAddress } from "./engine";
import { tracesFaults, tracesSchema } from "./traces";

const source = z.custom<Source>(
  (value) => typeof value === "object" && value !== null && "create" in value && "check" in value,
  { message: "a source, made by a factory such as opBatcher({ … })" },
);

const names = z.array(kebabName);

/** Whether a value is an object whose fields are checked later, with what they must agree with. */
function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const platformAgentInput = z.custom<PlatformAgentInput | false>(
  (value) => value === false || isObject(value),
  { message: "false or an object such as { modules: [{ module: 'host' }] }" },
);

const applicationAgentInput = z.custom<ApplicationAgentInput>(isObject, {
  message: "an object such as { agent: 'app', engine: { … }, modules: [ … ] }",
});

/** What an environment may write. Every field has one sentence; defaults are what a small production wants. */
export const environmentSchema = z.strictObject({
  /** Part of every stack's, container's and volume's name. */
  name: kebabName,
  /** First part of every container's, volume's and network's name: two platforms can share an engine. */
  prefix: kebabName.default("l2o"),
  /** The Docker Engine that runs the services: this machine's, or one reached over SSH through the tunnel. */
  engine: engineSchema,
  /** The only address ports are published on. */
  bindAddress: unroutableAddress.default("127.0.0.1"),
  /** An AWS host made by this environment; without it the engine runs on a machine that is there already. */
  host: hostSchema.optional(),
  /** What carries the services; the budget is checked against it. Left out where `host` says it. */
  machine: machineSchema.optional(),
  /** Published ports; no two alike. */
  ports: z
    .strictObject({
      prometheus: port.default(9090),
      pushgateway: port.default(9091),
      alertmanager: port.default(9093),
      loki: port.default(3100),
      grafana: port.default(3000),
      /** Jaeger's pages. */
      jaeger: port.default(16686),
      /** OTLP over gRPC, where traces are kept. */
      otlpGrpc: port.default(4317),
      /** OTLP over HTTP, where traces are kept. */
      otlpHttp: port.default(4318),
      /** JSON-RPC of the demonstration's L1, where there is one. */
      demoL1: port.default(18545),
    })
    .prefault({}),
  /** How long, and on how much disk, series are kept; the first limit reached counts. */
  retention: z
    .strictObject({
      days: z.int().min(1).max(365).default(15),
      prometheusGiB: z.number().min(0.5).max(16_384).default(4),
    })
    .prefault({}),
  /** Whether jobs can push metrics (Pushgateway behind its proxy, which also serves the runbooks). */
  pushgateway: z.boolean().default(true),
  /** How logs are kept, or `false`: then nothing takes them, and no alert on lines is evaluated. */
  logs: z.union([z.literal(false), logsSchema]).prefault({}),
  /** How traces are taken and kept, or `false`: then nothing takes OTLP. */
  traces: z.union([z.literal(false), tracesSchema]).default(false),
  /** Whether Grafana shows dashboards, logs and traces. */
  grafana: z.boolean().default(true),
  /** What evaluates alerts and tells people. */
  alerting: z
    .strictObject({
      /** Prometheus and Loki with Alertmanager, or Grafana alone: one of them, never both. */
      engine: z.enum(["prometheus", "grafana"]).default("prometheus"),
    })
    .prefault({}),
  /** What the agent on the platform's host collects, or `false`: then there is none. */
  agent: platformAgentInput.prefault({}),
  /** Agents on application hosts: each a stack of its own, on that host's engine. */
  agents: z.array(applicationAgentInput).default([]),
  /** Channels that tell people; names are unique. */
  receivers: z.array(receiverSchema).default([]),
  /** Which receivers hear which priority; by default all that get no heartbeat hear every one. */
  routes: z
    .strictObject({
      P1: names.optional(),
      P2: names.optional(),
      P3: names.optional(),
      P4: names.optional(),
      /** Gets the watchdog's message once a minute; should raise an alarm when it stops. */
      heartbeat: names.default([]),
    })
    .prefault({}),
  /** When people work, and when work on the platform or a chain is planned. */
  calendar: calendarSchema.prefault({}),
  /** What is watched. */
  sources: z.array(source).default([]),
  /** What services promise over 30 days: error budgets, and alerts on their burn. */
  slos: z.array(sloSchema).default([]),
  /** Where images come from. */
  images: z
    .strictObject({
      /** Registry and path put in front of every image. */
      registry: matching(
        /^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._-]+)*$/,
        "a registry such as 'mirror.example.com/hub', without scheme and trailing slash",
      ).optional(),
      /** Whole references by image name. */
      overrides: z.record(z.string(), z.string()).default({}),
    })
    .prefault({}),
  /** Refuse every plan that would destroy a data volume. */
  protectData: z.boolean().default(false),
  /**
   * Absolute folder on the Docker host with one folder of secret files per service. A host of its own fills it from
   * Systems Manager. Default: `/etc/l2-observatory/secrets` where `host` is given.
   */
  secretsDirectory: matching(/^\/[^\0]*[^/]$/, "an absolute path").optional(),
  /** Where Terraform keeps its state. */
  backend: backendSchema.default({ type: "local" }),
});

/** What an environment file exports. */
export type EnvironmentInput = z.input<typeof environmentSchema>;

/** An environment that was checked; defaults filled in. */
export type Environment = Omit<
  z.output<typeof environmentSchema>,
  "routes" | "machine" | "agents"
> & {
  readonly agents: readonly ApplicationAgent[];
  readonly routes: Routes;
  readonly machine: Machine;
};

function repeated(values: readonly string[]): string[] {
  return [...new Set(values.filter((value, i) => values.indexOf(value) !== i))];
}

type Parsed = Partial<z.output<typeof environmentSchema>>;

function portFaults({ ports }: Parsed): Fault[] {
  const entries = Object.entries(ports ?? {});
  return entries.flatMap(([name, number], i) => {
    const [earlier] = entries.slice(0, i).find(([, other]) => other === number) ?? [];
    if (earlier === undefined) return [];
    return [
      {
        field: `ports.${name}`,
        allowed: `a port that is not used by ports.${earlier}`,
        got: show(number),
      },
    ];
  });
}

/** Whether nobody would hear what is critical. */
function unheard(known: readonly string[], routes: NonNullable<Parsed["routes"]>): boolean {
  return (routes.P1 ?? known.filter((name) => !routes.heartbeat.includes(name))).length === 0;
}

function receiverFaults({ receivers, routes }: Parsed): Fault[] {
  if (receivers === undefined) return [];
  const known = receivers.map(({ name }) => name);
  const routed = Object.entries(routes ?? {});
  return [
    ...repeated(known).map((name) => ({
      field: "receivers",
      allowed: "receivers with different names",
      got: `${show(name)} twice`,
    })),
    ...receivers.flatMap((receiver, i) => accessFaults(receiver, `receivers[${String(i)}]`)),
    ...routed.flatMap(([route, targets]) =>
      targets.flatMap((target, i) =>
        known.includes(target)
          ? []
          : [
              {
                field: `routes.${route}[${String(i)}]`,
                allowed:
                  known.length === 0
                    ? "the name of a receiver (there is none)"
                    : `one of ${known.join(", ")}`,
                got: show(target),
              },
            ],
      ),
    ),
    ...(routes !== undefined && known.length > 0 && unheard(known, routes)
      ? [
          {
            field: "routes.P1",
            allowed: "at least one receiver",
            got: "none",
            repair:
              "somebody must hear what is critical; without 'routes.P1' every receiver does that gets no heartbeat",
          },
        ]
      : []),
  ];
}

/** Grafana can be the engine only where it runs, and with channels that it can have. */
function alertingFaults({ alerting, grafana, receivers }: Parsed): Fault[] {
  if (alerting?.engine !== "grafana") return [];
  return [
    ...(grafana === false
      ? [{ field: "grafana", allowed: "true where 'alerting.engine' is 'grafana'", got: "false" }]
      : []),
    ...channelFaults(receivers ?? []),
  ];
}

function contradictions(sources: readonly Placed[]): Fault[] {
  const first = new Map<string, { field: string; value: unknown }>();
  return sources.flatMap(({ source, at }) =>
    source.agreements.flatMap(({ what, field, value }): Fault[] => {
      const here = { field: `${at}.${field}`, value };
      const earlier = first.get(what) ?? here;
      first.set(what, earlier);
      if (isDeepStrictEqual(earlier.value, value)) return [];
      return [
        {
          field: here.field,
          allowed: `the same as '${earlier.field}'`,
          got: show(value),
          repair: `both are about the ${what}: state it once and use it twice`,
        },
      ];
    }),
  );
}

function sharedTargets(sources: readonly Placed[]): Fault[] {
  const first = new Map<string, string>();
  return sources.flatMap(({ source, at }) =>
    source.targets.flatMap((target): Fault[] => {
      const key = `${source.type} ${target}`;
      const earlier = first.get(key);
      first.set(key, earlier ?? at);
      if (earlier === undefined) return [];
      return [
        {
          field: at,
          allowed: `reached at another address than '${earlier}'`,
          got: show(target),
          repair: "set 'host' or 'port'",
        },
      ];
    }),
  );
}

interface Placed {
  readonly source: Source;
  readonly at: string;
}

function sourceFaults(input: unknown): Fault[] {
  const sources = (Array.isArray(input) ? input : []).flatMap((one: unknown, i): Placed[] => {
    const parsed = source.safeParse(one);
    return parsed.success ? [{ source: parsed.data, at: `sources[${String(i)}]` }] : [];
  });
  const checked = sources.map((one) => ({ ...one, faults: one.source.check(one.at) }));
  const sound = checked.filter(({ faults }) => faults.length === 0);
  return [
    ...checked.flatMap(({ faults }) => faults),
    ...repeated(sound.map(({ source: { id } }) => id)).map((id) => ({
      field: "sources",
      allowed: "sources that differ in type or instance (chain, service)",
      got: `${show(id)} twice`,
    })),
    ...sharedTargets(sound.filter(({ source: { id } }, i) => firstOf(sound, id) === i)),
    ...contradictions(sound),
  ];
}

function firstOf(sources: readonly Placed[], id: string): number {
  return sources.findIndex(({ source }) => source.id === id);
}

function engineFaults({ engine, secretsDirectory }: Parsed, input: EnvironmentInput): Fault[] {
  if (engine?.type !== "ssh" || secretsDirectory !== undefined) return [];
  // A host of its own has a folder; a faulty one is told already.
  if (input.host !== undefined || input.secretsDirectory !== undefined) return [];
  return [
    {
      field: "secretsDirectory",
      allowed: "given when the engine is remote",
      got: "nothing",
      repair: "name the folder on that host that holds the secret files",
    },
  ];
}

/** How Docker is reached must be what the host offers: SSH on its address in the tunnel, for the deploy keys' owners. */
function deployFaults(
  { address, deployKeys }: { address: string; deployKeys: readonly unknown[] },
  engine: NonNullable<Parsed["engine"]>,
): Fault[] {
  if (engine.type === "local") {
    return [
      {
        field: "engine.type",
        allowed: "'ssh' where 'host' makes the machine",
        got: show(engine.type),
        repair: `write engine: { type: "ssh", address: ${show(address)} }`,
      },
    ];
  }
  const only = (field: string, allowed: string, value: string | number): Fault[] => [
    { field, allowed: `${allowed} where 'host' makes the machine`, got: show(value) },
  ];
  return [
    ...(engine.address === address
      ? []
      : [
          {
            field: "engine.address",
            allowed: `the host's address in the tunnel, ${show(address)}`,
            got: show(engine.address),
          },
        ]),
    ...(engine.user === deployUser ? [] : only("engine.user", show(deployUser), engine.user)),
    ...(engine.port === 22 ? [] : only("engine.port", "22", engine.port)),
    ...(deployKeys.length > 0
      ? []
      : [
          {
            field: "host.deployKeys",
            allowed: "at least one key, since Docker is reached over SSH",
            got: "none",
            repair: "make one with 'ssh-keygen -t ed25519' and write the line of its .pub file",
          },
        ]),
  ];
}

/** The host and the services must agree on the machine and on its address in the tunnel. */
function hostAndServiceFaults(sound: Parsed, input: EnvironmentInput): Fault[] {
  const { host, machine, engine, bindAddress, secretsDirectory } = sound;
  // What was given and is faulty is told already.
  if (input.host !== undefined && host === undefined) return [];
  if (host === undefined) {
    if (machine !== undefined || input.machine !== undefined) return [];
    return [
      {
        field: "machine",
        allowed: "given where no 'host' is",
        got: "nothing",
        repair: "state memory, swap and disk of the machine that runs the engine",
      },
    ];
  }
  const { address } = host.tunnel;
  return [
    ...hostFaults(host),
    ...(machine === undefined
      ? []
      : [{ field: "machine", allowed: "left out where 'host' says it", got: show(machine) }]),
    ...(engine === undefined ? [] : deployFaults({ address, deployKeys: host.deployKeys }, engine)),
    ...(bindAddress === undefined || bindAddress === address
      ? []
      : [
          {
            field: "bindAddress",
            allowed: `the host's address in the tunnel, ${show(address)}`,
            got: show(bindAddress),
          },
        ]),
    ...(secretsDirectory === undefined ? [] : secretsDirectoryFaults(secretsDirectory)),
  ];
}

/** Logs must be in order, and in S3 only where containers get the machine's role. */
function logsFaults({ logs, host }: Parsed): Fault[] {
  if (logs === undefined || logs === false) return [];
  return [
    ...schemaFaults(logs.schema, "logs.schema"),
    ...(logs.storage.type === "s3" && host?.containersReachMetadata === false
      ? [
          {
            field: "host.containersReachMetadata",
            allowed: "true where logs are kept in S3",
            got: "false",
            repair:
              "Loki takes its credentials from the instance's metadata; or keep logs on the file system",
          },
        ]
      : []),
  ];
}

/**
 * Checks an environment, all fields and what holds between them.
 * @throws ConfigurationError with every fault at once
 */
export function parseEnvironment(input: EnvironmentInput): Environment {
  const parsed: Record<string, unknown> = {};
  const faults: Fault[] = [];
  // Field by field, so that one fault does not hide those between the other fields.
  for (const [key, schema] of Object.entries(environmentSchema.shape)) {
    const value = (input as Readonly<Record<string, unknown>>)[key];
    const result = schema.safeParse(value);
    if (result.success) parsed[key] = result.data;
    else faults.push(...faultsOf(result.error, value, key));
  }
  const unknown = environmentSchema.pick({}).safeParse(
    Object.fromEntries(
      Object.keys(input)
        .filter((key) => !(key in environmentSchema.shape))
        .map((key) => [key, true]),
    ),
  );
  if (!unknown.success) faults.push(...faultsOf(unknown.error, input));
  const sound: Parsed = parsed;
  faults.push(
    ...portFaults(sound),
    ...receiverFaults(sound),
    ...alertingFaults(sound),
    ...(sound.calendar === undefined ? [] : calendarFaults(sound.calendar)),
    ...sourceFaults(input.sources),
    ...engineFaults(sound, input),
    ...hostAndServiceFaults(sound, input),
    ...logsFaults(sound),
    ...tracesFaults(sound.traces),
    ...sloFaults(sound.slos, sound.retention?.days),
    ...agentFaults(
      { agent: sound.agent, agents: sound.agents },
      { ...sound, tunnelPeers: sound.host?.tunnel.peers },
    ),
    ...(sound.images === undefined ? [] : imageFaults(sound.images)),
  );
  refuse(`environment '${typeof input.name === "string" ? input.name : "?"}'`, faults);
  const environment = environmentSchema.parse(input);
  const machine =
    environment.host === undefined ? environment.machine : machineOf(environment.host);
  if (machine === undefined) throw new Error("an environment without a machine was not refused");
  const all = environment.receivers.map(({ name }) => name);
  const { heartbeat } = environment.routes;
  // Who watches for silence is told nothing else, unless a route says so.
  const people = all.filter((name) => !heartbeat.includes(name));
  const [P1, P2, P3, P4] = priorities.map((priority) => environment.routes[priority] ?? people);
  const secretsDirectory =
    environment.secretsDirectory ??
    (environment.host === undefined ? undefined : defaultSecretsDirectory);
  return {
    ...environment,
    secretsDirectory,
    machine,
    agents: environment.agents.map((agent) => applicationAgentSchema.parse(agent)),
    routes: { P1: P1 ?? [], P2: P2 ?? [], P3: P3 ?? [], P4: P4 ?? [], heartbeat },
  };
}

/** A secret that a service of the environment needs. */
export interface NeededSecret {
  /** The service's folder under the secrets directory. */
  readonly service: string;
  readonly secret: string;
  /** Whether any long random value will do, which nobody has to know before. */
  readonly generated?: true;
}

/** Every secret that an environment needs, once per service. */
export function secretsNeeded(environment: Environment): NeededSecret[] {
  const teller = { prometheus: "alertmanager", grafana: "grafana" }[environment.alerting.engine];
  const needed: readonly NeededSecret[] = [
    ...environment.receivers.flatMap((receiver) =>
      secretsOf(receiver).map(({ secret }) => ({ service: teller, secret })),
    ),
    ...environment.sources.flatMap((one) =>
      one.secrets.map(({ secret }) => ({ service: one.id, secret })),
    ),
    ...(environment.grafana
      ? grafanaSecrets.map(({ secret }) => ({
          service: "grafana",
          secret,
          generated: true as const,
        }))
      : []),
  ];
  return [...new Map(needed.map((one) => [`${one.service}/${one.secret}`, one])).values()];
}
