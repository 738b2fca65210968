import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import { run } from "../../commands/shell";
import { cacheDirectory } from "../../commands/workspace";
import { receiverSchema, type Receiver, type Routes } from "../../constructs/alertmanager";
import { calendarSchema, type Calendar } from "../../constructs/core/calendar";
import { alertmanagerFile, templateFiles } from "../../constructs/alertmanager/config";
import { alertmanagerRules, deliveryLeg } from "../../constructs/alertmanager/mixin";
import { priorityDetails, type Priority } from "../../constructs/core/alert";
import { renderRunbook } from "../../constructs/core/runbook";
import { secret } from "../../constructs/core/secret";
import { ruleFile } from "../../constructs/prometheus";
import { heartbeatGroup, prometheusLegs } from "../../constructs/prometheus/heartbeat";
import { FakeChannels } from "../../tools/rig/fake-channels";
import { FakeSlack } from "../../tools/rig/fake-slack";
import { FakeSmtp } from "../../tools/rig/fake-smtp";
import { freePort } from "../../tools/rig/free-port";
import { Gate } from "../../tools/rig/gate";
import { builtProgram } from "../../tools/rig/loopback";
import { eventually, expect } from "../../tools/rig/steps";
import { sampleAlert } from "../constructs/core/samples";

/** Time zone of the trials. */
export const timeZone = "Asia/Seoul";

/** Nothing is held back. */
export const open = calendarSchema.parse({ timeZone });

const account = { username: "l2", password: "not-a-real-password" } as const;
const botToken = "1:not-a-real-token";
const hookToken = "not-a-real-hook-token";

/** The programs of one version, built before; nothing where there are none. */
export function programs(name: "alertmanager" | "amtool"): Readonly<Record<string, string>> {
  const folder = join(cacheDirectory, "local-images", "bin");
  const root = existsSync(folder) ? folder : join(cacheDirectory, "bin");
  if (!existsSync(root)) return {};
  const built = readdirSync(root).filter((one) => one.startsWith(`${name}-`));
  const [newest] = built;
  if (newest === undefined) return {};
  return Object.fromEntries(
    readdirSync(join(root, newest)).map((program) => [
      program,
      join(root, newest, program, program),
    ]),
  );
}

/** Every channel, by the name that the tables show. */
export const channelNames = ["Slack", "Discord", "Telegram", "mail", "Dooray", "webhook"] as const;

/** One of the channels. */
export type ChannelName = (typeof channelNames)[number];

/** As the trials' environment calls them. */
export const environmentNames: Readonly<Record<ChannelName, string>> = {
  Slack: "slack",
  Discord: "discord",
  Telegram: "telegram",
  mail: "mail",
  Dooray: "dooray",
  webhook: "hook",
};

/** A message as a channel got it. */
export interface Heard {
  /** In milliseconds since 1970. */
  readonly at: number;
  readonly words: string;
  /** What stands above it, or its other form. */
  readonly above: string;
  readonly to: string;
  readonly silent: boolean;
}

async function certificate(folder: string): Promise<{ key: string; certificate: string }> {
  mkdirSync(folder, { recursive: true });
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const made = await run("openssl", [
    ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"],
    ...["-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert],
  ]);
  expect(made.code === 0, made.stderr);
  return { key: readFileSync(key, "utf8"), certificate: readFileSync(cert, "utf8") };
}

/** Pages of runbooks, as the platform serves them. */
function pagesServer(): Server {
  const page = renderRunbook({ ...sampleAlert, name: "BatcherLowETH" });
  return createServer((request, response) => {
    const found = request.url === "/runbooks/BatcherLowETH";
    response.writeHead(found ? 200 : 404).end(found ? page : "");
  });
}

/** The servers that receivers write to, each behind a gate. */
export class Servers {
  private constructor(
    readonly slack: FakeSlack,
    readonly channels: FakeChannels,
    readonly smtp: FakeSmtp,
    readonly gates: Readonly<Record<ChannelName, Gate>>,
    readonly pages: Server,
  ) {}

  /** Starts them all on loopback. @param folder for the mail server's certificate */
  static async open(folder: string): Promise<Servers> {
    const slack = await FakeSlack.listen("127.0.0.1", "/services/not-a-real-key");
    const channels = await FakeChannels.listen(botToken, hookToken);
    const smtp = await FakeSmtp.listen({ ...(await certificate(folder)), ...account });
    const portOf = (url: string) => Number(new URL(url).port);
    const http = () => Gate.open(portOf(channels.url), "http");
    const gates = {
      Slack: await Gate.open(portOf(slack.url), "http"),
      Discord: await http(),
      Telegram: await http(),
      mail: await Gate.open(smtp.port, "smtp"),
      Dooray: await http(),
      webhook: await http(),
    };
    const pages = pagesServer();
    await new Promise<void>((resolve) => pages.listen(0, "127.0.0.1", resolve));
    return new Servers(slack, channels, smtp, gates, pages);
  }

  /** Through its gate. */
  url(channel: ChannelName, path = ""): string {
    return `http://127.0.0.1:${String(this.gates[channel].port)}${path}`;
  }

  get runbooks(): string {
    return `http://127.0.0.1:${String((this.pages.address() as AddressInfo).port)}/runbooks`;
  }

  /** Everything that a channel got. */
  heard(channel: ChannelName): readonly Heard[] {
    const at = (to: (name: string) => boolean) =>
      this.channels.messages.filter((one) => to(one.to));
    switch (channel) {
      case "Slack":
        return this.slack.messages.map((one) => ({
          at: one.at,
          words: `${one.title}\n${one.text}`,
          above: "",
          to: one.channel,
          silent: false,
        }));
      case "Discord":
        return at((to) => to.startsWith("alert-"));
      case "Telegram":
        return at((to) => to === "telegram");
      case "Dooray":
        return at((to) => to === "dooray");
      case "webhook":
        return at((to) => to === "webhook");
      case "mail":
        return this.smtp.mails.map((one) => ({
          at: one.at,
          words: `${one.subject}\n${one.text}`,
          above: one.html,
          to: one.to.join(" "),
          silent: false,
        }));
    }
  }

  /** When the heartbeat arrived. */
  get heartbeats(): readonly number[] {
    return this.channels.messages.filter(({ to }) => to === "heartbeat").map(({ at }) => at);
  }

  /** What a server refused, for another reason than that it was told to. */
  get refused(): readonly string[] {
    return [...this.slack.refused, ...this.smtp.refused, ...this.channels.refused];
  }

  async close(): Promise<void> {
    for (const gate of Object.values(this.gates)) await gate.close();
    this.slack.close();
    this.channels.close();
    this.smtp.close();
    this.pages.close();
  }
}

const everyone = Object.values(environmentNames);

/** Every channel hears every priority, and the heartbeat goes outside. */
export const toEveryone: Routes = {
  P1: everyone,
  P2: everyone,
  P3: everyone,
  P4: everyone,
  heartbeat: ["outside"],
};

function receiversOf(servers: Servers): Receiver[] {
  return [
    { name: "slack", type: "slack", webhookUrl: secret("slack") },
    {
      name: "discord",
      type: "discord",
      webhookUrls: { P1: secret("discord-urgent"), P3: secret("discord-normal") },
    },
    {
      name: "telegram",
      type: "telegram",
      botToken: secret("telegram"),
      chatId: -1001234567890,
      apiUrl: servers.url("Telegram"),
    },
    {
      name: "mail",
      type: "email",
      to: ["ops@example.com", "on-call@example.com"],
      from: "l2@example.com",
      host: "localhost",
      port: servers.gates.mail.port,
      authority: secret("mail-authority"),
      username: account.username,
      password: secret("mail-password"),
    },
    { name: "dooray", type: "dooray", url: servers.url("Dooray", "/dooray") },
    { name: "hook", type: "webhook", url: secret("hook"), bearerToken: secret("hook-token") },
    { name: "outside", type: "webhook", url: `${servers.channels.url}/heartbeat` },
  ].map((one) => receiverSchema.parse(one));
}

function secretsOf(servers: Servers): Readonly<Record<string, string>> {
  const { slack, smtp } = servers;
  return {
    slack: servers.url("Slack", slack.path),
    "discord-urgent": servers.url("Discord", "/api/webhooks/alert-urgent/not-a-real-key"),
    "discord-normal": servers.url("Discord", "/api/webhooks/alert-normal/not-a-real-key"),
    telegram: botToken,
    "mail-authority": smtp.identity.certificate,
    "mail-password": account.password,
    hook: servers.url("webhook", "/hook"),
    "hook-token": hookToken,
  };
}

/** An alert as Prometheus posts it. */
export interface Posted {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly endsAt?: string;
}

/** Every priority's pace as P1's, and P1's news after two seconds: the paces themselves are read from the file. */
export function hurried(rendered: string): string {
  return rendered
    .replace(/group_wait: \d+[ms]/g, "group_wait: 1s")
    .replace(/group_interval: \d+[ms]/g, "group_interval: 2s")
    .replace("repeat_interval: 50s", "repeat_interval: 1s");
}

/** Rules whose windows are of seconds, for scrapes and looks every second. */
function hurriedRules(rendered: string): string {
  return rendered
    .replace("interval: 15s", "interval: 1s")
    .replaceAll("offset 30s", "offset 3s")
    .replaceAll("[1m]", "[5s]")
    .replaceAll("[6m]", "[8s]");
}

/** What is written into a trial's Alertmanager. */
interface Written {
  readonly calendar?: Calendar;
  readonly routes?: Routes;
  /** @default - as deployed */
  readonly pace?: (rendered: string) => string;
}

interface Running {
  readonly process: ChildProcess;
  readonly url: string;
}

/** One Alertmanager on loopback, of the rendered files, and a Prometheus where it is asked for. */
export class Trial {
  readonly #log: string[] = [];
  #alertmanager: Running | undefined;
  #prometheus: Running | undefined;

  constructor(
    readonly program: string,
    readonly folder: string,
    readonly servers: Servers,
  ) {}

  /** Writes the rendered files anew. */
  write({
    calendar = open,
    routes = toEveryone,
    pace = (rendered: string) => rendered,
  }: Written = {}): void {
    rmSync(this.folder, { recursive: true, force: true });
    const secrets = join(this.folder, "secrets");
    mkdirSync(secrets, { recursive: true });
    for (const [name, value] of Object.entries(secretsOf(this.servers))) {
      writeFileSync(join(secrets, name), `${value}\n`);
    }
    const files = [
      alertmanagerFile({
        receivers: receiversOf(this.servers),
        routes,
        calendar,
        alerts: [
          { ...sampleAlert, name: "Loud", priority: "P2" },
          { ...sampleAlert, name: "Quiet", inhibitedBy: ["Loud"] },
        ],
        hosts: [
          { agent: "application", address: "10.88.0.20" },
          { agent: "dying", address: "10.88.0.30" },
        ],
      }),
      ...templateFiles(calendar),
    ];
    for (const { path, content } of files) {
      const text = path.endsWith(".yml") ? pace(content) : content;
      this.#write(
        path.slice(1),
        text
          .replaceAll("/run/secrets/l2-observatory", secrets)
          .replaceAll("/etc/alertmanager", join(this.folder, "etc/alertmanager")),
      );
    }
  }

  #write(path: string, content: string): string {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  }

  get config(): string {
    return join(this.folder, "etc/alertmanager/alertmanager.yml");
  }

  async #run(program: string, args: (port: string) => readonly string[]): Promise<Running> {
    const at = `127.0.0.1:${String(await freePort())}`;
    const process = spawn(program, [...args(at), `--web.listen-address=${at}`], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [process.stdout, process.stderr]) {
      stream.on("data", (chunk: Buffer) => this.#log.push(chunk.toString()));
    }
    const url = `http://${at}`;
    await eventually(
      `${program} is ready`,
      20,
      async () => (await fetch(`${url}/-/ready`)).ok,
      (ready) => ready,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.log}`);
    });
    return { process, url };
  }

  async start(): Promise<void> {
    this.#alertmanager = await this.#run(this.program, (at) => [
      `--config.file=${this.config}`,
      `--storage.path=${join(this.folder, "data")}`,
      "--cluster.listen-address=",
      "--enable-feature=receiver-name-in-metrics",
      `--web.external-url=http://${at}`,
    ]);
  }

  /** The real Prometheus with the real rules about delivery and the heartbeat, at a pace of seconds. */
  async startPrometheus(): Promise<void> {
    const program = builtProgram("prometheus");
    if (program === undefined)
      throw new Error("Prometheus must be built here: npm start builds it");
    const groups = [alertmanagerRules, heartbeatGroup([...prometheusLegs, deliveryLeg])];
    const links = { prometheus: "http://127.0.0.1", runbooks: this.servers.runbooks };
    const rules = groups.map((group) =>
      this.#write(`rules/${group.name}.yml`, hurriedRules(ruleFile(group, links).content)),
    );
    this.#prometheus = await this.#run(program, (at) => {
      const alertmanagers = [{ targets: [new URL(this.url).host] }];
      const file = this.#write(
        "prometheus.yml",
        stringify({
          global: { scrape_interval: "1s", external_labels: { environment: "production" } },
          rule_files: rules,
          scrape_configs: [
            { job_name: "prometheus", static_configs: [{ targets: [at] }] },
            { job_name: "alertmanager", static_configs: alertmanagers },
          ],
          alerting: { alertmanagers: [{ static_configs: alertmanagers }] },
        }),
      );
      return [`--config.file=${file}`, `--storage.tsdb.path=${join(this.folder, "series")}`];
    });
  }

  /** Alertmanager's address. */
  get url(): string {
    return this.#alertmanager?.url ?? "";
  }

  /** Prometheus' address. */
  get prometheus(): string {
    return this.#prometheus?.url ?? "";
  }

  async stop(): Promise<void> {
    for (const one of [this.#prometheus, this.#alertmanager]) {
      if (one?.process.exitCode !== null) continue;
      const gone = new Promise((resolve) => one.process.once("exit", resolve));
      one.process.kill("SIGTERM");
      await gone;
    }
    this.#prometheus = undefined;
    this.#alertmanager = undefined;
  }

  get log(): string {
    return this.#log.join("").slice(-3000);
  }

  async post(alerts: readonly Posted[]): Promise<void> {
    const answer = await fetch(`${this.url}/api/v2/alerts`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(alerts),
    });
    expect(answer.ok, `Alertmanager answered ${String(answer.status)}`);
  }

  /** Said again in the past: they are over. */
  async resolve(alerts: readonly Posted[]): Promise<void> {
    const endsAt = new Date().toISOString();
    await this.post(alerts.map((alert) => ({ ...alert, endsAt })));
  }

  /** Alerts of one name, as many as asked for, with links to this trial's servers. */
  alerts(
    alertname: string,
    priority: Priority,
    count = 1,
    labels: Readonly<Record<string, string>> = {},
  ): Posted[] {
    return Array.from({ length: count }, (_, i) => ({
      labels: {
        alertname,
        severity: priorityDetails[priority].severity,
        priority,
        environment: "production",
        chain: "alpha",
        instance: `10.88.0.10:${String(7000 + i)}`,
        ...labels,
      },
      annotations: {
        summary: "배처의 지갑이 거의 비었습니다",
        description: `체인 알파의 배처 ${String(i + 1)}에 0.1000 ETH가 남았습니다 <0.5>, 2.5시간 뒤에 멈춥니다.`,
        respond_within: priorityDetails[priority].respondWithin,
        meaning: "배처가 L1에 낼 가스가 거의 없습니다.",
        impact: "안전한 헤드가 멈추고, 시퀀서 창이 지나면 블록을 잃습니다.",
        steps:
          "1. 지갑에 ETH를 보냅니다: `cast send <address> --value 1ether`\n2. 잔액을 다시 봅니다.",
        dashboard_url: `${this.prometheus}/graph?g0.expr=up%7Bjob%3D%22alertmanager%22%7D`,
        runbook_url: `${this.servers.runbooks}/BatcherLowETH`,
      },
    }));
  }

  /** Waits for a message. @throws Error when none fits in time */
  async arrives(
    channel: ChannelName,
    fits: (message: Heard) => boolean,
    seconds: number,
    what: string,
  ): Promise<Heard> {
    const found = await eventually(
      `${what} at ${channel}`,
      seconds,
      () => Promise.resolve(this.servers.heard(channel).find(fits)),
      (message) => message !== undefined,
    );
    if (found === undefined) throw new Error("unreachable");
    return found;
  }

  /** Runs a body on these files; everything is stopped afterwards. */
  async running(written: Written, body: () => Promise<void>, measured = false): Promise<void> {
    this.write(written);
    try {
      await this.start();
      if (measured) await this.startPrometheus();
      await body();
    } catch (error) {
      throw new Error(`${String(error)}\n${this.log}`, { cause: error });
    } finally {
      await this.stop();
    }
  }
}
