import type { AlertmanagerConfig, Labels } from "../../commands/routes";

/** A tree of routes with labels and the receivers that the real amtool finds for them. */
export interface RouteTreeCase {
  readonly labels: Labels;
  readonly receivers: readonly string[];
}

const names = ["root", "a", "b", "c", "d", "e", "f", "g", "h"];

/** A tree with everything that Alertmanager's language of routes has. */
export const trickyTree: AlertmanagerConfig = {
  route: {
    receiver: "root",
    routes: [
      { matchers: ['severity=~"critical|high"', 'chain!=""'], receiver: "a", continue: true },
      {
        matchers: ["{severity=critical, service!~`api.*`}".replaceAll("`", '"')],
        receiver: "b",
        routes: [
          { matchers: ['service="ledger"'], receiver: "c", continue: true },
          { matchers: ['team=~"(blue|green)-.+"'], receiver: "d" },
          { matchers: ['"team"!="red"'], routes: [{ matchers: ['x="a,b"'], receiver: "e" }] },
        ],
      },
      { matchers: ['service=~"a"'], receiver: "f" },
      { matchers: ['note="say \\"hi\\", then {go}"'], receiver: "g" },
      { matchers: ['missing=""'], receiver: "h", routes: [{ matchers: ['severity="info"'] }] },
    ],
  },
  receivers: names.map((name) => ({ name })),
};

/** What amtool 0.34.2 says of {@link trickyTree}; __tests__/e2e/drill.ts asks it again. */
export const trickyCases: readonly RouteTreeCase[] = [
  { labels: { severity: "critical", chain: "alpha", service: "api" }, receivers: ["a", "h"] },
  { labels: { severity: "critical", chain: "alpha" }, receivers: ["a", "b"] },
  { labels: { severity: "critical" }, receivers: ["b"] },
  { labels: { severity: "high", chain: "alpha" }, receivers: ["a", "h"] },
  { labels: { severity: "critical", service: "ledger" }, receivers: ["c", "b"] },
  { labels: { severity: "critical", service: "ledger", team: "blue-1" }, receivers: ["c", "d"] },
  { labels: { severity: "critical", team: "blue-", x: "a,b" }, receivers: ["e"] },
  { labels: { severity: "critical", team: "red" }, receivers: ["b"] },
  { labels: { service: "a" }, receivers: ["f"] },
  { labels: { service: "ab", missing: "here" }, receivers: ["root"] },
  { labels: { note: 'say "hi", then {go}' }, receivers: ["g"] },
  { labels: { severity: "info" }, receivers: ["h"] },
  { labels: { severity: "high", missing: "here" }, receivers: ["root"] },
];
