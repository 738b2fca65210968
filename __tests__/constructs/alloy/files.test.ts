import { readdirSync, readFileSync } from "node:fs";
import { configFiles, renderUse, type Platform } from "../../../constructs/alloy/config";
import { agentSchema, type AgentInput } from "../../../constructs/alloy/schema";
import { Endpoint } from "../../../constructs/core/endpoint";
import { assetPath } from "../../../constructs/core/paths";
import { parseAlloy, type Block } from "../../support/alloy-files";

const platform: Platform = {
  metrics: new Endpoint({ protocol: "remote-write", host: "10.88.0.1", port: 9090 }),
  logs: new Endpoint({ protocol: "loki-push", host: "10.88.0.1", port: 3100 }),
  traces: new Endpoint({ protocol: "otlp-http", host: "10.88.0.1", port: 4318 }),
  engine: new Endpoint({ protocol: "http", host: "socket-proxy", port: 2375 }),
};

const every: AgentInput = {
  agent: "app-1",
  modules: [
    { module: "host" },
    { module: "docker-logs", ignore: ["a.b"], drop: ["^GET /health", "${x}"] },
    { module: "files", service: "edge", paths: ["/var/log/nginx/*.log"] },
    { module: "spring", service: "api", host: "api" },
    { module: "spring", service: "chat", host: "chat", port: 8081 },
    { module: "nginx", service: "edge", host: "edge", exporterHost: "edge-exporter" },
    { module: "otlp" },
    { module: "probes", probes: [{ name: "api", target: "https://api.example.com" }] },
  ],
};

const assets = readdirSync(assetPath("alloy")).map((name) => ({
  name,
  blocks: parseAlloy(readFileSync(assetPath(`alloy/${name}`), "utf8")),
}));
const declares = assets.flatMap(({ blocks }) => blocks);
const rendered = new Map(
  configFiles(agentSchema.parse(every), platform).map(({ path, content }) => [path, content]),
);
const main = parseAlloy(rendered.get("/etc/alloy/main.alloy") ?? "");
const uses = main.filter(({ name }) => name !== "logging");

const named = (block: Block, name: string) => block.blocks.filter((inner) => inner.name === name);
const labels = (blocks: readonly Block[]) => blocks.map(({ label }) => label ?? "");

describe.each(declares)("declare $label", (declare) => {
  const given = labels(named(declare, "argument"));
  const components = declare.blocks
    .filter(({ name }) => !["argument", "export"].includes(name))
    .map(({ name, label }) => `${name}.${label ?? ""}`);

  test("is a declare with a comment on every argument, used in it", () => {
    expect(declare.name).toBe("declare");
    for (const argument of named(declare, "argument")) {
      expect([argument.label, argument.attributes["comment"]]).toEqual([
        argument.label,
        expect.stringMatching(/^".+\."$/),
      ]);
      expect(declare.body).toContain(`argument.${argument.label ?? ""}.value`);
    }
  });

  test("uses no argument that it does not have", () => {
    for (const [, name] of declare.body.matchAll(/argument\.(\w+)\.value/g)) {
      expect(given).toContain(name);
    }
  });

  test("has components of different names, and refers to those only", () => {
    expect(new Set(components).size).toBe(components.length);
    const known =
      /\b((?:loki|prometheus|otelcol|discovery|local)\.[a-z_.]+\.[a-z_]+)\.(?:receiver|output|rules|targets|input|content)\b/g;
    const references = [...declare.body.matchAll(known)].map(([, name]) => name ?? "");
    for (const reference of references) expect(components).toContain(reference);
  });

  test("is instantiated with all of its arguments and no other, when every module is asked for", () => {
    const own = uses.filter(({ name }) => name === declare.label);
    expect(own.length).toBeGreaterThan(0);
    for (const use of own) expect(Object.keys(use.attributes).sort()).toEqual([...given].sort());
  });

  test("reads nothing from the environment, where an unset variable would be an empty string", () => {
    expect(declare.body).not.toMatch(/sys\.env|\benv\(/);
  });
});

describe("the main file", () => {
  test("instantiates nothing but declares, none twice under one label", () => {
    const known = labels(declares);
    for (const { name } of uses) expect(known).toContain(name);
    const ids = uses.map(({ name, label }) => `${name}.${label ?? ""}`);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("refers to what it instantiates and to what that exports", () => {
    const exported = new Map(
      declares.map((declare) => [declare.label, labels(named(declare, "export"))]),
    );
    const text = uses.map(({ body }) => body).join(" ");
    const references = [...text.matchAll(/\b([a-z_]+)\.([a-z_0-9]+)\.(receiver|input)\b/g)];
    expect(references.length).toBeGreaterThan(5);
    for (const [, name, label, field] of references) {
      expect(uses.some((use) => use.name === name && use.label === label)).toBe(true);
      expect(exported.get(name)).toContain(field);
    }
  });

  test("comes with the modules that are asked for and no other", () => {
    const only = configFiles(
      agentSchema.parse({ agent: "a", modules: [{ module: "host" }] }),
      platform,
    );
    expect(only.map(({ path }) => path)).toEqual([
      "/etc/alloy/main.alloy",
      "/etc/alloy/platform.alloy",
      "/etc/alloy/agent.alloy",
      "/etc/alloy/host.alloy",
    ]);
    expect([...rendered.keys()]).toHaveLength(assets.length + 2);
  });

  test("names the platform, the labels and what a module was told", () => {
    const text = rendered.get("/etc/alloy/main.alloy") ?? "";
    for (const part of [
      'url = "http://10.88.0.1:3100"',
      'agent = "app-1",',
      'engine     = "tcp://socket-proxy:2375"',
      'ignore     = "a\\\\.b"',
      'drop       = "(?:^GET /health)|(?:${x})"',
      'address    = "chat:8081"',
      '__path__  = "/host/files/var/log/nginx/*.log",',
      'config_file = "/etc/alloy/blackbox.yml"',
    ]) {
      expect(text.replace(/url +=/g, "url =")).toContain(part);
    }
  });

  test("keeps quotes and backslashes of a value", () => {
    const use = renderUse({ declare: "d", label: "l", args: { long: 1, x: 'a"b\\c' } });
    expect(use).toBe('d "l" {\n\tlong = 1\n\tx    = "a\\"b\\\\c"\n}\n');
  });
});

test("the parser refuses what does not balance", () => {
  for (const text of ['a "b" {', "a }", "x = [1", "x = (1]\n"]) {
    expect(() => parseAlloy(text)).toThrow();
  }
});
