import { drillLabel, priorities, priorityDetails, type AnyAlert } from "../core/alert";
import { ConfigFile } from "../core/config-file";
import { renderReceiver, type Receiver, type Routes } from "./receivers";

/** Folder of the configuration in the container. */
export const configFolder = "/etc/alertmanager";

/** How long a group waits for company, for news, and before it is said again. */
const pace = {
  // P1 is said at once: two seconds only join what one fault sets off in one evaluation.
  P1: { group_wait: "2s", group_interval: "30s", repeat_interval: "1h" },
  P2: { group_wait: "10s", group_interval: "1m", repeat_interval: "1h" },
  P3: { group_wait: "30s", group_interval: "5m", repeat_interval: "12h" },
  P4: { group_wait: "30s", group_interval: "5m", repeat_interval: "24h" },
} as const;

interface InhibitRule {
  readonly source_matchers: readonly string[];
  readonly target_matchers: readonly string[];
  readonly equal: readonly string[];
}

/** A drill keeps no real alert silent, nor the other way round. */
function apartFromDrills(rule: InhibitRule): InhibitRule {
  return { ...rule, equal: [...rule.equal, drillLabel] };
}

function inhibitRules(alerts: readonly AnyAlert[]): InhibitRule[] {
  const pairs = alerts.flatMap((alert) =>
    (alert.inhibitedBy ?? []).map((source) => ({ source, target: alert.name })),
  );
  const unique = new Map(pairs.map((pair) => [`${pair.source}/${pair.target}`, pair]));
  return [
    // The urgent tier of an alert says all that its lower tiers say.
    {
      source_matchers: [`severity="${priorityDetails.P1.severity}"`],
      target_matchers: [`severity!="${priorityDetails.P1.severity}"`],
      equal: ["alertname", "environment", "chain", "instance"],
    },
    ...[...unique.values()].map(({ source, target }) => ({
      source_matchers: [`alertname="${source}"`],
      target_matchers: [`alertname="${target}"`],
      equal: ["environment", "chain"],
    })),
  ];
}

/** What decides the configuration. */
export interface ConfigProps {
  readonly receivers: readonly Receiver[];
  readonly routes: Routes;
  /** The catalogue, for inhibition. */
  readonly alerts: readonly AnyAlert[];
}

/** alertmanager.yml, generated whole: Alertmanager has no include. */
export function alertmanagerFile({ receivers, routes, alerts }: ConfigProps): ConfigFile {
  const channels = (names: readonly string[]) =>
    receivers.filter((receiver) => names.includes(receiver.name));
  return ConfigFile.yaml(`${configFolder}/alertmanager.yml`, {
    global: { resolve_timeout: "5m" },
    templates: [`${configFolder}/templates/*.tmpl`],
    route: {
      // A rule without a known severity is not lost.
      receiver: priorityDetails.P3.severity,
      group_by: ["alertname", "environment", "chain"],
      ...pace.P3,
      routes: [
        {
          matchers: ['heartbeat="true"'],
          receiver: "heartbeat",
          group_wait: "0s",
          group_interval: "1m",
          // Shorter than the group's interval: an equal one would be a moment too young at every second flush.
          repeat_interval: "50s",
        },
        ...priorities.map((priority) => ({
          matchers: [`severity="${priorityDetails[priority].severity}"`],
          receiver: priorityDetails[priority].severity,
          group_by: ["alertname", "environment", "chain", "service"],
          ...pace[priority],
        })),
      ],
    },
    inhibit_rules: inhibitRules(alerts).map(apartFromDrills),
    receivers: [
      renderReceiver("heartbeat", channels(routes.heartbeat)),
      ...priorities.map((priority) =>
        renderReceiver(priorityDetails[priority].severity, channels(routes[priority])),
      ),
    ],
  });
}
