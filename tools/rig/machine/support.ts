import { createHash } from "node:crypto";
import * as path from "node:path";
import { CommandError, runOrFail } from "../../../commands/shell";
import { findProgram } from "../../local-images/run";

const PROGRAM_FOLDERS = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"];

/** Debian packages of the programs of this machine that the rig calls. */
const packages: Readonly<Record<string, string>> = {
  debootstrap: "debootstrap",
  "apt-get": "apt",
  "dpkg-deb": "dpkg",
  ip: "iproute2",
  bash: "bash",
  unshare: "util-linux",
  nsenter: "util-linux",
  setpriv: "util-linux",
  losetup: "util-linux",
  mount: "mount",
  chroot: "coreutils",
  mknod: "coreutils",
};

/**
 * Says whether this machine can boot another.
 * @throws CommandError with everything that is missing and how to get it
 */
export function requireMachinePrograms(): void {
  const missing = Object.keys(packages).filter(
    (name) => findProgram(name, PROGRAM_FOLDERS) === undefined,
  );
  const faults: string[] = [];
  if (process.platform !== "linux" || process.getuid?.() !== 0) {
    faults.push("it needs root on Linux: namespaces, mounts and loop devices are made");
  }
  if (missing.length > 0) {
    const names = [...new Set(missing.map((name) => packages[name]))].join(" ");
    faults.push(`${missing.join(", ")} not found: apt-get install ${names}`);
  }
  if (faults.length > 0) {
    throw new CommandError(`the machine of the test cannot boot here:\n  ${faults.join("\n  ")}`);
  }
}

/** The path of a program of this machine. @throws CommandError when it is not there */
export function program(name: string): string {
  const file = findProgram(name, PROGRAM_FOLDERS);
  if (file === undefined) {
    throw new CommandError(`${name} not found: apt-get install ${packages[name] ?? name}`);
  }
  return file;
}

/** Runs `ip`. @throws CommandError with what it said */
export async function ip(...args: readonly string[]): Promise<string> {
  return runOrFail(program("ip"), args);
}

/** Eight hexadecimal digits by which everything that belongs to a folder is named: two folders never meet, the same one finds what it left. */
export function rigId(directory: string): string {
  return createHash("sha256").update(path.resolve(directory)).digest("hex").slice(0, 8);
}

/** Folder for sockets of a rig: their paths have 107 bytes at most, so they are not below the caller's folder. */
export function runDirectory(directory: string): string {
  return `/run/l2-observatory-rig-${rigId(directory)}`;
}

/** Arguments for a child that dies with this process, however that ends, in a network namespace. */
export function boundTo(namespace: string | undefined, argv: readonly string[]): string[] {
  const enter = namespace === undefined ? [] : [program("nsenter"), `--net=${netns(namespace)}`];
  return [program("setpriv"), "--pdeathsig", "KILL", ...enter, ...argv];
}

/** File of a named network namespace. */
export function netns(namespace: string): string {
  return `/run/netns/${namespace}`;
}
