import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { runOrFail, sleep, type Finished } from "../../../commands/shell";
import { cacheDirectory } from "../../../commands/workspace";
import { packageRoot } from "../../../constructs/core/paths";
import { provideProviders } from "../../../tools/local-images";
import { startMachine, type Machine } from "../../../tools/rig/machine/machine";
import { startMetadataService, type MetadataService } from "../../../tools/rig/machine/metadata";
import { startInternet, type Internet } from "../../../tools/rig/machine/network";
import { startPeer, type Peer } from "../../../tools/rig/machine/peer";
import { rootFilesystem, type Root } from "../../../tools/rig/machine/root";
import { s3BackendVariables, startMoto, type Moto } from "../../../tools/rig/moto";
import { eventually, print } from "../../../tools/rig/steps";
import { Account } from "./account";
import { bootName, bootRegion, type BootVariables } from "./boot-environment";
import { provideAwsProvider } from "./providers";

/** An instance as AWS knows it. */
export interface Launched {
  readonly instanceId: string;
  readonly volumeId: string;
  /** Unpacked. */
  readonly userData: string;
}

const dataVolumeGiB = 12;

/** What first boot says of itself, on the machine. */
export const firstBootLog = "/var/log/l2-observatory/first-boot.log";

/** AWS without its machines (moto), a machine that boots what AWS was told, and an operator who types commands. */
export class BootRig {
  /** What the operator's environment says at present. */
  variables: BootVariables = {};
  #machine: Machine | undefined;
  #metadata: MetadataService | undefined;
  #peers: Peer[] = [];
  #boots = 0;

  private constructor(
    readonly work: string,
    readonly moto: Moto,
    readonly internet: Internet,
    readonly root: Root,
    readonly account: Account,
    private readonly endpoint: string,
    private readonly cliConfigFile: string | undefined,
    private readonly overrides: string,
  ) {}

  /** @returns the rig, or why it cannot be on this machine */
  static async create(work: string, overrides: string): Promise<BootRig | { missing: string }> {
    const docker = await provideProviders({ cacheDirectory, progress: print });
    const mirror = join(dirname(docker.cliConfigFile), "mirror");
    const aws = await provideAwsProvider(work, "terraform", [
      { path: mirror, source: "kreuzwerker/docker" },
    ]);
    if ("missing" in aws) return aws;
    const root = await rootFilesystem({ cacheDirectory, progress: print });
    const moto = await startMoto({ progress: print });
    const internet = await startInternet(join(work, "internet"));
    const endpoint = `http://${await internet.expose(Number(new URL(moto.url).port))}`;
    mkdirSync(join(work, "home", ".ssh"), { recursive: true, mode: 0o700 });
    const account = new Account(moto.url, bootRegion);
    return new BootRig(work, moto, internet, root, account, endpoint, aws.cliConfigFile, overrides);
  }

  get stateDirectory(): string {
    return join(this.work, "state");
  }

  get home(): string {
    return join(this.work, "home");
  }

  /** How often the machine's metadata were asked for. */
  get metadataRequests(): number {
    return this.#metadata?.requests.length ?? 0;
  }

  get machine(): Machine {
    if (this.#machine === undefined) throw new Error("no machine was booted yet");
    return this.#machine;
  }

  get #env(): Record<string, string> {
    return {
      ...this.moto.variables,
      ...s3BackendVariables,
      ...(this.variables as Record<string, string>),
      AWS_ENDPOINT_URL: this.endpoint,
      HOME: this.home,
      L2O_STATE: this.stateDirectory,
      L2O_ENVIRONMENTS_MODULE: join(__dirname, "boot-environment.js"),
      L2O_IMAGES: this.overrides,
      ...(this.cliConfigFile === undefined ? {} : { TF_CLI_CONFIG_FILE: this.cliConfigFile }),
    };
  }

  /** Runs a program where the operator sits. */
  asOperator(argv: readonly string[], input?: string): Promise<Finished> {
    const set = Object.entries(this.#env).map(([name, value]) => `${name}=${value}`);
    return this.internet.exec("operator", ["env", ...set, ...argv], input);
  }

  /** Runs one of our commands as the operator does. */
  command(args: readonly string[], input?: string): Promise<Finished> {
    const launch = join(packageRoot, "commands", "launch.mjs");
    return this.asOperator([process.execPath, launch, ...args], input);
  }

  /** Runs one of our commands, which must succeed. @throws Error with what it said */
  async must(args: readonly string[], input?: string): Promise<string> {
    const { code, stdout, stderr } = await this.command(args, input);
    if (code !== 0)
      throw new Error(`${args.join(" ")} ended with ${String(code)}:\n${stdout}${stderr}`);
    return stdout;
  }

  /** The operator's Docker client, over SSH as the commands use it. */
  docker(...args: readonly string[]): Promise<Finished> {
    const bin = join(this.stateDirectory, "tunnel", bootName, "bin");
    const search = `PATH=${bin}:${process.env["PATH"] ?? ""}`;
    return this.asOperator(["env", search, "docker", "-H", "ssh://deploy@10.88.0.1:22", ...args]);
  }

  /** Waits until AWS has an instance other than `before`, its data volume attached. */
  async launched(before: string | undefined, seconds: number): Promise<Launched> {
    const { instanceId, volumeId } = await eventually(
      "an instance with its data volume",
      seconds,
      async () => {
        const running = (await this.account.instances()).find(
          ({ State, InstanceId }) => State?.Name === "running" && InstanceId !== before,
        );
        const data = running?.BlockDeviceMappings?.find(
          ({ DeviceName }) => DeviceName === "/dev/sdf",
        );
        return { instanceId: running?.InstanceId, volumeId: data?.Ebs?.VolumeId };
      },
      (answer) => answer.instanceId !== undefined && answer.volumeId !== undefined,
    );
    if (instanceId === undefined || volumeId === undefined) throw new Error("no instance");
    return { instanceId, volumeId, userData: await this.account.userData(instanceId) };
  }

  /** Boots a machine with a system disk of its own from what AWS was told; the data disk is that of the machine before. */
  async boot({ instanceId, volumeId, userData }: Launched): Promise<Machine> {
    await this.#machine?.destroy();
    const facts = { instanceId, region: bootRegion, role: "instance-role" };
    if (this.#metadata === undefined) {
      this.#metadata = await startMetadataService(this.internet, facts);
    } else {
      this.#metadata.become(facts);
    }
    this.#boots += 1;
    const disk = join(this.work, `${volumeId}.img`);
    await runOrFail("truncate", ["--size", `${String(dataVolumeGiB)}G`, disk]);
    this.#machine = await startMachine({
      directory: join(this.work, `machine-${String(this.#boots)}`),
      root: this.root,
      userData: gzipSync(userData),
      instanceId,
      // As on AWS, where the disk follows the instance.
      dataDisk: { file: disk, volumeId, attached: false },
      internet: this.internet,
      aws: { ssmEndpoint: this.endpoint },
      progress: print,
    });
    const machine = this.#machine;
    await eventually(
      "first boot waits for its disk",
      300,
      () => machine.exec(["grep", "-c", "starts 40-data-volume", firstBootLog]),
      ({ code }) => code === 0,
    );
    await sleep(3);
    await machine.attachDisk();
    return machine;
  }

  /** Writes a file into the operator's home. */
  writeHome(name: string, text: string): string {
    const file = join(this.home, name);
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  }

  /**
   * Brings a tunnel up from a configuration that our commands wrote. Its endpoint is replaced: the emulated AWS gives
   * addresses that lead nowhere.
   */
  async tunnel(configurationFile: string, address: string, port: number): Promise<Peer> {
    const configuration = readFileSync(configurationFile, "utf8").replace(
      /^Endpoint = .*$/m,
      `Endpoint = ${address}:${String(port)}`,
    );
    const peer = await startPeer(this.internet, {
      directory: join(this.work, `peer-${String(this.#peers.length)}`),
      configuration,
      cacheDirectory,
      progress: print,
    });
    this.#peers.push(peer);
    return peer;
  }

  /** Ends everything and leaves nothing behind. */
  async destroy(): Promise<void> {
    for (const peer of this.#peers) await peer.down().catch(() => undefined);
    await this.#machine?.destroy();
    this.#metadata?.close();
    await this.internet.destroy();
    this.account.close();
    await this.moto.stop();
  }
}
