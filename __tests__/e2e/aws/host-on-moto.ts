import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { NetworkInterface, Tag } from "@aws-sdk/client-ec2";
import { runOrFail, sleep } from "../../../commands/shell";
import { ensureTerraform } from "../../../commands/terraform";
import { cacheDirectory } from "../../../commands/workspace";
import { packageRoot } from "../../../constructs/core/paths";
import { HostParameters } from "../../../constructs/host";
import { provideTool } from "../../../tools/local-images";
import { s3BackendVariables, startMoto, type Moto } from "../../../tools/rig/moto";
import { expect, print, type Steps } from "../../../tools/rig/steps";
import { Account } from "./account";
import {
  applicationKey,
  deployKey,
  openSshLine,
  operatorKey,
  rigBucket,
  rigName,
  rigPeers,
  rigRegion,
  rigSecret,
  rigTags,
  rigTunnelPort,
  testKey,
} from "./environments";
import { awsProvider, provideAwsProvider } from "./providers";
import { changesOf, HostStackUnderTest } from "./stack";

const canary = "CANARY-not-a-real-webhook-7c41";

const names = {
  provider: `the AWS provider ${awsProvider} is at hand`,
  bootstrap: "bootstrap makes the state bucket, a second run changes nothing",
  secret: "a secret is stored encrypted, under its name",
  apply: "Terraform applies the host, and its state is locked meanwhile",
  deploy: "deploy of the host alone changes nothing",
  replace: "replace gives a new instance: address, interface, data volume and settings stay",
} as const;

const parameters = new HostParameters(rigName);
const settingsRoot = `${parameters.root}/host`;
const writtenByHost = parameters.writtenByHost.map((name) => name.slice(settingsRoot.length + 1));

/** What the host of the rig would keep on its data volume. */
const hostKey = testKey("x25519", "host");
const sshHostKey = testKey("ed25519", "host");

function only<T>(values: readonly T[], what: string): T {
  const [first] = values;
  expect(values.length === 1, `${what}: ${String(values.length)} instead of one`);
  if (first === undefined) throw new Error(`no ${what}`);
  return first;
}

function sorted(values: readonly string[]): string {
  return [...values].sort().join(", ");
}

/** What must be the same before and after a replacement. */
interface Kept {
  readonly instance: string;
  readonly allocation: string;
  readonly publicIp: string;
  readonly networkInterface: string;
  readonly addressOn: string;
  readonly dataVolume: string;
  readonly dataVolumeOn: string;
}

/** One run of the rig: moto, the account in it, and Terraform in the stack's folder. */
class Rig {
  readonly account: Account;
  readonly stack: HostStackUnderTest;
  /** Of the commands, which synthesise beside {@link stack}. */
  readonly stateDirectory: string;
  readonly #variables: Readonly<Record<string, string>>;

  constructor(
    readonly moto: Moto,
    readonly work: string,
    readonly terraform: string,
    cliConfigFile: string | undefined,
  ) {
    this.#variables = {
      ...moto.variables,
      ...s3BackendVariables,
      CHECKPOINT_DISABLE: "1",
      TF_CLI_CONFIG_FILE: cliConfigFile ?? "",
    };
    this.account = new Account(moto.url, rigRegion);
    this.stack = this.stackIn("applied");
    this.stateDirectory = join(work, "state");
  }

  stackIn(folder: string): HostStackUnderTest {
    return new HostStackUnderTest(join(this.work, folder), this.terraform, this.#variables);
  }

  /** Runs a command as a user does. @throws CommandError with what it said */
  command(args: readonly string[], input?: string): Promise<string> {
    return runOrFail(process.execPath, [join(packageRoot, "commands", "launch.mjs"), ...args], {
      cwd: packageRoot,
      env: {
        ...this.#variables,
        L2O_STATE: this.stateDirectory,
        L2O_ENVIRONMENTS_MODULE: join(__dirname, "environments.js"),
        TERRAFORM_BINARY_NAME: this.terraform,
      },
      ...(input === undefined ? {} : { input }),
    });
  }

  /** Ids of what outlives the instance, from the API. */
  async kept(): Promise<Kept> {
    const instance = only(await this.account.instances(), "running instance");
    const address = only(await this.account.addresses(), "Elastic IP");
    const data = only(
      (await this.account.volumes(instance.InstanceId ?? "", rigName)).filter(({ Tags = [] }) =>
        Tags.some(({ Key }) => Key === "l2-observatory-data"),
      ),
      "data volume",
    );
    return {
      instance: instance.InstanceId ?? "",
      allocation: address.AllocationId ?? "",
      publicIp: address.PublicIp ?? "",
      networkInterface: instance.NetworkInterfaces?.[0]?.NetworkInterfaceId ?? "",
      addressOn: address.NetworkInterfaceId ?? "",
      dataVolume: data.VolumeId ?? "",
      dataVolumeOn: data.Attachments?.[0]?.InstanceId ?? "",
    };
  }

  async hostInterface(): Promise<NetworkInterface> {
    const { networkInterface } = await this.kept();
    return only(
      (await this.account.networkInterfaces()).filter(
        ({ NetworkInterfaceId }) => NetworkInterfaceId === networkInterface,
      ),
      "interface of the host",
    );
  }

  /**
   * Does what the host does, until told to stop: nothing boots in moto, so every new instance reports at once its keys,
   * which are always those of the data volume, and that its first boot is over.
   */
  reportFirstBoots(): () => Promise<void> {
    const stopped = new AbortController();
    const reported = new Set<string>();
    const report = async (): Promise<void> => {
      for (const { InstanceId = "" } of await this.account.instances()) {
        if (reported.has(InstanceId)) continue;
        await this.account.publish(parameters.publicKey, hostKey.publicKey);
        await this.account.publish(parameters.sshHostKey, openSshLine(sshHostKey.publicKey));
        const ready = `ready ${InstanceId} ${new Date().toISOString()} -`;
        await this.account.publish(parameters.firstBoot, ready);
        reported.add(InstanceId);
      }
    };
    const loop = async (): Promise<void> => {
      while (!stopped.signal.aborted) {
        // moto fails now and then while Terraform changes what is listed; the next round asks again.
        await report().catch(() => undefined);
        await sleep(1);
      }
    };
    const running = loop();
    return async () => {
      stopped.abort();
      await running;
    };
  }
}

/** Applies, and tries a second apply as soon as the lock of the first is there. */
async function applyLocked(rig: Rig): Promise<string> {
  const { stack, account } = rig;
  stack.synthesise({});
  await stack.init();
  const began = Date.now();
  const applied = new AbortController();
  const applying = stack.apply().finally(() => {
    applied.abort();
  });
  const second = (async () => {
    const lock = `l2-observatory/${rigName}-host.tfstate.tflock`;
    while (!applied.signal.aborted) {
      if ((await account.objects(rigBucket)).includes(lock)) {
        return stack.try("apply", "-auto-approve", "-input=false", "-no-color", "-refresh=false");
      }
      await sleep(0.1);
    }
    return undefined;
  })();
  const [out, refused] = await Promise.all([applying, second]);
  expect(refused !== undefined, "no lock file was seen in the bucket");
  expect(
    refused?.code === 1 && refused.stderr.includes("Error acquiring the state lock"),
    `a second apply was not refused: ${refused?.stdout ?? ""}${refused?.stderr ?? ""}`,
  );
  const left = (await account.objects(rigBucket)).filter((key) => key.endsWith(".tflock"));
  expect(left.length === 0, `a lock is left behind: ${left.join(", ")}`);
  const added = /(\d+) added, 0 changed, 0 destroyed/.exec(out)?.[1];
  expect(added !== undefined, out);
  return `${added ?? ""} resources in ${((Date.now() - began) / 1000).toFixed(0)} s; a second apply meanwhile was refused by the lock file`;
}

async function secondPlan({ stack }: Rig): Promise<string> {
  const { code, json } = await stack.plan();
  const changes = changesOf(json).map(
    ({ address, actions, attributes }) =>
      `${address}: ${actions.join()} of ${attributes.join(", ")}`,
  );
  expect(code === 0 && changes.length === 0, changes.join("\n"));
  return "terraform plan -detailed-exitcode: 0";
}

async function readNetwork(rig: Rig): Promise<string> {
  const { account } = rig;
  const { Groups = [], VpcId = "", SourceDestCheck } = await rig.hostInterface();
  const group = only(Groups, "security group of the interface").GroupId ?? "";
  const rules = await account.securityGroupRules(group);
  const inbound = only(
    rules.filter(({ IsEgress }) => IsEgress === false),
    "inbound rule",
  );
  expect(
    inbound.IpProtocol === "udp" &&
      inbound.FromPort === rigTunnelPort &&
      inbound.ToPort === rigTunnelPort &&
      inbound.CidrIpv4 === "0.0.0.0/0",
    `the inbound rule is ${JSON.stringify(inbound)}`,
  );
  const outbound = rules
    .filter(({ IsEgress }) => IsEgress === true)
    .map(({ IpProtocol, FromPort, ToPort }) => {
      expect(FromPort === ToPort, `outbound ports ${String(FromPort)}-${String(ToPort)}`);
      return `${IpProtocol ?? ""}/${String(FromPort)}`;
    });
  expect(sorted(outbound) === "tcp/443, tcp/587, tcp/80", `outbound: ${sorted(outbound)}`);
  const groups = await account.securityGroups(VpcId);
  for (const other of groups.filter(({ GroupId }) => GroupId !== group)) {
    const { GroupName, IpPermissions = [], IpPermissionsEgress = [] } = other;
    expect(GroupName === "default", `there is a further security group: ${String(GroupName)}`);
    expect(
      IpPermissions.length === 0 && IpPermissionsEgress.length === 0,
      "the default security group is not empty",
    );
  }
  const own = (await account.networkInterfaces()).filter((one) => one.VpcId === VpcId);
  only(own, "interface in the VPC");
  expect(SourceDestCheck !== false, "the interface's source and destination check is off");
  return `one inbound rule, udp/${String(rigTunnelPort)}; outbound ${sorted(outbound)}; the default group is empty`;
}

async function readInstance({ account }: Rig): Promise<string> {
  const instance = only(await account.instances(), "running instance");
  const { InstanceType, Architecture, MetadataOptions, EbsOptimized } = instance;
  expect(InstanceType === "t4g.small", `the type is ${String(InstanceType)}`);
  expect(Architecture === "arm64", `the architecture is ${String(Architecture)}`);
  expect(EbsOptimized === true, "it is not EBS-optimised");
  expect(
    MetadataOptions?.HttpTokens === "required" &&
      MetadataOptions.HttpPutResponseHopLimit === 1 &&
      MetadataOptions.HttpEndpoint === "enabled" &&
      MetadataOptions.InstanceMetadataTags === "disabled",
    `metadata options: ${JSON.stringify(MetadataOptions)}`,
  );
  const volumes = await account.volumes(instance.InstanceId ?? "", rigName);
  expect(volumes.length === 2, `${String(volumes.length)} disks instead of 2`);
  for (const { VolumeId, Encrypted, VolumeType } of volumes) {
    expect(Encrypted === true, `${String(VolumeId)} is not encrypted`);
    expect(VolumeType === "gp3", `${String(VolumeId)} is ${String(VolumeType)}`);
  }
  const profile = instance.IamInstanceProfile?.Arn ?? "";
  expect(profile.includes(":instance-profile/"), `the instance profile is ${profile}`);
  const sizes = volumes.map(({ Size }) => `${String(Size)} GiB`);
  return `t4g.small, arm64, IMDSv2 with one hop, 2 encrypted gp3 disks (${sorted(sizes)})`;
}

const ownTags = { Project: "l2-observatory", Environment: rigName, ...rigTags };

function missingTags(tags: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(ownTags)
    .filter(([key, value]) => tags[key] !== value)
    .map(([key]) => key);
}

function asRecord(tags: readonly Tag[] | undefined): Readonly<Record<string, unknown>> {
  return Object.fromEntries((tags ?? []).map(({ Key = "", Value }) => [Key, Value]));
}

/** Every resource with an attribute `tags` can be tagged; the API is asked for what an instance makes by itself too. */
async function readTags({ stack, account }: Rig): Promise<string> {
  const resources = await stack.resources();
  const taggable = resources.filter(({ values }) => "tags_all" in values);
  const bare = taggable.flatMap(({ address, values }) => {
    const missing = missingTags((values["tags_all"] ?? {}) as Record<string, unknown>);
    return missing.length === 0 ? [] : [`${address} (${missing.join(", ")})`];
  });
  expect(bare.length === 0, `without tags: ${bare.join("; ")}`);
  const instance = only(await account.instances(), "running instance");
  const fromApi: readonly (readonly [string, readonly Tag[] | undefined])[] = [
    ["instance", instance.Tags],
    ...(await account.volumes(instance.InstanceId ?? "", rigName)).map(
      ({ VolumeId = "", Tags }) => [VolumeId, Tags] as const,
    ),
    ...(await account.addresses()).map(({ PublicIp = "", Tags }) => [PublicIp, Tags] as const),
  ];
  for (const [what, tags] of fromApi) {
    const missing = missingTags(asRecord(tags));
    expect(missing.length === 0, `${what} lacks the tags ${missing.join(", ")}`);
  }
  return `${String(taggable.length)} of ${String(resources.length)} resources take tags and have ${Object.keys(ownTags).join(", ")}; so have ${String(fromApi.length)} that the API was asked for`;
}

async function readParameters(rig: Rig): Promise<string> {
  const { publicIp } = await rig.kept();
  const found = await rig.account.parameters(parameters.root);
  const wanted = new Map<string, string>([
    ["host/tunnel-port", String(rigTunnelPort)],
    ["host/endpoint", `${publicIp}:${String(rigTunnelPort)}`],
    ["host/deploy-keys/operator", openSshLine(deployKey.publicKey)],
    ...rigPeers.map(
      ({ name, publicKey, address, allowed }) =>
        [
          `host/peers/${name}`,
          [publicKey, address, allowed?.join(",") ?? "all"].join(" "),
        ] as const,
    ),
  ]);
  for (const [name, value] of wanted) {
    const got = found.get(name);
    expect(got?.Value === value, `${name} is ${String(got?.Value)} instead of ${value}`);
    expect(got?.Type === "String", `${name} is a ${String(got?.Type)}`);
  }
  const secret = `secrets/alertmanager/${rigSecret}`;
  const more = [...found.keys()].filter((name) => !wanted.has(name) && name !== secret);
  expect(more.length === 0, `further parameters: ${more.join(", ")}`);
  return sorted([...wanted.keys()]);
}

/** Searches what Terraform writes and what the host is given for private halves and secrets. */
async function searchForSecrets(rig: Rig): Promise<string> {
  const { stack, account } = rig;
  const keys = [operatorKey, applicationKey, deployKey].map(({ privateKey }) => privateKey);
  const needles = [
    canary,
    ...keys,
    ...keys.map((key) => Buffer.from(key, "base64").toString("hex")),
  ];
  const patterns = [/BEGIN [A-Z ]*PRIVATE KEY/, /PrivateKey\s*=\s*[A-Za-z0-9+/]{43}=/];
  const { instance } = await rig.kept();
  const plan = await stack.plan();
  const versions = await account.everyVersion(rigBucket);
  const state = [...versions.values()].join("\n");
  expect(state.includes(operatorKey.publicKey), "the state does not even hold the public key");
  const userData = await account.userData(instance);
  expect(
    userData.startsWith("#cloud-config"),
    `the user data begins with ${userData.slice(0, 40)}`,
  );
  const logs = join(rig.stateDirectory, "logs");
  const texts = new Map<string, string>([
    ...readdirSync(logs).map((name) => [name, readFileSync(join(logs, name), "utf8")] as const),
    ["synth", stack.synthesised()],
    ["plan", plan.text],
    ["plan as JSON", plan.json],
    ["user data", userData],
    ...[...versions].map(([key, text]) => [`state ${key}`, text] as const),
  ]);
  const leaks = [...texts].filter(
    ([, text]) =>
      needles.some((needle) => text.includes(needle)) ||
      patterns.some((pattern) => pattern.test(text)),
  );
  expect(leaks.length === 0, `a secret stands in ${leaks.map(([where]) => where).join(", ")}`);
  return `${String(texts.size)} texts searched (${String(versions.size)} versions of the state) for ${String(needles.length)} values; user data ${String(userData.length)} bytes`;
}

/** Snapshots are made by a service that moto lacks: what Terraform would do is looked at instead. */
async function planSnapshots(rig: Rig): Promise<string> {
  const stack = rig.stackIn("with-snapshots");
  stack.synthesise({ snapshots: { keepDays: 14, timeUtc: "03:00" } });
  await stack.init();
  const { json } = await stack.plan();
  const changes = changesOf(json).filter(({ type }) => type !== "aws_instance");
  const expected = ["aws_dlm_lifecycle_policy", "aws_iam_role", "aws_iam_role_policy"];
  const described = sorted(changes.map(({ type, actions }) => `${actions.join()} ${type}`));
  expect(described === sorted(expected.map((type) => `create ${type}`)), `it plans: ${described}`);
  return `moto lacks the snapshot service, so planned only: ${described}`;
}

/** Terraform refuses to plan the end of a protected data volume, AWS to end a protected instance. */
async function refuseDestroy(rig: Rig): Promise<string> {
  const planned = await rig.stack.try("plan", "-destroy", "-input=false", "-no-color");
  expect(
    planned.code === 1 && planned.stderr.includes("lifecycle.prevent_destroy"),
    `destroy was not refused: ${planned.stdout.slice(-500)}${planned.stderr}`,
  );
  const { instance } = await rig.kept();
  const refusal = await rig.account.terminate(instance);
  expect(refusal === "OperationNotPermitted", `ending the instance: ${refusal}`);
  return `prevent_destroy of the data volume; AWS: ${refusal}`;
}

/** The product's own command on what is there already. */
async function deployHost(rig: Rig): Promise<string> {
  const before = await rig.kept();
  const stop = rig.reportFirstBoots();
  try {
    const out = await rig.command(["deploy", rigName, "--only", "host"]);
    const after = await rig.kept();
    expect(JSON.stringify(before) === JSON.stringify(after), "something was replaced");
    expect(out.includes("ready since"), `first boot was not waited for:\n${out}`);
    expect(out.includes("nothing to change"), out);
    return "nothing to change, first boot waited for";
  } finally {
    await stop();
  }
}

async function replaceInstance(rig: Rig): Promise<string> {
  const before = await rig.kept();
  const settings = await rig.account.parameters(settingsRoot);
  const stop = rig.reportFirstBoots();
  try {
    const out = await rig.command(["replace", rigName, "--yes"]);
    expect(!out.includes("changes too"), `it changed more than the instance:\n${out}`);
  } finally {
    await stop();
  }
  const after = await rig.kept();
  expect(before.instance !== after.instance, "the instance is the old one");
  for (const key of ["allocation", "publicIp", "networkInterface", "dataVolume"] as const) {
    expect(before[key] === after[key], `${key} was ${before[key]} and is ${after[key]}`);
  }
  expect(
    after.addressOn === after.networkInterface,
    `the address is on ${after.addressOn}, the instance at ${after.networkInterface}`,
  );
  expect(after.dataVolumeOn === after.instance, `the data volume is on ${after.dataVolumeOn}`);
  const attached = (await rig.hostInterface()).Attachment?.InstanceId;
  expect(attached === after.instance, `the interface is attached to ${String(attached)}`);
  const now = await rig.account.parameters(settingsRoot);
  for (const [name, { Value, Version }] of settings) {
    if (writtenByHost.includes(name)) continue;
    const same = now.get(name)?.Value === Value && now.get(name)?.Version === Version;
    expect(same, `${name} was written anew`);
  }
  await secondPlan(rig);
  return `${before.instance} → ${after.instance}; ${after.publicIp} (${after.allocation}), ${after.networkInterface} and ${after.dataVolume} are the same, and the next plan is empty`;
}

async function destroyHost(rig: Rig): Promise<string> {
  const { stack, account } = rig;
  const { instance } = await rig.kept();
  stack.synthesise({ terminationProtection: false });
  await stack.apply();
  await stack.must("destroy", "-auto-approve", "-input=false", "-no-color");
  const rest = await stack.resources();
  expect(rest.length === 0, `the state still holds ${rest.map(({ address }) => address).join()}`);
  const counts = {
    instances: (await account.instances()).length,
    disks: (await account.volumes(instance, rigName)).length,
    addresses: (await account.addresses()).length,
    interfaces: (await account.networkInterfaces()).length,
    VPCs: (await account.vpcs(rigName)).length,
    settings: [...(await account.parameters(settingsRoot)).keys()].filter(
      (name) => !writtenByHost.includes(name),
    ).length,
  };
  const there = Object.entries(counts).filter(([, count]) => count > 0);
  expect(there.length === 0, `still there: ${JSON.stringify(counts)}`);
  return `no ${Object.keys(counts).join(", no ")} left`;
}

async function tellSecret(rig: Rig): Promise<string> {
  const out = await rig.command(["secrets", "set", rigName, rigSecret], canary);
  expect(!out.includes(canary), "the command printed the secret");
  const stored = await rig.account.parameters(parameters.secrets);
  const [[name, parameter] = ["", undefined]] = [...stored];
  expect(
    stored.size === 1 && parameter?.Type === "SecureString",
    `stored: ${sorted([...stored.keys()])}`,
  );
  expect(parameter?.Value === canary, "the stored value is another one");
  return name;
}

async function bootstrap(rig: Rig): Promise<string> {
  await rig.command(["bootstrap", rigName]);
  const again = await rig.command(["bootstrap", rigName]);
  expect(!/: (made|set)$/m.test(again), `the second run changed something:\n${again}`);
  expect((await rig.account.versioning(rigBucket)) === "Enabled", "versions are not kept");
  const policy = await rig.account.bucketPolicy(rigBucket);
  expect(policy.includes('"aws:SecureTransport":"false"'), `the bucket's policy is ${policy}`);
  // moto does not judge conditions: what the policy refuses without TLS, it would refuse always.
  await rig.account.deleteBucketPolicy(rigBucket);
  return again
    .trim()
    .split("\n")
    .map((line) => line.trim().replace(/: was (so|there)$/, ""))
    .join(", ");
}

/**
 * Applies the host with the real Terraform and the real AWS provider to moto, an emulation of AWS, and reads through the
 * API what came of it.
 * @param work folder for this run
 */
export async function hostOnMoto(steps: Steps, work: string): Promise<void> {
  mkdirSync(work, { recursive: true });
  const { binary, flavour } = await ensureTerraform({
    progress: print,
    build: () => provideTool({ tool: "tofu", cacheDirectory, progress: print }),
  });
  const provider = await provideAwsProvider(work, flavour);
  if ("missing" in provider) steps.skip(names.provider, provider.missing);
  else await steps.step(names.provider, () => Promise.resolve(`from ${provider.from}`));
  const moto = await startMoto({ progress: print });
  const rig = new Rig(
    moto,
    work,
    binary,
    "missing" in provider ? undefined : provider.cliConfigFile,
  );
  try {
    await steps.step(names.bootstrap, () => bootstrap(rig));
    await steps.step(names.secret, () => tellSecret(rig));
    await steps.step(names.apply, () => applyLocked(rig), [names.provider, names.bootstrap]);
    const applied = [names.provider, names.apply];
    await steps.step("the second plan is empty", () => secondPlan(rig), applied);
    await steps.step("the internet reaches one UDP port", () => readNetwork(rig), applied);
    await steps.step("instance, metadata service, disks", () => readInstance(rig), applied);
    await steps.step("tags on everything that takes them", () => readTags(rig), applied);
    await steps.step("live settings as parameters", () => readParameters(rig), applied);
    await steps.step("daily snapshots", () => planSnapshots(rig), applied);
    await steps.step("a protected host is not destroyed", () => refuseDestroy(rig), applied);
    await steps.step(names.deploy, () => deployHost(rig), applied);
    await steps.step(
      "no secret in synth, plan, state, logs or user data",
      () => searchForSecrets(rig),
      [...applied, names.deploy],
    );
    await steps.step(names.replace, () => replaceInstance(rig), applied);
    await steps.step("destroy, with the protection off", () => destroyHost(rig), applied);
  } finally {
    rig.account.close();
    await moto.stop();
  }
}
