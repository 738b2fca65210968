import { spawn, type ChildProcess } from "node:child_process";
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { run, type Finished } from "../../commands/shell";
import { cacheDirectory } from "../../commands/workspace";
import { packageRoot } from "../../constructs/core/paths";

/** A real server's program as it was built for machines without a container registry; nothing where there is none. */
export function builtProgram(name: string): string | undefined {
  const folder = join(cacheDirectory, "local-images", "bin");
  if (!existsSync(folder)) return undefined;
  return readdirSync(folder)
    .flatMap((built) => [join(folder, built, name, name), join(folder, built, name)])
    .find((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true);
}

/** Real servers on this machine's loopback, without a container engine, and the commands a user types against them. */
export class Loopback {
  readonly #children: ChildProcess[] = [];

  constructor(
    readonly folder: string,
    /** Compiled module with the environments under test. */
    readonly environmentsModule: string,
  ) {}

  /** Writes a file below the rig's folder. @returns its absolute path */
  write(path: string, content: string): string {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  }

  /** Starts a server; it ends with {@link close}. */
  start(program: string, args: readonly string[]): void {
    const log = createWriteStream(join(this.folder, `${program.split("/").at(-1) ?? ""}.log`));
    const child = spawn(program, [...args], {
      cwd: this.folder,
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.pipe(log);
    child.stderr.pipe(log);
    this.#children.push(child);
  }

  /** Runs a command as a user does: `npm run <verb> -- …`. */
  command(args: readonly string[]): Promise<Finished> {
    return run(process.execPath, [join(packageRoot, "commands", "launch.mjs"), ...args], {
      cwd: packageRoot,
      env: {
        L2O_STATE: join(this.folder, "state"),
        L2O_ENVIRONMENTS_MODULE: this.environmentsModule,
      },
      timeoutSeconds: 300,
    });
  }

  close(): void {
    for (const child of this.#children) child.kill();
  }
}
