import { everyChannelLabel, type RuleGroup } from "../core/alert";
import type { DownAlert, Leg } from "../core/observation";

/** Receiver of the heartbeat: whether it hears is known outside. */
export const heartbeatReceiver = "heartbeat";

/** Receiver of what is told on every channel. */
export const everyChannelReceiver = "every-channel";

/** Nobody hears this through Alertmanager itself: it is for the page of Prometheus and for an outside watchdog. */
export const alertmanagerDown: DownAlert = {
  name: "AlertmanagerDown",
  priority: "P1",
  for: "1m",
  summary: "Alertmanager does not answer",
  runbook: {
    meaning: "Prometheus cannot reach Alertmanager, which delivers every alert.",
    impact: "Alerts are raised and nobody is told; the heartbeat stops too.",
    steps: [
      "Look at the container: `docker ps -a` and its logs; a broken configuration is named in the first lines.",
      "Correct the receivers, or check out the last commit that worked, then `npm run deploy -- <environment>`.",
    ],
  },
};

const own = 'job="alertmanager"';
const started = `process_start_time_seconds{${own}}`;
const undelivered = "observatory:undelivered";

/** Two scrapes, so that none is missed when one is late. */
const sinceSeconds = 30;

/**
 * Sums of counters, by means and receiver.
 * @param counters from the outermost, the others are subtracted
 * @param at e.g. ` offset 30s`
 */
function summed([first, ...others]: readonly string[], matchers: string, at = ""): string {
  const one = (metric: string) =>
    `sum by (integration, receiver_name) (${metric}{${matchers}}${at})`;
  return [one(first ?? ""), ...others.map(one)].join(" - ");
}

/** Where counters grew since the last look. Those of an Alertmanager that was started since began at nothing. */
function grew(counters: readonly string[], matchers = own): string {
  const now = summed(counters, matchers);
  const before = `(${summed(counters, matchers, ` offset ${String(sinceSeconds)}s`)})`;
  const same = `(${started} == ${started} offset ${String(sinceSeconds)}s)`;
  return `${now} - ((${before} and on () ${same}) or (${now}) * 0) > 0`;
}

const requests = "alertmanager_notification_requests_total";
const answered = [requests, "alertmanager_notification_requests_failed_total"] as const;
const givenUp = "alertmanager_notifications_failed_total";
const known = summed([requests], own);

const state = [
  `(${grew([givenUp])}) * 0 + 1`,
  `(${grew(answered)}) * 0`,
  `(${known}) * 0 and on (integration) (${grew(answered, `${own}, receiver_name="${everyChannelReceiver}"`)})`,
  `last_over_time(${undelivered}[1h]) and on (integration, receiver_name) ${known}`,
  `(${known}) * 0`,
].join("\nor\n");

/** Messages that were given up and that no success has followed. */
export const alertmanagerRules: RuleGroup = {
  name: "alertmanager",
  intervalSeconds: 15,
  rules: [
    // 1 from a message that was given up to one that arrived, or until the channel is gone from the configuration.
    { record: undelivered, expr: state },
    {
      name: "AlertDeliveryFailing",
      priority: "P2",
      expr: `max by (integration) (${undelivered}) == 1`,
      keepFiringFor: "6m",
      summary: "Alertmanager cannot deliver to a channel",
      description:
        "A message over {{ $labels.integration }} was given up, and none has arrived since. The heartbeat is withheld until one does.",
      graph: undelivered,
      labels: { [everyChannelLabel]: "true" },
      why: "A message is given up when its channel refused it, or took nothing for as long as the group's news may wait: 30 s for P1, 1 minute for P2, 5 for P3 and P4. It is kept for 6 minutes: two channels of one kind share a counter, and one that works must not hide one that is tried every 5.",
      runbook: {
        meaning:
          "A chat service, mail server or webhook refuses messages or cannot be reached. Alertmanager goes on trying while the alert lasts. This message went to every channel, so that it reached you by another.",
        impact:
          "People who rely on this channel are told nothing. The heartbeat stays away until a message arrives there.",
        steps: [
          "Read Alertmanager's log: `docker logs --tail 100 <alertmanager container>`; it names the receiver, the channel and the answer.",
          "Check that the secret file of the receiver holds a working URL, token or password; it is read anew for every message.",
          "Check the host's way to the internet, and the service's own status page.",
          "When it works again a waiting message arrives by itself. If none waits, prove it: `npm run drill -- <environment> <an alert of a priority that this channel hears>`.",
          "If the channel is gone for good, remove it from `receivers` and deploy.",
        ],
      },
    },
  ],
};

/** That messages are delivered; the outside receiver itself notices when its own do not arrive. */
export const deliveryLeg: Leg = {
  name: "delivery",
  // Longer than any group waits for news: a channel that works and shares the counter must not hide one that does not.
  works: `(up{${own}} == 1) unless on () (max_over_time(${undelivered}{receiver_name!="${heartbeatReceiver}"}[6m]) == 1)`,
  toldBy: "AlertDeliveryFailing",
};
