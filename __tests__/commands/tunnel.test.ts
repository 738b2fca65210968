import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type * as Docker from "../../commands/docker";
import type * as Tunnel from "../../commands/tunnel";
import type * as WireGuard from "../../commands/wireguard";
import { FakeCloud, hostEnvironment, sshKey } from "./fakes";

let state: string;
let tunnel: typeof Tunnel;
let wireguard: typeof WireGuard;
let docker: typeof Docker;
const saved = { ...process.env };

beforeEach(async () => {
  state = mkdtempSync(join(tmpdir(), "l2o-tunnel-"));
  process.env["L2O_STATE"] = state;
  jest.resetModules();
  tunnel = await import("../../commands/tunnel");
  wireguard = await import("../../commands/wireguard");
  docker = await import("../../commands/docker");
});

afterEach(() => {
  process.env = { ...saved };
  rmSync(state, { recursive: true, force: true });
});

const root = "/l2-observatory/unit/host";
const cloud = () =>
  new FakeCloud({
    [`${root}/endpoint`]: "198.51.100.7:51820",
    [`${root}/wireguard-public-key`]: "RkFLRS1wdWJsaWMta2V5LW9mLXRoZS1vcGVyYXRvci0=",
    [`${root}/ssh-host-key`]: `${sshKey}\n`,
  });

/** An environment with peers, of which some have their private key here. */
function withPeers(names: readonly string[], here: readonly string[]) {
  const peers = names.map((name, i) => {
    const { privateKey, publicKey } = wireguard.makeKeys();
    if (here.includes(name)) {
      const file = wireguard.keyFile("unit", name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, privateKey);
    }
    return { name, publicKey, address: `10.88.0.${String(i + 2)}` };
  });
  return hostEnvironment({ tunnel: { peers } });
}

describe("names", () => {
  test.each([
    ["production", /^l2o-production$/],
    ["production1", /^l2o-production1$/],
    ["production-east", /^l2o-produc-[0-9a-f]{4}$/],
  ])("the interface of %s matches %s: Linux allows 15 characters", (environment, expected) => {
    expect(tunnel.interfaceName(environment)).toMatch(expected);
  });

  test("interfaces of environments that start alike differ", () => {
    expect(tunnel.interfaceName("production-east")).not.toBe(
      tunnel.interfaceName("production-west"),
    );
  });

  test("a socket lies in the first folder whose path is short enough", () => {
    const long = `/${"x".repeat(80)}`;
    expect(tunnel.controlPath(["/short", "/other"], "unit", "key")).toMatch(
      /^\/short\/l2o-[0-9a-f]{8}$/,
    );
    expect(tunnel.controlPath([long, "/other"], "unit", "key")).toMatch(/^\/other\//);
    expect(tunnel.controlPath([long], "unit", "key")).toBeUndefined();
  });

  test("another key gets another socket: a connection to another host is not used again", () => {
    expect(tunnel.controlPath(["/a"], "unit", "one")).not.toBe(
      tunnel.controlPath(["/a"], "unit", "two"),
    );
  });
});

test("ssh's configuration names the key before the user's own settings come", () => {
  expect(
    tunnel.sshConfiguration({
      environment: hostEnvironment(),
      knownHosts: "/a folder/100%/known_hosts",
      controlPath: "/s/l2o-1",
      userConfig: "/home/me/.ssh/config",
    }),
  ).toBe(`# Made by 'npm run tunnel -- unit', which writes it anew.
Host 10.88.0.1
  User deploy
  Port 22
  HostKeyAlias l2-observatory-unit
  HostKeyAlgorithms ssh-ed25519
  UserKnownHostsFile "/a folder/100%%/known_hosts"
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
  UpdateHostKeys no
  ConnectTimeout 10
  ServerAliveInterval 15
  ServerAliveCountMax 4
  ControlMaster auto
  ControlPath "/s/l2o-1"
  ControlPersist 60

Match all
  Include "/home/me/.ssh/config"
`);
});

describe("writeTunnel", () => {
  test("writes WireGuard's file, ssh's files and an ssh for the Docker client, for their owner only", async () => {
    const environment = withPeers(["operator", "rollup"], ["operator"]);
    const { interfaceFile = "" } = await tunnel.writeTunnel(environment, cloud());
    const folder = join(state, "tunnel", "unit");
    expect(interfaceFile).toBe(join(folder, "l2o-unit.conf"));
    expect(readFileSync(interfaceFile, "utf8")).toContain("Address = 10.88.0.2/32");
    expect(readFileSync(join(folder, "known_hosts"), "utf8")).toBe(
      `l2-observatory-unit ${sshKey}\n`,
    );
    expect(readFileSync(join(folder, "ssh_config"), "utf8")).toContain(
      `Include "${join(homedir(), ".ssh", "config")}"`,
    );
    expect(readFileSync(join(folder, "bin", "ssh"), "utf8")).toMatch(
      new RegExp(`^#!/bin/sh\nexec '/[^']+/ssh' -F '${folder}/ssh_config' "\\$@"\n$`),
    );
    const mode = (name: string) => statSync(join(folder, name)).mode & 0o777;
    expect(["l2o-unit.conf", "known_hosts", "ssh_config", "bin/ssh"].map(mode)).toEqual([
      0o600, 0o600, 0o600, 0o700,
    ]);
    expect(tunnel.tunnelSteps(environment, { interfaceFile, sshHostKey: sshKey })[0]).toBe(
      `bring the tunnel up:  sudo wg-quick up ${interfaceFile}`,
    );
  });

  test("writes ssh's files alone where no private key is here", async () => {
    const environment = withPeers(["operator"], []);
    const written = await tunnel.writeTunnel(environment, cloud());
    expect(written.interfaceFile).toBeUndefined();
    expect(tunnel.tunnelSteps(environment, written)[0]).toContain("npm run wireguard -- keygen");
  });

  test("fails when several keys are here and none is chosen", async () => {
    const environment = withPeers(["operator", "rollup"], ["operator", "rollup"]);
    await expect(tunnel.writeTunnel(environment, cloud())).rejects.toThrow(
      "'--peer' must be one of operator, rollup, whose keys are here, got nothing",
    );
    const { interfaceFile = "" } = await tunnel.writeTunnel(environment, cloud(), "rollup");
    expect(readFileSync(interfaceFile, "utf8")).toContain("Address = 10.88.0.3/32");
    // The choice holds until another is made.
    await tunnel.writeTunnel(environment, cloud());
    expect(readFileSync(interfaceFile, "utf8")).toContain("Address = 10.88.0.3/32");
  });

  test("fails when the chosen peer's private key is not here", async () => {
    const environment = withPeers(["operator"], []);
    await expect(tunnel.writeTunnel(environment, cloud(), "operator")).rejects.toThrow(
      "'--peer' must be a peer whose private key is on this machine, got 'operator'",
    );
  });

  test("fails on a host key of another form: it would go into known_hosts", async () => {
    const other = cloud();
    other.parameters[`${root}/ssh-host-key`] = `${sshKey}\n* ssh-ed25519 AAAA`;
    await expect(tunnel.writeTunnel(withPeers([], []), other)).rejects.toThrow(
      /ssh-host-key must match/,
    );
  });
});

describe("the Docker client", () => {
  test("goes through the ssh that knows the host's key", async () => {
    const environment = withPeers([], []);
    await tunnel.writeTunnel(environment, cloud());
    expect(docker.dockerVariables(environment)).toEqual({
      DOCKER_HOST: "ssh://deploy@10.88.0.1:22",
      PATH: `${join(state, "tunnel", "unit", "bin")}:${process.env["PATH"] ?? ""}`,
    });
  });

  test("fails before the host's key is here", () => {
    expect(() => docker.dockerVariables(withPeers([], []))).toThrow(
      /ssh_config must be there, got nothing; npm run tunnel -- unit makes it$/,
    );
  });
});
