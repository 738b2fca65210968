import { everyChannelLabel, type RuleGroup } from "../core/alert";
import type { DownAlert, Leg } from "../core/observation";
import { platformDown } from "../core/house-boards";
import { aMinuteAway } from "../core/service-down";
import { undeliveredPanel } from "./dashboard";

/** What the receivers of the heartbeat begin with: whether they hear is known outside. */
export const heartbeatReceiver = "heartbeat";

/** What the receivers of what every channel is told begin with. */
export const everyReceiver = "every";

/** Nobody hears this through Alertmanager itself: it is for the page of Prometheus and for an outside watchdog. */
export const alertmanagerDown: DownAlert = {
  name: "AlertmanagerDown",
  priority: "P1",
  for: "1m",
  summary: "Alertmanager does not answer",
  panel: platformDown,
  why: aMinuteAway,
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
const delivered = "observatory:alerts_delivered";
const givenUp = "observatory:alerts_given_up";
const inFlight = "observatory:alerts_in_flight";
const undelivered = "observatory:undelivered";

/** Sum of a counter by channel and receiver: a receiver is called after what it is told and after its channel. */
function counted(metric: string): string {
  return `sum by (channel, receiver_name) (label_replace(${metric}{${own}}, "channel", "$1", "receiver_name", "[^-]+-(.+)"))`;
}

/** Where something grew since the look before the last. All that an Alertmanager counts is new that was just started. */
function grew(record: string, matchers = ""): string {
  const now = `${record}${matchers}`;
  const before = `${now} offset 30s and on () (${started} == ${started} offset 30s)`;
  const nothing = `${now} * 0 and on () (time() - ${started} < 60)`;
  return `${now} - ((${before}) or (${nothing})) > 0`;
}

/** To an outside receiver nothing is sent when the heartbeat is over: what was begun then ends in nothing. */
const notHeartbeat = `{receiver_name!~"${heartbeatReceiver}-.+"}`;

const state = [
  `(${grew(givenUp)}) * 0 + 1`,
  `(${grew(delivered)}) * 0`,
  `${delivered} * 0 and on (channel) (${grew(delivered, `{receiver_name=~"${everyReceiver}-.+"}`)})`,
  `(min_over_time(${inFlight}${notHeartbeat}[6m]) > 0) * 0 + 1`,
  `last_over_time(${undelivered}[1h]) and on (receiver_name) ${delivered}`,
  `${delivered} * 0`,
].join("\nor\n");

/** Messages that were given up or hang, and that no success has followed. */
export const alertmanagerRules: RuleGroup = {
  name: "alertmanager",
  intervalSeconds: 15,
  rules: [
    {
      record: delivered,
      expr: `${counted("alertmanager_notification_requests_total")} - ${counted("alertmanager_notification_requests_failed_total")}`,
    },
    { record: givenUp, expr: counted("alertmanager_notifications_failed_total") },
    // Every message that was begun ends in one of them.
    {
      record: inFlight,
      expr: `${counted("alertmanager_notifications_total")} - ${delivered} - ${givenUp}`,
    },
    // 1 from a message that was given up, or hangs, to one that arrived, or until the receiver is gone from the configuration.
    { record: undelivered, expr: state },
    {
      name: "AlertDeliveryFailing",
      priority: "P2",
      expr: `max by (channel) (${undelivered}) == 1`,
      summary: "Alertmanager cannot deliver to a channel",
      description:
        "A message over {{ $labels.channel }} was given up or hangs, and none has arrived since. The heartbeat is withheld until one does.",
      graph: undelivered,
      panel: undeliveredPanel,
      labels: { [everyChannelLabel]: "true" },
      why: "A message is given up when its channel refused it, or took nothing for as long as the group's news may wait: 30 s for P1, 1 minute for P2, 5 for P3 and P4. One that is neither given up nor delivered for 6 minutes hangs: Telegram's has no time limit in Alertmanager.",
      runbook: {
        meaning:
          "A chat service, mail server or webhook refuses messages or cannot be reached. Alertmanager goes on trying while the alert lasts. This message went to every channel, so that it reached you by another.",
        impact:
          "People who rely on this channel are told nothing. The heartbeat stays away until a message arrives there.",
        steps: [
          "Read Alertmanager's log: `docker logs --tail 100 <alertmanager container>`; it names the receiver, the channel and the answer.",
          "Check that the secret file of the receiver holds a working URL, token or password; it is read anew for every message.",
          "Check the host's way to the internet, and the service's own status page.",
          "This alert is tried there again every minute: when the channel works, it arrives there, and is over. To be sure of a priority: `npm run drill -- <environment> <an alert of it>`.",
          "If the channel is gone for good, remove it from `receivers` and deploy.",
        ],
      },
    },
  ],
};

/** That messages are delivered; the outside receiver itself notices when its own do not arrive. */
export const deliveryLeg: Leg = {
  name: "delivery",
  works: `(up{${own}} == 1) unless on () (${undelivered}${notHeartbeat} == 1)`,
  toldBy: "AlertDeliveryFailing",
};
