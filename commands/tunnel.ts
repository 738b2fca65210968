import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { ConfigurationError, show } from "../constructs/core/errors";
import type { Peer } from "../constructs/host/schema";
import type { Cloud } from "./aws";
import { findProgram } from "./engine";
import { CommandError, run, type Finished } from "./shell";
import { clientConfiguration, keyFile, peerOf, privateKeyOf, readPublished } from "./wireguard";
import { tunnelFiles, type HostEnvironment } from "./workspace";

function digest(text: string, length: number): string {
  return createHash("sha256").update(text).digest("hex").slice(0, length);
}

/** Name of the environment's network interface on an operator's machine; Linux allows 15 characters. */
export function interfaceName(environment: string): string {
  const name = `l2o-${environment}`;
  return name.length <= 15 ? name : `l2o-${environment.slice(0, 6)}-${digest(environment, 4)}`;
}

/** Under which name ssh keeps the host's key: its address in the tunnel may be another environment's too. */
function hostKeyAlias(environment: string): string {
  return `l2-observatory-${environment}`;
}

/** What ssh compares the host's key with. */
export function knownHosts(environment: string, sshHostKey: string): string {
  return `${hostKeyAlias(environment)} ${sshHostKey}\n`;
}

// A socket's path has 108 bytes in Linux and 104 elsewhere; ssh appends 17 of its own while it makes one.
const socketPathBytes = 104 - 17 - 1;

/**
 * Where ssh keeps the socket of its one connection; nothing where every folder's path is too long. Its name changes
 * with what is trusted: a connection to another host must not be used again.
 */
export function controlPath(
  folders: readonly string[],
  environment: string,
  trusted: string,
): string | undefined {
  return folders
    .map((folder) => join(folder, `l2o-${digest(`${environment} ${trusted}`, 8)}`))
    .find((path) => Buffer.byteLength(path) <= socketPathBytes);
}

/** A path as ssh_config takes it: spaces inside quotes, `%` doubled. */
function quoted(path: string): string {
  return `"${path.replaceAll("%", "%%")}"`;
}

/** What `ssh -F` reads: the way to one host, then the user's own settings (ssh takes the first value it finds). */
export function sshConfiguration(props: {
  readonly environment: Pick<HostEnvironment, "name" | "engine">;
  readonly knownHosts: string;
  readonly controlPath: string | undefined;
  /** The user's own configuration. */
  readonly userConfig: string;
}): string {
  const { name, engine } = props.environment;
  const shared =
    props.controlPath === undefined
      ? ["ControlMaster no"]
      : ["ControlMaster auto", `ControlPath ${quoted(props.controlPath)}`, "ControlPersist 60"];
  const lines = [
    `User ${engine.user}`,
    `Port ${String(engine.port)}`,
    `HostKeyAlias ${hostKeyAlias(name)}`,
    "HostKeyAlgorithms ssh-ed25519",
    `UserKnownHostsFile ${quoted(props.knownHosts)}`,
    "GlobalKnownHostsFile /dev/null",
    "StrictHostKeyChecking yes",
    "UpdateHostKeys no",
    "ConnectTimeout 10",
    "ServerAliveInterval 15",
    "ServerAliveCountMax 4",
    ...shared,
  ];
  return `# Made by 'npm run tunnel -- ${name}', which writes it anew.
Host ${engine.address}
${lines.map((line) => `  ${line}\n`).join("")}
Match all
  Include ${quoted(props.userConfig)}
`;
}

/** A program of that name that calls ssh with our configuration. */
function shim(ssh: string, sshConfig: string): string {
  const word = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  return `#!/bin/sh\nexec ${word(ssh)} -F ${word(sshConfig)} "$@"\n`;
}

function writeFile(path: string, text: string, mode: number): void {
  // Renamed into place, so that the mode holds for a file that was there too.
  rmSync(`${path}.new`, { force: true });
  writeFileSync(`${path}.new`, text, { mode });
  chmodSync(`${path}.new`, mode);
  renameSync(`${path}.new`, path);
}

function interfaceFileOf(environment: string): string {
  return join(tunnelFiles(environment).directory, `${interfaceName(environment)}.conf`);
}

/** Whether a WireGuard configuration on this machine is that of a peer. */
function isPeerOf(file: string, { address }: Peer): boolean {
  return existsSync(file) && readFileSync(file, "utf8").includes(`Address = ${address}/32\n`);
}

/** The peers whose private key is on this machine. */
function localPeers(environment: HostEnvironment): readonly Peer[] {
  return environment.host.tunnel.peers.filter(
    (peer) => privateKeyOf(environment, peer) !== undefined,
  );
}

/**
 * Which peer this machine is.
 * @param name asked for; by default the one whose private key is here, of several the one of the last time
 * @returns nothing when no private key of a peer is here
 * @throws ConfigurationError when there are several and it was none of them before, or the one asked for has no key here
 */
export function choosePeer(environment: HostEnvironment, name?: string): Peer | undefined {
  if (name !== undefined) {
    const peer = peerOf(environment, name);
    if (privateKeyOf(environment, peer) !== undefined) return peer;
    throw new ConfigurationError("the command line", [
      {
        field: "--peer",
        allowed: "a peer whose private key is on this machine",
        got: show(name),
        repair: `its key belongs into ${keyFile(environment.name, name)}; npm run wireguard -- keygen ${environment.name} ${name} makes one`,
      },
    ]);
  }
  const peers = localPeers(environment);
  const before = peers.find((peer) => isPeerOf(interfaceFileOf(environment.name), peer));
  if (peers.length < 2 || before !== undefined) return before ?? peers[0];
  const names = peers.map((peer) => peer.name).join(", ");
  throw new ConfigurationError("the command line", [
    { field: "--peer", allowed: `one of ${names}, whose keys are here`, got: "nothing" },
  ]);
}

/** What `writeTunnel` left on this machine. */
export interface WrittenTunnel {
  /** WireGuard's configuration; nothing when no private key of a peer is here. */
  readonly interfaceFile: string | undefined;
  /** The host's SSH key, type and key. */
  readonly sshHostKey: string;
}

/**
 * Writes the files that lead to the host: WireGuard's, and ssh's with the host's key as the host published it.
 * @param name the peer that this machine is; by default the one whose private key is here
 * @throws ConfigurationError, CommandError
 */
export async function writeTunnel(
  environment: HostEnvironment,
  cloud: Cloud,
  name?: string,
): Promise<WrittenTunnel> {
  const peer = choosePeer(environment, name);
  const reach = await readPublished(environment, cloud, ["endpoint", "publicKey", "sshHostKey"]);
  const files = tunnelFiles(environment.name);
  mkdirSync(files.bin, { recursive: true, mode: 0o700 });
  chmodSync(files.directory, 0o700);
  const userFolder = join(homedir(), ".ssh");
  const { user, address, port } = environment.engine;
  const socket = controlPath(
    [files.directory, userFolder],
    environment.name,
    `${reach.sshHostKey} ${user} ${address} ${String(port)}`,
  );
  if (socket?.startsWith(userFolder) === true) {
    mkdirSync(userFolder, { recursive: true, mode: 0o700 });
  }
  writeFile(files.knownHosts, knownHosts(environment.name, reach.sshHostKey), 0o600);
  writeFile(
    files.sshConfig,
    sshConfiguration({
      environment,
      knownHosts: files.knownHosts,
      controlPath: socket,
      userConfig: join(userFolder, "config"),
    }),
    0o600,
  );
  const ssh = findProgram("ssh", [files.bin]);
  if (ssh === undefined) {
    throw new CommandError("'ssh' must be on PATH, got nothing; install the OpenSSH client");
  }
  writeFile(join(files.bin, "ssh"), shim(ssh, files.sshConfig), 0o700);
  const { sshHostKey } = reach;
  if (peer === undefined) return { interfaceFile: undefined, sshHostKey };
  const interfaceFile = interfaceFileOf(environment.name);
  const privateKey = privateKeyOf(environment, peer);
  writeFile(interfaceFile, clientConfiguration({ environment, peer, reach, privateKey }), 0o600);
  return { interfaceFile, sshHostKey };
}

/** What to do after {@link writeTunnel}. */
export function tunnelSteps(
  environment: HostEnvironment,
  { interfaceFile }: WrittenTunnel,
): readonly string[] {
  const { name, engine } = environment;
  const { sshConfig } = tunnelFiles(name);
  return [
    ...(interfaceFile === undefined
      ? [
          `no private key of a peer of '${name}' is on this machine, so there is no file for WireGuard; npm run wireguard -- keygen ${name} <peer> makes a key`,
        ]
      : [`bring the tunnel up:  sudo wg-quick up ${interfaceFile}`]),
    `then log in:          ssh -F ${sshConfig} ${engine.address}`,
  ];
}

/** Runs a command on the host over the shared connection; never asks for anything. */
export function runOnHost(environment: HostEnvironment, ...command: string[]): Promise<Finished> {
  const { user, address } = environment.engine;
  const { sshConfig } = tunnelFiles(environment.name);
  return run("ssh", ["-F", sshConfig, "-o", "BatchMode=yes", `${user}@${address}`, ...command]);
}

/** Ends the shared connection, if there is one. */
export async function endConnection(environment: HostEnvironment): Promise<void> {
  const { user, address } = environment.engine;
  const { sshConfig } = tunnelFiles(environment.name);
  await run("ssh", ["-F", sshConfig, "-O", "exit", `${user}@${address}`]);
}
