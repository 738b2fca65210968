import { spawn, type ChildProcess } from "node:child_process";
import * as fs from "node:fs";
import * as net from "node:net";
import * as path from "node:path";
import { CommandError, run, sleep, type Finished } from "../../../commands/shell";
import { onInterrupt } from "../interrupt";
import { boundTo, ip, netns, program, rigId, runDirectory } from "./support";

/** Addresses of the test's internet; 203.0.113.0/24 is reserved for documentation. */
export const addresses = {
  /** Router of the internet; services of the test are reached here, see {@link Internet.expose}. */
  gateway: "203.0.113.1",
  machine: "203.0.113.10",
  operator: "203.0.113.20",
  stranger: "203.0.113.66",
  metadata: "169.254.169.254",
} as const;

const bridge = "br0";
const metadataTable = "100";

/** Namespaces beside the machine's. */
export type Place = "operator" | "stranger";

/** Network namespaces on one bridge: a machine, an operator, a stranger. Nothing of it is in the network of this machine. */
export interface Internet {
  /** Names of the network namespaces, as of `ip netns`. */
  readonly namespaces: Readonly<Record<Place, string>>;
  /** Folder for socket files; it goes with the internet. */
  readonly sockets: string;
  /** Runs a program in a namespace; its exit code is the caller's to judge. */
  exec(place: Place, argv: readonly string[], input?: string): Promise<Finished>;
  /**
   * Makes a TCP port of this machine's loopback reachable from every namespace.
   * @returns its address there, `203.0.113.1:<port>`
   */
  expose(port: number): Promise<string>;
  /** Makes a listening socket file of this process reachable from every namespace. */
  relay(address: string, port: number, socketPath: string): Promise<void>;
  /** Hops that an answer of the metadata service may go; 1 keeps it from containers of the machine. */
  limitMetadataHops(hops: number): Promise<void>;
  /** Gives the machine a network card in a namespace of its own, without anything of the one before; returns the namespace. */
  plug(): Promise<string>;
  /** Ends every process in the namespaces and removes them. */
  destroy(): Promise<void>;
}

function names(directory: string) {
  const id = rigId(directory);
  return {
    middle: `l2om-${id}-net`,
    machine: `l2om-${id}-host`,
    operator: `l2om-${id}-operator`,
    stranger: `l2om-${id}-stranger`,
  };
}

/** Ends what still runs in a network namespace of the rig, then removes it: a process would keep its devices. */
async function removeNamespace(namespace: string): Promise<void> {
  if (!fs.existsSync(netns(namespace))) return;
  const { stdout } = await run(program("ip"), ["netns", "pids", namespace]);
  for (const pid of stdout.split("\n").filter((line) => line !== "")) {
    try {
      process.kill(Number(pid), "SIGKILL");
    } catch {
      // It has ended meanwhile.
    }
  }
  // The first may find it in use for a moment.
  for (let attempt = 0; attempt < 20; attempt++) {
    if ((await run(program("ip"), ["netns", "delete", namespace])).code === 0) return;
    await sleep(0.1);
  }
}

async function addNamespace(namespace: string): Promise<void> {
  await ip("netns", "add", namespace);
  await ip("-n", namespace, "link", "set", "lo", "up");
}

/** Lays a cable from the bridge to a namespace. */
async function lay(middle: string, namespace: string, address: string): Promise<void> {
  const port = `to-${address.split(".").pop() ?? ""}`;
  // A cable to a namespace that was just removed may still be there for a moment.
  await run(program("ip"), ["-n", middle, "link", "delete", port]);
  const card = ["type", "veth", "peer", "name", "eth0", "netns", namespace];
  await ip("-n", middle, "link", "add", port, ...card);
  await ip("-n", middle, "link", "set", port, "master", bridge, "up");
  await ip("-n", namespace, "address", "add", `${address}/24`, "dev", "eth0");
  await ip("-n", namespace, "link", "set", "eth0", "up");
  await ip("-n", namespace, "route", "add", "default", "via", addresses.gateway);
}

async function makeMiddle(middle: string): Promise<void> {
  await addNamespace(middle);
  await ip("-n", middle, "link", "add", bridge, "type", "bridge");
  await ip("-n", middle, "address", "add", `${addresses.gateway}/24`, "dev", bridge);
  await ip("-n", middle, "address", "add", `${addresses.metadata}/32`, "dev", bridge);
  await ip("-n", middle, "link", "set", bridge, "up");
}

async function startRelay(
  namespace: string,
  address: string,
  port: number,
  socketPath: string,
): Promise<ChildProcess> {
  const script = path.join(__dirname, "relay.js");
  const [command = "", ...args] = boundTo(namespace, [
    process.execPath,
    script,
    address,
    String(port),
    socketPath,
  ]);
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  await new Promise<void>((resolve, reject) => {
    child.stdout.once("data", () => {
      resolve();
    });
    child.once("error", reject);
    child.once("exit", () => {
      reject(new CommandError(`nothing listens at ${address}:${port}: ${said.trim()}`));
    });
  });
  return child;
}

/** Listens on a socket file for a TCP port of this machine. */
async function forward(socketPath: string, port: number): Promise<net.Server> {
  const server = net.createServer((incoming) => {
    const outgoing = net.connect(port, "127.0.0.1");
    incoming.pipe(outgoing).pipe(incoming);
    incoming.on("error", () => outgoing.destroy());
    outgoing.on("error", () => incoming.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(socketPath, resolve);
  });
  server.unref();
  return server;
}

/** Makes the internet that belongs to a folder, after removing what a run that was cut short left of it. */
export async function startInternet(directory: string): Promise<Internet> {
  const { middle, machine, operator, stranger } = names(directory);
  const sockets = runDirectory(directory);
  const children: ChildProcess[] = [];
  const servers: net.Server[] = [];

  const clean = async (): Promise<void> => {
    for (const server of servers) server.close();
    for (const child of children) child.kill("SIGKILL");
    for (const namespace of [machine, operator, stranger, middle]) {
      await removeNamespace(namespace);
    }
    fs.rmSync(sockets, { recursive: true, force: true });
  };

  await clean();
  const forget = onInterrupt(clean);
  fs.mkdirSync(sockets, { recursive: true, mode: 0o700 });
  await makeMiddle(middle);
  for (const [namespace, address] of [
    [operator, addresses.operator],
    [stranger, addresses.stranger],
  ] as const) {
    await addNamespace(namespace);
    await lay(middle, namespace, address);
  }
  const namespaces = { operator, stranger };

  const relay = async (address: string, port: number, socketPath: string): Promise<void> => {
    children.push(await startRelay(middle, address, port, socketPath));
  };
  return {
    namespaces,
    sockets,
    exec: (place, argv, input) =>
      run(
        program("nsenter"),
        [`--net=${netns(namespaces[place])}`, ...argv],
        input === undefined ? {} : { input },
      ),
    relay,
    expose: async (port) => {
      const socketPath = path.join(sockets, `${port}.sock`);
      servers.push(await forward(socketPath, port));
      await relay(addresses.gateway, port, socketPath);
      return `${addresses.gateway}:${port}`;
    },
    limitMetadataHops: async (hops) => {
      const route = ["203.0.113.0/24", "dev", bridge, "table", metadataTable];
      await ip("-n", middle, "route", "replace", ...route, "hoplimit", String(hops));
      await run(program("ip"), ["-n", middle, "rule", "delete", "from", addresses.metadata]);
      await ip("-n", middle, "rule", "add", "from", addresses.metadata, "table", metadataTable);
    },
    plug: async () => {
      await removeNamespace(machine);
      await addNamespace(machine);
      await lay(middle, machine, addresses.machine);
      return machine;
    },
    destroy: async () => {
      forget();
      await clean();
    },
  };
}
