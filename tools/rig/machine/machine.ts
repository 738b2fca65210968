import { spawn, type ChildProcess } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import {
  CommandError,
  run,
  runOrFail,
  sleep,
  type Finished,
  type Progress,
} from "../../../commands/shell";
import { packageRoot } from "../../../constructs/core/paths";
import { onInterrupt } from "../interrupt";
import { ControlGroups } from "./control-groups";
import type { Internet } from "./network";
import { hostName, prepareUpper } from "./prepare";
import { packagesMount, type Root } from "./root";
import { boundTo, netns, program, rigId } from "./support";

/** A disk beside the root file system. */
export interface DataDisk {
  /** A file of the disk's size; its content outlives the machine. */
  readonly file: string;
  /** As AWS names it, `vol-0123456789abcdef0`. */
  readonly volumeId: string;
  /** Whether the disk is there when the machine starts. @default true */
  readonly attached?: boolean;
}

/** Options of {@link startMachine}. */
export interface MachineOptions {
  /** Of this machine alone; emptied at the start, removed by destroy. */
  readonly directory: string;
  readonly root: Root;
  /** As the instance gets it: gzip-compressed or not. */
  readonly userData: Buffer;
  readonly instanceId: string;
  readonly dataDisk: DataDisk;
  readonly internet: Internet;
  /** Where the AWS CLI of the machine finds the services, instead of at AWS. @default - at AWS, which is not there */
  readonly aws?: { readonly ssmEndpoint: string };
  /** Other files of the machine before its first boot, by absolute path. @default - none */
  readonly files?: Readonly<Record<string, string>>;
  readonly progress: Progress;
}

/** What cloud-init says at its end. */
export interface CloudInitResult {
  /** Since the boot began. */
  readonly seconds: number;
  readonly errors: readonly string[];
}

/** A Debian system with systemd as its first process, in namespaces of its own on the kernel of this machine. */
export interface Machine {
  /** Runs a program in the machine as root; its exit code is the caller's to judge. */
  exec(argv: readonly string[], input?: string): Promise<Finished>;
  /** Runs a program that must succeed. @throws CommandError with what it said */
  must(argv: readonly string[], input?: string): Promise<string>;
  /** Runs a line of shell that must succeed. @throws CommandError with what it said */
  shell(line: string): Promise<string>;
  /** Waits until cloud-init has ended. @throws CommandError when `seconds` have passed */
  waitForCloudInit(seconds: number): Promise<CloudInitResult>;
  /** Waits until systemd has started everything. @returns its word for the state: `running` or `degraded` */
  waitForSystem(seconds: number): Promise<string>;
  /** Makes the data disk appear, as when AWS attaches it. */
  attachDisk(): Promise<void>;
  /** Makes it disappear; it must not be mounted. */
  detachDisk(): Promise<void>;
  /** Shuts down in order and boots again; 90 s where a container ignores SIGTERM and Docker leaves it running. */
  reboot(): Promise<void>;
  /** Shuts down in order; after 120 s, without. */
  stop(): Promise<void>;
  /** Boots a stopped machine. */
  start(): Promise<void>;
  /** Stops it at once and removes everything of it but the data disk's file. */
  destroy(): Promise<void>;
}

const bootScript = path.join(packageRoot, "tools", "rig", "machine", "boot.sh");
const bootSeconds = 60;
/** systemd itself waits 90 s for processes that ignore its signal, such as containers that live-restore keeps. */
const stopSeconds = 120;
const detachSeconds = 10;

/** The name under which a host of the Nitro system finds a volume. */
export function volumeLink(volumeId: string): string {
  return `disk/by-id/nvme-Amazon_Elastic_Block_Store_${volumeId.replace("-", "")}`;
}

class Disk {
  device = "";

  constructor(private readonly disk: DataDisk) {}

  get rule(): string {
    const kernel = path.basename(this.device);
    return `KERNEL=="${kernel}", SYMLINK+="${volumeLink(this.disk.volumeId)}"`;
  }

  async attach(): Promise<void> {
    await this.detach();
    const args = ["--find", "--show", this.disk.file];
    this.device = (await runOrFail(program("losetup"), args)).trim();
  }

  /**
   * Also what a run that was cut short left attached.
   * @throws CommandError when it stays in use
   */
  async detach(): Promise<void> {
    this.device = "";
    const end = Date.now() + detachSeconds * 1000;
    // While a mount of a machine that has just ended is taken down, the kernel keeps the device.
    for (;;) {
      const devices = await this.#devices();
      if (devices.length === 0) return;
      if (Date.now() > end) {
        throw new CommandError(`${devices.join(", ")} of ${this.disk.file} is still in use`);
      }
      for (const device of devices) await run(program("losetup"), ["--detach", device]);
      await sleep(0.1);
    }
  }

  async #devices(): Promise<string[]> {
    const columns = ["--noheadings", "--output", "NAME"];
    const { stdout } = await run(program("losetup"), [...columns, "--associated", this.disk.file]);
    return stdout.split("\n").flatMap((line) => (line.trim() === "" ? [] : [line.trim()]));
  }
}

/** The first process of the machine as this machine sees it; nothing while it does not run. */
function firstProcess(supervisor: ChildProcess | undefined): number | undefined {
  const pid = supervisor?.pid;
  if (pid === undefined || supervisor?.exitCode !== null || supervisor.signalCode !== null)
    return undefined;
  try {
    const children = fs.readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    return children === "" ? undefined : Number(children.split(" ")[0]);
  } catch {
    return undefined;
  }
}

/** Says whether a process has become systemd. */
function isSystem(pid: number): boolean {
  try {
    return fs.readFileSync(`/proc/${pid}/comm`, "utf8").trim() === "systemd";
  } catch {
    return false;
  }
}

class NamespacedMachine implements Machine {
  readonly #options: MachineOptions;
  readonly #groups: ControlGroups;
  readonly #disk: Disk;
  #attached: boolean;
  #supervisor: ChildProcess | undefined;
  #ended: Promise<NodeJS.Signals | null> = Promise.resolve(null);
  #bootBegan = 0;
  #forget: () => void = () => undefined;

  constructor(options: MachineOptions) {
    this.#options = options;
    this.#groups = new ControlGroups(`l2om-${rigId(options.directory)}`);
    this.#disk = new Disk(options.dataDisk);
    this.#attached = options.dataDisk.attached ?? true;
  }

  async install(): Promise<void> {
    const { directory, ...options } = this.#options;
    await this.#clean();
    this.#forget = onInterrupt(() => this.#clean());
    for (const name of ["upper", "work", "root"]) {
      fs.mkdirSync(path.join(directory, name), { recursive: true });
    }
    prepareUpper(path.join(directory, "upper"), options);
    await this.start();
  }

  async start(): Promise<void> {
    const { directory, root, internet, progress } = this.#options;
    const network = await internet.plug();
    this.#groups.make();
    if (this.#attached) await this.#disk.attach();
    this.#bootBegan = Date.now();
    const [command = "", ...args] = boundTo(undefined, [program("bash"), bootScript, "join"]);
    const log = fs.openSync(path.join(directory, "boot.log"), "a");
    const supervisor = spawn(command, args, {
      stdio: ["ignore", log, log],
      env: {
        PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
        MACHINE_NAME: hostName,
        MACHINE_DIRECTORY: path.resolve(directory),
        MACHINE_ROOT: path.resolve(root.directory),
        MACHINE_DEBS: path.resolve(root.debs),
        MACHINE_DEBS_MOUNT: packagesMount,
        MACHINE_NETWORK: netns(network),
        MACHINE_GROUPS: this.#groups.folders.join(" "),
        MACHINE_HIERARCHIES: this.#groups.layout,
        MACHINE_DISK: this.#disk.device,
        MACHINE_DISK_RULE: this.#disk.device === "" ? "" : this.#disk.rule,
      },
    });
    fs.closeSync(log);
    this.#supervisor = supervisor;
    this.#ended = new Promise((resolve) => {
      supervisor.once("exit", (_code, signal) => {
        resolve(signal);
      });
    });
    await this.#untilSystemd();
    progress(`the machine boots (first process ${String(firstProcess(supervisor))})`);
  }

  async #untilSystemd(): Promise<void> {
    const end = Date.now() + bootSeconds * 1000;
    for (;;) {
      const pid = firstProcess(this.#supervisor);
      if (pid !== undefined && isSystem(pid)) {
        const { code } = await this.exec(["systemctl", "show", "--property=Version"]);
        if (code === 0) return;
      }
      const ended = this.#supervisor?.exitCode !== null || this.#supervisor.signalCode !== null;
      if (ended || Date.now() > end) {
        const log = path.join(this.#options.directory, "boot.log");
        throw new CommandError(
          `the machine does not boot; ${log}:\n${fs.readFileSync(log, "utf8").slice(-2000)}`,
        );
      }
      await sleep(0.1);
    }
  }

  exec(argv: readonly string[], input?: string): Promise<Finished> {
    const pid = firstProcess(this.#supervisor);
    if (pid === undefined) return Promise.reject(new CommandError("the machine does not run"));
    return run(
      program("nsenter"),
      [
        ...["--target", String(pid), "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup"],
        ...["--root", "--wd", "/usr/bin/env", "-i", "HOME=/root", "LANG=C.UTF-8", "USER=root"],
        ...["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", ...argv],
      ],
      input === undefined ? {} : { input },
    );
  }

  async must(argv: readonly string[], input?: string): Promise<string> {
    const { code, stdout, stderr } = await this.exec(argv, input);
    if (code === 0) return stdout;
    throw new CommandError(
      `in the machine ${argv.join(" ")} ended with ${code}:\n${(stdout + stderr).slice(-3000)}`,
    );
  }

  shell(line: string): Promise<string> {
    return this.must(["bash", "-o", "pipefail", "-euc", line]);
  }

  async waitForCloudInit(seconds: number): Promise<CloudInitResult> {
    const end = Date.now() + seconds * 1000;
    for (;;) {
      const { code, stdout } = await this.exec(["cat", "/run/cloud-init/result.json"]);
      if (code === 0) {
        const { v1 } = JSON.parse(stdout) as { v1: { errors: string[] } };
        return { seconds: (Date.now() - this.#bootBegan) / 1000, errors: v1.errors };
      }
      if (Date.now() > end) {
        const { stdout: said } = await this.exec([
          "tail",
          "-n",
          "30",
          "/var/log/cloud-init-output.log",
        ]);
        throw new CommandError(
          `cloud-init has not ended within ${seconds} s; its last words:\n${said}`,
        );
      }
      await sleep(0.5);
    }
  }

  async waitForSystem(seconds: number): Promise<string> {
    const end = Date.now() + seconds * 1000;
    for (;;) {
      const state = (await this.exec(["systemctl", "is-system-running"])).stdout.trim();
      if (["running", "degraded"].includes(state)) return state;
      if (Date.now() > end) {
        const { stdout } = await this.exec(["systemctl", "list-jobs", "--no-pager"]);
        throw new CommandError(`the machine is '${state}' after ${seconds} s:\n${stdout}`);
      }
      await sleep(0.5);
    }
  }

  async attachDisk(): Promise<void> {
    await this.#disk.attach();
    this.#attached = true;
    if (firstProcess(this.#supervisor) === undefined) return;
    const { device, rule } = this.#disk;
    const rules = "/run/udev/rules.d";
    const number = path.basename(device).replace("loop", "");
    await this.must(["mkdir", "-p", rules]);
    await this.must(["tee", `${rules}/90-rig-disk.rules`], `${rule}\n`);
    await this.must(["rm", "-f", device]);
    await this.must(["mknod", "--mode=660", device, "b", "7", number]);
    await this.must(["udevadm", "control", "--reload"]);
    await this.must(["udevadm", "trigger", "--action=add", "--settle", device]);
  }

  async detachDisk(): Promise<void> {
    const { device } = this.#disk;
    this.#attached = false;
    if (device !== "" && firstProcess(this.#supervisor) !== undefined) {
      await this.exec(["udevadm", "trigger", "--action=remove", "--settle", device]);
      await this.must(["rm", "-f", device]);
    }
    await this.#disk.detach();
  }

  async reboot(): Promise<void> {
    await this.#shutDown("reboot");
    await this.start();
  }

  stop(): Promise<void> {
    return this.#shutDown("poweroff");
  }

  async #shutDown(how: "reboot" | "poweroff"): Promise<void> {
    if (firstProcess(this.#supervisor) === undefined) return;
    await this.exec(["systemctl", "--no-block", how]);
    const late = sleep(stopSeconds).then(() => "late" as const);
    if ((await Promise.race([this.#ended, late])) === "late") {
      this.#options.progress(`the machine did not shut down within ${stopSeconds} s`);
    }
    await this.#kill();
  }

  /** The first process takes every other of the machine with it. */
  async #kill(): Promise<void> {
    this.#supervisor?.kill("SIGKILL");
    if (this.#supervisor !== undefined) await this.#ended;
    this.#supervisor = undefined;
    await this.#groups.remove();
  }

  async #clean(): Promise<void> {
    await this.#kill();
    await this.#disk.detach();
    fs.rmSync(this.#options.directory, { recursive: true, force: true });
  }

  async destroy(): Promise<void> {
    this.#forget();
    await this.#clean();
  }
}

/** Installs a machine and boots it; what a run that was cut short left in the same folder is removed first. */
export async function startMachine(options: MachineOptions): Promise<Machine> {
  const machine = new NamespacedMachine(options);
  try {
    await machine.install();
    return machine;
  } catch (error) {
    await machine.destroy();
    throw error;
  }
}
