import { createHash } from "node:crypto";
import { Socket } from "node:net";
import { gunzipSync } from "node:zlib";
import { parse } from "yaml";
import { describeFault } from "../constructs/core/errors";
import { cloudConfig } from "../constructs/host/first-boot";
import type { HostParameters } from "../constructs/host/parameters";
import type { Cloud } from "./aws";
import type { SecretState } from "./secrets";
import { CommandError, type Finished, type Progress } from "./shell";
import { secretsDirectoryOf, tunnelFiles, type HostEnvironment } from "./workspace";

/** What the steps of a deployment need beside their environment. */
export interface HostTools {
  readonly cloud: Cloud;
  readonly parameters: HostParameters;
  readonly print: Progress;
  /** Waits some seconds. */
  readonly sleep: (seconds: number) => Promise<void>;
  /** Runs a command on the host, over SSH. */
  readonly onHost: (...command: string[]) => Promise<Finished>;
  /** Whether a TCP port accepts a connection. */
  readonly reaches: (address: string, port: number) => Promise<boolean>;
}

const pollSeconds = 5;

/** How long first boot may take, in seconds: packages come from the network. */
const firstBootSeconds = 15 * 60;

/** How long the tunnel may take to answer, in seconds. */
const tunnelSeconds = 60;

/** How long the host may take to fetch secrets, in seconds: its timer asks every two minutes. */
const secretsSeconds = 150;

/** What the host reports of its first boot. */
export interface FirstBootReport {
  readonly state: "running" | "ready" | "failed";
  readonly instanceId: string;
  /** UTC. */
  readonly time: string;
  /** The part that runs, or the parts that failed. */
  readonly detail: string;
}

/** Reads a report; nothing when it is none. */
export function parseReport(text: string): FirstBootReport | undefined {
  const [, state, instanceId, time, detail] =
    /^(running|ready|failed) (\S+) (\S+) (.+)$/.exec(text.trim()) ?? [];
  if (instanceId === undefined || time === undefined || detail === undefined) return undefined;
  return { state: state as FirstBootReport["state"], instanceId, time, detail };
}

/** How a person gets at the log of first boot, without the tunnel. */
function howToLook(environment: HostEnvironment, instanceId: string): string {
  return `look at /var/log/l2-observatory/first-boot.log on the host: aws ssm start-session --region ${environment.host.region} --target ${instanceId}`;
}

/**
 * Waits until the host reports that first boot is over.
 * @throws CommandError when parts failed, or time is over
 */
export async function awaitFirstBoot(
  environment: HostEnvironment,
  instanceId: string,
  { cloud, parameters, print, sleep }: HostTools,
): Promise<void> {
  let said = "";
  for (let waited = 0; ; waited += pollSeconds) {
    const report = parseReport((await cloud.parameter(parameters.firstBoot)) ?? "");
    const ours = report?.instanceId === instanceId ? report : undefined;
    if (ours?.state === "ready") {
      print(`  ready since ${ours.time}`);
      return;
    }
    const look = howToLook(environment, instanceId);
    if (ours?.state === "failed") {
      throw new CommandError(
        `first boot of ${instanceId} failed in ${ours.detail}; ${look}, and repeat it there: sudo /usr/local/lib/l2-observatory/first-boot.sh`,
      );
    }
    const now =
      ours !== undefined
        ? `${ours.detail} runs`
        : report === undefined
          ? "no report yet"
          : `no report yet (the last is of ${report.instanceId})`;
    if (waited >= firstBootSeconds) {
      throw new CommandError(
        `first boot of ${instanceId} was not over after ${String(firstBootSeconds)} s: ${now}; ${look}`,
      );
    }
    if (now !== said) print(`  ${now}`);
    said = now;
    await sleep(pollSeconds);
  }
}

interface CloudConfig {
  readonly write_files?: readonly { readonly path: string; readonly content: string }[];
}

// The disk's name is known to AWS only; the port changes on the host without another boot.
const live = /^(DATA_DEVICE|TUNNEL_PORT)=.*$/gm;

function filesOf(text: string): ReadonlyMap<string, string> {
  const { write_files = [] } = (parse(text) ?? {}) as CloudConfig;
  return new Map(write_files.map(({ path, content }) => [path, content.replace(live, "$1=")]));
}

/** Names of the files that first boot would write differently today than the running instance's did. */
export function changedFiles(running: string, today: string): readonly string[] {
  const [before, after] = [filesOf(running), filesOf(today)];
  return [...new Set([...before.keys(), ...after.keys()])].filter(
    (path) => before.get(path) !== after.get(path),
  );
}

/** Says which settings of first boot wait for the next instance; nothing waits after a replacement. */
export async function tellChangedFiles(
  environment: HostEnvironment,
  instanceId: string,
  { cloud, parameters, print }: HostTools,
): Promise<void> {
  const data = await cloud.userData(instanceId);
  if (data === undefined) return;
  const zipped = data[0] === 0x1f && data[1] === 0x8b;
  const running = (zipped ? gunzipSync(data) : data).toString("utf8");
  const today = cloudConfig({
    host: environment.host,
    parameters,
    dataDevice: "",
    secretsDirectory: secretsDirectoryOf(environment),
  });
  const files = changedFiles(running, today);
  if (files.length === 0) return;
  print("these files of first boot changed since the instance was made:");
  for (const file of files) print(`  ${file}`);
  print(`they apply when the instance is replaced: npm run replace -- ${environment.name}`);
}

/** Whether a TCP port accepts a connection within 3 s. */
export function reaches(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = new Socket();
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(3000, () => {
      end(false);
    });
    socket.once("error", () => {
      end(false);
    });
    socket.connect(port, address, () => {
      end(true);
    });
  });
}

/**
 * Waits until the host's SSH answers through the tunnel.
 * @throws CommandError that says how to bring the tunnel up
 */
export async function awaitTunnel(
  { name, engine }: HostEnvironment,
  interfaceFile: string | undefined,
  { reaches: ask, print, sleep }: HostTools,
): Promise<void> {
  const up =
    interfaceFile === undefined
      ? `npm run wireguard -- keygen ${name} <peer> makes a key for this machine`
      : `sudo wg-quick up ${interfaceFile}`;
  for (let waited = 0; !(await ask(engine.address, engine.port)); waited += pollSeconds) {
    if (waited >= tunnelSeconds) {
      throw new CommandError(
        `${engine.address}:${String(engine.port)} does not answer through the tunnel; ${up}, then npm run deploy -- ${name}. After a change of the tunnel the host follows within two minutes, and here it has to go down and up again.`,
      );
    }
    if (waited === 0)
      print(`  waiting for ${engine.address}:${String(engine.port)}; not up yet? ${up}`);
    await sleep(pollSeconds);
  }
}

/** The fingerprint of an SSH key, as OpenSSH shows it. */
export function fingerprint(key: string): string {
  const bytes = Buffer.from(key.split(" ")[1] ?? "", "base64");
  return `SHA256:${createHash("sha256").update(bytes).digest("base64").replace(/=+$/, "")}`;
}

/** Says why ssh failed. */
export function sshFailure(
  { name, engine, host }: HostEnvironment,
  stderr: string,
  sshHostKey: string,
): CommandError {
  const where = `${engine.user}@${engine.address}`;
  if (/host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED/i.test(stderr)) {
    const [got = "another key"] = /SHA256:[A-Za-z0-9+/]{43}/.exec(stderr) ?? [];
    return new CommandError(
      describeFault({
        field: `the SSH host key of ${engine.address}`,
        allowed: `${fingerprint(sshHostKey)}, which the host of '${name}' published`,
        got,
        repair: `another machine answers at that address: look which tunnel is up (sudo wg show); the key that is trusted is in ${tunnelFiles(name).knownHosts}`,
      }),
    );
  }
  if (/permission denied/i.test(stderr)) {
    const keys = host.deployKeys.map((key) => `${key.name} (${fingerprint(key.publicKey)})`);
    return new CommandError(
      `${where} refuses the keys of this machine; it knows ${keys.length === 0 ? "none: add yours to host.deployKeys" : keys.join(", ")}; ssh-add <your private key> offers one, ssh-add -l shows which are offered`,
    );
  }
  return new CommandError(`cannot log in as ${where}: ${stderr.trim().split("\n").at(-1) ?? ""}`);
}

/**
 * Logs in once; the connection stays for what follows.
 * @throws CommandError that tells a wrong host from a refused key
 */
export async function checkSsh(
  environment: HostEnvironment,
  sshHostKey: string,
  { onHost }: HostTools,
): Promise<void> {
  const { code, stderr } = await onHost("true");
  if (code !== 0) throw sshFailure(environment, stderr, sshHostKey);
}

/**
 * Refuses to go on while the host's Docker Engine does not answer.
 * @throws CommandError
 */
export async function checkEngine(
  { engine }: HostEnvironment,
  { onHost, print }: HostTools,
): Promise<void> {
  const { code, stdout, stderr } = await onHost(
    "docker",
    "version",
    "--format",
    "'{{.Server.Version}}'",
  );
  if (code === 0) {
    print(`  ${stdout.trim()}`);
    return;
  }
  throw new CommandError(
    `Docker on ${engine.address} does not answer: ${stderr.trim()}; on the host: journalctl -u docker, and findmnt /data`,
  );
}

/** Needed secrets whose present version the host has not, by its list of `<service>/<secret> <version>`. */
export function secretsBehind(
  needed: readonly SecretState[],
  list: string,
): readonly SecretState[] {
  const versions = new Map(
    list.split("\n").map((line) => {
      const [key = "", version = ""] = line.trim().split(" ");
      return [key, version];
    }),
  );
  return needed.filter(
    ({ service, secret, version }) => versions.get(`${service}/${secret}`) !== String(version),
  );
}

/**
 * Waits until the host has fetched the present version of every secret.
 * @throws CommandError naming those it lacks
 */
export async function awaitSecrets(
  needed: readonly SecretState[],
  { onHost, print, sleep }: HostTools,
): Promise<void> {
  for (let waited = 0; ; waited += pollSeconds) {
    const { stdout } = await onHost("cat", "/var/lib/l2-observatory/secrets");
    const behind = secretsBehind(needed, stdout).map(
      ({ service, secret }) => `${secret} (${service})`,
    );
    if (behind.length === 0) return;
    if (waited >= secretsSeconds) {
      throw new CommandError(
        `after ${String(secretsSeconds)} s the host has not fetched ${behind.join(", ")}; on the host: journalctl -u l2-observatory-secrets`,
      );
    }
    if (waited === 0) print(`  the host's timer has not fetched yet: ${behind.join(", ")}`);
    await sleep(pollSeconds);
  }
}
