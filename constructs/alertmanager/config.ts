import {
  drillLabel,
  everyChannelLabel,
  onlyInhibitsLabel,
  priorities,
  priorityDetails,
  type AnyAlert,
  type Priority,
} from "../core/alert";
import { ConfigFile } from "../core/config-file";
import { chainsOf, timeIntervals, timeTemplate, timingOf, type Calendar } from "../core/calendar";
import { hostAlert, sameThing, sharedWith, silencingSeverities } from "../core/inhibition";
import { groupBy, heartbeatPace, pace } from "../core/pace";
import type { Receiver, Routes } from "../core/receiver";
import { everyReceiver, heartbeatReceiver } from "./mixin";
import { receiverName, renderEveryAddress, renderHeartbeat, renderReceiver } from "./receivers";

/** Folder of the configuration in the container. */
export const configFolder = "/etc/alertmanager";

const templatesFolder = `${configFolder}/templates`;

interface InhibitRule {
  readonly source_matchers: readonly string[];
  readonly target_matchers: readonly string[];
  readonly equal: readonly string[];
}

/** A drill keeps no real alert silent, nor the other way round. */
function apartFromDrills(rule: InhibitRule): InhibitRule {
  return { ...rule, equal: [...rule.equal, drillLabel] };
}

/** A host whose loss says all that can be said about what runs on it. */
export interface WatchedHost {
  /** Its agent, whose silence means that the host cannot be reached. */
  readonly agent: string;
  /** Its address, as in the `instance` of what is scraped on it. */
  readonly address: string;
}

function severityOf(priority: Priority): string {
  return priorityDetails[priority].severity;
}

/** Each tier of an alert says all that its lower tiers say about the same thing. */
function tierRules(): InhibitRule[] {
  return priorities.slice(0, -1).map((priority, i) => ({
    source_matchers: [`severity="${severityOf(priority)}"`],
    target_matchers: [
      `severity=~"${priorities
        .slice(i + 1)
        .map(severityOf)
        .join("|")}"`,
    ],
    equal: ["alertname", "environment", ...sameThing],
  }));
}

/** Hears what nobody is told. */
const silentReceiver = "silent";

/** What a host's silence is called: at once, without telling anybody, and when it lasts. */
const hostAlerts = ["AgentStale", hostAlert].join("|");

/** A silent host hides what is scraped on it: what its own agent scrapes is hidden by name (`inhibitedBy`). */
function hostRules(hosts: readonly WatchedHost[]): InhibitRule[] {
  return hosts.map(({ agent, address }) => ({
    source_matchers: [`alertname=~"${hostAlerts}"`, `agent="${agent}"`],
    target_matchers: [
      `alertname!~"${hostAlerts}"`,
      `instance=~"${address.replaceAll(".", "[.]")}(:[0-9]+)?"`,
    ],
    equal: ["environment"],
  }));
}

function namedRules(alerts: readonly AnyAlert[]): InhibitRule[] {
  const known = new Set(alerts.map(({ name }) => name));
  const rules = alerts.flatMap((alert) =>
    (alert.inhibitedBy ?? [])
      .filter((source) => known.has(source))
      .map((source) => namedRule(source, alert, silencingSeverities(source, alert, alerts))),
  );
  return [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()];
}

function namedRule(
  source: string,
  { name, priority }: AnyAlert,
  severities: readonly string[],
): InhibitRule {
  return {
    source_matchers: [`alertname="${source}"`, `severity=~"${severities.join("|")}"`],
    target_matchers: [`alertname="${name}"`, `severity="${severityOf(priority)}"`],
    equal: ["environment", ...sharedWith(source)],
  };
}

/** What decides the configuration. */
export interface ConfigProps {
  readonly receivers: readonly Receiver[];
  readonly routes: Routes;
  readonly calendar: Calendar;
  /** The catalogue, for inhibition. */
  readonly alerts: readonly AnyAlert[];
  /** Hosts whose services are hidden while they are silent. */
  readonly hosts: readonly WatchedHost[];
}

/** What a route and those below it are: how soon, and when. */
type Pace = (typeof pace)[Priority] | typeof heartbeatPace;

/**
 * A route that tells each channel by a receiver of its own. One that hangs holds up no other, and what it fails is
 * counted as its own.
 * @param matchers of the alerts; all where there are none
 * @param below when each channel is told
 */
function route(
  name: string,
  matchers: readonly string[],
  channels: readonly Receiver[],
  how: Pace,
  below: object = {},
): object {
  return {
    ...(matchers.length === 0 ? {} : { matchers }),
    receiver: name,
    group_by: groupBy,
    ...how,
    ...(channels.length === 0
      ? {}
      : {
          routes: channels.map((channel, i) => ({
            receiver: receiverName(name, channel.name),
            ...(i === channels.length - 1 ? {} : { continue: true }),
            ...below,
          })),
        }),
  };
}

/** When the alerts of a priority are told. Alertmanager inherits no intervals: a route below another states all of its own. */
function held(priority: Priority, calendar: Calendar): object {
  const waits = priority === "P3" || priority === "P4";
  const timing = timingOf(calendar, waits);
  const chains = chainsOf(calendar).map((chain) => ({
    matchers: [`chain="${chain}"`],
    ...timingOf(calendar, waits, chain),
  }));
  // Whoever starts a drill waits for it, at whatever time.
  const drills = { matchers: [`${drillLabel}="true"`] };
  const mayBeHeld = Object.keys(timing).length > 0 || chains.length > 0;
  return { ...timing, ...(mayBeHeld ? { routes: [drills, ...chains] } : {}) };
}

/** alertmanager.yml, generated whole: Alertmanager has no include. */
export function alertmanagerFile(props: ConfigProps): ConfigFile {
  const { receivers, routes, calendar, alerts, hosts } = props;
  const channels = (names: readonly string[]) =>
    receivers.filter((receiver) => names.includes(receiver.name));
  const everybody = channels(priorities.flatMap((priority) => routes[priority]));
  const intervals = timeIntervals(calendar);
  return ConfigFile.yaml(`${configFolder}/alertmanager.yml`, {
    global: { resolve_timeout: "5m" },
    templates: [`${templatesFolder}/*.tmpl`],
    ...(intervals.length === 0 ? {} : { time_intervals: intervals }),
    route: {
      receiver: silentReceiver,
      routes: [
        route(heartbeatReceiver, ['heartbeat="true"'], channels(routes.heartbeat), heartbeatPace),
        { matchers: [`${onlyInhibitsLabel}="true"`], receiver: silentReceiver },
        route(
          everyReceiver,
          [`${everyChannelLabel}="true"`],
          everybody,
          pace.P2,
          held("P2", calendar),
        ),
        ...priorities.map((priority) =>
          route(
            severityOf(priority),
            [`severity="${severityOf(priority)}"`],
            channels(routes[priority]),
            pace[priority],
            held(priority, calendar),
          ),
        ),
        // A rule without a known severity is not lost, and waits for nobody: nothing says how urgent it is.
        route(severityOf("P3"), [], channels(routes.P3), pace.P3),
      ],
    },
    inhibit_rules: [...tierRules(), ...hostRules(hosts), ...namedRules(alerts)].map(
      apartFromDrills,
    ),
    receivers: [
      { name: silentReceiver },
      { name: heartbeatReceiver },
      ...channels(routes.heartbeat).map((channel) => renderHeartbeat(heartbeatReceiver, channel)),
      { name: everyReceiver },
      ...everybody.map((channel) => renderEveryAddress(everyReceiver, channel)),
      ...priorities.flatMap((priority) => [
        { name: severityOf(priority) },
        ...channels(routes[priority]).map((channel) =>
          renderReceiver(severityOf(priority), channel, priority),
        ),
      ]),
    ],
  });
}

/** The messages' templates: those of assets/, and the one that knows the time zone. */
export function templateFiles(calendar: Calendar): ConfigFile[] {
  return [
    ...["common", "links", "slack", "discord", "telegram", "email"].map((name) =>
      ConfigFile.asset(`${templatesFolder}/${name}.tmpl`, `alertmanager/templates/${name}.tmpl`),
    ),
    timeTemplate(`${templatesFolder}/time.tmpl`, calendar),
  ];
}
