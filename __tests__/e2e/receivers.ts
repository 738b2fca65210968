import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../commands/shell";
import { calendarSchema, type Calendar } from "../../constructs/core/calendar";
import { priorities, priorityDetails, type Priority } from "../../constructs/core/alert";
import { eventually, exitAfter, expect, print, Steps } from "../../tools/rig/steps";
import { receiversCalled, routeCases } from "../support/route-tests";
import { messageForms, templateCases, type FormName } from "../support/template-tests";
import { messageFaults } from "./checkers";
import {
  channelNames,
  hurried,
  programs,
  Servers,
  timeZone,
  Trial,
  type ChannelName,
  type Heard,
} from "./receivers-trial";
import { troubleNames, troubles } from "./receivers-trouble";

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
    "/runbooks/BatcherLowETH",
    "/graph?g0.expr=up",
  ];
  const title = plain(channel) ? [] : [`${emoji} ${priority} `, "on alpha (production)", "KST"];
  for (const wanted of [...common, ...title]) {
    expect(words.includes(wanted), `${channel} does not say '${wanted}':\n${words}`);
  }
}

/** Channels that get Alertmanager's own JSON. */
function plain(channel: ChannelName): boolean {
  return channel === "Dooray" || channel === "webhook";
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

/** Links that were followed, with what was found. */
const followed = new Map<string, string>();

async function follow(link: string): Promise<string> {
  // Prometheus' pages are not in what is built here: it must know the page, and the query on it.
  const answer = await fetch(link, { redirect: "manual" });
  if (answer.status === 200) return "";
  const { origin, searchParams } = new URL(link);
  const expr = searchParams.get("g0.expr");
  if (answer.status !== 302 || expr === null) return `${link}: ${String(answer.status)}`;
  const asked = await fetch(`${origin}/api/v1/query?query=${encodeURIComponent(expr)}`);
  const { data } = (await asked.json()) as { data?: { result?: readonly unknown[] } };
  return data?.result?.length === 1 ? "" : `${link}: its query finds nothing`;
}

/** Every link of a message leads somewhere. */
async function linksResolve(channel: ChannelName, { words, above }: Heard): Promise<void> {
  const found = [...`${words}\n${above}`.matchAll(/https?:\/\/127\.0\.0\.1:\d+[^\s"<>|)\\]*/g)];
  const links = new Set(found.map(([link]) => link.replaceAll("&amp;", "&")));
  for (const page of ["/graph?", "/runbooks/", ...(plain(channel) ? [] : ["/#/silences/new?"])]) {
    expect(
      [...links].some((link) => link.includes(page)),
      `${channel} has no link to ${page}:\n${words}`,
    );
  }
  for (const link of links) {
    followed.set(link, followed.get(link) ?? (await follow(link)));
    const fault = followed.get(link) ?? "";
    expect(fault === "", `${channel}: ${fault}`);
  }
}

const names = {
  check: "receivers: amtool of both versions takes the configuration and every priority's route",
  render: "receivers: every form of every message says what it must, within the platform's limits",
  one: "receivers: one alert of each priority, in Korean, reaches every channel, the right one, complete, and its links resolve",
  over: "receivers: what is over is told on every channel, and calls nobody",
  many: "receivers: 200 alerts of each priority are one message each, within the limits, and readable",
  pace: "receivers: P1 is told within 5 s at the pace that is deployed",
  planned: "receivers: planned work on one chain is quiet, another chain's P1 is told",
  closed:
    "receivers: outside business hours P1, P2 and drills are told, P3 and P4 wait; so on a holiday",
  inhibit:
    "receivers: a silent host hides its services, at once and without a word of its own; a higher tier the lower ones",
} as const;

function local(date: Date): string {
  const parts = new Intl.DateTimeFormat("sv-SE", {
    timeZone,
    dateStyle: "short",
    timeStyle: "short",
  }).format(date);
  return parts.replace(" ", "T");
}

async function toolsAccept(trial: Trial, amtools: readonly string[]): Promise<string> {
  const config = readFileSync(trial.config, "utf8");
  for (const amtool of amtools) {
    const checked = await run(amtool, ["check-config", trial.config]);
    expect(checked.code === 0, checked.stdout + checked.stderr);
    for (const { labels, receiver } of routeCases) {
      const routed = await run(amtool, [
        ...["config", "routes", "test", `--config.file=${trial.config}`],
        `--verify.receivers=${receiversCalled(config, receiver)}`,
        ...Object.entries(labels).map(([label, value]) => `${label}=${value}`),
      ]);
      expect(routed.code === 0, `${JSON.stringify(labels)}: ${routed.stdout}${routed.stderr}`);
    }
  }
  return `${String(routeCases.length)} routes, ${String(amtools.length)} versions`;
}

async function formsAreRight(trial: Trial, amtools: readonly string[]): Promise<string> {
  // The cases tell the time in UTC.
  trial.write({ calendar: calendarSchema.parse({}) });
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
  if (process.env["L2O_SHOW_MESSAGES"] === undefined || plain(channel)) return;
  const mention = channel === "Discord" && above !== "" ? `${above}\n` : "";
  print(`    ── ${channel}\n    ${`${mention}${words}`.split("\n").join("\n    ")}`);
}

const kinds = ["firing", "resolved", "group of 200"] as const;

/** How long each message took, by channel, priority and kind. */
class Matrix {
  readonly #seconds = new Map<string, string>();

  note(channel: ChannelName, priority: Priority, kind: (typeof kinds)[number], ms: number): void {
    this.#seconds.set(`${channel} ${priority} ${kind}`, (ms / 1000).toFixed(1));
  }

  print(): void {
    const cells = channelNames.flatMap((channel) =>
      kinds.map((kind) => [
        channel.padEnd(9),
        kind.padEnd(13),
        ...priorities.map((priority) =>
          (this.#seconds.get(`${channel} ${priority} ${kind}`) ?? "-").padStart(5),
        ),
      ]),
    );
    print("    seconds from an alert to its message; 1 s of it is the wait for company");
    print(
      `    ${["channel".padEnd(9), "".padEnd(13), ...priorities.map((p) => p.padStart(5))].join(" ")}`,
    );
    for (const row of cells) print(`    ${row.join(" ")}`);
  }
}

/** Posts one group per priority and looks at what every channel got. */
async function tellAll(
  trial: Trial,
  name: string,
  count: number,
  check: (channel: ChannelName, message: Heard, priority: Priority, ms: number) => void,
): Promise<void> {
  const posted = new Map<Priority, number>();
  for (const priority of priorities) {
    posted.set(priority, Date.now());
    await trial.post(trial.alerts(`${name}${priority}`, priority, count));
  }
  for (const priority of priorities) {
    const about = `${name}${priority}`;
    for (const channel of channelNames) {
      const fits = (one: Heard) => one.words.includes(about) && !isOver(one);
      const message = await trial.arrives(channel, fits, 15, about);
      complete(channel, message, priority);
      rightPlace(channel, message, priority);
      await linksResolve(channel, message);
      check(channel, message, priority, message.at - (posted.get(priority) ?? 0));
      if (priority === "P1") show(channel, message);
    }
  }
}

async function tellOver(trial: Trial, matrix: Matrix): Promise<void> {
  for (const priority of priorities) {
    const about = `One${priority}`;
    const resolved = Date.now();
    await trial.resolve(trial.alerts(about, priority));
    for (const channel of channelNames) {
      const fits = (one: Heard) => one.words.includes(about) && isOver(one);
      const message = await trial.arrives(channel, fits, 15, `the end of ${about}`);
      rightPlace(channel, message, priority);
      matrix.note(channel, priority, "resolved", message.at - resolved);
      if (priority === "P1") show(channel, message);
    }
  }
}

/** How many of 200 alerts a message lists. */
const listed: Readonly<Record<ChannelName, number>> = {
  Slack: 5,
  Discord: 5,
  Telegram: 5,
  mail: 200,
  Dooray: 200,
  webhook: 200,
};

function readable(channel: ChannelName, { words, above }: Heard): void {
  const shown = words.split("배처 ").length - 1;
  const wanted = listed[channel];
  expect(
    shown === wanted,
    `${channel} lists ${String(shown)} of 200 alerts:\n${words.slice(0, 2000)}`,
  );
  if (!plain(channel)) expect(words.includes("×200"), `${channel} does not say ×200`);
  if (wanted === 5) expect(words.includes("5 of 200 shown"), `${channel} hides that it cuts`);
  if (channel === "mail") expect(above.includes("</html>"), "the mail's page is cut");
  const { length } = Array.from(words);
  expect(channel !== "Slack" || length <= 3000, `${channel}: ${String(length)} characters`);
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
    servers.heard(channel).some(({ words }) => words.includes(about)),
  );
}

const settle = (seconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** The files as written: what is told, when and to whom. */
async function matrixSteps(all: Steps, trial: Trial): Promise<void> {
  const { servers } = trial;
  const matrix = new Matrix();
  await all.step(names.one, async () => {
    trial.write({ pace: hurried });
    await trial.start();
    await trial.startPrometheus();
    await eventually(
      "Prometheus has seen Alertmanager",
      15,
      () => follow(`${trial.prometheus}/graph?g0.expr=up%7Bjob%3D%22alertmanager%22%7D`),
      (fault) => fault === "",
    );
    await tellAll(trial, "One", 1, (channel, _, priority, ms) => {
      matrix.note(channel, priority, "firing", ms);
    });
    return `${String(priorities.length * channelNames.length)} messages, ${String(followed.size)} links`;
  });
  await all.step(
    names.over,
    async () => {
      await tellOver(trial, matrix);
      return undefined;
    },
    [names.one],
  );
  await all.step(
    names.many,
    async () => {
      await tellAll(trial, "Many", 200, (channel, message, priority, ms) => {
        readable(channel, message);
        matrix.note(channel, priority, "group of 200", ms);
      });
      await settle(5);
      for (const channel of channelNames) {
        const about = servers.heard(channel).filter(({ words }) => words.includes("ManyP1"));
        expect(about.length === 1, `${channel} was told ${String(about.length)} times`);
      }
      const lines = Math.max(...servers.smtp.mails.map(({ longestLine }) => longestLine));
      expect(lines <= 998, `a mail has a line of ${String(lines)} bytes`);
      const longest = (channel: ChannelName) =>
        Math.max(...servers.heard(channel).map(({ words }) => Array.from(words).length));
      const shown = (["Slack", "Discord", "Telegram"] as const).map(
        (channel) => `${channel} ${String(longest(channel))}`,
      );
      return `the longest in characters: ${shown.join(", ")}`;
    },
    [names.one],
  );
  await trial.stop();
  matrix.print();
}

/** What the calendar, the hosts and the tiers keep silent. */
async function silenceSteps(all: Steps, trial: Trial): Promise<void> {
  const { servers } = trial;
  await all.step(names.pace, async () => {
    let took = 0;
    await trial.running({}, async () => {
      const began = Date.now();
      await trial.post(trial.alerts("Pace", "P1"));
      const fits = ({ words }: Heard) => words.includes("Pace");
      took = (await trial.arrives("Discord", fits, 10, "Pace")).at - began;
    });
    expect(took <= 5000, `it took ${String(took)} ms`);
    return `${(took / 1000).toFixed(1)} s`;
  });
  await all.step(names.planned, async () => {
    await trial.running({ calendar: plannedNow(), pace: hurried }, async () => {
      await trial.post([
        ...trial.alerts("Planned", "P1", 1, { chain: "quiet" }),
        ...trial.alerts("Unplanned", "P1", 1, { chain: "loud" }),
      ]);
      const fits = ({ words }: Heard) => words.includes("Unplanned");
      await trial.arrives("mail", fits, 10, "Unplanned");
      await settle(4);
      expect(!said(servers, " Planned "), "the planned work was told");
    });
    return undefined;
  });
  await all.step(names.closed, async () => {
    for (const [i, calendar] of closedNow().entries()) {
      const about = (priority: string) => `Closed${String(i)}${priority}`;
      await trial.running({ calendar, pace: hurried }, async () => {
        for (const priority of priorities) {
          await trial.post(trial.alerts(about(priority), priority));
        }
        await trial.post(trial.alerts(about("Drill"), "P3", 1, { drill: "true" }));
        for (const told of ["P1", "P2", "Drill"]) {
          const fits = ({ words }: Heard) => words.includes(about(told));
          await trial.arrives("Telegram", fits, 10, about(told));
        }
        await settle(4);
        for (const priority of ["P3", "P4"]) {
          expect(!said(servers, about(priority)), `${priority} was told`);
        }
      });
    }
    return undefined;
  });
  await all.step(names.inhibit, async () => {
    await trial.running({ pace: hurried }, async () => {
      await trial.post(inhibited(trial));
      for (const about of [
        "AgentSilent",
        "OtherHost",
        "P2 Tiered on alpha",
        "P2 Tiered on beta",
        "P1 Tiered on beta",
        "Quiet on beta",
      ]) {
        await trial.arrives("Slack", ({ words }) => words.includes(about), 10, about);
      }
      await settle(4);
      const silent = ["HiddenService", "AgentStale", "FirstToFall", "P3 Tiered", "Quiet on alpha"];
      for (const hidden of silent) expect(!said(servers, hidden), `${hidden} was told`);
    });
    return undefined;
  });
}

/** A host that is silent, one that begins to be, tiers of one alert, and an alert that another one hides. */
function inhibited(trial: Trial) {
  const of = (name: string, priority: Priority, labels: Readonly<Record<string, string>> = {}) =>
    trial.alerts(name, priority, 1, labels);
  return [
    ...of("AgentSilent", "P1", { agent: "application", instance: "application", chain: "" }),
    ...of("HiddenService", "P1", { instance: "10.88.0.20:8080", chain: "" }),
    ...of("OtherHost", "P1", { instance: "10.88.0.201:8080", chain: "" }),
    ...of("AgentStale", "P4", {
      agent: "dying",
      instance: "dying",
      chain: "",
      only_inhibits: "true",
    }),
    ...of("FirstToFall", "P1", { instance: "10.88.0.30:8080", chain: "" }),
    ...of("Tiered", "P2"),
    ...of("Tiered", "P3"),
    ...of("Tiered", "P2", { instance: "another", chain: "beta" }),
    ...of("Tiered", "P1", { chain: "beta", instance: "a third" }),
    ...of("Loud", "P2"),
    ...of("Quiet", "P3"),
    ...of("Quiet", "P3", { chain: "beta" }),
  ];
}

async function everyStep(all: Steps, trial: Trial, amtools: readonly string[]): Promise<void> {
  await all.step(names.check, () => {
    trial.write({ calendar: plannedNow() });
    return toolsAccept(trial, amtools);
  });
  await all.step(names.render, () => formsAreRight(trial, amtools));
  await matrixSteps(all, trial);
  await silenceSteps(all, trial);
  await troubles(all, trial);
  const { refused } = trial.servers;
  expect(refused.length === 0, `refused: ${refused.join("; ")}`);
}

/**
 * The real Alertmanager on the rendered files, against servers of Slack, Discord, Telegram, mail, the Dooray adapter and a
 * webhook in their wire formats, which fail, hang and refuse in turn while a real Prometheus looks on. Everything listens
 * on loopback. L2O_SHOW_MESSAGES prints what people read.
 */
export async function receivers(all: Steps, work: string): Promise<void> {
  const { alertmanager, amtool } = programs("alertmanager");
  const { amtool: newer } = programs("amtool");
  if (alertmanager === undefined || amtool === undefined) {
    const reason = "no Alertmanager was built here; 'npm run test:e2e' builds it";
    for (const name of [...Object.values(names), ...Object.values(troubleNames)]) {
      all.skip(name, reason);
    }
    return;
  }
  const folder = join(work, "receivers");
  const servers = await Servers.open(`${folder}-mail`);
  const trial = new Trial(alertmanager, folder, servers);
  try {
    await everyStep(all, trial, [amtool, ...(newer === undefined ? [] : [newer])]);
  } finally {
    await trial.stop();
    await servers.close();
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
