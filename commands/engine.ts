import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as http from "node:http";
import * as path from "node:path";
import { createInterface } from "node:readline/promises";
import { CommandError, run, sleep, withHeartbeat, type Progress } from "./shell";

/** Where the Docker Engine listens when DOCKER_HOST says nothing. */
export const DEFAULT_DOCKER_HOST = "unix:///var/run/docker.sock";

const ANSWER_SECONDS = 60;
const INSTALL_MINUTES = 10;
const REGISTRY_SECONDS = 3;
const OLDEST_API = "1.41";

/** A running Docker Engine: its address in DOCKER_HOST form and its version. */
export interface Engine {
  readonly host: string;
  readonly version: string;
}

/** An answer of the Docker Engine API. */
export interface EngineAnswer {
  readonly status: number;
  readonly body: string;
}

/** Where an engine that speaks plain HTTP is reached: a socket path, or a TCP host and port. */
export type EngineAddress = { socketPath: string } | { host: string; port: number };

/** Splits a DOCKER_HOST value into what an HTTP client needs; throws on anything but unix:// and tcp://. */
export function engineAddress(dockerHost: string): EngineAddress {
  const unix = /^unix:\/\/(\/.+)$/.exec(dockerHost)?.[1];
  if (unix !== undefined) return { socketPath: unix };
  const tcp = /^(?:tcp|http):\/\/(\[[0-9a-fA-F:.]+\]|[^:/[\]]+):(\d{1,5})\/?$/.exec(dockerHost);
  const [, host, port] = tcp ?? [];
  if (host !== undefined && port !== undefined && Number(port) >= 1 && Number(port) <= 65535) {
    return { host: host.replace(/^\[|\]$/g, ""), port: Number(port) };
  }
  throw new CommandError(
    `'DOCKER_HOST' must be unix:///<path> or tcp://<host>:<port>, got '${dockerHost}': ` +
      `for an engine behind ssh forward its socket (ssh -L) and name the forwarded one`,
  );
}

/** Sends one request to a Docker Engine and reads the whole answer; fails when nothing listens or `timeoutSeconds` (default 10) pass without a byte. */
export function engineRequest(o: {
  dockerHost: string;
  method: "GET" | "HEAD" | "POST" | "DELETE";
  path: string;
  body?: NodeJS.ReadableStream;
  contentType?: string;
  timeoutSeconds?: number;
}): Promise<EngineAnswer> {
  const address = engineAddress(o.dockerHost);
  return new Promise((resolve, reject) => {
    const request = http.request(
      {
        ...address,
        method: o.method,
        path: o.path,
        headers: {
          Host: "docker",
          ...(o.body === undefined
            ? {}
            : {
                "Content-Type": o.contentType ?? "application/x-tar",
                "Transfer-Encoding": "chunked",
              }),
        },
        timeout: (o.timeoutSeconds ?? 10) * 1000,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          resolve({
            status: response.statusCode ?? 0,
            body: Buffer.concat(chunks).toString("utf8"),
          });
        });
      },
    );
    request.on("timeout", () => {
      request.destroy(new Error(`no answer from ${o.dockerHost} within the time limit`));
    });
    request.on("error", reject);
    if (o.body === undefined) {
      request.end();
    } else {
      o.body.on("error", (error: Error) => request.destroy(error));
      o.body.pipe(request);
    }
  });
}

type Ping =
  | { readonly kind: "up"; readonly version: string }
  | { readonly kind: "down" | "forbidden" | "old"; readonly reason: string };

async function ping(host: string): Promise<Ping> {
  try {
    const answer = await engineRequest({
      dockerHost: host,
      method: "GET",
      path: "/version",
      timeoutSeconds: 5,
    });
    const { Version: version, ApiVersion: api } = JSON.parse(answer.body) as {
      Version?: string;
      ApiVersion?: string;
    };
    if (version === undefined || api === undefined) {
      return { kind: "down", reason: `${host} answers, but not as a Docker Engine does` };
    }
    if (compareVersions(api, OLDEST_API) < 0) {
      return {
        kind: "old",
        reason: `Docker Engine must be 20.10 or newer, got ${version}: update it`,
      };
    }
    return { kind: "up", version };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const reason = error instanceof Error ? error.message : String(error);
    return code === "EACCES" || code === "EPERM"
      ? { kind: "forbidden", reason }
      : { kind: "down", reason };
  }
}

/** Compares dotted version numbers; negative when `a` is older, ignoring anything after the numbers. */
export function compareVersions(a: string, b: string): number {
  const numbers = (version: string): number[] =>
    (/\d+(?:\.\d+)*/.exec(version)?.[0] ?? "0").split(".").map(Number);
  const [left, right] = [numbers(a), numbers(b)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Says whether /etc/os-release text describes Debian or one of its derivatives. */
export function isDebianLike(osRelease: string): boolean {
  const value = (key: string): string =>
    new RegExp(`^${key}=["']?([^"'\\n]*)["']?$`, "m").exec(osRelease)?.[1] ?? "";
  return `${value("ID")} ${value("ID_LIKE")}`.split(/\s+/).includes("debian");
}

/** Reads a yes/no answer whose default is yes; anything but yes, y or nothing is a no. */
export function isYes(answer: string): boolean {
  return ["", "y", "yes"].includes(answer.trim().toLowerCase());
}

/** Absolute path of a program on PATH or in the system's folders, `except` some folders. */
export function findProgram(name: string, except: readonly string[] = []): string | undefined {
  const folders = (process.env["PATH"] ?? "")
    .split(path.delimiter)
    .filter((folder) => !except.includes(folder));
  for (const folder of [...folders, "/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin"]) {
    const file = path.join(folder, name);
    try {
      fs.accessSync(file, fs.constants.X_OK);
      if (folder !== "" && fs.statSync(file).isFile()) return file;
    } catch {
      // Not here: try the next folder.
    }
  }
  return undefined;
}

/** Whether this process may do everything. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** The last lines of a file. */
export function tail(file: string, lines = 15): string {
  try {
    return fs.readFileSync(file, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
  } catch {
    return "(no log)";
  }
}

/**
 * Finds the Docker Engine of DOCKER_HOST or the default socket; starts one that is installed, installs Debian's where it may.
 * On a terminal (`interactive`) it asks before it installs (default yes); without one it announces. Throws with the repair when it cannot.
 */
export async function ensureEngine(o: {
  progress: Progress;
  interactive: boolean;
  cacheDirectory: string;
}): Promise<Engine> {
  const named = process.env["DOCKER_HOST"];
  const host = named === undefined || named === "" ? DEFAULT_DOCKER_HOST : named;
  const first = await ping(host);
  if (first.kind === "up") return { host, version: first.version };
  if (first.kind === "old") throw new CommandError(first.reason);
  if (first.kind === "forbidden") {
    throw new CommandError(
      `the Docker Engine at ${host} refuses this user: add it to the group docker ` +
        `(sudo usermod -aG docker "$USER", then log in again) or run as root`,
    );
  }
  if (host !== DEFAULT_DOCKER_HOST) {
    throw new CommandError(
      `'DOCKER_HOST' must name a running Docker Engine, got ${host} (${first.reason}): ` +
        `start it or unset DOCKER_HOST`,
    );
  }
  if (process.platform !== "linux") {
    throw new CommandError(
      `no Docker Engine answers at ${host}: start Docker Desktop or another engine and try again`,
    );
  }
  if (findProgram("dockerd") === undefined) {
    await installEngine(o);
    const installed = await ping(host);
    if (installed.kind === "up") return { host, version: installed.version };
  }
  return startEngine(host, o);
}

async function installEngine(o: { progress: Progress; interactive: boolean }): Promise<void> {
  const osRelease = fs.existsSync("/etc/os-release")
    ? fs.readFileSync("/etc/os-release", "utf8")
    : "";
  const apt = findProgram("apt-get");
  if (!isDebianLike(osRelease) || apt === undefined) {
    throw new CommandError(
      "no Docker Engine is installed: install one (https://docs.docker.com/engine/install/), " +
        "start it and try again",
    );
  }
  if (!isRoot()) {
    throw new CommandError(
      "no Docker Engine is installed and only root can install it: run 'sudo apt-get install " +
        `docker.io', 'sudo usermod -aG docker "$USER"', log in again and try again`,
    );
  }
  if (o.interactive) {
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    try {
      const answer = await terminal.question(
        "No Docker Engine is installed. Install Debian's package docker.io now? [Y/n] ",
      );
      if (!isYes(answer)) {
        throw new CommandError(
          "a Docker Engine is needed: install one ('apt-get install docker.io') and try again",
        );
      }
    } finally {
      terminal.close();
    }
  }
  o.progress("Docker Engine is not installed: installing Debian's package docker.io");
  const options = {
    env: { DEBIAN_FRONTEND: "noninteractive" },
    timeoutSeconds: INSTALL_MINUTES * 60,
  };
  // An update that fails for one of several sources still leaves usable lists: the install decides.
  await withHeartbeat(o.progress, "reading the package lists", run(apt, ["update", "-q"], options));
  const packages = ["docker.io", "iptables", "iproute2"];
  const { code, stderr } = await withHeartbeat(
    o.progress,
    "installing docker.io",
    run(apt, ["install", "-y", "-q", "--no-install-recommends", ...packages], options),
  );
  if (code !== 0) {
    throw new CommandError(
      `docker.io could not be installed: ${stderr.trim().split("\n").slice(-5).join("\n")}\n` +
        "repair it by hand ('apt-get install docker.io') and try again",
    );
  }
}

async function startEngine(
  host: string,
  o: { progress: Progress; cacheDirectory: string },
): Promise<Engine> {
  // systemd's own test for "systemd is the init process" (sd_booted).
  const systemctl = fs.existsSync("/run/systemd/system") ? findProgram("systemctl") : undefined;
  let log: string;
  if (systemctl !== undefined) {
    log = "journalctl -u docker";
    o.progress("starting the Docker Engine (systemctl start docker)");
    const { code } = await run(systemctl, ["start", "docker"], { timeoutSeconds: ANSWER_SECONDS });
    if (code !== 0) {
      throw new CommandError(
        "the Docker Engine is installed but does not start: run 'sudo systemctl start docker' " +
          "and read 'journalctl -u docker'",
      );
    }
  } else {
    if (!isRoot()) {
      throw new CommandError(
        "the Docker Engine is installed but not running, and only root can start it: " +
          "run 'sudo service docker start' and try again",
      );
    }
    fs.mkdirSync(o.cacheDirectory, { recursive: true });
    removeStalePidFile("/var/run/docker.pid");
    log = path.join(o.cacheDirectory, "dockerd.log");
    o.progress(`starting the Docker Engine (log: ${log})`);
    const child = spawnDetached(findProgram("dockerd") ?? "dockerd", [], log);
    const up = await waitUntilUp(host, ANSWER_SECONDS, o.progress, () => child.exitCode !== null);
    if (up !== undefined) return { host, version: up };
    if (child.exitCode === null) child.kill("SIGTERM");
    throw new CommandError(`the Docker Engine did not start; the end of ${log}:\n${tail(log)}`);
  }
  const version = await waitUntilUp(host, ANSWER_SECONDS, o.progress);
  if (version !== undefined) return { host, version };
  throw new CommandError(
    `the Docker Engine was started but does not answer at ${host} within ${ANSWER_SECONDS} s: read ${log}`,
  );
}

/** dockerd refuses to start while the process of its old pid file lives, even when the number was given to another program. */
function removeStalePidFile(file: string): void {
  try {
    const pid = fs.readFileSync(file, "utf8").trim();
    const alive = fs.existsSync(`/proc/${pid}/comm`);
    if (alive && fs.readFileSync(`/proc/${pid}/comm`, "utf8").trim() === "dockerd") return;
    fs.rmSync(file);
  } catch {
    // No file: nothing is stale.
  }
}

/** Starts a program that outlives this one; its output goes to a file. */
export function spawnDetached(program: string, args: readonly string[], log: string) {
  const output = fs.openSync(log, "a");
  try {
    const child = spawn(program, args, { detached: true, stdio: ["ignore", output, output] });
    child.on("error", () => undefined);
    child.unref();
    return child;
  } finally {
    fs.closeSync(output);
  }
}

/** Waits until an engine answers. @returns its version, or nothing when it gave up or time is over */
export async function waitUntilUp(
  host: string,
  seconds: number,
  progress: Progress,
  gaveUp: () => boolean = () => false,
): Promise<string | undefined> {
  const wait = async (): Promise<string | undefined> => {
    const end = Date.now() + seconds * 1000;
    while (Date.now() < end) {
      const answer = await ping(host);
      if (answer.kind === "up") return answer.version;
      if (gaveUp()) return undefined;
      await sleep(0.2);
    }
    return undefined;
  };
  return withHeartbeat(progress, "waiting for the Docker Engine", wait());
}

/** The host that serves the API of an image registry: Docker Hub's is not the one its image names carry. */
export function registryApiHost(host: string): string {
  return ["", "docker.io", "index.docker.io", "hub.docker.com"].includes(host)
    ? "registry-1.docker.io"
    : host;
}

/** Says whether a URL gives any HTTP answer at all, 401 and 403 included, within `seconds` (default 3). */
export async function urlAnswers(url: string, seconds = REGISTRY_SECONDS): Promise<boolean> {
  try {
    await fetch(url, {
      method: "HEAD",
      redirect: "manual",
      signal: AbortSignal.timeout(seconds * 1000),
    });
    return true;
  } catch {
    return false;
  }
}

/** Says whether the registry of an image (`docker.io`, `ghcr.io`, `host:port`) gives any HTTP answer within 3 s. */
export async function registryReachable(host: string): Promise<boolean> {
  const api = registryApiHost(host);
  const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(api);
  // The engine itself allows plain HTTP for loopback registries only.
  if (loopback && (await urlAnswers(`http://${api}/v2/`))) return true;
  return urlAnswers(`https://${api}/v2/`);
}
