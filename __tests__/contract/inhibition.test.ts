import { isAlert, priorities, type AnyAlert } from "../../constructs/core/alert";
import { catalogue, logRules } from "../support/catalogue";

const alerts: readonly AnyAlert[] = [
  ...catalogue().flatMap(({ rules }) => rules.filter(isAlert)),
  ...logRules().flatMap((group) => group.alerts),
];

const urgency = ({ priority }: AnyAlert) => priorities.indexOf(priority);

/** Names that hold an alert of this name back, in one step. */
const heldBackBy = new Map<string, ReadonlySet<string>>();
for (const { name, inhibitedBy = [] } of alerts) {
  heldBackBy.set(name, new Set([...(heldBackBy.get(name) ?? []), ...inhibitedBy]));
}

test("no alert is held back by a less urgent one: nobody would be told", () => {
  const hidden = alerts.flatMap((alert) =>
    alerts
      .filter(({ name }) => alert.inhibitedBy?.includes(name) === true)
      .filter((source) => urgency(source) > urgency(alert))
      .map((source) => `${alert.priority} ${alert.name} by ${source.priority} ${source.name}`),
  );
  expect([...new Set(hidden)]).toEqual([]);
});

test("no alerts hold each other back in a circle: all of them would be silent", () => {
  const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
    [...(heldBackBy.get(from) ?? [])].some((next) => {
      if (next === to) return true;
      if (seen.has(next)) return false;
      seen.add(next);
      return reaches(next, to, seen);
    });
  expect([...heldBackBy.keys()].filter((name) => reaches(name, name))).toEqual([]);
});
