import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { Testing } from "cdktf";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { matches, secondsOf, type AlertmanagerConfig, type Labels } from "../../commands/routes";
import { alertmanagerFile } from "../../constructs/alertmanager/config";
import { openCalendar } from "../../constructs/core/calendar";
import type { Receiver, Routes } from "../../constructs/alertmanager";
import { alertsOf } from "../../constructs/core/observation";
import { isAlert, type RuleGroup } from "../../constructs/core/alert";
import { packageRoot } from "../../constructs/core/paths";
import { secret } from "../../constructs/core/secret";
import { l2Exporter } from "../../constructs/exporters/l2-exporter";
import { opBatcher } from "../../constructs/exporters/op-batcher";
import { opGeth } from "../../constructs/exporters/op-geth";
import { opNode } from "../../constructs/exporters/op-node";
import { opProposer } from "../../constructs/exporters/op-proposer";
import { ruleFile } from "../../constructs/prometheus";
import { parseEnvironment } from "../../stacks/environment";
import { MonitoringStack } from "../../stacks/monitoring-stack";
import { links } from "./catalogue";

const time = z.string().regex(/^(\d+[smhd])+$/);

const firing = z.strictObject({
  /** As Alertmanager gets them, without `environment`. */
  labels: z.record(z.string(), z.string()),
  /** First evaluation at which it fires. */
  from: time,
  /** Last one; none when it still fires at the end. */
  until: time.optional(),
});

const incident = z.strictObject({
  incident: z.string(),
  /** What happened, for whoever reads the timeline. */
  story: z.string(),
  until: time,
  /** Series that differ from those of a healthy chain, in promtool's notation; `none` takes one away. */
  series: z.record(z.string(), z.string()),
  /** Every alert on series that fires, and no other one does: promtool says so. */
  alerts: z.array(firing),
  /** Alerts on lines that Loki would raise meanwhile. */
  lineAlerts: z.array(firing).default([]),
  /** The one page: the only P1 or P2 of which anybody is told. */
  page: z.strictObject({ alertname: z.string(), severity: z.string(), at: time }),
});

/** A replay of an incident on one chain. */
export type Incident = z.output<typeof incident>;

/** An alert and when it fires, in seconds. */
export interface Firing {
  readonly labels: Labels;
  readonly from: number;
  readonly until: number;
}

const folder = join(packageRoot, "__tests__", "incidents");
const step = "15s";
const healthyFile = "healthy";
const chain = "alpha";

function read(name: string): unknown {
  return parse(readFileSync(join(folder, `${name}.yml`), "utf8"));
}

/** Every incident, by its file's name. */
export function incidents(): ReadonlyMap<string, Incident> {
  return new Map(
    readdirSync(folder)
      .map((name) => basename(name, ".yml"))
      .filter((name) => name !== healthyFile)
      .sort()
      .map((name) => [name, incident.parse(read(name))]),
  );
}

function rollup(): MonitoringStack {
  return new MonitoringStack(Testing.app(), "incidents", {
    environment: parseEnvironment({
      name: "incidents",
      engine: { type: "local" },
      machine: { name: "test", memoryMiB: 4096, diskGiB: 50 },
      secretsDirectory: "/secrets",
      sources: [
        opGeth({ chain }),
        opNode({ chain, peersExpected: true }),
        opBatcher({ chain }),
        opProposer({ chain }),
        l2Exporter({
          chains: [
            {
              name: chain,
              l1: { url: secret("l1-rpc-url") },
              l2: { url: "http://l2-geth:8545" },
              rollup: { url: "http://l2-node:9545" },
              wallets: [
                {
                  name: "batcher",
                  role: "batcher",
                  address: "0x00000000000000000000000000000000000ba7c4",
                },
              ],
            },
          ],
        }),
      ],
      agent: false,
      grafana: false,
    }),
  });
}

interface Platform {
  readonly groups: readonly RuleGroup[];
  readonly config: AlertmanagerConfig;
}

let kept: Platform | undefined;

/** The rules and the alertmanager.yml of an environment with one whole chain. */
export function incidentPlatform(): Platform {
  if (kept === undefined) {
    const stack = rollup();
    const groups = stack.prometheus.ruleGroups();
    const lineAlerts = (stack.loki?.ruleGroups() ?? []).flatMap(({ alerts }) => alerts);
    kept = { groups, config: configFor([...alertsOf(groups), ...lineAlerts]) };
  }
  return kept;
}

function configFor(alerts: Parameters<typeof alertmanagerFile>[0]["alerts"]): AlertmanagerConfig {
  const receivers: Receiver[] = [
    { name: "pager", type: "webhook", url: secret("pager-url") } as Receiver,
  ];
  const everybody = ["pager"];
  const routes: Routes = {
    P1: everybody,
    P2: everybody,
    P3: everybody,
    P4: everybody,
    heartbeat: [],
  };
  const { content } = alertmanagerFile({
    receivers,
    routes,
    calendar: openCalendar,
    alerts,
    hosts: [],
  });
  return parse(content) as AlertmanagerConfig;
}

/** `up` of every target that the rules expect: 1, until an incident says otherwise. */
function targetsUp(groups: readonly RuleGroup[]): Record<string, string> {
  return Object.fromEntries(
    groups
      .flatMap(({ rules }) => rules)
      .flatMap((rule) =>
        isAlert(rule) || rule.record !== "observatory:expected_target"
          ? []
          : [[`up{${labelList(rule.labels ?? {})}}`, "1x@"]],
      ),
  );
}

function labelList(labels: Labels): string {
  return Object.entries(labels)
    .map(([label, value]) => `${label}="${value}"`)
    .join(", ");
}

/** The series of an incident; `@` is the number of steps until its end. */
function seriesOf({ series, until }: Incident): { series: string; values: string }[] {
  const steps = String(Math.ceil(secondsOf(until) / secondsOf(step)));
  const healthy = z.record(z.string(), z.string()).parse(read(healthyFile));
  const known = { ...targetsUp(incidentPlatform().groups), ...healthy };
  return Object.entries({ ...known, ...series })
    .filter(([, values]) => values !== "none")
    .map(([name, values]) => ({ series: name, values: values.replaceAll("@", steps) }));
}

/** When each alert of an incident fires. */
export function timelineOf({ alerts, lineAlerts, until }: Incident): Firing[] {
  return [...alerts, ...lineAlerts].map(({ labels, from, until: last = until }) => ({
    labels,
    from: secondsOf(from),
    until: secondsOf(last),
  }));
}

/** Whether one firing alert keeps another silent, the way Alertmanager decides it. */
function inhibits(
  { inhibit_rules: rules = [] }: AlertmanagerConfig,
  source: Labels,
  target: Labels,
): boolean {
  return rules.some(
    (rule) =>
      matches(rule.target_matchers, target) &&
      matches(rule.source_matchers, source) &&
      // An alert that is both source and target is not kept silent by one that is both as well.
      !(matches(rule.source_matchers, target) && matches(rule.target_matchers, source)) &&
      (rule.equal ?? []).every((label) => (source[label] ?? "") === (target[label] ?? "")),
  );
}

/** The alerts of which somebody is told, each with the first second at which nothing keeps it silent. */
export function toldIn(timeline: readonly Firing[], config: AlertmanagerConfig): Firing[] {
  const moments = [...new Set(timeline.map(({ from }) => from))].sort((a, b) => a - b);
  const ends = timeline.map(({ until }) => until + secondsOf(step));
  return timeline.flatMap((one) => {
    const told = [...moments, ...ends]
      .filter((at) => at >= one.from && at <= one.until)
      .sort((a, b) => a - b)
      .find((at) => {
        const others = timeline.filter(
          (other) => other !== one && at >= other.from && at <= other.until,
        );
        return !others.some((other) => inhibits(config, other.labels, one.labels));
      });
    return told === undefined ? [] : [{ ...one, from: told }];
  });
}

function samples(
  alerts: Incident["alerts"],
  value: (one: Incident["alerts"][number]) => number,
): { labels: string; value: number }[] {
  return alerts.map((one) => ({
    labels: `{${labelList({ alertstate: "firing", ...one.labels })}}`,
    value: value(one),
  }));
}

/**
 * Writes one promtool test for each incident: which alerts fire in it, from when, until when, and that no other does.
 * @param directory an existing folder
 * @returns absolute paths, for `promtool test rules`
 */
export function renderIncidents(directory: string): readonly string[] {
  const { groups } = incidentPlatform();
  mkdirSync(join(directory, "rules"), { recursive: true });
  for (const group of groups) {
    writeFileSync(join(directory, "rules", `${group.name}.yml`), ruleFile(group, links).content);
  }
  return [...incidents()].map(([name, one]) => {
    const range = `[${one.until}:${step}]`;
    const fired = `timestamp(ALERTS{alertstate="firing", heartbeat=""})${range}`;
    const path = join(directory, `${name}.test.yml`);
    const content = {
      rule_files: groups.map((group) => `rules/${group.name}.yml`),
      evaluation_interval: step,
      group_eval_order: groups.map((group) => group.name),
      tests: [
        {
          name: one.incident,
          interval: step,
          input_series: seriesOf(one),
          promql_expr_test: [
            {
              expr: `min_over_time(${fired})`,
              eval_time: one.until,
              exp_samples: samples(one.alerts, ({ from }) => secondsOf(from)),
            },
            {
              expr: `max_over_time(${fired})`,
              eval_time: one.until,
              exp_samples: samples(one.alerts, ({ until = one.until }) => secondsOf(until)),
            },
          ],
        },
      ],
    };
    writeFileSync(path, stringify(content, { lineWidth: 0, aliasDuplicateObjects: false }));
    return path;
  });
}
