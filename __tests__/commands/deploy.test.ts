import { gzipSync } from "node:zlib";
import { deployHost, type DeployTools, type Half } from "../../commands/deploy";
import {
  awaitFirstBoot,
  changedFiles,
  fingerprint,
  parseReport,
  secretsBehind,
  sshFailure,
} from "../../commands/host";
import { setSecret } from "../../commands/secrets";
import { cloudConfig } from "../../constructs/host/first-boot";
import { HostParameters } from "../../constructs/host/parameters";
import { FakeCloud, hostEnvironment, sshKey } from "./fakes";

const parameters = new HostParameters("unit");
const instanceId = "i-0123456789abcdef0";
const state = { type: "s3", bucket: "fake-state", region: "eu-west-1" } as const;

/** A deployment against fakes; what it does is listed. */
class Rehearsal {
  readonly lines: string[] = [];
  readonly done: string[] = [];
  readonly cloud = new FakeCloud({
    [parameters.firstBoot]: `ready ${instanceId} 2026-01-01T00:00:00Z -`,
  });
  readonly environment = hostEnvironment({}, state);
  hostList = "alertmanager/slack-webhook-url 1\nalertmanager/hook-url 1\n";
  sshAnswer = { code: 0, stdout: "", stderr: "" };
  tunnelUp = true;
  engineAnswer = { code: 0, stdout: "25.0.8\n", stderr: "" };
  ended: readonly string[] = [];

  async run(only?: Half): Promise<void> {
    const act =
      <T>(what: string, result: T) =>
      () => {
        this.done.push(what);
        return Promise.resolve(result);
      };
    const tools: DeployTools = {
      cloud: this.cloud,
      parameters,
      print: (line) => this.lines.push(line),
      sleep: act("sleep", undefined),
      reaches: act("reaches", this.tunnelUp),
      onHost: (...command) => {
        this.done.push(`ssh ${command.join(" ")}`);
        if (command[0] === "docker") return Promise.resolve(this.engineAnswer);
        return Promise.resolve(
          command[0] === "cat" ? { code: 0, stdout: this.hostList, stderr: "" } : this.sshAnswer,
        );
      },
      cost: act("cost", "the table"),
      provide: act("provide", undefined),
      losses: act("plan", this.ended),
      apply: (stack) => act(`apply ${stack}`, 3)(),
      instanceId: act("instance", instanceId),
      writeTunnel: act("write tunnel", { interfaceFile: "/t/l2o-unit.conf", sshHostKey: sshKey }),
      awaitServices: act("health", undefined),
    };
    await deployHost(this.environment, tools, only, (region) => {
      this.done.push(`bucket in ${region}`);
      return this.cloud;
    });
  }

  /** With bucket and secrets. */
  async prepared(): Promise<this> {
    this.cloud.buckets = [state.bucket];
    for (const name of ["slack-webhook-url", "hook-url"]) {
      await setSecret(this.environment, name, "https://fake.invalid", this.cloud);
    }
    return this;
  }
}

const hostSteps = ["plan", "apply unit-host", "instance", "write tunnel"];
const serviceSteps = [
  "reaches",
  "ssh true",
  "ssh docker version --format '{{.Server.Version}}'",
  "ssh cat /var/lib/l2-observatory/secrets",
  "apply unit-monitoring",
  "health",
];

describe("the order of a deployment", () => {
  test("is state, secrets, cost, tools, plan, host, first boot, tunnel, log-in, Docker, secrets there, services, health", async () => {
    const rehearsal = await new Rehearsal().prepared();
    await rehearsal.run();
    expect(rehearsal.done).toEqual([
      "bucket in eu-west-1",
      "cost",
      "provide",
      ...hostSteps,
      ...serviceSteps,
    ]);
    expect(rehearsal.lines.at(-1)).toBe("unit: healthy");
  });

  test("ends with the tunnel's files for the host alone, and leaves the host out for the services alone", async () => {
    const host = await new Rehearsal().prepared();
    await host.run("host");
    expect(host.done).toEqual(["bucket in eu-west-1", "cost", "provide", ...hostSteps]);
    const services = await new Rehearsal().prepared();
    await services.run("services");
    expect(services.done).toEqual([
      "bucket in eu-west-1",
      "provide",
      "write tunnel",
      ...serviceSteps,
    ]);
  });
});

describe("a deployment fails", () => {
  test("without its state bucket, before anything else", async () => {
    const rehearsal = new Rehearsal();
    await expect(rehearsal.run()).rejects.toThrow(
      "the state bucket 'fake-state' must be in eu-west-1, got none; npm run bootstrap -- unit makes it",
    );
    expect(rehearsal.done).toEqual(["bucket in eu-west-1"]);
  });

  test("without a secret, before anything costs money", async () => {
    const rehearsal = new Rehearsal();
    rehearsal.cloud.buckets = [state.bucket];
    await expect(rehearsal.run()).rejects.toThrow("environment 'unit' lacks 2 of 2 secrets");
    expect(rehearsal.done).toEqual(["bucket in eu-west-1"]);
  });

  test("when it would end the instance, before anything is applied", async () => {
    const rehearsal = await new Rehearsal().prepared();
    rehearsal.ended = ["aws_instance.machine"];
    await expect(rehearsal.run()).rejects.toThrow(
      "deploying unit-host would end aws_instance.machine; take back what changed in 'host' (another architecture, network or region does that), or, where only the instance is named, npm run replace -- unit",
    );
    expect(rehearsal.done).not.toContain("apply unit-host");
  });

  test("when Docker on the host does not answer", async () => {
    const rehearsal = await new Rehearsal().prepared();
    rehearsal.engineAnswer = { code: 1, stdout: "", stderr: "Cannot connect to the daemon\n" };
    await expect(rehearsal.run()).rejects.toThrow(
      "Docker on 10.88.0.1 does not answer: Cannot connect to the daemon; on the host: journalctl -u docker, and findmnt /data",
    );
    expect(rehearsal.done).not.toContain("apply unit-monitoring");
  });

  test("when first boot failed, naming the parts and how to look", async () => {
    const rehearsal = await new Rehearsal().prepared();
    rehearsal.cloud.parameters[parameters.firstBoot] =
      `failed ${instanceId} 2026-01-01T00:00:00Z 60-wireguard,80-docker`;
    await expect(rehearsal.run()).rejects.toThrow(
      `first boot of ${instanceId} failed in 60-wireguard,80-docker; look at /var/log/l2-observatory/first-boot.log on the host: aws ssm start-session --region eu-central-1 --target ${instanceId}`,
    );
  });

  test("when the tunnel is down, after a minute, with the next step", async () => {
    const rehearsal = await new Rehearsal().prepared();
    rehearsal.tunnelUp = false;
    await expect(rehearsal.run()).rejects.toThrow(
      "10.88.0.1:22 does not answer through the tunnel; sudo wg-quick up /t/l2o-unit.conf, then npm run deploy -- unit",
    );
    expect(rehearsal.done.filter((what) => what === "sleep")).toHaveLength(12);
  });

  test("when another machine has the host's address", async () => {
    const rehearsal = await new Rehearsal().prepared();
    const got = `SHA256:${"A".repeat(43)}`;
    rehearsal.sshAnswer = {
      code: 255,
      stdout: "",
      stderr: `The fingerprint for the ED25519 key sent by the remote host is\n${got}.\nHost key verification failed.\n`,
    };
    await expect(rehearsal.run()).rejects.toThrow(
      `'the SSH host key of 10.88.0.1' must be ${fingerprint(sshKey)}, which the host of 'unit' published, got ${got}; another machine answers at that address`,
    );
    expect(rehearsal.done).not.toContain("apply unit-monitoring");
  });

  test("when the host has not fetched the present secrets after its timer's time", async () => {
    const rehearsal = await new Rehearsal().prepared();
    rehearsal.hostList = "alertmanager/slack-webhook-url 1\nalertmanager/hook-url 7\n";
    await expect(rehearsal.run()).rejects.toThrow(
      "after 150 s the host has not fetched hook-url (alertmanager); on the host: journalctl -u l2-observatory-secrets",
    );
    expect(rehearsal.done.filter((what) => what === "sleep")).toHaveLength(30);
    expect(rehearsal.done).not.toContain("apply unit-monitoring");
  });
});

describe("first boot", () => {
  test("is waited for, with a line when something changed; an earlier instance's report does not count", async () => {
    const reports = [
      "",
      "ready i-earlier 2026-01-01T00:00:00Z -",
      `running ${instanceId} 2026-01-02T00:00:00Z 60-wireguard`,
      `running ${instanceId} 2026-01-02T00:00:00Z 60-wireguard`,
      `ready ${instanceId} 2026-01-02T00:01:00Z -`,
    ];
    const lines: string[] = [];
    const cloud = new FakeCloud();
    cloud.parameter = () => Promise.resolve(reports.shift());
    await awaitFirstBoot(hostEnvironment(), instanceId, {
      cloud,
      parameters,
      print: (line) => lines.push(line),
      sleep: () => Promise.resolve(),
      reaches: () => Promise.resolve(true),
      onHost: () => Promise.resolve({ code: 0, stdout: "", stderr: "" }),
    });
    expect(lines).toEqual([
      "  no report yet",
      "  no report yet (the last is of i-earlier)",
      "  60-wireguard runs",
      "  ready since 2026-01-02T00:01:00Z",
    ]);
  });

  test.each(["", "ready", "done i-1 2026-01-01T00:00:00Z -"])("%j is no report", (text) => {
    expect(parseReport(text)).toBeUndefined();
  });
});

describe("what waits for the next instance", () => {
  const config = (swapMiB: number, port: number, dataDevice: string) =>
    cloudConfig({
      host: hostEnvironment({ swapMiB, tunnel: { port } }).host,
      parameters,
      dataDevice,
      secretsDirectory: "/etc/l2-observatory/secrets",
    });

  test("is named by file; the disk's name and the tunnel's port do not wait", () => {
    const running = config(1024, 51820, "/dev/disk/by-id/one");
    expect(changedFiles(running, config(1024, 51821, "/dev/disk/by-id/other"))).toEqual([]);
    expect(changedFiles(running, config(2048, 51820, "/dev/disk/by-id/one"))).toEqual([
      "/etc/l2-observatory/host.env",
    ]);
  });

  test.each([
    ["compressed", gzipSync],
    ["plain", (text: string) => Buffer.from(text)],
  ])("is told after a deployment, from %s user data", async (_form, encode) => {
    const rehearsal = await new Rehearsal().prepared();
    rehearsal.cloud.data = encode(config(2048, 51820, "/dev/disk/by-id/one"));
    await rehearsal.run();
    expect(rehearsal.lines).toEqual(
      expect.arrayContaining([
        "these files of first boot changed since the instance was made:",
        "  /etc/l2-observatory/host.env",
        "they apply when the instance is replaced: npm run replace -- unit",
      ]),
    );
    expect(rehearsal.done.at(-1)).toBe("health");
  });
});

test("a refused key is told with the keys that the host knows", () => {
  expect(
    sshFailure(hostEnvironment(), "deploy@10.88.0.1: Permission denied (publickey).", sshKey)
      .message,
  ).toBe(
    `deploy@10.88.0.1 refuses the keys of this machine; it knows operator (${fingerprint(sshKey)}); ssh-add <your private key> offers one, ssh-add -l shows which are offered`,
  );
});

test("a secret is behind when the host has another version or none", () => {
  const needed = ["a", "b", "c"].map((name) => ({
    service: "s",
    secret: name,
    path: "",
    present: true,
    version: 2,
  }));
  expect(secretsBehind(needed, "s/a 2\ns/b 1\nt/c 2\n").map(({ secret }) => secret)).toEqual([
    "b",
    "c",
  ]);
});
