import {
  Alloy,
  agentObservation,
  agentSchema,
  parseAgent,
  type AgentInput,
  type AlloyProps,
} from "../../../constructs/alloy";
import { folderOf } from "../../../constructs/alloy/schema";
import { Endpoint } from "../../../constructs/core/endpoint";
import { ConfigurationError } from "../../../constructs/core/errors";
import { synthesise, testRuntime, testStack } from "../core/synthesised";

const at = (host: string) =>
  ({
    metrics: new Endpoint({ protocol: "remote-write", host, port: 9090, path: "/api/v1/write" }),
    logs: new Endpoint({ protocol: "loki-push", host, port: 3100, path: "/loki/api/v1/push" }),
    traces: new Endpoint({ protocol: "otlp-http", host, port: 4318 }),
    engine: new Endpoint({ protocol: "http", host: "socket-proxy", port: 2375 }),
  }) as const;

const platform = at("10.88.0.1");

type Props = Omit<AlloyProps, "runtime" | "metrics"> & Partial<Pick<AlloyProps, "metrics">>;

function container(props: Props) {
  const synthesised = synthesise((stack, runtime) => {
    new Alloy(stack, "alloy", { runtime, ...platform, ...props });
  });
  return synthesised.container("alloy");
}

describe("Alloy", () => {
  test("never gets the engine's socket, and runs as its own user", () => {
    const one = container({ agent: "a", modules: [{ module: "docker-logs" }, { module: "otlp" }] });
    expect(JSON.stringify(one)).not.toContain("docker.sock");
    expect(one).toMatchObject({ user: "473:473", mounts: [] });
  });

  test("publishes OTLP only where it is asked for", () => {
    expect(container({ agent: "a", modules: [{ module: "host" }] })).not.toMatchObject({
      ports: expect.arrayContaining([expect.anything()]) as unknown,
    });
    expect(
      container({ agent: "a", modules: [{ module: "otlp", grpcHostPort: 14_317 }] }),
    ).toMatchObject({
      ports: [
        { internal: 4317, external: 14_317, ip: "127.0.0.1", protocol: "tcp" },
        { internal: 4318, external: 4318, ip: "127.0.0.1", protocol: "tcp" },
      ],
    });
  });

  test("sees of the host what its modules need, read-only", () => {
    const one = container({
      agent: "a",
      modules: [
        { module: "host" },
        { module: "files", service: "edge", paths: ["/var/log/nginx/*.log"], group: 4 },
        {
          module: "files",
          service: "api",
          paths: ["/srv/api/**/*.log", "/srv/api/x.log"],
          group: 4,
        },
      ],
    });
    expect(one).toMatchObject({
      group_add: ["4"],
      mounts: [
        { source: "/proc", target: "/host/proc", read_only: true },
        { source: "/sys", target: "/host/sys", read_only: true },
        { source: "/", target: "/host/root", read_only: true },
        { source: "/var/log/nginx", target: "/host/files/var/log/nginx", read_only: true },
        { source: "/srv/api", target: "/host/files/srv/api", read_only: true },
      ],
    });
  });

  test("joins the networks of what it scrapes", () => {
    const one = container({
      agent: "a",
      modules: [
        { module: "spring", service: "api", host: "api", network: "apps" },
        { module: "nginx", service: "e", host: "e", exporterHost: "x", network: "apps" },
      ],
    });
    expect(JSON.stringify(one.networks_advanced)).toContain('"apps"');
  });

  test("is where applications send OTLP, and is observed without being scraped", () => {
    const stack = testStack();
    const alloy = new Alloy(stack, "alloy", {
      runtime: testRuntime(stack),
      ...platform,
      agent: "app-1",
      host: "app-1.example",
      modules: [{ module: "otlp" }],
    });
    expect([alloy.grpc.url, alloy.http.url]).toEqual(["http://alloy:4317", "http://alloy:4318"]);
    expect(alloy.observation).toMatchObject({ job: "alloy", targets: [] });
  });
});

const sound: AgentInput = { agent: "a", modules: [{ module: "host" }] };

function faults(input: unknown, to: Parameters<typeof parseAgent>[1] = platform) {
  try {
    parseAgent(input as AgentInput, to);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults;
    throw error;
  }
  return [];
}

const withModule = (module: object) => ({ ...sound, modules: [module] });

test("an agent that reads containers' lines proves to the heartbeat that lines arrive", () => {
  const legsOf = (modules: AgentInput["modules"]) =>
    agentObservation(agentSchema.parse({ agent: "a", modules })).legs?.map(({ name }) => name);
  expect(legsOf([{ module: "docker-logs" }])).toEqual(["log-ingestion"]);
  expect(legsOf([{ module: "host" }])).toBeUndefined();
});

describe("an agent is refused", () => {
  test("unless it is sound", () => {
    expect(faults(sound)).toEqual([]);
  });

  test.each<[string, object, string, string]>([
    [
      "with an unknown module",
      withModule({ module: "journal" }),
      "modules[0].module",
      "one of 'host'",
    ],
    ["without modules", { agent: "a", modules: [] }, "modules", "of length 1 at least"],
    ["with a name that is none", { ...sound, agent: "My Host" }, "agent", "lower-case words"],
    [
      "with an unknown field",
      withModule({ module: "host", interval: 5 }),
      "modules[0].interval",
      "a known field",
    ],
    [
      "with files of no service",
      withModule({ module: "files", paths: ["/var/log/a.log"] }),
      "modules[0].service",
      "lower-case words",
    ],
    [
      "with files without paths",
      withModule({ module: "files", service: "a", paths: [] }),
      "modules[0].paths",
      "of length 1 at least",
    ],
    [
      "with files of a relative path",
      withModule({ module: "files", service: "a", paths: ["log/a.log"] }),
      "modules[0].paths[0]",
      "an absolute path",
    ],
    [
      "with files that lead upwards",
      withModule({ module: "files", service: "a", paths: ["/var/log/../../etc/shadow"] }),
      "modules[0].paths[0]",
      "without '..'",
    ],
    [
      "with files of the whole disk",
      withModule({ module: "files", service: "a", paths: ["/*/a.log"] }),
      "modules[0].paths[0]",
      "whose first folder is named",
    ],
    [
      "with a group that is root's",
      withModule({ module: "files", service: "a", paths: ["/var/log/a.log"], group: 0 }),
      "modules[0].group",
      "at least 1",
    ],
    [
      "with a drop rule that drops all",
      withModule({ module: "docker-logs", drop: [".*"] }),
      "modules[0].drop[0]",
      "an empty line does not match",
    ],
    [
      "with a drop rule that RE2 does not know",
      withModule({ module: "docker-logs", drop: ["a(?!b)"] }),
      "modules[0].drop[0]",
      "RE2's notation",
    ],
    [
      "with a container that cannot be one",
      withModule({ module: "docker-logs", ignore: ["/a"] }),
      "modules[0].ignore[0]",
      "without a slash",
    ],
    [
      "with Spring without host",
      withModule({ module: "spring", service: "api" }),
      "modules[0].host",
      "a host name",
    ],
    [
      "with Spring at a path with a query",
      withModule({ module: "spring", service: "api", host: "api", path: "/m?k=1" }),
      "modules[0].path",
      "a path such as",
    ],
    [
      "with nginx without exporter",
      withModule({ module: "nginx", service: "e", host: "e" }),
      "modules[0].exporterHost",
      "a host name",
    ],
    [
      "with OTLP on no port",
      withModule({ module: "otlp", grpcHostPort: 0 }),
      "modules[0].grpcHostPort",
      "at least 1",
    ],
    [
      "with probes of nothing",
      withModule({ module: "probes", probes: [] }),
      "modules[0].probes",
      "of length 1 at least",
    ],
    [
      "with a probe whose address is a word",
      withModule({ module: "probes", probes: [{ name: "a", target: "api" }] }),
      "modules[0].probes[0].target",
      "host:port",
    ],
    [
      "with one host twice",
      { agent: "a", modules: [{ module: "host" }, { module: "host" }] },
      "modules[1].module",
      "used once",
    ],
    [
      "with one service twice",
      {
        agent: "a",
        modules: [
          { module: "spring", service: "api", host: "x" },
          { module: "spring", service: "api", host: "y" },
        ],
      },
      "modules[1].service",
      "used once, or for another service",
    ],
  ])("%s", (_, input, field, allowed) => {
    const found = faults(input);
    expect(found.map((fault) => fault.field)).toEqual([field]);
    expect(found[0]?.allowed).toContain(allowed);
  });

  test.each<[string, object, Parameters<typeof parseAgent>[1], string, string]>([
    ["without the platform's address", sound, {}, "metrics", "address in the tunnel"],
    [
      "with lines and nowhere to send them",
      withModule({ module: "docker-logs" }),
      { ...platform, logs: undefined },
      "logs",
      "leave the module out",
    ],
    [
      "with traces and nowhere to send them",
      withModule({ module: "otlp" }),
      { ...platform, traces: undefined },
      "traces",
      "leave the module out",
    ],
    [
      "with containers and no proxy",
      withModule({ module: "docker-logs" }),
      { ...platform, engine: undefined },
      "engine",
      "SocketProxy",
    ],
  ])("%s", (_, input, to, field, repair) => {
    const found = faults(input, to);
    expect(found.map((fault) => fault.field)).toEqual([field]);
    expect(found[0]?.got).toBe("nothing");
    expect(found[0]?.repair).toContain(repair);
  });

  test("with a platform that is its own loopback", () => {
    const found = faults(sound, at("127.0.0.1"));
    expect(found.map(({ field }) => field)).toEqual(["metrics", "logs", "traces"]);
    expect(found[0]).toMatchObject({
      allowed: "an address that the agent's container reaches",
      got: "'127.0.0.1'",
      repair: expect.stringContaining("tunnel") as string,
    });
  });

  test("with every fault at once", () => {
    const two = { agent: "A", modules: [{ module: "spring", service: "api" }, { module: "x" }] };
    expect(faults(two)).toHaveLength(3);
  });
});

test.each([
  ["/var/log/nginx/*.log", "/var/log/nginx"],
  ["/srv/**/api.log", "/srv"],
  ["/srv/api-{a,b}/x.log", "/srv"],
  ["/var/log/a.log", "/var/log"],
])("of %s the folder %s is mounted", (path, folder) => {
  expect(folderOf(path)).toBe(folder);
});
