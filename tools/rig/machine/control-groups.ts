import * as fs from "node:fs";
import * as path from "node:path";
import { sleep } from "../../../commands/shell";

const controlGroups = "/sys/fs/cgroup";

interface Hierarchy {
  readonly type: "cgroup" | "cgroup2";
  readonly mountPoint: string;
  /** Mount options that select the hierarchy: its controllers or its name. */
  readonly options: string;
}

/** The hierarchies of control groups in /proc/self/mountinfo text. */
export function hierarchies(mountInfo: string): Hierarchy[] {
  return mountInfo.split("\n").flatMap((line): Hierarchy[] => {
    const [own = "", filesystem = ""] = line.split(" - ");
    const mountPoint = own.split(" ")[4] ?? "";
    const [type, , superOptions = ""] = filesystem.split(" ");
    if (!mountPoint.startsWith(controlGroups)) return [];
    if (type === "cgroup2") return [{ type, mountPoint, options: "" }];
    if (type !== "cgroup") return [];
    const options = superOptions.split(",").filter((one) => !["rw", "ro", "xattr"].includes(one));
    return [
      { type, mountPoint, options: options.filter((one) => !one.includes("release_")).join(",") },
    ];
  });
}

/** One control group in every hierarchy of this machine. */
export class ControlGroups {
  readonly #hierarchies = hierarchies(fs.readFileSync("/proc/self/mountinfo", "utf8"));

  constructor(private readonly name: string) {}

  /** Absolute paths. */
  get folders(): string[] {
    return this.#hierarchies.map(({ mountPoint }) => path.join(mountPoint, this.name));
  }

  /** For boot.sh: `unified`, or `<type>:<folder>:<options>` of each. */
  get layout(): string {
    if (this.#hierarchies.some(({ mountPoint }) => mountPoint === controlGroups)) return "unified";
    return this.#hierarchies
      .map(({ type, mountPoint, options }) => `${type}:${path.basename(mountPoint)}:${options}`)
      .join(" ");
  }

  make(): void {
    for (const folder of this.folders) {
      fs.mkdirSync(folder, { recursive: true });
      // The first version starts a group without processors, and then it takes no process.
      for (const file of ["cpuset.cpus", "cpuset.mems"]) {
        const own = path.join(folder, file);
        const above = path.join(path.dirname(folder), file);
        if (
          fs.existsSync(own) &&
          fs.existsSync(above) &&
          fs.readFileSync(own, "utf8").trim() === ""
        )
          fs.writeFileSync(own, fs.readFileSync(above, "utf8"));
      }
    }
  }

  /** Ends what runs in the groups and removes them with everything below. */
  async remove(): Promise<void> {
    for (let attempt = 0; attempt < 30; attempt++) {
      this.#killAll();
      for (const folder of this.folders) removeTree(folder);
      if (!this.folders.some((folder) => fs.existsSync(folder))) return;
      await sleep(0.1);
    }
  }

  #killAll(): void {
    for (const folder of this.folders) {
      for (const pid of processesBelow(folder)) {
        try {
          process.kill(pid, "SIGKILL");
        } catch {
          // It has ended meanwhile.
        }
      }
    }
  }
}

function foldersIn(folder: string): string[] {
  try {
    return fs
      .readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => path.join(folder, entry.name));
  } catch {
    return [];
  }
}

function processesBelow(folder: string): number[] {
  let own: number[] = [];
  try {
    const text = fs.readFileSync(path.join(folder, "cgroup.procs"), "utf8");
    own = text
      .split("\n")
      .filter((line) => line !== "" && line !== "0")
      .map(Number);
  } catch {
    // The group is gone.
  }
  return [...own, ...foldersIn(folder).flatMap(processesBelow)];
}

function removeTree(folder: string): void {
  for (const below of foldersIn(folder)) removeTree(below);
  try {
    fs.rmdirSync(folder);
  } catch {
    // Not there, or its processes are just ending.
  }
}
