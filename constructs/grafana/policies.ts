import type { NotificationPolicy } from "@grafana/grafana-foundation-sdk/alerting";
import {
  everyChannelLabel,
  onlyInhibitsLabel,
  priorities,
  priorityDetails,
  type Priority,
} from "../core/alert";
import { chainsOf, timingOf, type Calendar } from "../core/calendar";
import { groupBy, heartbeatPace, pace } from "../core/pace";
import { uidPrefix } from "./alert-rules";
import { nobody, type Audience, type ContactPoint } from "./contact-points";

/** A route as a provisioning file writes it. */
export type Policy = Omit<
  NotificationPolicy,
  | "match"
  | "match_re"
  | "matchers"
  | "provenance"
  | "routes"
  | "mute_time_intervals"
  | "active_time_intervals"
> & {
  readonly mute_time_intervals?: readonly string[];
  readonly active_time_intervals?: readonly string[];
  readonly routes?: readonly Policy[];
};

type Matcher = readonly [label: string, operator: "=" | "=~" | "!~", value: string];

function told(priority: Priority, matcher: Matcher, receiver: string, calendar: Calendar): Policy {
  const waits = priority === "P3" || priority === "P4";
  const chains = chainsOf(calendar);
  return {
    receiver,
    object_matchers: [[...matcher]],
    group_by: groupBy,
    ...pace[priority],
    ...timingOf(calendar, waits),
    ...(chains.length === 0
      ? {}
      : {
          // Intervals are not inherited: a chain's route states all of its own.
          routes: chains.map((chain) => ({
            receiver,
            object_matchers: [["chain", "=", chain]],
            ...timingOf(calendar, waits, chain),
          })),
        }),
  };
}

/** Grafana keeps the rules that a file no longer names; it goes on to evaluate them, and nobody is told. */
function leftOver(uids: readonly string[]): Policy {
  return {
    receiver: nobody.name,
    object_matchers: [
      ["__alert_rule_uid__", "=~", `${uidPrefix}.*`],
      ["__alert_rule_uid__", "!~", uids.join("|")],
    ],
  };
}

/**
 * Who is told what, when: the tree of Alertmanager's routes.
 * @param uids of every rule that is provisioned
 */
export function policyTree(
  of: Readonly<Record<Audience, ContactPoint>>,
  calendar: Calendar,
  uids: readonly string[],
): Policy {
  return {
    // A rule without a known severity is not lost, and waits for nobody: nothing says how urgent it is.
    receiver: of.P3.name,
    group_by: groupBy,
    ...pace.P3,
    routes: [
      ...(uids.length === 0 ? [] : [leftOver(uids)]),
      {
        receiver: of.heartbeat.name,
        object_matchers: [["heartbeat", "=", "true"]],
        ...heartbeatPace,
      },
      { receiver: nobody.name, object_matchers: [[onlyInhibitsLabel, "=", "true"]] },
      told("P2", [everyChannelLabel, "=", "true"], of.everyChannel.name, calendar),
      ...priorities.map((priority) =>
        told(
          priority,
          ["severity", "=", priorityDetails[priority].severity],
          of[priority].name,
          calendar,
        ),
      ),
    ],
  };
}
