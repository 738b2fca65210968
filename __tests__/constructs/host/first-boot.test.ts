import { gzipSync } from "node:zlib";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import {
  HostParameters,
  cloudConfig,
  defaultSecretsDirectory,
  type HostInput,
} from "../../../constructs/host";
import { dataMount } from "../../../constructs/host/first-boot";
import { assetPath } from "../../../constructs/core/paths";
import { hostWith } from "./fixtures";

interface CloudConfig {
  readonly write_files: readonly {
    readonly path: string;
    readonly permissions: string;
    readonly content: string;
  }[];
  readonly runcmd: readonly string[][];
}

const library = "/usr/local/lib/l2-observatory";

function render(changes: Partial<HostInput> = {}): string {
  return cloudConfig({
    host: hostWith(changes),
    parameters: new HostParameters("test"),
    dataDevice: "/dev/disk/by-id/test",
    secretsDirectory: defaultSecretsDirectory,
  });
}

function parsed(changes: Partial<HostInput> = {}) {
  const config = parse(render(changes)) as CloudConfig;
  const files = new Map(config.write_files.map((file) => [file.path, file]));
  return {
    config,
    files,
    content: (path: string) => files.get(path)?.content,
  };
}

describe("settings", () => {
  const env = (changes: Partial<HostInput> = {}) =>
    parsed(changes).content("/etc/l2-observatory/host.env")?.split("\n");

  test("are those of the host", () => {
    expect(env()).toEqual([
      "OPERATING_SYSTEM=debian-12",
      "ARCHITECTURE=arm64",
      "REGION=eu-central-1",
      "SESSION_MANAGER=package",
      "SSM_AGENT_VERSION=3.3.0.0",
      `SSM_AGENT_SHA256=${"0".repeat(64)}`,
      "SWAP_MIB=1024",
      "DATA_DEVICE=/dev/disk/by-id/test",
      "DATA_MOUNT=/data",
      "TUNNEL_ADDRESS=10.88.0.1",
      "TUNNEL_PREFIX=24",
      "TUNNEL_PORT=51820",
      "PARAMETERS=/l2-observatory/test",
      "SECRETS_DIRECTORY=/etc/l2-observatory/secrets",
      "CONTAINERS_REACH_METADATA=no",
      "",
    ]);
  });

  test("Amazon Linux uses the agent of its image", () => {
    const lines = env({ operatingSystem: "amazon-linux-2023", sessionManager: undefined });
    expect(lines).toContain("SESSION_MANAGER=image");
    expect(lines?.some((line) => line.startsWith("SSM_AGENT_"))).toBe(false);
  });

  test("no value needs quoting in a shell", () => {
    for (const line of env() ?? []) expect(line).toMatch(/^([A-Z0-9_]+=[\w./:+-]*)?$/);
  });

  test("containers reach the metadata service where the host says so", () => {
    expect(env({ containersReachMetadata: true })).toContain("CONTAINERS_REACH_METADATA=yes");
  });

  test("peers and deploy keys are no part of it: a new one changes no user data", () => {
    expect(render({ tunnel: { peers: [] }, deployKeys: [] })).toBe(render());
  });
});

describe("files", () => {
  const folder = assetPath("host/cloud-init");
  const scripts = readdirSync(folder).filter((name) => name.endsWith(".sh"));

  test.each(scripts)("%s arrives as it is", (name) => {
    const file = parsed().files.get(`${library}/${name}`);
    expect(file?.content).toBe(readFileSync(join(folder, name), "utf8"));
    expect(file?.permissions).toBe(name === "common.sh" ? "0644" : "0755");
  });

  test("parts run in the order of their names, the way in first", () => {
    const parts = [...parsed().files.keys()]
      .filter((path) => /\/\d\d-[a-z-]+\.sh$/.test(path))
      .map((path) => path.slice(library.length + 1));
    expect(parts).toEqual([
      "10-session-manager.sh",
      "20-aws-cli.sh",
      "30-swap.sh",
      "40-data-volume.sh",
      "50-firewall.sh",
      "60-wireguard.sh",
      "70-secrets.sh",
      "80-docker.sh",
      "85-deploy-user.sh",
      "90-security-updates.sh",
    ]);
    expect(parsed().config.runcmd).toEqual([[`${library}/first-boot.sh`]]);
  });

  test("every unit arrives as it is", () => {
    const { content } = parsed();
    const units = readdirSync(assetPath("host/systemd")).filter((name) => !name.endsWith(".conf"));
    for (const name of units) {
      expect(content(`/etc/systemd/system/${name}`)).toBe(
        readFileSync(assetPath(`host/systemd/${name}`), "utf8"),
      );
    }
  });

  test("Docker keeps its data on the data volume, its logs bounded, and waits for disk and tunnel", () => {
    const { content } = parsed();
    const daemon = JSON.parse(content("/etc/docker/daemon.json") ?? "") as Record<string, unknown>;
    // No log-opts: they would reach every container, and the provider would replace it at each deploy.
    expect(daemon).toEqual({
      "data-root": `${dataMount}/docker`,
      "live-restore": true,
      "log-driver": "local",
    });
    const dropIn = content("/etc/systemd/system/docker.service.d/l2-observatory.conf");
    expect(dropIn).toContain(`RequiresMountsFor=${dataMount}\n`);
    expect(dropIn).toMatch(/^After=.*wg-quick@wg0\.service/m);
    expect(dropIn).toMatch(/^After=.*l2-observatory-secrets\.service/m);
  });

  test("the firewall replaces its own table only, and stands before Docker's translation", () => {
    const rules = parsed().content("/etc/l2-observatory/firewall.nft") ?? "";
    expect(rules).not.toContain("flush");
    expect(rules.match(/^(delete )?table .*$/gm)).toEqual([
      "table inet l2_observatory",
      "delete table inet l2_observatory",
      "table inet l2_observatory {",
    ]);
    expect(rules).toContain("type filter hook prerouting priority mangle; policy drop;");
  });

  test("updates are those of the operating system", () => {
    expect(parsed().files.has("/etc/apt/apt.conf.d/52l2-observatory")).toBe(true);
    const amazon = parsed({ operatingSystem: "amazon-linux-2023", sessionManager: undefined });
    expect(amazon.files.has("/etc/dnf/automatic.conf")).toBe(true);
    expect(amazon.files.has("/etc/apt/apt.conf.d/52l2-observatory")).toBe(false);
  });
});

test("is cloud-init's format and fits its limit of 16 KB with room for more", () => {
  const text = render();
  expect(text.split("\n", 1)).toEqual(["#cloud-config"]);
  expect(gzipSync(text).length).toBeLessThan(12 * 1024);
});

test("carries no key", () => {
  expect(render()).not.toMatch(/[A-Za-z0-9+/]{43}=/);
});
