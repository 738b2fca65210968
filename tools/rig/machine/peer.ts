import * as fs from "node:fs";
import * as path from "node:path";
import { CommandError, sleep, type Finished, type Progress } from "../../../commands/shell";
import { unpackPrograms } from "../../local-images/debian";
import type { Internet } from "./network";
import { onInterrupt } from "../interrupt";
import { rigId } from "./support";

/** An operator's end of a tunnel, in the operator's namespace. */
export interface Peer {
  /** Name of its network interface. */
  readonly device: string;
  /** Runs a program where the tunnel is; its exit code is the caller's to judge. */
  exec(argv: readonly string[], input?: string): Promise<Finished>;
  /** When the other end last answered, in seconds since 1970; 0 when it never did. */
  lastHandshake(): Promise<number>;
  /** Waits for an answer of the other end. @throws CommandError when `seconds` have passed */
  waitForHandshake(seconds: number): Promise<void>;
  down(): Promise<void>;
}

/**
 * Brings a tunnel up by wg-quick from the configuration that an operator gets (wireguard-tools and, where the kernel has no
 * WireGuard, wireguard-go: unpacked, not installed).
 * @throws CommandError when wg-quick refuses it
 */
export async function startPeer(
  internet: Internet,
  o: {
    /** Of this peer alone: two at a time have two. */
    directory: string;
    configuration: string;
    cacheDirectory: string;
    progress: Progress;
  },
): Promise<Peer> {
  const packages = ["wireguard-tools", "wireguard-go"];
  const root = await unpackPrograms(packages, o.cacheDirectory, o.progress);
  // Sockets of wireguard-go are named after the interface, for the whole machine.
  const device = `l2op${rigId(o.directory)}`;
  const file = path.join(o.directory, `${device}.conf`);
  fs.mkdirSync(o.directory, { recursive: true, mode: 0o700 });
  fs.writeFileSync(file, o.configuration, { mode: 0o600 });

  const programs = ["usr/bin", "usr/sbin"].map((one) => path.join(root, one));
  const search = `PATH=${[...programs, process.env["PATH"]].join(":")}`;
  const exec = (argv: readonly string[], input?: string) =>
    internet.exec("operator", ["env", search, ...argv], input);
  const quick = async (verb: "up" | "down"): Promise<void> => {
    const { code, stdout, stderr } = await exec(["wg-quick", verb, file]);
    if (code !== 0) throw new CommandError(`wg-quick ${verb} failed:\n${stdout}${stderr}`);
  };
  const lastHandshake = async (): Promise<number> => {
    const { stdout } = await exec(["wg", "show", device, "latest-handshakes"]);
    return Number(stdout.trim().split("\t")[1] ?? 0);
  };

  await exec(["wg-quick", "down", file]);
  await quick("up");
  const remove = async (): Promise<void> => {
    await quick("down");
    fs.rmSync(file, { force: true });
  };
  const forget = onInterrupt(remove);
  return {
    device,
    exec,
    lastHandshake,
    waitForHandshake: async (seconds) => {
      const end = Date.now() + seconds * 1000;
      while ((await lastHandshake()) === 0) {
        if (Date.now() > end)
          throw new CommandError(`the tunnel's other end did not answer within ${seconds} s`);
        await sleep(0.2);
      }
    },
    down: async () => {
      forget();
      await remove();
    },
  };
}
