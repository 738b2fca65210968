import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";
import {
  engineRequest,
  findProgram,
  isRoot,
  spawnDetached,
  tail,
  waitUntilUp,
} from "../../commands/engine";
import { sleep } from "../../commands/shell";
import { onInterrupt } from "./interrupt";

const execFileAsync = promisify(execFile);
const answerSeconds = 60;
const stopSeconds = 60;

/** A Docker Engine of its own, in a network of its own: nothing is shared with the user's. */
export interface PrivateEngine {
  /** Address in DOCKER_HOST form. */
  readonly host: string;
  /** Path of its socket on this machine. */
  readonly socket: string;
  /** Folder of its containers' files, lines among them. */
  readonly containersDirectory: string;
  /** Where this machine reaches ports that are published on all or on this address. */
  readonly address: string;
  /** Where containers reach this machine. */
  readonly gateway: string;
  /** Stops and starts the engine; containers with a restart policy come back. */
  restart(): Promise<void>;
  /** Stops the engine and deletes everything of it. */
  destroy(): Promise<void>;
}

/** Names and addresses of a private engine, derived from its folder so that two never meet. */
export function privateEngineNames(directory: string) {
  const digest = createHash("sha256").update(path.resolve(directory)).digest();
  const id = digest.toString("hex").slice(0, 8);
  // 10.192.0.0 to 10.223.255.0: outside Docker's own default pools (172.17.0.0/12, 192.168.0.0/16).
  const net = `10.${192 + ((digest[4] ?? 0) % 32)}.${digest[5] ?? 0}`;
  return {
    id,
    // A socket path has 107 bytes at most, so it is not below the caller's folder.
    runDirectory: `/run/l2-observatory-${id}`,
    namespace: `l2o-${id}`,
    hostInterface: `l2oh${id}`,
    innerInterface: `l2oi${id}`,
    gateway: `${net}.1`,
    address: `${net}.2`,
  };
}

type Names = ReturnType<typeof privateEngineNames>;

async function ip(...args: readonly string[]): Promise<void> {
  await execFileAsync(findProgram("ip") ?? "ip", args);
}

/** A network namespace with one cable to this machine: an engine in it cannot touch the user's bridges and rules. */
async function makeNetwork(names: Names): Promise<void> {
  const { namespace, hostInterface, innerInterface, gateway, address } = names;
  await ip("netns", "add", namespace);
  await ip("link", "add", hostInterface, "type", "veth", "peer", "name", innerInterface);
  await ip("link", "set", innerInterface, "netns", namespace);
  await ip("address", "add", `${gateway}/24`, "dev", hostInterface);
  await ip("link", "set", hostInterface, "up");
  await ip("-n", namespace, "address", "add", `${address}/24`, "dev", innerInterface);
  await ip("-n", namespace, "link", "set", innerInterface, "up");
  await ip("-n", namespace, "link", "set", "lo", "up");
  await ip("-n", namespace, "route", "add", "default", "via", gateway);
}

async function removeNetwork({ namespace, hostInterface }: Names): Promise<void> {
  await ip("link", "delete", hostInterface).catch(() => undefined);
  await ip("netns", "delete", namespace).catch(() => undefined);
}

/** Starts a second Docker Engine whose state lies below `directory` (absolute) and waits until it answers. Needs root. */
export async function startPrivateEngine(
  directory: string,
  progress: (line: string) => void,
): Promise<PrivateEngine> {
  const [dockerd, nsenter] = [findProgram("dockerd"), findProgram("nsenter")];
  if (!isRoot() || dockerd === undefined || nsenter === undefined) {
    throw new Error(
      "a private Docker Engine needs root, dockerd and nsenter: apt-get install docker.io iproute2 util-linux",
    );
  }
  const names = privateEngineNames(directory);
  const host = `unix://${names.runDirectory}/docker.sock`;
  const pidFile = path.join(names.runDirectory, "docker.pid");
  const log = path.join(directory, "dockerd.log");
  const configFile = path.join(directory, "daemon.json");
  fs.mkdirSync(directory, { recursive: true });
  fs.mkdirSync(names.runDirectory, { recursive: true, mode: 0o700 });
  fs.writeFileSync(configFile, "{}\n");

  const stop = async (): Promise<void> => {
    const pid = ownProcess(pidFile);
    if (pid === undefined) return;
    process.kill(pid, "SIGTERM");
    const end = Date.now() + stopSeconds * 1000;
    while (isAlive(pid)) {
      if (Date.now() > end) {
        process.kill(pid, "SIGKILL");
        break;
      }
      await sleep(0.1);
    }
  };

  const start = async (): Promise<void> => {
    const child = spawnDetached(
      nsenter,
      [
        `--net=/var/run/netns/${names.namespace}`,
        dockerd,
        `--config-file=${configFile}`,
        `--host=${host}`,
        `--data-root=${path.join(directory, "data")}`,
        `--exec-root=${path.join(names.runDirectory, "exec")}`,
        `--pidfile=${pidFile}`,
        `--cgroup-parent=/l2-observatory-${names.id}`,
        // A containerd of the system would be shared: keep the two engines apart there too.
        `--containerd-namespace=l2o-${names.id}`,
        `--containerd-plugins-namespace=l2o-${names.id}-plugins`,
      ],
      log,
    );
    const version = await waitUntilUp(host, answerSeconds, progress, () => child.exitCode !== null);
    if (version !== undefined) return;
    if (child.exitCode === null) child.kill("SIGTERM");
    throw new Error(`the private Docker Engine did not start; the end of ${log}:\n${tail(log)}`);
  };

  // A run that was cut short may have left its engine behind.
  await stop();
  await removeNetwork(names);
  await makeNetwork(names);
  await start();
  progress(`private Docker Engine at ${host}, its ports at ${names.address}`);
  const destroy = async (): Promise<void> => {
    await removeAllContainers(host);
    await stop();
    await removeNetwork(names);
    removeControlGroups(`l2-observatory-${names.id}`);
    await unmountBelow([directory, names.runDirectory]);
    fs.rmSync(names.runDirectory, { recursive: true, force: true });
    fs.rmSync(directory, { recursive: true, force: true });
  };
  // A run that is cut short must not leave an engine with a dozen containers behind.
  const forget = onInterrupt(async () => {
    progress("interrupted: removing the private Docker Engine …");
    await destroy();
  });
  return {
    host,
    socket: host.replace("unix://", ""),
    containersDirectory: path.join(directory, "data", "containers"),
    address: names.address,
    gateway: names.gateway,
    restart: async () => {
      await stop();
      await start();
    },
    destroy: async () => {
      forget();
      await destroy();
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A child that ended but was not collected yet still takes signals.
    return !/^State:\s+Z/m.test(fs.readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** The process of a pid file, if it is alive and was started with that pid file: a number alone may have been reused. */
function ownProcess(pidFile: string): number | undefined {
  try {
    const pid = Number(fs.readFileSync(pidFile, "utf8").trim());
    const commandLine = fs.readFileSync(`/proc/${pid}/cmdline`, "utf8");
    return commandLine.split("\0").includes(`--pidfile=${pidFile}`) ? pid : undefined;
  } catch {
    return undefined;
  }
}

function removeControlGroups(name: string): void {
  const root = "/sys/fs/cgroup";
  const folders = [root, ...fs.readdirSync(root).map((controller) => path.join(root, controller))];
  for (const folder of folders) {
    try {
      fs.rmdirSync(path.join(folder, name));
    } catch {
      // Not there, or still in use for a moment: an empty group costs nothing.
    }
  }
}

async function removeAllContainers(host: string): Promise<void> {
  try {
    const list = await engineRequest({
      dockerHost: host,
      method: "GET",
      path: "/containers/json?all=1",
    });
    for (const { Id: id } of JSON.parse(list.body) as { Id: string }[]) {
      await engineRequest({
        dockerHost: host,
        method: "DELETE",
        path: `/containers/${id}?force=1&v=1`,
        timeoutSeconds: 60,
      });
    }
  } catch {
    // The engine is down already: its containers are too, and its data goes with the folder.
  }
}

async function unmountBelow(directories: readonly string[]): Promise<void> {
  const mounted = fs
    .readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "")
    .filter((point) => directories.some((directory) => point.startsWith(`${directory}/`)))
    .sort((a, b) => b.length - a.length);
  for (const point of mounted) {
    await execFileAsync("umount", ["-l", point]).catch(() => undefined);
  }
}
