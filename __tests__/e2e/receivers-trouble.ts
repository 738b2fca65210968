import type { Routes } from "../../constructs/alertmanager";
import type { Trouble } from "../../tools/rig/gate";
import { eventually, expect, print, type Steps } from "../../tools/rig/steps";
import {
  channelNames,
  hurried,
  environmentNames,
  type ChannelName,
  type Heard,
  type Trial,
} from "./receivers-trial";

/** Names of the steps. */
export const troubleNames = {
  first: "receivers: Slack fails, Telegram hangs, mail refuses",
  second: "receivers: Discord fails, the webhook and mail hang, Dooray refuses",
  elsewhere: "receivers: a channel that hears P1 and P2 alone refuses, and another is told so",
} as const;

type Troubled = Partial<Readonly<Record<ChannelName, Trouble>>>;

const rounds: readonly (readonly [name: "first" | "second", troubled: Troubled])[] = [
  ["first", { Slack: "fails", Telegram: "hangs", mail: "refuses" }],
  ["second", { Discord: "fails", webhook: "hangs", mail: "hangs", Dooray: "refuses" }],
];

async function put(trial: Trial, troubled: Troubled): Promise<void> {
  for (const channel of channelNames) {
    await trial.servers.gates[channel].set(troubled[channel]);
  }
}

/** The heartbeat is sent every 2 seconds in a trial. */
async function beats(trial: Trial, since: number, seconds: number): Promise<number> {
  const { servers } = trial;
  await eventually(
    "the heartbeat",
    seconds,
    () => Promise.resolve(servers.heartbeats.filter((at) => at > since).length),
    (count) => count > 1,
  );
  return servers.heartbeats.find((at) => at > since) ?? 0;
}

async function stopsBeating(trial: Trial): Promise<void> {
  const silent = 6000;
  await eventually(
    "the end of the heartbeat",
    30,
    () => Promise.resolve(Date.now() - Math.max(0, ...trial.servers.heartbeats)),
    (ms) => ms > silent,
  );
}

/** Somebody whose channel works is told that this one does not. */
async function announced(
  trial: Trial,
  channel: ChannelName,
  working: ChannelName,
  since: number,
): Promise<number> {
  const words = `over ${environmentNames[channel]} was given up`;
  const fits = (one: Heard) => one.at > since && one.words.includes(words);
  return (await trial.arrives(working, fits, 40, words)).at;
}

function after(at: number, since: number): string {
  return `${((at - since) / 1000).toFixed(1)} s`;
}

/** One round of trouble, from a sound platform to a sound platform. @returns what is worth telling */
async function round(trial: Trial, name: string, troubled: Troubled): Promise<string> {
  const { servers } = trial;
  const bad = channelNames.filter((channel) => channel in troubled);
  const good = channelNames.filter((channel) => !(channel in troubled));
  const [working] = good;
  if (working === undefined) throw new Error("no channel works");
  await beats(trial, Date.now(), 30);
  await put(trial, troubled);
  const began = Date.now();
  await trial.post(trial.alerts(name, "P1"));
  const fits = ({ words }: Heard) => words.includes(name);
  for (const channel of good) await trial.arrives(channel, fits, 10, name);
  const told = new Map<ChannelName, number>();
  for (const channel of bad) {
    told.set(channel, await announced(trial, channel, working, began));
    expect(!servers.heard(channel).some(fits), `${channel} was told in spite of its trouble`);
  }
  await stopsBeating(trial);
  await put(trial, {});
  const back = Date.now();
  for (const channel of bad) {
    const { at } = await trial.arrives(channel, fits, 40, name);
    const elsewhere = after(told.get(channel) ?? 0, began);
    print(
      `    ${channel.padEnd(9)} ${String(troubled[channel]).padEnd(8)} told by ${working} after ${elsewhere}, delivered ${after(at, back)} after it was back`,
    );
  }
  const resumed = await beats(trial, back, 60);
  await trial.resolve(trial.alerts(name, "P1"));
  return `the heartbeat stops, and is back ${after(resumed, back)} after the channels`;
}

/** What people set up who keep a channel for what is urgent. */
const urgentApart: Routes = {
  P1: ["slack"],
  P2: ["slack"],
  P3: ["mail"],
  P4: ["mail"],
  heartbeat: ["outside"],
};

/** Channels in trouble, on the real Alertmanager's metrics, looked at by the real Prometheus with the real rules. */
export async function troubles(all: Steps, trial: Trial): Promise<void> {
  await trial.stop();
  trial.write({ pace: hurried });
  await trial.start();
  await trial.startPrometheus();
  try {
    for (const [name, troubled] of rounds) {
      await all.step(troubleNames[name], () => round(trial, `Trouble-${name}`, troubled));
    }
  } finally {
    await put(trial, {});
    await trial.stop();
  }
  await all.step(troubleNames.elsewhere, async () => {
    let took = "";
    const body = async () => {
      await beats(trial, Date.now(), 30);
      await put(trial, { Slack: "refuses" });
      const began = Date.now();
      await trial.post(trial.alerts("Urgent", "P1"));
      took = after(await announced(trial, "Slack", "mail", began), began);
    };
    try {
      await trial.running({ routes: urgentApart, pace: hurried }, body, true);
    } finally {
      await put(trial, {});
    }
    return `by mail after ${took}`;
  });
}
