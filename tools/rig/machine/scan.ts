import * as fs from "node:fs";
import * as path from "node:path";
import { CommandError } from "../../../commands/shell";
import { unpackPrograms } from "../../local-images/debian";
import type { Progress } from "../../local-images/run";
import type { Internet, Place } from "./network";
import { program } from "./support";

/** UDP ports on which hosts often answer strangers, and those of WireGuard. */
const usualUdpPorts = [
  19, 53, 67, 68, 69, 111, 123, 137, 138, 161, 177, 389, 427, 443, 500, 514, 520, 623, 1194, 1434,
  1645, 1701, 1812, 1900, 2049, 3478, 4500, 4789, 5060, 5351, 5353, 5683, 8472, 11211, 27015, 51820,
  51821,
];

/** What a stranger learns of a host. */
export interface Scan {
  /** Ports that took a connection. */
  readonly openTcp: readonly number[];
  /** Ports that refused one: a stranger learns that somebody is there. */
  readonly closedTcp: readonly number[];
  /** How many of the 65535 gave no answer at all. */
  readonly silentTcp: number;
  /** Ports that sent a datagram back. */
  readonly answeringUdp: readonly number[];
  /** Ports of which the host said that nothing listens (ICMP). */
  readonly closedUdp: readonly number[];
  /** Asked ports that gave no answer: dropped on the way, or a listener that is silent to strangers as WireGuard is. */
  readonly silentUdp: readonly number[];
}

/** `1,5-7` as numbers. */
function portList(text: string): number[] {
  return text.split(",").flatMap((part) => {
    const [from = 0, to = from] = part.split("-").map(Number);
    return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  });
}

/** Ports by state (`open`, `closed`, `filtered`, `open|filtered`), from nmap's XML. */
export function portsByState(xml: string, protocol: "tcp" | "udp"): Map<string, number[]> {
  const ports = new Map<string, number[]>();
  const add = (state: string, more: readonly number[]) => {
    ports.set(
      state,
      [...(ports.get(state) ?? []), ...more].sort((a, b) => a - b),
    );
  };
  const single = /<port protocol="(\w+)" portid="(\d+)"><state state="([^"]+)"/g;
  for (const [, of, port, state = ""] of xml.matchAll(single)) {
    if (of === protocol) add(state, [Number(port)]);
  }
  // States that most ports have come as a list.
  for (const [, state = "", inner = ""] of xml.matchAll(
    /<extraports state="([^"]+)"[^>]*>(.*?)<\/extraports>/gs,
  )) {
    for (const [, of, list = ""] of inner.matchAll(/proto="(\w+)" ports="([^"]+)"/g)) {
      if (of === protocol) add(state, portList(list));
    }
  }
  return ports;
}

/**
 * Scans a host as a stranger does: every TCP port, the usual UDP ports and `udpPorts`, with nmap of Debian (unpacked, not installed).
 * @throws CommandError when nmap fails
 */
export async function scan(
  internet: Internet,
  place: Place,
  address: string,
  o: { cacheDirectory: string; progress: Progress; udpPorts?: readonly number[] },
): Promise<Scan> {
  const packages = ["nmap", "nmap-common", "lua-lpeg"];
  const root = await unpackPrograms(packages, o.cacheDirectory, o.progress);
  for (const folder of ["dev", "proc"]) fs.mkdirSync(path.join(root, folder), { recursive: true });
  // BLAS is an alternative, chosen at installation: here the folder of the only one is named.
  const blas = fs.readdirSync(path.join(root, "usr/lib")).map((one) => `/usr/lib/${one}/blas`);
  const udp = [...new Set([...usualUdpPorts, ...(o.udpPorts ?? [])])];
  const { code, stdout, stderr } = await internet.exec(place, [
    ...["env", `LD_LIBRARY_PATH=${blas.join(":")}`],
    ...[program("unshare"), "--mount", "--pid", "--fork", "--kill-child"],
    ...[`--mount-proc=${root}/proc`, program("bash"), "-c"],
    ...['mount --bind /dev "$1/dev" && exec chroot "$@"', "nmap", root, "/usr/bin/nmap"],
    ...["-sS", "-sU", "-Pn", "-n", "-T5", "--max-retries", "1", "--min-rate", "8000"],
    ...["--max-rtt-timeout", "300ms", "--initial-rtt-timeout", "200ms", "--host-timeout", "300s"],
    ...["--defeat-rst-ratelimit", "-p", `T:1-65535,U:${udp.join(",")}`, "-oX", "-", address],
  ]);
  if (code !== 0 || !stdout.includes('exit="success"')) {
    throw new CommandError(`the scan of ${address} failed (${code}): ${stderr.slice(-1000)}`);
  }
  const tcpPorts = portsByState(stdout, "tcp");
  const udpPorts = portsByState(stdout, "udp");
  return {
    openTcp: tcpPorts.get("open") ?? [],
    closedTcp: tcpPorts.get("closed") ?? [],
    silentTcp: (tcpPorts.get("filtered") ?? []).length,
    answeringUdp: udpPorts.get("open") ?? [],
    closedUdp: udpPorts.get("closed") ?? [],
    silentUdp: udpPorts.get("open|filtered") ?? [],
  };
}
