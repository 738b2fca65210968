import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { CommandError, runOrFail, withHeartbeat } from "../../../commands/shell";
import { completeDirectory, type Progress } from "../../local-images/run";
import { boundTo, program, requireMachinePrograms } from "./support";

const release = "bookworm";

/** What Debian's cloud image has and the first boot may rely on, and WireGuard for kernels without it. */
const basePackages = [
  "bash",
  "busybox-static",
  "ca-certificates",
  "cloud-init",
  "curl",
  "dbus",
  "debian-archive-keyring",
  "e2fsprogs",
  "iproute2",
  "iputils-ping",
  "netcat-openbsd",
  "openssl",
  "procps",
  "sudo",
  "systemd",
  "systemd-sysv",
  "udev",
  "util-linux",
  "wireguard-go",
];

/** What the first boot installs itself, with apt. */
const partPackages = [
  "awscli",
  "docker.io",
  "iptables",
  "jq",
  "nftables",
  "openssh-server",
  "unattended-upgrades",
  "wireguard-tools",
];

/** Where a machine finds the packages of {@link Root.debs}. */
export const packagesMount = "/srv/packages";

/** A Debian root file system that no machine writes to, and the packages for apt in it. */
export interface Root {
  readonly directory: string;
  /** A flat apt repository: packages that are not installed in `directory`, with what they depend on. */
  readonly debs: string;
}

/** The lines for sources.list that name the mirrors of this machine, as `apt-get indextargets` lists them. */
export function sourceLines(targets: string): string[] {
  return [...new Set(targets.trim().split("\n"))]
    .map((line) => line.split("|"))
    .filter(
      ([, suite = "", component]) =>
        component === "main" && (suite === release || suite.startsWith(`${release}-`)),
    )
    .map(([uri = "", suite = ""]) => `deb ${uri} ${suite} main`);
}

async function mirrors(): Promise<string[]> {
  const targets = await runOrFail(program("apt-get"), [
    "indextargets",
    "--format",
    "$(REPO_URI)|$(RELEASE)|$(COMPONENT)",
    "Created-By: Packages",
  ]);
  const lines = sourceLines(targets);
  if (!lines.some((line) => line.includes(` ${release} `))) {
    throw new CommandError(
      `apt on this machine knows no mirror of Debian ${release}: the machine of the test is made from one`,
    );
  }
  return lines;
}

/** Runs a program whose mounts and processes end with it, and with this process. */
async function contained(proc: string, argv: readonly string[]): Promise<string> {
  const namespaces = ["--mount", "--pid", "--fork", "--kill-child", `--mount-proc=${proc}`];
  const [command = "", ...args] = boundTo(undefined, [program("unshare"), ...namespaces, ...argv]);
  return runOrFail(command, args, {
    env: {
      DEBIAN_FRONTEND: "noninteractive",
      LC_ALL: "C.UTF-8",
      PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
    },
  });
}

function inside(root: string, argv: readonly string[]): Promise<string> {
  return contained(path.join(root, "proc"), [program("chroot"), root, ...argv]);
}

function apt(root: string, ...args: readonly string[]): Promise<string> {
  const options = ["APT::Sandbox::User=root", "APT::Install-Recommends=false"];
  return inside(root, ["apt-get", "-qy", ...options.flatMap((one) => ["-o", one]), ...args]);
}

/** The index of a flat apt repository in `directory`. */
async function writeIndex(directory: string): Promise<void> {
  const entries: string[] = [];
  for (const name of fs.readdirSync(directory).sort()) {
    const file = path.join(directory, name);
    const control = await runOrFail(program("dpkg-deb"), ["--field", file]);
    const content = fs.readFileSync(file);
    const sum = createHash("sha256").update(content).digest("hex");
    entries.push(
      `${control.trim()}\nFilename: ./${name}\nSize: ${content.length}\nSHA256: ${sum}\n`,
    );
  }
  fs.writeFileSync(path.join(directory, "Packages"), entries.join("\n"));
}

function write(root: string, file: string, content: string): void {
  const target = path.join(root, file);
  fs.rmSync(target, { force: true });
  fs.writeFileSync(target, content);
}

async function fill(temporary: string, lines: readonly string[], progress: Progress) {
  const root = path.join(temporary, "root");
  const debs = path.join(temporary, "debs");
  fs.mkdirSync(debs);
  const uri = lines.find((line) => line.includes(` ${release} `))?.split(" ")[1] ?? "";
  const say = <T>(what: string, work: Promise<T>) => withHeartbeat(progress, what, work);

  await say(
    "debootstrap",
    contained("/proc", [program("debootstrap"), "--variant=minbase", release, root, uri]),
  );
  write(root, "etc/apt/sources.list", `${lines.join("\n")}\n`);
  write(root, "usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n");
  fs.chmodSync(path.join(root, "usr/sbin/policy-rc.d"), 0o755);
  for (const file of ["resolv.conf", "hosts"]) {
    write(root, `etc/${file}`, fs.readFileSync(`/etc/${file}`, "utf8"));
  }
  await say("reading package lists", apt(root, "update"));
  await say("updating the root", apt(root, "dist-upgrade"));
  await say("installing the base", apt(root, "install", ...basePackages));
  await apt(root, "clean");
  await say(
    "fetching the first boot's packages",
    apt(root, "install", "--download-only", ...partPackages),
  );
  const archives = path.join(root, "var/cache/apt/archives");
  for (const name of fs.readdirSync(archives).filter((one) => one.endsWith(".deb"))) {
    fs.renameSync(path.join(archives, name), path.join(debs, name));
  }
  await writeIndex(debs);
  fs.rmSync(path.join(root, "usr/sbin/policy-rc.d"));
  fs.rmSync(path.join(root, "var/lib/apt/lists"), { recursive: true });
  // Every machine has an id of its own.
  for (const file of ["etc/machine-id", "var/lib/dbus/machine-id"]) {
    fs.rmSync(path.join(root, file), { force: true });
  }
}

/**
 * The root file system of a machine, made once by debootstrap from the Debian mirror of this machine and kept.
 * @throws CommandError when this machine lacks a program, root or a Debian mirror
 */
export async function rootFilesystem(o: {
  cacheDirectory: string;
  progress: Progress;
}): Promise<Root> {
  requireMachinePrograms();
  const recipe = JSON.stringify([release, basePackages, partPackages]);
  const key = createHash("sha256").update(recipe).digest("hex").slice(0, 12);
  const directory = path.join(o.cacheDirectory, "machine", `${release}-${key}`);
  await completeDirectory(directory, async (temporary) => {
    o.progress(`making a root file system of Debian ${release} (some minutes, once)`);
    await fill(temporary, await mirrors(), o.progress);
  });
  return { directory: path.join(directory, "root"), debs: path.join(directory, "debs") };
}
