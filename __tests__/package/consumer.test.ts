import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { packageRoot } from "../../constructs/core/paths";

let project: string;
let packed: readonly string[];

function run(command: string, args: readonly string[], cwd = project): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (status !== 0) {
    throw new Error(`${command} ${args.join(" ")}: ${error?.message ?? `${stdout}${stderr}`}`);
  }
  return stdout;
}

function install(...names: readonly string[]): void {
  for (const name of names) {
    const place = join(project, "node_modules", name);
    mkdirSync(dirname(place), { recursive: true });
    symlinkSync(join(packageRoot, "node_modules", name), place);
  }
}

/**
 * Every JSON file that the project's synth wrote, one after another. The stranger's packages are
 * links to ours, and CDKTF writes its own stack frames beside each annotation: not a path of ours.
 */
function written(folder: string): string {
  return readdirSync(join(project, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".json"))
    .map((path) => readFileSync(join(project, folder, path), "utf8"))
    .join("\n")
    .replaceAll(join(realpathSync(packageRoot), "node_modules"), "node_modules");
}

beforeAll(() => {
  if (!existsSync(join(packageRoot, "dist", "constructs", "index.js"))) {
    throw new Error("the package must be compiled, got no dist folder: run 'npm test'");
  }
  // Resolved: a stranger's stack must not name our checkout, and /tmp may be a link.
  project = realpathSync(mkdtempSync(join(tmpdir(), "l2-observatory-consumer-")));
  const [tarball] = JSON.parse(
    run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", project], packageRoot),
  ) as { filename: string; files: { path: string }[] }[];
  if (tarball === undefined) throw new Error("npm pack must name its tarball, got nothing");
  packed = tarball.files.map(({ path }) => path);

  cpSync(join(__dirname, "consumer"), project, { recursive: true });
  // Not in the folder: there it would hide our own package from the type check of this repository.
  writeFileSync(
    join(project, "package.json"),
    '{ "name": "a-strangers-project", "private": true }',
  );
  const modules = join(project, "node_modules");
  mkdirSync(join(modules, "l2-observatory"), { recursive: true });
  run("tar", [
    "-xzf",
    join(project, tarball.filename),
    "--strip-components=1",
    "-C",
    join(modules, "l2-observatory"),
  ]);
  // What npm would install beside it; not the AWS provider, which Prometheus alone does not need.
  install("@cdktf/provider-docker", "cdktf", "constructs", "yaml", "zod");
}, 60_000);

afterAll(() => {
  rmSync(project, { recursive: true, force: true });
});

interface Synthesised {
  readonly resource: {
    readonly docker_container: Readonly<
      Record<string, { readonly image: string; readonly upload?: readonly Upload[] }>
    >;
  };
}

interface Upload {
  readonly file: string;
  readonly content: string;
}

function isStack(value: unknown): value is Synthesised {
  return typeof value === "object" && value !== null && "resource" in value;
}

describe("a stranger's project", () => {
  let text: string;
  let stack: Synthesised;

  beforeAll(() => {
    run(process.execPath, [join(packageRoot, "node_modules/typescript/bin/tsc"), "-p", "."]);
    run(process.execPath, ["main.js"]);
    text = readFileSync(join(project, "cdktf.out/stacks/team/cdk.tf.json"), "utf8");
    const value: unknown = JSON.parse(text);
    if (!isStack(value)) throw new Error("the stack must have resources, got none");
    stack = value;
  }, 60_000);

  function file(path: string): unknown {
    const uploads = Object.values(stack.resource.docker_container).flatMap((c) => c.upload ?? []);
    return parse(uploads.find((upload) => upload.file === path)?.content ?? "null");
  }

  it("gets Prometheus and its own service, nothing else", () => {
    expect(Object.keys(stack.resource.docker_container).sort()).toEqual([
      expect.stringMatching(/^bridge_container/),
      expect.stringMatching(/^prometheus_container/),
    ]);
    expect(text).toContain("registry.example.com/team/bridge:v2.4.1");
  });

  it("is scraped", () => {
    expect(file("/etc/prometheus/scrape/bridge.yml")).toMatchObject({
      scrape_configs: [
        {
          job_name: "bridge",
          scrape_interval: "10s",
          static_configs: [
            { targets: ["bridge:9464"], labels: { instance: "bridge:9464", chain: "my-chain" } },
          ],
        },
      ],
    });
    expect(file("/etc/prometheus/scrape/l2-geth.yml")).toMatchObject({
      scrape_configs: [{ static_configs: [{ targets: ["l2-geth:6060"] }] }],
    });
  });

  it("has its own alert evaluated, with the labels that route", () => {
    expect(file("/etc/prometheus/rules/bridge.yml")).toMatchObject({
      groups: [{ rules: [{ alert: "BridgeStuck", labels: { severity: "high", priority: "P2" } }] }],
    });
  });

  it("names no path of our checkout", () => {
    expect(written("cdktf.out")).not.toContain(packageRoot);
  });
});

describe("a stranger's AWS stack", () => {
  const aws = "@cdktf/provider-aws";
  let resources: Readonly<
    Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>
  >;

  beforeAll(() => {
    install(aws);
    const compiler = join(packageRoot, "node_modules/typescript/bin/tsc");
    run(process.execPath, [compiler, "-p", "tsconfig.host.json"]);
    run(process.execPath, ["host.js"]);
    const path = join(project, "cdktf.host.out/stacks/team-host/cdk.tf.json");
    const { resource } = JSON.parse(readFileSync(path, "utf8")) as { resource: typeof resources };
    resources = resource;
  }, 60_000);

  afterAll(() => {
    rmSync(join(project, "node_modules", aws));
  });

  function one(type: string): Readonly<Record<string, unknown>> {
    const [found, ...more] = Object.values(resources[type] ?? {});
    if (found === undefined || more.length > 0) throw new Error(`not exactly one ${type}`);
    return found;
  }

  it("gets a host in its own VPC, from its own image, with its own tags", () => {
    expect(one("aws_instance")).toMatchObject({
      ami: "ami-0fa4e0fa4e0fa4e00",
      tags: { CostCentre: "platform", Environment: "team", Name: "l2-observatory-team" },
    });
    expect(one("aws_security_group")["vpc_id"]).toBe("vpc-0fa4e0fa4e0fa4e00");
    expect(one("aws_network_interface")["subnet_id"]).toBe("subnet-0fa4e0fa4e0fa4e00");
    expect(resources).not.toHaveProperty("aws_vpc");
  });

  it("is refused a second way in", () => {
    expect(() => run(process.execPath, ["host.js", "opened"])).toThrow(
      "'team-host/ssh' must be about another security group: the host's has one inbound rule, UDP 51820, got tcp 22",
    );
  });

  it("names no path of our checkout", () => {
    expect(written("cdktf.host.out")).not.toContain(packageRoot);
  });
});

describe("the package", () => {
  it("holds every file that its doors name", () => {
    const { exports } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as {
      exports: Record<string, string | { types: string; default: string }>;
    };
    const named = Object.values(exports)
      .flatMap((door) => (typeof door === "string" ? [door] : [door.types, door.default]))
      .map((path) => path.replace(/^\.\//, ""));

    const missing = named.filter((path) => {
      const [start = "", end = ""] = path.split("*");
      return !packed.some((file) =>
        path.includes("*") ? file.startsWith(start) && file.endsWith(end) : file === path,
      );
    });

    expect(named).toContain("dist/constructs/prometheus/index.js");
    expect(missing).toEqual([]);
  });

  it("holds configuration, the exporter's program and the license, but no tests and no tools", () => {
    expect(packed).toEqual(
      expect.arrayContaining([
        "LICENSE",
        "assets/prometheus/prometheus.yml",
        "dist/commands/cli.js",
        "dist/programs/l2-exporter.js",
      ]),
    );
    expect(
      packed.filter((path) => /(^|\/)(__tests__|tools|bench|node_modules)\//.test(path)),
    ).toEqual([]);
  });

  it("loads no provider through its root door", () => {
    const loaded = run(process.execPath, [
      "-e",
      `const { Endpoint, ConfigurationError, defineSource, secret } = require("l2-observatory");
       if (![Endpoint, ConfigurationError, defineSource, secret].every((one) => typeof one === "function")) process.exit(1);
       console.log(JSON.stringify(Object.keys(require.cache)))`,
    ]);
    const paths = JSON.parse(loaded) as string[];

    expect(paths).toContain(join(project, "node_modules/l2-observatory/dist/constructs/index.js"));
    expect(paths.filter((path) => path.includes("@cdktf"))).toEqual([]);
  });

  it("does not show what is no door", () => {
    expect(() =>
      run(process.execPath, ["-e", 'require("l2-observatory/dist/constructs/core/errors.js")']),
    ).toThrow("ERR_PACKAGE_PATH_NOT_EXPORTED");
  });
});
