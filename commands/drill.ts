import { drillLabel } from "../constructs/core/alert";
import { durationSeconds } from "../constructs/core/promql";
import { drillJob, drillMetric } from "../constructs/pushgateway/drill";
import type { Addresses } from "./health";
import { alertmanagerOf, renderEnvironment, unknownAlert, type RenderedAlert } from "./rendered";
import {
  channelsOf,
  routesFor,
  type AlertmanagerConfig,
  type Channel,
  type Labels,
} from "./routes";
import { CommandError, sleep, type Progress } from "./shell";
import { addressesOf } from "./start";

/** How long a message may take beyond what Alertmanager waits on purpose, in seconds. */
const patienceSeconds = 60;

/** What a drill needs to know. */
export interface Drill {
  readonly rendered: RenderedAlert;
  readonly config: AlertmanagerConfig;
  readonly addresses: Pick<Addresses, "prometheus" | "push"> & { readonly alertmanager: string };
  /**
   * Ends the drill; what it set up is removed all the same.
   * @default - runs to its end
   */
  readonly signal?: AbortSignal;
}

interface Expected {
  readonly receiver: string;
  readonly integration: string;
  readonly channels: readonly Channel[];
}

interface ApiAlert {
  readonly labels: Labels;
}

async function request(url: string, init: RequestInit = {}): Promise<Response> {
  const { origin } = new URL(url);
  let response: Response;
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(5000), ...init });
  } catch (error) {
    throw new CommandError(`${origin} must answer, got nothing: is the tunnel up?`, {
      cause: error,
    });
  }
  if (!response.ok) {
    const said = (await response.text()).trim().slice(0, 300);
    throw new CommandError(`${url} answered ${String(response.status)}: ${said}`);
  }
  return response;
}

async function get<T>(url: string): Promise<T> {
  return (await (await request(url)).json()) as T;
}

/** Text of a rule with the labels that a drill knows; what only a real series knows is shown as `…`. */
export function filled(template: string, labels: Labels): string {
  return template
    .replace(
      /\{\{-?\s*with \$labels\.(\w+)\s*-?\}\}(.*?)\{\{-?\s*end\s*-?\}\}/gs,
      (_, label: string, inner: string) => {
        const value = labels[label];
        return value === undefined ? "" : inner.replace(/\{\{\s*\.\s*\}\}/g, value);
      },
    )
    .replace(/\{\{-?\s*\$labels\.(\w+)\s*-?\}\}/g, (_, label: string) => labels[label] ?? "…")
    .replace(/\{\{.*?\}\}/gs, "…");
}

/** The alert as it is posted: its own labels and words, marked as a drill wherever a person looks. */
export function drillOf({ labels, annotations }: RenderedAlert): {
  readonly labels: Labels;
  readonly annotations: Labels;
} {
  const texts = Object.entries(annotations).map(([name, text]) => [name, filled(text, labels)]);
  const words = Object.fromEntries(texts) as Labels;
  return {
    labels: { ...labels, [drillLabel]: "true" },
    annotations: {
      ...words,
      summary: `DRILL: ${words["summary"] ?? ""}`,
      description: `DRILL, nothing is wrong: ${words["description"] ?? ""}`,
    },
  };
}

/** Sum of a metric's series with these labels, in the text that Prometheus scrapes. */
export function valueIn(text: string, metric: string, labels: Labels): number {
  return text.split("\n").reduce((sum, line) => {
    if (!line.startsWith(`${metric}{`)) return sum;
    const own = Object.entries(labels).every(([label, value]) =>
      line.includes(`${label}="${value}"`),
    );
    return own ? sum + Number(line.slice(line.lastIndexOf(" ") + 1)) : sum;
  }, 0);
}

/** What Alertmanager counted for one receiver and integration. */
interface Count {
  readonly delivered: number;
  readonly failed: number;
}

async function counts(alertmanager: string, all: readonly Expected[]): Promise<readonly Count[]> {
  const text = await (await request(`${alertmanager}/metrics`)).text();
  // `alertmanager_notifications_total` rises before a message is sent: only requests tell which succeeded.
  const of = (name: string, { receiver, integration }: Expected) =>
    valueIn(text, `alertmanager_notification_${name}`, { integration, receiver_name: receiver });
  return all.map((expected) => {
    const failed = of("requests_failed_total", expected);
    return { failed, delivered: of("requests_total", expected) - failed };
  });
}

/** Whom the routes lead to: a drill's own are never muted. @throws CommandError when that is nobody */
function expectedOf(
  config: AlertmanagerConfig,
  labels: Labels,
): { readonly all: readonly Expected[]; readonly wait: number; readonly interval: number } {
  const matched = routesFor(config, labels);
  const all = matched.flatMap(({ receiver }) => {
    const channels = channelsOf(config, receiver);
    const integrations = [...new Set(channels.map(({ integration }) => integration))];
    return integrations.map((integration) => ({
      receiver,
      integration,
      channels: channels.filter((channel) => channel.integration === integration),
    }));
  });
  if (all.length === 0) {
    throw new CommandError(
      `somebody must hear the alert, got no channel in ${matched.map(({ receiver }) => receiver).join(", ")}: add one to 'receivers' and 'routes'`,
    );
  }
  return {
    all,
    wait: Math.max(...matched.map(({ groupWait }) => durationSeconds(groupWait))),
    interval: Math.max(...matched.map(({ groupInterval }) => durationSeconds(groupInterval))),
  };
}

function inTime(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new CommandError("the drill was interrupted");
}

/** Waits until every receiver got one message more per channel; tells each as it comes. */
async function arrivals(
  { addresses, signal }: Drill,
  all: readonly Expected[],
  before: readonly Count[],
  { since, seconds, what }: { since: number; seconds: number; what: string },
  print: Progress,
): Promise<boolean> {
  const waiting = new Set(all.keys());
  let now = before;
  for (;;) {
    now = await counts(addresses.alertmanager, all);
    const after = (Date.now() - since) / 1000;
    for (const i of waiting) {
      const { receiver, channels } = all[i] ?? { receiver: "", channels: [] };
      const got = (now[i]?.delivered ?? 0) - (before[i]?.delivered ?? 0);
      if (got < channels.length) continue;
      waiting.delete(i);
      const names = channels.map(({ name }) => name).join(", ");
      print(`✓ ${receiver}, ${names}: ${what} after ${after.toFixed(1)} s`);
    }
    if (waiting.size === 0) return true;
    if (after > seconds) break;
    inTime(signal);
    await sleep(0.25);
  }
  for (const i of waiting) {
    const { receiver, channels } = all[i] ?? { receiver: "", channels: [] };
    const failed = (now[i]?.failed ?? 0) - (before[i]?.failed ?? 0);
    const names = channels.map(({ name }) => name).join(", ");
    print(
      `✗ ${receiver}, ${names}: not ${what} within ${String(seconds)} s, ${failed === 0 ? "nothing was sent" : `${String(failed)} attempts failed; Alertmanager's log says why`}`,
    );
  }
  return false;
}

async function activeAlerts(alertmanager: string, name: string): Promise<readonly ApiAlert[]> {
  const filter = encodeURIComponent(`alertname=${JSON.stringify(name)}`);
  return get<readonly ApiAlert[]>(`${alertmanager}/api/v2/alerts?filter=${filter}`);
}

/** A drill in the middle of an incident would be taken for it, or hide it. */
async function refuseWhileReal({ rendered, addresses }: Drill): Promise<void> {
  const { name } = rendered.alert;
  const active = await activeAlerts(addresses.alertmanager, name);
  if (active.some(({ labels }) => labels[drillLabel] === undefined)) {
    throw new CommandError(
      `${name} must not fire during a drill of it, got a real one: see to that first, or drill another alert`,
    );
  }
  if (active.length > 0) {
    throw new CommandError(
      `${name} must not be in a drill already, got one that still runs: it ends within minutes by itself`,
    );
  }
  const { data } = await get<{
    data: { alerts: readonly { labels: Labels; state: string }[] };
  }>(`${addresses.prometheus}/api/v1/alerts`);
  if (data.alerts.some(({ labels, state }) => labels["alertname"] === name && state === "firing")) {
    throw new CommandError(
      `${name} must not fire during a drill of it, got a real one in Prometheus: see to that first, or drill another alert`,
    );
  }
}

/**
 * First leg: the alert as it is rendered, posted to Alertmanager, to every receiver and back.
 * @returns whether every receiver was told that it fires and that it is over
 */
export async function deliveryLeg(drill: Drill, print: Progress): Promise<boolean> {
  const { rendered, config, addresses } = drill;
  const { labels, annotations } = drillOf(rendered);
  await refuseWhileReal(drill);
  const { all, wait, interval } = expectedOf(config, labels);
  const post = (startsAt: number, endsAt: number) =>
    request(`${addresses.alertmanager}/api/v2/alerts`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify([
        {
          labels,
          annotations,
          startsAt: new Date(startsAt).toISOString(),
          endsAt: new Date(endsAt).toISOString(),
        },
      ]),
    });
  const seconds = wait + patienceSeconds;
  const before = await counts(addresses.alertmanager, all);
  const began = Date.now();
  // Over by itself, should this process be killed.
  await post(began, began + (seconds + patienceSeconds) * 1000);
  print(`posted ${rendered.alert.name} to ${addresses.alertmanager}; it waits ${String(wait)} s`);
  let arrived = false;
  let between = before;
  let over = began;
  try {
    const what = "delivered";
    arrived = await arrivals(drill, all, before, { since: began, seconds, what }, print);
    between = await counts(addresses.alertmanager, all);
  } finally {
    over = Date.now();
    await post(began, over);
  }
  if (!arrived) return false;
  print(`resolved it; Alertmanager tells so within ${String(interval)} s`);
  const hearing = all.flatMap((expected, i) => {
    const channels = expected.channels.filter(({ sendResolved }) => sendResolved);
    return channels.length === 0 ? [] : [{ expected: { ...expected, channels }, i }];
  });
  const resolved = await arrivals(
    drill,
    hearing.map(({ expected }) => expected),
    hearing.map(({ i }) => between[i] ?? { delivered: 0, failed: 0 }),
    { since: over, seconds: interval + patienceSeconds, what: "told that it is over" },
    print,
  );
  const left = await activeAlerts(addresses.alertmanager, rendered.alert.name);
  if (left.length > 0) print(`✗ ${rendered.alert.name} is still in Alertmanager`);
  return resolved && left.length === 0;
}

async function waitFor(
  seconds: number,
  signal: AbortSignal | undefined,
  ask: () => Promise<boolean>,
): Promise<number | undefined> {
  const began = Date.now();
  for (;;) {
    if (await ask()) return (Date.now() - began) / 1000;
    if (Date.now() - began > seconds * 1000) return undefined;
    inTime(signal);
    await sleep(0.25);
  }
}

const drilledRule = "AlertPathDrill";

/**
 * Second leg: a pushed metric drives a shipped rule, from Prometheus to Alertmanager and back.
 * @returns whether it arrived and went away again
 */
export async function ruleLeg(
  { addresses: { push, alertmanager, prometheus }, signal }: Pick<Drill, "addresses" | "signal">,
  print: Progress,
): Promise<boolean> {
  if (push === undefined) {
    print("- rule leg: not tried, this environment takes no pushed metrics ('pushgateway: false')");
    return true;
  }
  const group = `${push}/metrics/job/${drillJob}`;
  // By the platform's clock: this machine's may be minutes off.
  const { data } = await get<{ data: { result: readonly [number, string] } }>(
    `${prometheus}/api/v1/query?query=time()`,
  );
  const there = async () => (await activeAlerts(alertmanager, drilledRule)).length > 0;
  await request(group, {
    method: "POST",
    body: `# TYPE ${drillMetric} gauge\n${drillMetric} ${data.result[1]}\n`,
  });
  let fired: number | undefined;
  try {
    fired = await waitFor(patienceSeconds, signal, there);
  } finally {
    await request(group, { method: "DELETE" });
  }
  if (fired === undefined) {
    print(
      `✗ rule leg: ${drilledRule} not in Alertmanager ${String(patienceSeconds)} s after its metric was pushed; npm run status names what is down`,
    );
    return false;
  }
  print(
    `✓ rule leg: from a pushed metric over Prometheus to Alertmanager in ${fired.toFixed(1)} s`,
  );
  const gone = await waitFor(patienceSeconds, signal, async () => !(await there()));
  print(
    gone === undefined
      ? `✗ rule leg: ${drilledRule} is still there ${String(patienceSeconds)} s after its metric was removed`
      : `✓ rule leg: over ${gone.toFixed(1)} s after its metric was removed`,
  );
  return gone !== undefined;
}

/**
 * Drills one alert of a running environment: `drill <environment> <alert>`.
 * @returns whether every receiver got it and the rule fired
 * @throws CommandError for an unknown alert, one that really fires, and when nobody would hear it
 */
export async function drillAlert(name: string, alert: string, print: Progress): Promise<boolean> {
  const environment = renderEnvironment(name);
  const { config } = alertmanagerOf(environment);
  const rendered = environment.alerts.find((one) => one.alert.name === alert);
  if (rendered === undefined) {
    throw unknownAlert(
      alert,
      environment.alerts.map((one) => one.alert.name),
    );
  }
  const stop = new AbortController();
  const interrupt = () => {
    stop.abort();
  };
  process.once("SIGINT", interrupt);
  process.once("SIGTERM", interrupt);
  try {
    const { alertmanager = "", ...others } = addressesOf(environment.environment);
    const addresses = { ...others, alertmanager };
    const drill = { rendered, config, addresses, signal: stop.signal };
    const delivered = await deliveryLeg(drill, print);
    const ruled = await ruleLeg(drill, print);
    print(
      delivered && ruled
        ? `${name}: everybody who should hear ${alert} heard it`
        : `${name}: the drill failed`,
    );
    return delivered && ruled;
  } finally {
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", interrupt);
  }
}
