import { isPinned } from "../../constructs/core/images";
import {
  containersOf,
  everyCombination,
  unescaped,
  type ContainerResource,
} from "../support/synth";

/** Containers that the engine cannot probe, with the reason. */
const withoutProbe: Readonly<Record<string, string>> = {
  "l2-batcher": "the public image holds op-batcher alone; BatcherDown watches it",
  "otel-collector": "the public image holds the Collector alone; OtelCollectorDown watches it",
  "nginx-exporter-web": "the public image holds the exporter alone; NginxExporterDown watches it",
};

/** Images that bring a user of their own that is not root. */
const usersOfImages: Readonly<Record<string, string>> = {
  "push-proxy": "nginx-unprivileged runs as uid 101",
};

/** Containers that run as root, with the reason. */
const rootUsers: Readonly<Record<string, string>> = {
  "socket-proxy":
    "the socket belongs to root and to a group that differs by host; it has no capability",
};

/** Folders of the host that a container may read, with the reason. */
const hostFolders: Readonly<Record<string, string>> = {
  "node-exporter /proc": "CPU, memory and load of the host",
  "node-exporter /sys": "devices and temperatures of the host",
  "node-exporter /": "free space of the host's file systems",
  "alloy /proc": "CPU, memory and load of the host",
  "alloy /sys": "devices and temperatures of the host",
  "alloy /": "free space of the host's file systems",
  "alloy /var/log/nginx": "log files of an environment's choice",
  "socket-proxy /var/run/docker.sock": "the only one that holds it; answers GET on listed paths",
};

/** Containers that may publish a port. */
const published = [
  "alertmanager",
  "alloy",
  "grafana",
  "jaeger",
  "l1-geth",
  "loki",
  "otel-collector",
  "prometheus",
  "push-proxy",
];

const goDuration = /^(?:[1-9]\d*h)?(?:[1-9]\d*m|(?<=h)0m)?(?:[1-9]\d*s|(?<=[hm])0s)$/;
const privateAddress =
  /^(127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/;
const keyMaterial =
  /0x[0-9a-fA-F]{64}|\bxox[a-z]-|hooks\.slack\.com\/services\/|-----BEGIN [A-Z ]*PRIVATE KEY|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{20}/;

const secretsMount = "/run/secrets/l2-observatory";

const all = everyCombination.flatMap((environment) =>
  containersOf(environment).map((container) => ({
    environment,
    id: `${environment.name}/${container.hostname}`,
    container,
  })),
);

function imageOf(
  environment: (typeof everyCombination)[number],
  { image }: ContainerResource,
): string {
  const address = /^\$\{docker_image\.([\w-]+)\.image_id\}$/.exec(image)?.[1] ?? "";
  return (
    Object.values(environment.stacks)
      .map(({ resource }) => resource.docker_image?.[address]?.name)
      .find((name) => name !== undefined) ?? ""
  );
}

test("the suite looks at every environment's containers", () => {
  expect(everyCombination.map(({ name }) => name)).toEqual([
    "local",
    "production",
    "local-demo",
    "everything",
    "left-out",
  ]);
  expect(all.length).toBeGreaterThan(50);
});

describe.each(all)("$id", ({ environment, container }) => {
  const { hostname } = container;

  test("runs a pinned image", () => {
    const image = imageOf(environment, container);
    expect([image, isPinned(image)]).toEqual([image, true]);
  });

  test("has a memory limit, swap unless it must answer in seconds, a reservation and a CPU limit", () => {
    const { memory = 0, memory_swap, memory_reservation = 0, cpus } = container;
    expect(memory).toBeGreaterThanOrEqual(16);
    const prompt = ["prometheus", "alertmanager"].includes(container.hostname);
    expect(memory_swap).toBe(prompt ? memory : 2 * memory);
    expect(memory_reservation).toBeGreaterThan(0);
    expect(memory_reservation).toBeLessThanOrEqual(memory);
    expect(Number(cpus)).toBeGreaterThan(0);
    expect(Number(cpus)).toBeLessThanOrEqual(2);
  });

  test("is probed, or is a named exception", () => {
    const { healthcheck, wait, wait_timeout = 0 } = container;
    if (hostname in withoutProbe) {
      expect(healthcheck?.test).toEqual(["NONE"]);
      expect(wait).toBeUndefined();
      return;
    }
    expect(healthcheck?.test[0]).toBe("CMD");
    expect(healthcheck?.test.length).toBeGreaterThan(1);
    for (const field of ["interval", "timeout", "start_period"]) {
      expect(healthcheck?.[field]).toMatch(goDuration);
    }
    expect(healthcheck?.["retries"]).toBeGreaterThan(0);
    expect(wait).toBe(true);
    expect(wait_timeout).toBeGreaterThan(30);
  });

  test("comes back by itself and is given time to stop", () => {
    expect(container.restart).toBe("unless-stopped");
    expect(container.must_run).toBe(true);
    expect(container.destroy_grace_seconds).toBeGreaterThan(0);
    expect(container.stop_timeout).toBe(container.destroy_grace_seconds);
  });

  test("has no capability, no way to gain one, and is not root", () => {
    const { capabilities, privileged, security_opts, user } = container;
    expect(capabilities?.drop).toEqual(["ALL"]);
    expect(capabilities?.add ?? []).toEqual([]);
    for (const name of capabilities?.drop ?? []) expect(name).toMatch(/^(ALL|CAP_[A-Z_]+)$/);
    expect(privileged ?? false).toBe(false);
    expect(security_opts).toEqual(["no-new-privileges:true"]);
    if (hostname in usersOfImages) expect(user).toBeUndefined();
    else if (hostname in rootUsers) expect(user).toBe("0:0");
    else expect(user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  });

  test("has bounded logs and says what it is", () => {
    expect(container.log_driver).toBe("json-file");
    expect(container.log_opts).toEqual({ "max-size": "10m", "max-file": "3" });
    const labels = Object.fromEntries(
      (container.labels ?? []).map(({ label, value }) => [label, value]),
    );
    expect(Object.keys(labels)).toEqual([
      "l2-observatory.environment",
      "l2-observatory.service",
      "l2-observatory.definition",
    ]);
    expect(labels["l2-observatory.service"]).toBe(hostname);
    expect(labels["l2-observatory.definition"]).toMatch(/^[0-9a-f]{64}$/);
  });

  test("publishes ports on a loopback or private address only", () => {
    const { ports = [] } = container;
    if (!published.includes(hostname)) expect(ports).toEqual([]);
    for (const { ip } of ports) expect(ip).toMatch(privateAddress);
  });

  test("joins the platform's network by its id, under its own name", () => {
    const [own, ...others] = container.networks_advanced ?? [];
    expect(container.network_mode).toBeUndefined();
    expect(own?.name).toMatch(/^\$\{docker_network\.[\w-]+\.id\}$/);
    expect(own?.aliases).toEqual([hostname]);
    // Existing networks are not ours: they have a name, and we are not known on them.
    for (const { name, aliases } of others) {
      expect(name).toMatch(/^[a-z0-9][a-z0-9_.-]*$/);
      expect(aliases ?? []).toEqual([]);
    }
  });

  test("gets whole, read-only files that nothing hides", () => {
    const { upload = [], tmpfs = {} } = container;
    const paths = upload.map(({ file }) => file);
    expect(new Set(paths).size).toBe(paths.length);
    for (const { file, permissions, content, source, source_hash } of upload) {
      expect(permissions).toBe("0444");
      expect(Object.keys(tmpfs).filter((path) => `${file}/`.startsWith(`${path}/`))).toEqual([]);
      expect([file, content ?? source]).not.toEqual([file, ""]);
      if (content === undefined) {
        expect(source).toMatch(/^assets\//);
        expect(source_hash).toMatch(/^[0-9a-f]{64}$/);
      }
    }
  });

  test("gets files without a template that Terraform would open, and without a key", () => {
    const { upload = [], command = [], env = [] } = container;
    for (const { file, content = "" } of upload) {
      // What is left when doubled openings, which are literal, are taken out.
      expect([file, /[$%]\{.{0,40}/.exec(content.replace(/([$%])\1\{/g, ""))?.[0]]).toEqual([
        file,
        undefined,
      ]);
      expect([file, keyMaterial.exec(unescaped(content))?.[0]]).toEqual([file, undefined]);
    }
    expect(keyMaterial.exec([...command, ...env].join("\n"))?.[0]).toBeUndefined();
  });

  test("keeps data in named volumes and sees of the host what it must", () => {
    const { volumes = [], mounts = [] } = container;
    for (const { volume_name, host_path } of volumes) {
      expect(host_path).toBeUndefined();
      expect(volume_name).toMatch(/^\$\{docker_volume\.[\w-]+\.name\}$/);
    }
    for (const { type, source, target, read_only } of mounts) {
      expect(type).toBe("bind");
      expect(read_only).toBe(true);
      if (hostname !== "socket-proxy") expect(source).not.toMatch(/docker\.sock|containerd\.sock/);
      if (target === secretsMount) expect(source).toMatch(new RegExp(`/${hostname}$`));
      else expect(Object.keys(hostFolders)).toContain(`${hostname} ${source}`);
    }
  });
});

describe.each([...everyCombination])("environment $name", (environment) => {
  const containers = containersOf(environment);

  test("publishes no port twice", () => {
    const ports = containers.flatMap(({ ports: own = [] }) =>
      own.map(({ ip, external, protocol }) => `${ip}:${String(external)}/${protocol}`),
    );
    expect(new Set(ports).size).toBe(ports.length);
  });

  test("names containers, volumes and networks after itself, and none twice", () => {
    const named = Object.values(environment.stacks).flatMap(({ resource }) =>
      (["docker_container", "docker_volume", "docker_network"] as const).flatMap((type) =>
        Object.values(resource[type] ?? {}).map(({ name }) => `${type} ${name}`),
      ),
    );
    for (const name of named)
      expect(name).toMatch(/ l2o-(local|production|everything|left-out)-[a-z0-9-]+$/);
    expect(new Set(named).size).toBe(named.length);
  });

  test("holds no key anywhere in its stacks", () => {
    expect(keyMaterial.exec(unescaped(JSON.stringify(environment.stacks)))?.[0]).toBeUndefined();
  });

  test("says which Terraform, which provider and where the state is", () => {
    for (const { terraform } of Object.values(environment.stacks)) {
      expect(Object.keys(terraform)).toEqual(
        expect.arrayContaining(["required_providers", "backend"]),
      );
    }
  });
});

test("no exception is left over", () => {
  const names = all.map(({ container }) => container.hostname);
  expect(names).toEqual(expect.arrayContaining(Object.keys(withoutProbe)));
  expect(names).toEqual(expect.arrayContaining(Object.keys(usersOfImages)));
  expect(names).toEqual(expect.arrayContaining(Object.keys(rootUsers)));
  expect(names).toEqual(expect.arrayContaining(published));
  const mounted = all.flatMap(({ container }) =>
    (container.mounts ?? []).map(({ source }) => `${container.hostname} ${source}`),
  );
  expect(mounted).toEqual(expect.arrayContaining(Object.keys(hostFolders)));
});
