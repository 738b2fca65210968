import { spawn, type ChildProcess } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { receiverSchema, type Receiver, type Routes } from "../../constructs/alertmanager";
import { calendarSchema, type Calendar } from "../../constructs/core/calendar";
import { alertmanagerFile, templateFiles } from "../../constructs/alertmanager/config";
import { priorities, priorityDetails, type Priority } from "../../constructs/core/alert";
import { secret } from "../../constructs/core/secret";
import { run } from "../../commands/shell";
import { cacheDirectory } from "../../commands/workspace";
import { FakeChannels } from "../../tools/rig/fake-channels";
import { FakeSlack } from "../../tools/rig/fake-slack";
import { FakeSmtp } from "../../tools/rig/fake-smtp";
import { eventually, exitAfter, expect, print, Steps } from "../../tools/rig/steps";
import { sampleAlert } from "../constructs/core/samples";
import { routeCases } from "../support/route-tests";
import { messageForms, templateCases, type FormName } from "../support/template-tests";
import { messageFaults } from "./checkers";
import { freePort } from "../../tools/rig/free-port";

const timeZone = "Asia/Seoul";
const account = { username: "l2", password: "not-a-real-password" } as const;
const botToken = "1:not-a-real-token";

/** The programs of one version, built before; nothing where there are none. */
function programs(name: "alertmanager" | "amtool"): Readonly<Record<string, string>> {
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

/** The servers that receivers write to. */
interface Servers {
  readonly slack: FakeSlack;
  readonly channels: FakeChannels;
  readonly smtp: FakeSmtp;
}

function receiversOf({ channels, smtp }: Servers): Receiver[] {
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
      apiUrl: channels.url,
    },
    {
      name: "mail",
      type: "email",
      to: ["ops@example.com", "on-call@example.com"],
      from: "l2@example.com",
      host: "localhost",
      port: smtp.port,
      authority: secret("mail-authority"),
      username: account.username,
      password: secret("mail-password"),
    },
    { name: "dooray", type: "dooray", url: `${channels.url}/dooray` },
  ].map((one) => receiverSchema.parse(one));
}

const everyone = ["slack", "discord", "telegram", "mail", "dooray"];
const routes: Routes = { P1: everyone, P2: everyone, P3: everyone, P4: everyone, heartbeat: [] };

/** An alert as Prometheus posts it. */
interface Posted {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly endsAt?: string;
}

/** One Alertmanager on loopback, of the rendered files. */
class Trial {
  readonly #log: string[] = [];
  #process: ChildProcess | undefined;
  #url = "";

  constructor(
    readonly program: string,
    readonly folder: string,
    readonly servers: Servers,
  ) {}

  /** Writes the rendered files; what is not urgent is paced faster, since a test does not wait for minutes. */
  write(calendar: Calendar, pace: (rendered: string) => string = (text) => text): void {
    rmSync(this.folder, { recursive: true, force: true });
    const secrets = join(this.folder, "secrets");
    mkdirSync(secrets, { recursive: true });
    const { slack, channels, smtp } = this.servers;
    for (const [name, value] of Object.entries({
      slack: slack.url,
      "discord-urgent": `${channels.url}/api/webhooks/alert-urgent/not-a-real-key`,
      "discord-normal": `${channels.url}/api/webhooks/alert-normal/not-a-real-key`,
      telegram: botToken,
      "mail-authority": smtp.identity.certificate,
      "mail-password": account.password,
    })) {
      writeFileSync(join(secrets, name), `${value}\n`);
    }
    const files = [
      alertmanagerFile({
        receivers: receiversOf(this.servers),
        routes,
        calendar,
        alerts: [{ ...sampleAlert, name: "Quiet", inhibitedBy: ["Loud"] }],
        hosts: [{ agent: "application", address: "10.88.0.20" }],
      }),
      ...templateFiles(calendar),
    ];
    for (const { path, content } of files) {
      const target = join(this.folder, path);
      mkdirSync(dirname(target), { recursive: true });
      const text = path.endsWith(".yml") ? pace(content) : content;
      writeFileSync(
        target,
        text
          .replaceAll("/run/secrets/l2-observatory", secrets)
          .replaceAll("/etc/alertmanager", join(this.folder, "etc/alertmanager")),
      );
    }
  }

  get config(): string {
    return join(this.folder, "etc/alertmanager/alertmanager.yml");
  }

  async start(): Promise<void> {
    const port = await freePort();
    this.#url = `http://127.0.0.1:${String(port)}`;
    this.#process = spawn(
      this.program,
      [
        `--config.file=${this.config}`,
        `--storage.path=${join(this.folder, "data")}`,
        "--cluster.listen-address=",
        `--web.listen-address=127.0.0.1:${String(port)}`,
        `--web.external-url=${this.#url}`,
      ],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.on("data", (chunk: Buffer) => this.#log.push(chunk.toString()));
    }
    await eventually(
      "Alertmanager is ready",
      20,
      async () => (await fetch(`${this.#url}/-/ready`)).ok,
      (ready) => ready,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.log}`);
    });
  }

  async stop(): Promise<void> {
    const running = this.#process;
    if (running?.exitCode !== null) return;
    const gone = new Promise((resolve) => running.once("exit", resolve));
    running.kill("SIGTERM");
    await gone;
  }

  get log(): string {
    return this.#log.join("").slice(-3000);
  }

  async post(alerts: readonly Posted[]): Promise<void> {
    const answer = await fetch(`${this.#url}/api/v2/alerts`, {
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
}

function alertsOf(
  alertname: string,
  priority: Priority,
  count: number,
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
      dashboard_url:
        "http://10.88.0.1:9090/graph?g0.expr=op_batcher_balance_eth%7Bchain%3D%22alpha%22%7D",
      runbook_url: "http://10.88.0.1:9091/runbooks/BatcherLowETH",
    },
  }));
}

const channelNames = ["Slack", "Discord", "Telegram", "mail", "Dooray"] as const;
type ChannelName = (typeof channelNames)[number];

interface Heard {
  readonly at: number;
  readonly words: string;
  readonly above: string;
  readonly to: string;
  readonly silent: boolean;
}

/** Everything that a channel got. */
function heard({ slack, channels, smtp }: Servers, channel: ChannelName): readonly Heard[] {
  const at = (to: (name: string) => boolean) => channels.messages.filter((one) => to(one.to));
  switch (channel) {
    case "Slack":
      return slack.messages.map((one) => ({
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
    case "mail":
      return smtp.mails.map((one) => ({
        at: one.at,
        words: `${one.subject}\n${one.text}`,
        above: one.html,
        to: one.to.join(" "),
        silent: false,
      }));
  }
}

async function arrives(
  servers: Servers,
  channel: ChannelName,
  fits: (message: Heard) => boolean,
  seconds: number,
  what: string,
): Promise<Heard> {
  const found = await eventually(
    `${what} at ${channel}`,
    seconds,
    () => Promise.resolve(heard(servers, channel).find(fits)),
    (message) => message !== undefined,
  );
  if (found === undefined) throw new Error("unreachable");
  return found;
}

const isOver = ({ words }: Heard): boolean =>
  words.includes("resolved: ") || words.includes('"status":"resolved","alerts"');

/** What a message must say, by channel: it is complete without following a link. */
function complete(channel: ChannelName, { words }: Heard, priority: Priority): void {
  const { emoji, respondWithin } = priorityDetails[priority];
  const common = [
    "배처의 지갑이 거의 비었습니다",
    "0.1000 ETH가 남았습니다",
    "배처가 L1에 낼 가스가 거의 없습니다.",
    "안전한 헤드가 멈추고",
    "지갑에 ETH를 보냅니다",
    respondWithin,
    "http://10.88.0.1:9091/runbooks/BatcherLowETH",
    "op_batcher_balance_eth",
  ];
  const title =
    channel === "Dooray" ? [] : [`${emoji} ${priority} `, "on alpha (production)", "KST"];
  for (const wanted of [...common, ...title]) {
    expect(words.includes(wanted), `${channel} does not say '${wanted}':\n${words}`);
  }
}

function rightPlace(channel: ChannelName, message: Heard, priority: Priority): void {
  const urgent = priority === "P1" || priority === "P2";
  if (channel === "Discord") {
    const wanted = urgent ? "alert-urgent" : "alert-normal";
    expect(message.to === wanted, `${priority} went to ${message.to}`);
    const called = message.above.includes("@here");
    expect(called === (priority === "P1" && !isOver(message)), `${priority}: '${message.above}'`);
  }
  if (channel === "Telegram") {
    expect(message.silent === !urgent, `${priority} came ${message.silent ? "silent" : "aloud"}`);
  }
  if (channel === "mail") {
    expect(message.to === "ops@example.com on-call@example.com", `it went to ${message.to}`);
  }
}

/** Every priority's pace as P1's, and P1's news after two seconds: the paces themselves are read from the file. */
function hurried(rendered: string): string {
  return rendered
    .replace(/group_wait: \d+[ms]/g, "group_wait: 1s")
    .replace(/group_interval: \d+[ms]/g, "group_interval: 2s");
}

const names = {
  check: "receivers: amtool of both versions takes the configuration and every priority's route",
  render: "receivers: every form of every message says what it must, within the platform's limits",
  one: "receivers: one alert of each priority, in Korean, reaches every channel, the right one, complete",
  over: "receivers: what is over is told on every channel, and calls nobody",
  many: "receivers: 200 alerts of each priority are one message each, within the limits, and readable",
  pace: "receivers: P1 is told within 5 s at the pace that is deployed",
  retry: "receivers: a Discord in trouble is told when it is back, and holds up no other channel",
  planned: "receivers: planned work on one chain is quiet, another chain's P1 is told",
  closed: "receivers: outside business hours P1 and P2 are told, P3 and P4 wait; so on a holiday",
  inhibit: "receivers: a silent host hides its services, a higher tier the lower ones",
} as const;

function local(date: Date): string {
  const parts = new Intl.DateTimeFormat("sv-SE", {
    timeZone,
    dateStyle: "short",
    timeStyle: "short",
  }).format(date);
  return parts.replace(" ", "T");
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

async function toolsAccept(trial: Trial, amtools: readonly string[]): Promise<string> {
  for (const amtool of amtools) {
    const checked = await run(amtool, ["check-config", trial.config]);
    expect(checked.code === 0, checked.stdout + checked.stderr);
    for (const { labels, receiver } of routeCases) {
      const routed = await run(amtool, [
        ...["config", "routes", "test", `--config.file=${trial.config}`],
        `--verify.receivers=${receiver}`,
        ...Object.entries(labels).map(([label, value]) => `${label}=${value}`),
      ]);
      expect(routed.code === 0, `${JSON.stringify(labels)}: ${routed.stdout}${routed.stderr}`);
    }
  }
  return `${String(routeCases.length)} routes, ${String(amtools.length)} versions`;
}

async function formsAreRight(trial: Trial, amtools: readonly string[]): Promise<string> {
  // The cases tell the time in UTC.
  trial.write(calendarSchema.parse({}));
  const data = join(trial.folder, "data.json");
  const faults: string[] = [];
  for (const one of templateCases) {
    writeFileSync(data, JSON.stringify(one.data));
    for (const amtool of amtools) {
      for (const [form, { template, type }] of Object.entries(messageForms)) {
        const { code, stdout, stderr } = await run(amtool, [
          ...["template", "render", `--template.type=${type}`, `--template.text=${template}`],
          `--template.glob=${join(trial.folder, "etc/alertmanager/templates/*.tmpl")}`,
          `--template.data=${data}`,
        ]);
        expect(code === 0, `${one.name}, ${form}: ${stderr}`);
        const text = stdout.trim();
        const wrong = messageFaults(one, form as FormName, text);
        if (wrong.length > 0) {
          faults.push(`${one.name}, ${form}: ${wrong.join("; ")} in\n${text.slice(0, 3000)}`);
        }
      }
    }
  }
  expect(faults.length === 0, [...new Set(faults)].join("\n\n"));
  return `${String(templateCases.length)} cases, ${String(Object.keys(messageForms).length)} forms`;
}

/** Prints what people read. */
function show(channel: ChannelName, { words, above }: Heard): void {
  if (process.env["L2O_SHOW_MESSAGES"] === undefined || channel === "Dooray") return;
  const mention = channel === "Discord" && above !== "" ? `${above}\n` : "";
  print(`    ── ${channel}\n    ${`${mention}${words}`.split("\n").join("\n    ")}`);
}

/** Posts one group per priority and looks at what every channel got. */
async function tellAll(
  trial: Trial,
  name: string,
  count: number,
  check: (channel: ChannelName, message: Heard, priority: Priority) => void,
): Promise<void> {
  for (const priority of priorities) {
    await trial.post(alertsOf(`${name}${priority}`, priority, count));
  }
  for (const priority of priorities) {
    const about = `${name}${priority}`;
    for (const channel of channelNames) {
      const message = await arrives(
        trial.servers,
        channel,
        (one) => one.words.includes(about) && !isOver(one),
        15,
        about,
      );
      complete(channel, message, priority);
      rightPlace(channel, message, priority);
      check(channel, message, priority);
      if (priority === "P1") show(channel, message);
    }
  }
}

/** A calendar in which work was planned for one chain an hour ago, and lasts. */
function plannedNow(): Calendar {
  const hour = 3_600_000;
  return calendarSchema.parse({
    timeZone,
    maintenance: [
      {
        name: "upgrade",
        chain: "quiet",
        from: local(new Date(Date.now() - hour)),
        until: local(new Date(Date.now() + hour)),
      },
    ],
  });
}

const week = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

/** Calendars whose business hours are closed now: another day of the week, and a holiday. */
function closedNow(): readonly Calendar[] {
  const today = local(new Date()).slice(0, 10);
  const weekday = new Date(`${today}T00:00Z`).getUTCDay();
  const allDay = { from: "00:00", until: "23:59" };
  return [
    { businessHours: { ...allDay, days: week.filter((_, i) => i !== weekday) } },
    { businessHours: { ...allDay, days: week }, holidays: [today.slice(5)] },
  ].map((one) => calendarSchema.parse({ timeZone, ...one }));
}

function said(servers: Servers, about: string): boolean {
  return channelNames.some((channel) =>
    heard(servers, channel).some(({ words }) => words.includes(about)),
  );
}

const settle = (seconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** Runs a body on an Alertmanager with this calendar. */
async function running(
  trial: Trial,
  calendar: Calendar,
  pace: (rendered: string) => string,
  body: () => Promise<void>,
): Promise<void> {
  trial.write(calendar, pace);
  await trial.start();
  try {
    await body();
  } catch (error) {
    throw new Error(`${String(error)}\n${trial.log}`);
  } finally {
    await trial.stop();
  }
}

async function everyStep(all: Steps, trial: Trial, amtools: readonly string[]): Promise<void> {
  const { servers } = trial;
  const { slack, channels, smtp } = servers;
  const open = calendarSchema.parse({ timeZone });
  await all.step(names.check, () => {
    trial.write(plannedNow());
    return toolsAccept(trial, amtools);
  });
  await all.step(names.render, () => formsAreRight(trial, amtools));
  trial.write(open, hurried);
  await trial.start();
  await all.step(names.one, async () => {
    await tellAll(trial, "One", 1, () => undefined);
    return `${String(priorities.length * channelNames.length)} messages`;
  });
  await all.step(
    names.over,
    async () => {
      for (const priority of priorities) {
        const about = `One${priority}`;
        await trial.resolve(alertsOf(about, priority, 1));
        for (const channel of channelNames) {
          const fits = (one: Heard) => one.words.includes(about) && isOver(one);
          const message = await arrives(servers, channel, fits, 15, `the end of ${about}`);
          rightPlace(channel, message, priority);
          if (priority === "P1") show(channel, message);
        }
      }
      return undefined;
    },
    [names.one],
  );
  await all.step(names.many, async () => {
    await tellAll(trial, "Many", 200, (channel, { words, above }, priority) => {
      const listed = words.split("배처 ").length - 1;
      const wanted = { Slack: 5, Discord: 5, Telegram: 5, mail: 200, Dooray: 200 }[channel];
      expect(
        listed === wanted,
        `${channel} lists ${String(listed)} of 200 alerts:\n${words.slice(0, 2000)}`,
      );
      if (channel !== "Dooray") expect(words.includes("×200"), `${channel} does not say ×200`);
      if (wanted === 5) expect(words.includes("5 of 200 shown"), `${channel} hides that it cuts`);
      if (channel === "mail") expect(above.includes("</html>"), `${priority}: the page is cut`);
      const longest = channel === "Slack" ? 3000 : Infinity;
      const { length } = Array.from(words);
      expect(length <= longest, `${channel}: ${String(length)} characters`);
    });
    await settle(5);
    for (const channel of channelNames) {
      const about = heard(servers, channel).filter(({ words }) => words.includes("ManyP1"));
      expect(about.length === 1, `${channel} was told ${String(about.length)} times`);
    }
    const lines = Math.max(...smtp.mails.map(({ longestLine }) => longestLine));
    expect(lines <= 998, `a mail has a line of ${String(lines)} bytes`);
    return `the longest of Discord ${String(Math.max(...heard(servers, "Discord").map(({ words }) => words.length)))} characters`;
  });
  await all.step(names.retry, async () => {
    channels.failing = "/api/webhooks/";
    await trial.post(alertsOf("Trouble", "P1", 1));
    const fits = ({ words }: Heard) => words.includes("Trouble");
    await arrives(servers, "Slack", fits, 10, "Trouble");
    await arrives(servers, "Telegram", fits, 10, "Trouble");
    expect(!heard(servers, "Discord").some(fits), "Discord was told while it failed");
    channels.failing = undefined;
    const back = Date.now();
    const message = await arrives(servers, "Discord", fits, 40, "Trouble");
    return `${((message.at - back) / 1000).toFixed(1)} s after it was back`;
  });
  await trial.stop();
  await all.step(names.pace, async () => {
    let took = 0;
    await running(
      trial,
      open,
      (text) => text,
      async () => {
        const began = Date.now();
        await trial.post(alertsOf("Pace", "P1", 1));
        const fits = ({ words }: Heard) => words.includes("Pace");
        took = (await arrives(servers, "Discord", fits, 10, "Pace")).at - began;
      },
    );
    expect(took <= 5000, `it took ${String(took)} ms`);
    return `${(took / 1000).toFixed(1)} s`;
  });
  await all.step(names.planned, async () => {
    await running(trial, plannedNow(), hurried, async () => {
      await trial.post([
        ...alertsOf("Planned", "P1", 1, { chain: "quiet" }),
        ...alertsOf("Unplanned", "P1", 1, { chain: "loud" }),
      ]);
      await arrives(servers, "mail", ({ words }) => words.includes("Unplanned"), 10, "Unplanned");
      await settle(4);
      expect(!said(servers, " Planned "), "the planned work was told");
    });
    return undefined;
  });
  await all.step(names.closed, async () => {
    for (const [i, calendar] of closedNow().entries()) {
      const about = (priority: Priority) => `Closed${String(i)}${priority}`;
      await running(trial, calendar, hurried, async () => {
        for (const priority of priorities) await trial.post(alertsOf(about(priority), priority, 1));
        for (const priority of ["P1", "P2"] as const) {
          const fits = ({ words }: Heard) => words.includes(about(priority));
          await arrives(servers, "Telegram", fits, 10, about(priority));
        }
        await settle(4);
        for (const priority of ["P3", "P4"] as const) {
          expect(!said(servers, about(priority)), `${priority} was told`);
        }
      });
    }
    return undefined;
  });
  await all.step(names.inhibit, async () => {
    await running(trial, open, hurried, async () => {
      const application = { instance: "10.88.0.20:8080", chain: "" };
      await trial.post([
        ...alertsOf("AgentSilent", "P1", 1, {
          agent: "application",
          instance: "application",
          chain: "",
        }),
        ...alertsOf("HiddenService", "P1", 1, application),
        ...alertsOf("OtherHost", "P1", 1, { instance: "10.88.0.201:8080", chain: "" }),
        ...alertsOf("Tiered", "P2", 1),
        ...alertsOf("Tiered", "P3", 1),
        ...alertsOf("Tiered", "P2", 1, { instance: "another", chain: "beta" }),
        ...alertsOf("Tiered", "P1", 1, { chain: "beta", instance: "a third" }),
        ...alertsOf("Loud", "P2", 1),
        ...alertsOf("Quiet", "P3", 1),
        ...alertsOf("Quiet", "P3", 1, { chain: "beta" }),
      ]);
      for (const about of [
        "AgentSilent",
        "OtherHost",
        "P2 Tiered on alpha",
        "P2 Tiered on beta",
        "P1 Tiered on beta",
        "Quiet on beta",
      ]) {
        await arrives(servers, "Slack", ({ words }) => words.includes(about), 10, about);
      }
      await settle(4);
      for (const hidden of ["HiddenService", "P3 Tiered", "Quiet on alpha"]) {
        expect(!said(servers, hidden), `${hidden} was told`);
      }
    });
    const refused = [...slack.refused, ...smtp.refused, ...channels.refused].filter(
      (why) => !why.includes("told to fail"),
    );
    expect(refused.length === 0, `refused: ${refused.join("; ")}`);
    return undefined;
  });
}

/**
 * The real Alertmanager on the rendered files, against servers of Slack, Discord, Telegram, mail and the Dooray adapter in their
 * wire formats. Everything listens on loopback. L2O_SHOW_MESSAGES prints what people read.
 */
export async function receivers(all: Steps, work: string): Promise<void> {
  const { alertmanager, amtool } = programs("alertmanager");
  const { amtool: newer } = programs("amtool");
  if (alertmanager === undefined || amtool === undefined) {
    const reason = "no Alertmanager was built here; 'npm run test:e2e' builds it";
    for (const name of Object.values(names)) all.skip(name, reason);
    return;
  }
  const folder = join(work, "receivers");
  const servers = {
    slack: await FakeSlack.listen("127.0.0.1", "/services/not-a-real-key"),
    channels: await FakeChannels.listen(botToken),
    smtp: await FakeSmtp.listen({ ...(await certificate(`${folder}-mail`)), ...account }),
  };
  const trial = new Trial(alertmanager, folder, servers);
  try {
    await everyStep(all, trial, [amtool, ...(newer === undefined ? [] : [newer])]);
  } finally {
    await trial.stop();
    servers.slack.close();
    servers.channels.close();
    servers.smtp.close();
  }
}

async function alone(): Promise<boolean> {
  const steps = new Steps();
  const work = mkdtempSync(join(tmpdir(), "l2o-e2e-receivers-"));
  try {
    await receivers(steps, work);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return steps.close();
}

if (require.main === module) exitAfter(alone());
