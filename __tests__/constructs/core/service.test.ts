import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigFile } from "../../../constructs/core/config-file";
import { images } from "../../../constructs/core/images";
import type { RuntimeProps } from "../../../constructs/core/runtime";
import { goDuration, Service, type ServiceProps } from "../../../constructs/core/service";
import { synthesise, testRuntime, testStack, type ContainerJson } from "./synthesised";

type Props = Partial<Omit<ServiceProps, "runtime">>;

const plain: Omit<ServiceProps, "runtime"> = {
  image: "nginx",
  memory: { reservationMiB: 20, workingSetMiB: 16, limitMiB: 48, measured: "a test" },
  health: { command: ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:9000/"] },
};

function synthesiseService(props: Props = {}, runtimeProps: Partial<RuntimeProps> = {}) {
  return synthesise((stack, runtime) => {
    new Service(stack, "sample", { runtime, ...plain, ...props });
  }, runtimeProps);
}

function containerWith(props: Props = {}, runtimeProps: Partial<RuntimeProps> = {}): ContainerJson {
  return synthesiseService(props, runtimeProps).container("sample");
}

function definitionOf(props: Props): string {
  const label = containerWith(props).labels.find(
    (one) => one.label === "l2-observatory.definition",
  );
  return label?.value ?? "";
}

describe("a service", () => {
  it("has a host name and a container name", () => {
    const stack = testStack();
    const service = new Service(stack, "sample", { runtime: testRuntime(stack), ...plain });
    expect(service.host).toBe("sample");
    expect(service.containerName).toBe("l2o-test-sample");
  });

  it("states its budget", () => {
    const stack = testStack();
    const runtime = testRuntime(stack);
    new Service(stack, "sample", { runtime, ...plain, data: { path: "/data", diskGiB: 3 } });
    expect(runtime.budget.total).toEqual({ reservationMiB: 20, limitMiB: 48, diskGiB: 3 });
  });

  it("is hardened", () => {
    const container = containerWith({ user: "65534:65534" });
    expect(container).toMatchObject({
      user: "65534:65534",
      capabilities: { drop: ["ALL"] },
      security_opts: ["no-new-privileges:true"],
      tmpfs: { "/tmp": "rw,noexec,nosuid,size=16m" },
    });
    expect(container.capabilities.add).toBeUndefined();
    expect(container.privileged).toBeUndefined();
    expect(container.ports ?? []).toEqual([]);
    expect(container.mounts ?? []).toEqual([]);
    expect(container.volumes ?? []).toEqual([]);
  });

  it("has limits on memory, CPU and logs, and as much swap as memory", () => {
    expect(containerWith({ cpus: 0.25 })).toMatchObject({
      memory: 48,
      memory_swap: 96,
      memory_reservation: 20,
      cpus: "0.25",
      log_driver: "json-file",
      log_opts: { "max-size": "10m", "max-file": "3" },
    });
  });

  it("comes back after a crash and a restart, and stops cleanly", () => {
    expect(containerWith({ stopSeconds: 60 })).toMatchObject({
      restart: "unless-stopped",
      must_run: true,
      destroy_grace_seconds: 60,
      stop_timeout: 60,
    });
  });

  it("runs the pinned image", () => {
    const stack = synthesiseService();
    expect(stack.of("docker_image")).toEqual([
      expect.objectContaining({ name: images.nginx, keep_locally: true }),
    ]);
    expect(stack.container("sample").image).toMatch(/^\$\{docker_image\.\w+\.image_id\}$/);
  });

  it("runs another image that is pinned", () => {
    const stack = synthesiseService({ image: { reference: "team/bridge:v2" } });
    expect(stack.of("docker_image")).toEqual([expect.objectContaining({ name: "team/bridge:v2" })]);
  });

  it("is awaited until healthy, with durations as Go writes them", () => {
    const container = containerWith({
      health: { command: ["probe", "--now"], startSeconds: 90 },
    });
    expect(container.healthcheck).toEqual({
      test: ["CMD", "probe", "--now"],
      interval: "5s",
      timeout: "4s",
      start_period: "1m30s",
      retries: 6,
    });
    expect(container.wait).toBe(true);
    expect(container.wait_timeout).toBeGreaterThan(90 + 6 * 5);
  });

  it("is not awaited when its image has no probe", () => {
    const container = containerWith({ health: { none: "a scratch image" } });
    expect(container.healthcheck).toEqual({ test: ["NONE"] });
    expect(container.wait).toBeUndefined();
  });

  it("is reached by its id on the platform's network, and joins others", () => {
    const { networks_advanced } = containerWith({ networks: () => ["rollup_default"] });
    expect(networks_advanced).toEqual([
      {
        name: expect.stringMatching(/^\$\{docker_network\.\w+\.id\}$/) as string,
        aliases: ["sample"],
      },
      { name: "rollup_default" },
    ]);
  });

  it("is published on the bind address only", () => {
    const publish = [{ containerPort: 9000, hostPort: 19000 }];
    expect(containerWith({ publish }).ports).toEqual([
      { internal: 9000, external: 19000, ip: "127.0.0.1", protocol: "tcp" },
    ]);
    expect(containerWith({ publish }, { bindAddress: "10.88.0.1" }).ports).toMatchObject([
      { ip: "10.88.0.1" },
    ]);
  });

  it("keeps its data in a volume", () => {
    const stack = synthesiseService({ data: { path: "/data", diskGiB: 1 } });
    expect(stack.of("docker_volume")).toEqual([
      expect.objectContaining({ name: "l2o-test-sample" }),
    ]);
    expect(stack.of("docker_volume")).not.toEqual([
      expect.objectContaining({ lifecycle: expect.anything() as unknown }),
    ]);
    expect(stack.container("sample").volumes).toEqual([
      {
        container_path: "/data",
        volume_name: expect.stringMatching(/^\$\{docker_volume\.\w+\.name\}$/) as string,
      },
    ]);
  });

  it("protects its data where the environment says so", () => {
    const stack = synthesiseService({ data: { path: "/data", diskGiB: 1 } }, { protectData: true });
    expect(stack.of("docker_volume")).toEqual([
      expect.objectContaining({ lifecycle: { prevent_destroy: true } }),
    ]);
  });

  it("finds its secrets in a folder of its own, read-only", () => {
    expect(
      containerWith({ secrets: [{ secret: "slack-url" }, { secret: "token" }] }).mounts,
    ).toEqual([
      {
        type: "bind",
        source: "/etc/test/secrets/sample",
        target: "/run/secrets/l2-observatory",
        read_only: true,
      },
    ]);
    expect(containerWith({ secrets: [] }).mounts ?? []).toEqual([]);
  });

  it("sees folders of the host read-only", () => {
    const hostFolders = [{ hostPath: "/proc", path: "/host/proc", reason: "a test" }];
    expect(containerWith({ hostFolders }).mounts).toEqual([
      { type: "bind", source: "/proc", target: "/host/proc", read_only: true },
    ]);
  });

  it("gets its files, readable by any user, with templates that Terraform leaves alone", () => {
    const content = "a ${b} %{c} {{ $labels.chain }}\n";
    const stack = synthesiseService({ files: () => [ConfigFile.text("/etc/x", content)] });
    expect(stack.container("sample").upload).toEqual([
      {
        file: "/etc/x",
        permissions: "0444",
        content: expect.stringContaining("$${b} %%{c}") as string,
      },
    ]);
    expect(stack.file("sample", "/etc/x")).toBe(content);
  });

  it("escapes commands and environment variables as well", () => {
    const container = containerWith({
      command: ["--name=${x}"],
      environment: { FORMAT: "%{y}" },
    });
    expect(container.command).toEqual(["--name=$${x}"]);
    expect(container.env).toEqual(["FORMAT=%%{y}"]);
  });

  it("names what must be there first", () => {
    const stack = synthesise((scope, runtime) => {
      const first = new Service(scope, "first", { runtime, ...plain });
      new Service(scope, "sample", { runtime, ...plain, dependsOn: [first.container] });
    });
    expect(stack.container("sample").depends_on).toEqual([
      expect.stringMatching(/^docker_container\.first_container/),
    ]);
  });

  it("asks for its files once", () => {
    let asked = 0;
    synthesiseService({
      files: () => {
        asked += 1;
        return [ConfigFile.text("/etc/x", "a")];
      },
    });
    expect(asked).toBe(1);
  });

  it("has the ids that its state is known by", () => {
    const { resources } = synthesiseService({ data: { path: "/data", diskGiB: 1 } });
    expect(
      Object.entries(resources).flatMap(([type, all]) =>
        Object.keys(all).map((name) => `${type}.${name.replace(/_[0-9A-F]{8}$/, "")}`),
      ),
    ).toEqual([
      "docker_container.sample_container",
      "docker_image.sample_image",
      "docker_network.runtime_network",
      "docker_volume.sample_data",
    ]);
  });

  it("fails when its image is not pinned", () => {
    expect(() => containerWith({ image: { reference: "team/bridge:latest" } })).toThrow(
      "'reference' must be an image with a version tag or a digest, got 'team/bridge:latest'",
    );
  });

  it("fails when its budget contradicts itself", () => {
    expect(() => containerWith({ memory: { ...plain.memory, limitMiB: 10 } })).toThrow(
      "budget of 'sample' has 1 fault:\n  'limitMiB' must be at least the reservation of 20, got 10",
    );
  });

  it("fails when a file carries a Terraform reference", () => {
    expect(() =>
      synthesise((stack, runtime) => {
        new Service(stack, "sample", {
          runtime,
          ...plain,
          files: () => [ConfigFile.text("/etc/x", runtime.networkId)],
        });
      }),
    ).toThrow("rendered text carries a Terraform reference");
  });
});

describe("the definition, which makes the engine replace a container", () => {
  const file = (content: string) => ({ files: () => [ConfigFile.text("/etc/x", content)] });
  const base = definitionOf({});

  it("is the same for the same", () => {
    expect(base).toMatch(/^[0-9a-f]{64}$/);
    expect(definitionOf({})).toBe(base);
    expect(definitionOf(file("a"))).toBe(definitionOf(file("a")));
  });

  it.each<[string, Props]>([
    ["the probe", { health: { command: ["other"] } }],
    ["the start period", { health: { ...plain.health, startSeconds: 31 } }],
    ["the probe's absence", { health: { none: "a test" } }],
    ["a variable", { environment: { A: "1" } }],
    ["the command", { command: ["--a"] }],
    ["the CPU limit", { cpus: 0.5 }],
    ["a file", file("a")],
  ])("changes with %s", (_, props) => {
    expect(definitionOf(props)).not.toBe(base);
  });

  it("changes with a file's content and with its path", () => {
    expect(definitionOf(file("a"))).not.toBe(definitionOf(file("b")));
    expect(definitionOf(file("a"))).not.toBe(
      definitionOf({ files: () => [ConfigFile.text("/etc/y", "a")] }),
    );
  });

  it("changes when a variable or an argument is removed", () => {
    expect(definitionOf({ environment: { A: "1", B: "2" } })).not.toBe(
      definitionOf({ environment: { A: "1" } }),
    );
    expect(definitionOf({ command: ["--a", "--b"] })).not.toBe(definitionOf({ command: ["--a"] }));
  });

  it("does not take an argument for two", () => {
    expect(definitionOf({ command: ["--a", "b"] })).not.toBe(definitionOf({ command: ["--a b"] }));
  });
});

describe("a file that is uploaded from disk", () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "l2-observatory-service-test-"));
    writeFileSync(join(folder, "program.js"), "console.log(`${1}`);\n");
  });

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it("stays out of the stack; its hash is in it", () => {
    const file = () => ConfigFile.fromDisk("/app/program.js", join(folder, "program.js"));
    const stack = synthesiseService({ files: () => [file()] });
    const [upload, ...others] = stack.container("sample").upload ?? [];
    expect(others).toEqual([]);
    expect(upload).toMatchObject({ file: "/app/program.js", source_hash: file().hash });
    expect(upload?.content).toBeUndefined();
    expect(upload?.source).toMatch(/^assets\/.*program\.js$/);
    expect(stack.text).not.toContain("console.log");
    expect(stack.text).not.toContain(folder);
  });
});

describe("goDuration", () => {
  it.each([
    [0, "0s"],
    [5, "5s"],
    [59, "59s"],
    [60, "1m0s"],
    [90, "1m30s"],
    [3599, "59m59s"],
    [3600, "1h0m0s"],
    [5400, "1h30m0s"],
  ])("writes %i s as %s", (seconds, text) => {
    expect(goDuration(seconds)).toBe(text);
  });
});
