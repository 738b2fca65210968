import { isAlert, type AnyAlert } from "../../constructs/core/alert";
import { silencingSeverities } from "../../constructs/core/inhibition";
import { catalogue, logRules } from "../support/catalogue";

const alerts: readonly AnyAlert[] = [
  ...catalogue().flatMap(({ rules }) => rules.filter(isAlert)),
  ...logRules().flatMap((group) => group.alerts),
];

/** Names that hold an alert of this name back, in one step. */
const heldBackBy = new Map<string, ReadonlySet<string>>();
for (const { name, inhibitedBy = [] } of alerts) {
  heldBackBy.set(name, new Set([...(heldBackBy.get(name) ?? []), ...inhibitedBy]));
}

test("every alert that holds another back is as urgent in one of its tiers: else it never does", () => {
  const idle = alerts.flatMap((alert) =>
    (alert.inhibitedBy ?? [])
      .filter((source) => silencingSeverities(source, alert, alerts).length === 0)
      .map((source) => `${alert.priority} ${alert.name} by ${source}`),
  );
  expect([...new Set(idle)]).toEqual([]);
});

test("a less urgent tier holds nothing back: nobody would be told in time", () => {
  const base = alerts[0];
  if (base === undefined) throw new Error("the catalogue is empty");
  const tiers = [
    { ...base, name: "Source", priority: "P1" },
    { ...base, name: "Source", priority: "P3" },
  ] as const;
  const held = { ...base, name: "Held", priority: "P2" } as const;
  expect(silencingSeverities("Source", held, tiers)).toEqual(["critical"]);
  expect(silencingSeverities("Unknown", held, tiers)).toEqual([]);
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
