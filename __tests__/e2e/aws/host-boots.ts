import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runOrFail, type Finished } from "../../../commands/shell";
import { cacheDirectory } from "../../../commands/workspace";
import { HostParameters } from "../../../constructs/host/parameters";
import { provideImages } from "../../../tools/local-images";
import { addresses } from "../../../tools/rig/machine/network";
import type { Peer } from "../../../tools/rig/machine/peer";
import { scan } from "../../../tools/rig/machine/scan";
import type { PrivateEngine } from "../../../tools/rig/private-engine";
import { eventually, expect, print, type Steps } from "../../../tools/rig/steps";
import { applicationAddress, bootBucket, bootName, tunnelAddress } from "./boot-environment";
import { BootRig, firstBootLog as logFile, type Launched } from "./boot-rig";

const deploysHost = "deploy makes the host and says that the tunnel is missing";
const deploysServices = "deploy over SSH through the tunnel";
const canary = "https://hooks.slack.example/services/CANARY-not-a-real-secret-77aa";
const secondCanary = `${canary}-rotated`;
const names = ["prometheus", "alertmanager", "loki", "pushgateway", "nginx", "node-exporter"];

/** What is equal exactly when nothing of the host's identity or of its containers changed. */
interface Identity {
  readonly wireguard: string;
  readonly ssh: string;
}

class Story {
  launched: Launched | undefined;
  tunnel: Peer | undefined;
  /** Everything the commands printed. */
  readonly said: string[] = [];

  constructor(
    readonly rig: BootRig,
    readonly engine: PrivateEngine,
    readonly references: readonly string[],
  ) {}

  /** Runs a command and remembers what it printed. */
  async command(args: readonly string[], input?: string): Promise<Finished> {
    const finished = await this.rig.command(args, input);
    this.said.push(finished.stdout, finished.stderr);
    return finished;
  }

  async must(args: readonly string[], input?: string): Promise<string> {
    const { code, stdout, stderr } = await this.command(args, input);
    if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}:\n${stdout}${stderr}`);
    return stdout;
  }

  get interfaceFile(): string {
    return join(this.rig.stateDirectory, "tunnel", bootName, `l2o-${bootName}.conf`);
  }

  async bringTunnelUp(port = 51820): Promise<void> {
    await this.tunnel?.down();
    this.tunnel = undefined;
    const peer = await this.rig.tunnel(this.interfaceFile, addresses.machine, port);
    this.tunnel = peer;
    await this.reaches(tunnelAddress, 22);
    await peer.waitForHandshake(10);
  }

  /** Whether an operator's TCP connection is accepted. */
  async reaches(address: string, port: number): Promise<boolean> {
    const open = `exec 3<>/dev/tcp/${address}/${String(port)}`;
    return (
      (await this.rig.internet.exec("operator", ["timeout", "3", "bash", "-c", open])).code === 0
    );
  }

  async identity(): Promise<Identity> {
    const { machine } = this.rig;
    return {
      wireguard: (await machine.shell("wg pubkey < /data/wireguard/server.key")).trim(),
      ssh: (await machine.shell("cat /data/ssh/ssh_host_ed25519_key.pub")).trim(),
    };
  }

  /** Containers by name, with their ids. */
  async containers(): Promise<string> {
    return this.rig.machine.shell(
      "docker ps --all --no-trunc --format '{{.Names}} {{.ID}}' | sort",
    );
  }

  /** Runs the timer's work now instead of within two minutes. */
  async syncNow(): Promise<void> {
    for (const unit of ["access", "secrets"]) {
      await this.rig.machine.must(["systemctl", "start", `l2-observatory-${unit}.service`]);
    }
  }

  async query(promql: string, at?: number): Promise<string> {
    const time = at === undefined ? "" : `&time=${String(at / 1000)}`;
    const url = `http://${tunnelAddress}:9090/api/v1/query?query=${encodeURIComponent(promql)}${time}`;
    const { stdout } = await this.rig.internet.exec("operator", ["curl", "-sS", "-m", "5", url]);
    return stdout;
  }
}

/** What first boot says of itself, without what its packages say. */
async function firstBootLog({ rig }: Story): Promise<string> {
  return rig.machine.shell(`grep '^20..-..-..T' ${logFile}`);
}

async function prepare(story: Story): Promise<void> {
  const { rig } = story;
  const key = join(rig.home, ".ssh", "id_ed25519");
  await runOrFail("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", key]);
  rig.writeHome(".ssh/config", `IdentityFile ${key}\n`);
  const made = await story.must(["wireguard", "keygen", bootName, "operator"]);
  const publicKey = /publicKey: "([^"]+)"/.exec(made)?.[1];
  expect(publicKey !== undefined, `keygen printed no public key:\n${made}`);
  rig.variables = {
    BOOT_OPERATOR_KEY: publicKey ?? "",
    BOOT_DEPLOY_KEY: readFileSync(`${key}.pub`, "utf8").trim(),
  };
}

async function refusesInOrder(story: Story): Promise<string> {
  const noBucket = await story.command(["deploy", bootName]);
  expect(
    noBucket.code === 1 && noBucket.stderr.includes(`npm run bootstrap -- ${bootName}`),
    `without a bucket it said:\n${noBucket.stdout}${noBucket.stderr}`,
  );
  await story.must(["bootstrap", bootName]);
  // moto does not judge conditions: what the policy refuses without TLS, it would refuse always.
  await story.rig.account.deleteBucketPolicy(bootBucket);
  const noSecret = await story.command(["deploy", bootName]);
  expect(
    noSecret.code === 1 &&
      noSecret.stderr.includes(`npm run secrets -- set ${bootName} slack-webhook-url`),
    `without a secret it said:\n${noSecret.stdout}${noSecret.stderr}`,
  );
  await story.must(["secrets", "set", bootName, "slack-webhook-url"], canary);
  await story.must(["secrets", "check", bootName]);
  return "bucket, then secret, each with the command that makes it";
}

async function deployAndBoot(story: Story): Promise<string> {
  const { rig } = story;
  const began = Date.now();
  const deploy = story.command(["deploy", bootName, "--only", "host"]);
  const launched = await Promise.race([
    rig.launched(undefined, 240),
    deploy.then(({ stdout, stderr }) => {
      throw new Error(`deploy ended before there was an instance:\n${stdout}${stderr}`);
    }),
  ]);
  story.launched = launched;
  const applied = Math.round((Date.now() - began) / 1000);
  const machine = await rig.boot(launched);
  const { seconds, errors } = await machine.waitForCloudInit(600);
  const log = await firstBootLog(story);
  expect(errors.length === 0, `cloud-init reports ${errors.join(", ")}; first boot said:\n${log}`);
  const { code, stdout, stderr } = await deploy;
  expect(code === 0, `deploy ended with ${String(code)}:\n${stdout}${stderr}\n${log}`);
  const without = await story.command(["deploy", bootName, "--only", "services"]);
  expect(
    without.code === 1 && without.stderr.includes("sudo wg-quick up"),
    `without a tunnel it said:\n${without.stdout}${without.stderr}`,
  );
  return `instance after ${String(applied)} s, ready ${String(Math.round(seconds))} s after its boot began`;
}

async function deployThrough(story: Story): Promise<string> {
  await story.bringTunnelUp();
  const began = Date.now();
  const tar = join(story.rig.work, "images.tar");
  await runOrFail("docker", ["save", "--output", tar, ...story.references], {
    env: { DOCKER_HOST: story.engine.host },
  });
  const loaded = await story.rig.docker("load", "--input", tar);
  expect(loaded.code === 0, `docker load over SSH: ${loaded.stderr}`);
  const loading = Math.round((Date.now() - began) / 1000);
  const out = await story.must(["deploy", bootName]);
  expect(out.includes(`${bootName}: healthy`), out);
  const logins = Number(
    (
      await story.rig.machine.shell(
        "journalctl -u ssh --no-pager | grep -c 'Accepted publickey for deploy' || true",
      )
    ).trim(),
  );
  expect(
    logins > 0 && logins <= 8,
    `${String(logins)} log-ins over SSH: not one shared connection`,
  );
  return `images over SSH in ${loading} s; ${/\d+ changes(?![\s\S]*changes)/.exec(out)?.[0] ?? ""}; ${String(logins)} SSH log-ins in all`;
}

async function scans(story: Story): Promise<string> {
  const { rig } = story;
  // As somebody does by mistake: published on every address.
  const image = story.references.find((one) => one.includes("/node-exporter:")) ?? "";
  await rig.machine.must(["docker", "run", "-d", "--name", "published", "-p", "8081:9100", image]);
  try {
    await eventually(
      "the published port from a peer",
      20,
      () => story.reaches(tunnelAddress, 8081),
      (reached) => reached,
    );
    const stranger = await scan(rig.internet, "stranger", addresses.machine, {
      cacheDirectory,
      progress: print,
    });
    const seen = JSON.stringify(stranger).slice(0, 400);
    expect(stranger.openTcp.length === 0, `open to a stranger: ${stranger.openTcp.join(", ")}`);
    expect(stranger.closedTcp.length === 0 && stranger.silentTcp === 65535, seen);
    expect(stranger.answeringUdp.length === 0 && stranger.closedUdp.length === 0, seen);
    const published = [22, 3100, 9090, 9091, 9093];
    for (const port of published) {
      expect(await story.reaches(tunnelAddress, port), `a peer does not reach ${String(port)}`);
    }
    return `a stranger: 65535 TCP ports silent, ${stranger.silentUdp.length} UDP ports silent (only a peer's handshake is answered, on 51820); a peer: ${published.join(", ")}`;
  } finally {
    await rig.machine.must(["docker", "rm", "--force", "published"]);
  }
}

/** Asks for a token of the metadata service as a container does that has nothing but busybox. */
async function askMetadata({ rig, references }: Story, network: string): Promise<number> {
  const image = references.find((one) => one.includes("/nginx:")) ?? "";
  const request = `PUT /latest/api/token HTTP/1.1\\r\\nHost: metadata\\r\\nX-aws-ec2-metadata-token-ttl-seconds: 60\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n`;
  const before = rig.metadataRequests;
  await rig.machine.exec([
    ...["docker", "run", "--rm", "--network", network, "--entrypoint", "/bin/sh", image, "-c"],
    `printf '${request}' | nc -w 3 169.254.169.254 80`,
  ]);
  return rig.metadataRequests - before;
}

async function keepsCredentialsFromContainers(story: Story): Promise<string> {
  const { internet } = story.rig;
  expect((await askMetadata(story, "host")) === 1, "the control asked in vain: nothing is shown");
  // The firewall alone, then the number of hops as well, as AWS has it.
  for (const hops of [2, 1]) {
    await internet.limitMetadataHops(hops);
    const asked = await askMetadata(story, "bridge");
    expect(asked === 0, `with ${String(hops)} hops a container reached the instance's metadata`);
  }
  return "the host's network: answered; a container's: not, by the firewall alone and with one hop";
}

async function firstBootAgain(story: Story): Promise<string> {
  const { machine } = story.rig;
  const before = [await story.containers(), JSON.stringify(await story.identity())];
  const began = Date.now();
  const { code, stdout, stderr } = await machine.exec([
    "/usr/local/lib/l2-observatory/first-boot.sh",
  ]);
  expect(code === 0, `${stdout}${stderr}`);
  const did = stdout
    .split("\n")
    .filter((line) => /: (made|wrote|installs|formatted|fetched|published|removed)/.test(line));
  expect(did.length === 0, `it did something again:\n${did.join("\n")}`);
  const after = [await story.containers(), JSON.stringify(await story.identity())];
  expect(JSON.stringify(before) === JSON.stringify(after), `${before.join()} → ${after.join()}`);
  await machine.shell("mountpoint /data && docker info >/dev/null");
  return `10 parts in ${Math.round((Date.now() - began) / 1000)} s, nothing made, written or fetched, the same containers`;
}

/** Fills disks, lets the part of the data volume look at them, and compares. */
async function leavesForeignDisks({ rig }: Story): Promise<string> {
  const { machine, work } = rig;
  const settings = "/etc/l2-observatory/host.env";
  const fills = {
    "a file system of somebody else": "mkfs.ext4 -q -L photos",
    "bytes without a file system": "dd if=/dev/urandom bs=1M count=2 conv=notrunc status=none of=",
    "bytes behind the third megabyte":
      "dd if=/dev/urandom bs=1M count=1 seek=3 conv=notrunc status=none of=",
    "a partition table":
      "printf '\\0\\0\\2\\0\\203\\0\\0\\0\\0\\10\\0\\0\\0\\0\\1\\0%048d\\125\\252' 0 | tr 0 '\\0' | dd bs=1 seek=446 conv=notrunc status=none of=",
  };
  for (const [i, [what, fill]] of Object.entries(fills).entries()) {
    const disk = join(work, `foreign-${String(i)}.img`);
    await runOrFail("truncate", ["--size", "64M", disk]);
    await runOrFail("sh", ["-c", `${fill}${fill.endsWith("=") ? "" : " "}${disk}`]);
    const before = await runOrFail("sha256sum", [disk]);
    const device = (await runOrFail("losetup", ["--find", "--show", disk])).trim();
    try {
      const number = /\d+$/.exec(device)?.[0] ?? "";
      const { code, stdout, stderr } = await machine.exec([
        "sh",
        "-c",
        `mknod /dev/foreign b 7 ${number}; sed 's,^DATA_DEVICE=.*,DATA_DEVICE=/dev/foreign,' ${settings} >/root/settings
        unshare --mount sh -c 'mount --bind /root/settings ${settings} && exec /usr/local/lib/l2-observatory/40-data-volume.sh'
        code=$?; rm /dev/foreign /root/settings; exit $code`,
      ]);
      const said = stdout + stderr;
      expect(code !== 0 && said.includes("left as it is"), `${what}: ended with ${code}: ${said}`);
      expect((await runOrFail("sha256sum", [disk])) === before, `${what} was changed`);
    } finally {
      await runOrFail("losetup", ["--detach", device]);
    }
  }
  return Object.keys(fills).join(", ");
}

async function refusesWrongHostKey(story: Story): Promise<string> {
  const { rig } = story;
  const other = join(rig.work, "other-host-key");
  await runOrFail("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", other]);
  const [type = "", key = ""] = readFileSync(`${other}.pub`, "utf8").split(" ");
  const { sshHostKey } = new HostParameters(bootName);
  await rig.account.publish(sshHostKey, `${type} ${key}`);
  const { code, stdout, stderr } = await story.command(["deploy", bootName, "--only", "services"]);
  expect(
    code === 1 && /the SSH host key of 10\.88\.0\.1' must be SHA256:\S+/.test(stderr),
    `with another key it ended with ${String(code)}:\n${stdout}${stderr}`,
  );
  expect(!stderr.includes("    at "), "it printed a stack trace");
  const stack = join(rig.stateDirectory, "cdktf.out", "stacks", `${bootName}-monitoring`);
  const plan = await rig.asOperator(["terraform", `-chdir=${stack}`, "plan", "-no-color"]);
  expect(
    plan.code === 1 && /host key verification failed/i.test(plan.stdout + plan.stderr),
    `Terraform's Docker provider did not mind the wrong key:\n${plan.stdout}${plan.stderr}`,
  );
  // The host publishes its own key again by itself.
  await story.syncNow();
  await story.must(["tunnel", bootName]);
  return stderr.trim().slice(0, 300);
}

async function livingSettings(story: Story): Promise<string> {
  const { rig } = story;
  const made = await story.must(["wireguard", "keygen", bootName, "application"]);
  rig.variables = {
    ...rig.variables,
    BOOT_APPLICATION_KEY: /publicKey: "([^"]+)"/.exec(made)?.[1] ?? "",
    BOOT_TUNNEL_PORT: "51999",
  };
  const out = await story.must(["deploy", bootName, "--only", "host"]);
  await story.syncNow();
  await story.bringTunnelUp(51999);
  expect(await story.reaches(tunnelAddress, 9090), "the operator does not reach Prometheus");
  // The other peer, in the operator's place.
  const conf = await story.must(["tunnel", bootName, "--peer", "application"]);
  expect(conf.includes("wg-quick up"), conf);
  await story.bringTunnelUp(51999).catch(() => undefined);
  const allowed = await story.reaches(tunnelAddress, 9090);
  const refused = [22, 3100, 9093, 9091];
  for (const port of refused) {
    expect(!(await story.reaches(tunnelAddress, port)), `the application reaches ${String(port)}`);
  }
  expect(allowed, "the application does not reach Prometheus");
  await story.must(["tunnel", bootName, "--peer", "operator"]);
  await story.bringTunnelUp(51999);
  const replaced = (await rig.launched(undefined, 5)).instanceId !== story.launched?.instanceId;
  expect(!replaced, "the instance was replaced");
  expect(!out.includes("replace"), out);
  return `port 51820 → 51999 and a second peer (${applicationAddress}: 9090 yes; ${refused.join(", ")} no) without replacing the instance`;
}

async function rotatesSecret(story: Story): Promise<string> {
  const { machine } = story.rig;
  const file = "/etc/l2-observatory/secrets/alertmanager/slack-webhook-url";
  const before = await story.containers();
  expect((await machine.shell(`cat ${file}`)) === canary, "the file has another value");
  const modes = await machine.shell(
    `stat --format '%a %U' /etc/l2-observatory/secrets $(dirname ${file}) ${file}`,
  );
  expect(modes.trim() === "700 root\n755 root\n444 root", `modes: ${modes}`);
  const others = await machine.exec(["su", "deploy", "-c", `cat ${file}`]);
  expect(others.code !== 0, "the deploy user reads a secret's file without Docker");
  await story.must(["secrets", "set", bootName, "slack-webhook-url"], secondCanary);
  await story.syncNow();
  const seen = await machine.shell(`
    format='{{range .Mounts}}{{if eq .Source "/etc/l2-observatory/secrets/alertmanager"}}{{.Destination}}{{end}}{{end}}'
    folder=$(docker inspect --format "$format" l2o-boot-alertmanager)
    cat "/proc/$(docker inspect --format '{{.State.Pid}}' l2o-boot-alertmanager)/root$folder/slack-webhook-url"`);
  expect(seen === secondCanary, "the container sees another value");
  expect((await story.containers()) === before, "containers were replaced");
  return `modes ${modes.trim().replaceAll("\n", ", ")}; a new value arrives, no container is replaced`;
}

async function survivesReboot(story: Story): Promise<string> {
  const { machine } = story.rig;
  const before = await story.containers();
  const began = Date.now();
  const at = began - 5000;
  await machine.reboot();
  await eventually(
    "Prometheus through the tunnel after a reboot",
    120,
    () => story.query("up"),
    (text) => text.includes('"status":"success"'),
  );
  const seconds = Math.round((Date.now() - began) / 1000);
  expect((await story.containers()) === before, "containers were replaced");
  expect((await story.query("up", at)).includes('"value"'), "series from before are gone");
  const { code, stdout, stderr } = await eventually(
    "status says healthy",
    120,
    () => story.command(["status", bootName]),
    (answer) => answer.code === 0,
  );
  expect(code === 0, stdout + stderr);
  return `answers through the tunnel ${seconds} s after; the same containers`;
}

async function replaces(story: Story): Promise<string> {
  const { rig } = story;
  const identity = await story.identity();
  const containers = await story.containers();
  const at = Date.now() - 5000;
  const began = Date.now();
  const replace = story.command(["replace", bootName, "--yes"]);
  const launched = await Promise.race([
    rig.launched(story.launched?.instanceId, 240),
    replace.then(({ stdout, stderr }) => {
      throw new Error(`replace ended before there was an instance:\n${stdout}${stderr}`);
    }),
  ]);
  expect(launched.volumeId === story.launched?.volumeId, "another data volume");
  const machine = await rig.boot(launched);
  story.launched = launched;
  await machine.waitForCloudInit(600);
  const { code, stdout, stderr } = await replace;
  const log = await firstBootLog(story);
  expect(code === 0, `replace ended with ${String(code)}:\n${stdout}${stderr}\n${log}`);
  expect(!/formatted \S+, which was blank|made a key/.test(log), `made anew:\n${log}`);
  const now = await story.identity();
  expect(JSON.stringify(now) === JSON.stringify(identity), "the host has another identity");
  await story.reaches(tunnelAddress, 22);
  const out = await story.must(["deploy", bootName]);
  expect(out.includes(`${bootName}: healthy`), out);
  expect((await story.containers()) === containers, "containers were replaced");
  expect((await story.query("up", at)).includes('"value"'), "series from before are gone");
  return `${Math.round((Date.now() - began) / 1000)} s from the command to healthy: same volume, keys, containers and series`;
}

async function everythingSaid(story: Story): Promise<ReadonlyMap<string, string>> {
  const { rig } = story;
  const texts = new Map<string, string>([["what the commands printed", story.said.join("\n")]]);
  for (const [name, text] of await rig.account.everyVersion(bootBucket)) {
    texts.set(`state ${name}`, text);
  }
  texts.set("user data at AWS", story.launched?.userData ?? "");
  texts.set(
    "user data, unpacked",
    await rig.machine.shell("zcat -f /var/lib/cloud/instance/user-data.txt"),
  );
  texts.set("journal", await rig.machine.shell("journalctl --no-pager"));
  texts.set("logs", await rig.machine.shell("cat /var/log/*.log /var/log/l2-observatory/*"));
  texts.set("docker inspect", await rig.machine.shell("docker inspect $(docker ps -aq)"));
  const local = await runOrFail("sh", [
    "-c",
    `cat ${rig.stateDirectory}/cdktf.out/stacks/*/cdk.tf.json ${rig.stateDirectory}/logs/*`,
  ]);
  texts.set("synth and logs here", local);
  return texts;
}

async function tellsNoSecret(story: Story): Promise<string> {
  const { rig } = story;
  const keys = await rig.machine.shell(
    "cat /data/wireguard/server.key; sed -n 2p /data/ssh/ssh_host_ed25519_key",
  );
  const operator = readFileSync(
    join(rig.stateDirectory, "wireguard", bootName, "operator.key"),
    "utf8",
  );
  const secrets = [canary, secondCanary, ...keys.trim().split("\n"), operator.trim()];
  const texts = await everythingSaid(story);
  expect(
    [...texts.keys()].some((name) => name.startsWith("state ")),
    "no state was found",
  );
  for (const [name, text] of texts) {
    expect(text.length > 0, `${name} is empty`);
    for (const [i, value] of secrets.entries()) {
      expect(!text.includes(value), `secret ${String(i)} is in ${name}`);
    }
  }
  return `${String(secrets.length)} secrets in none of ${String(texts.size)} texts`;
}

/**
 * From a blank account to running services: AWS's API is emulated, the machine that it launches is booted here from its
 * user data, and an operator deploys to it through a real tunnel.
 */
export async function hostBoots(steps: Steps, work: string, engine: PrivateEngine): Promise<void> {
  const built = await provideImages({
    images: names,
    dockerHost: engine.host,
    cacheDirectory,
    progress: print,
  });
  const rig = await BootRig.create(work, built.overridesFile);
  if ("missing" in rig) {
    steps.skip(deploysHost, rig.missing);
    return;
  }
  const references = names.flatMap((name) => built.overrides[name] ?? []);
  const story = new Story(rig, engine, references);
  const then = async (
    name: string,
    body: (story: Story) => Promise<string | undefined>,
    needs = [deploysServices],
  ) => {
    await steps.step(name, () => body(story), needs);
  };
  try {
    await then(
      "deploy names what is missing, in order",
      async () => {
        await prepare(story);
        return refusesInOrder(story);
      },
      [],
    );
    await then(deploysHost, deployAndBoot, ["deploy names what is missing, in order"]);
    await then(deploysServices, deployThrough, [deploysHost]);
    await then("a second deploy changes nothing", async () => {
      const before = await story.containers();
      const out = await story.must(["deploy", bootName]);
      expect(!/\d+ changes/.test(out), out);
      expect((await story.containers()) === before, "containers were replaced");
      return undefined;
    });
    await then("a stranger finds no port, a peer finds the services", scans);
    await then(
      "containers do not reach the instance's credentials",
      keepsCredentialsFromContainers,
    );
    await then("first boot can run again and changes nothing", firstBootAgain, [deploysHost]);
    await then("a disk that is not blank is left as it is", leavesForeignDisks, [deploysHost]);
    await then("a wrong SSH host key is refused", refusesWrongHostKey);
    await then("peers and port change on a running host", livingSettings);
    await then("a rotated secret arrives as a file", rotatesSecret);
    await then("a reboot brings everything back", survivesReboot);
    await then("a replaced instance keeps address, identity and data", replaces);
    await then("no private key and no secret is told anywhere", tellsNoSecret);
  } finally {
    await rig.destroy();
  }
}
