import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { Testing } from "cdktf";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { matches, type AlertmanagerConfig, type Labels } from "../../commands/routes";
import { alertmanagerFile } from "../../constructs/alertmanager/config";
import { openCalendar } from "../../constructs/core/calendar";
import { receiverSchema, type Receiver, type Routes } from "../../constructs/alertmanager";
import { alertsOf } from "../../constructs/core/observation";
import { isAlert, type RuleGroup } from "../../constructs/core/alert";
import { durationSeconds } from "../../constructs/core/promql";
import { packageRoot } from "../../constructs/core/paths";
import { secret } from "../../constructs/core/secret";
import type { Source } from "../../constructs/core/source";
import { daServer } from "../../constructs/exporters/da-server";
import { l2Exporter } from "../../constructs/exporters/l2-exporter";
import { opBatcher } from "../../constructs/exporters/op-batcher";
import { opGeth } from "../../constructs/exporters/op-geth";
import { opNode } from "../../constructs/exporters/op-node";
import { opProposer } from "../../constructs/exporters/op-proposer";
import { ruleFile } from "../../constructs/prometheus";
import { parseEnvironment } from "../../stacks/environment";
import { MonitoringStack } from "../../stacks/monitoring-stack";
import { links } from "./catalogue";
import { rollupSeries, stepSeconds, type ModelSeries } from "./rollup-model";

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
  /** What goes wrong after 90 minutes. */
  trouble: z.strictObject({
    walletEmpty: z.boolean().optional(),
    l1: z
      .strictObject({
        failing: z.int().min(1).max(10),
        outcome: z.enum(["timeout", "rate_limited"]),
      })
      .optional(),
    sequencerFrozen: z.boolean().optional(),
    derivationStalled: z.boolean().optional(),
    daRefuses: z.boolean().optional(),
  }),
  /** Whether the chain's data goes to a DA layer beside L1. */
  altDa: z.boolean().default(false),
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
const step = `${String(stepSeconds)}s`;
const chain = "alpha";

function read(name: string): unknown {
  return parse(readFileSync(join(folder, `${name}.yml`), "utf8"));
}

/** Every incident, by its file's name. */
export function incidents(): ReadonlyMap<string, Incident> {
  return new Map(
    readdirSync(folder)
      .map((name) => basename(name, ".yml"))
      .sort()
      .map((name) => [name, incident.parse(read(name))]),
  );
}

function stackOf(id: string, sources: readonly Source[]): MonitoringStack {
  return new MonitoringStack(Testing.app(), id, {
    environment: parseEnvironment({
      name: "incidents",
      engine: { type: "local" },
      machine: { name: "test", memoryMiB: 4096, diskGiB: 50 },
      secretsDirectory: "/secrets",
      sources: [...sources],
      agent: false,
      grafana: false,
    }),
  });
}

function chainSources(altDa: boolean): Source[] {
  return [
    opGeth({ chain }),
    opNode({ chain, peersExpected: true, sequencer: true }),
    opBatcher({ chain, altDa }),
    opProposer({ chain }),
    ...(altDa ? [daServer({ chain })] : []),
    l2Exporter({
      chains: [
        {
          name: chain,
          l1: { url: secret("l1-rpc-url") },
          l2: { url: "http://l2-geth:8545" },
          rollup: { url: "http://l2-node:9545" },
          ...(altDa ? { da: { url: "http://l2-da-server:3100" } } : {}),
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
  ];
}

/** The rules on one whole chain, and the alertmanager.yml that decides which of its alerts are told. */
export interface IncidentPlatform {
  readonly groups: readonly RuleGroup[];
  readonly config: AlertmanagerConfig;
}

const kept = new Map<boolean, IncidentPlatform>();

/** @param altDa whether the chain's data goes to a DA layer beside L1 */
export function incidentPlatform(altDa: boolean): IncidentPlatform {
  const known = kept.get(altDa);
  if (known !== undefined) return known;
  const stack = stackOf(`chain-${String(altDa)}`, chainSources(altDa));
  const all = stack.prometheus.ruleGroups();
  // What the platform says of itself is another story.
  const ownNames = stackOf(`platform-${String(altDa)}`, [])
    .prometheus.ruleGroups()
    .map(({ name }) => name);
  const lineAlerts = (stack.loki?.ruleGroups() ?? []).flatMap(({ alerts }) => alerts);
  const made = {
    groups: all.filter(({ name }) => !ownNames.includes(name)),
    config: configFor([...alertsOf(all), ...lineAlerts]),
  };
  kept.set(altDa, made);
  return made;
}

function configFor(alerts: Parameters<typeof alertmanagerFile>[0]["alerts"]): AlertmanagerConfig {
  const receivers: Receiver[] = [
    receiverSchema.parse({ name: "pager", type: "webhook", url: secret("pager-url") }),
  ];
  const everybody = ["pager"];
  const routes: Routes = {
    P1: everybody,
    P2: everybody,
    P3: everybody,
    P4: everybody,
    heartbeat: [],
  };
  const calendar = openCalendar;
  const { content } = alertmanagerFile({ receivers, routes, calendar, alerts, hosts: [] });
  return parse(content) as AlertmanagerConfig;
}

/** `up` of every target that the rules expect. */
function targetsUp(groups: readonly RuleGroup[], steps: number): ModelSeries[] {
  return groups
    .flatMap(({ rules }) => rules)
    .flatMap((rule) =>
      isAlert(rule) || rule.record !== "observatory:expected_target"
        ? []
        : [{ series: `up{${labelList(rule.labels ?? {})}}`, values: `1x${String(steps)}` }],
    );
}

function labelList(labels: Labels): string {
  return Object.entries(labels)
    .map(([label, value]) => `${label}="${value}"`)
    .join(", ");
}

/** When each alert of an incident fires. */
export function timelineOf({ alerts, lineAlerts, until }: Incident): Firing[] {
  return [...alerts, ...lineAlerts].map(({ labels, from, until: last = until }) => ({
    labels,
    from: durationSeconds(from),
    until: durationSeconds(last),
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

/** Every second at which an alert begins, or has just ended. */
export function momentsOf(timeline: readonly Firing[]): readonly number[] {
  const moments = timeline.flatMap(({ from, until }) => [from, until + stepSeconds]);
  return [...new Set(moments)].sort((a, b) => a - b);
}

/** The alerts that fire at a second and that nothing keeps silent. */
export function toldAt(
  timeline: readonly Firing[],
  config: AlertmanagerConfig,
  at: number,
): readonly Firing[] {
  const firing = timeline.filter((one) => at >= one.from && at <= one.until);
  return firing.filter(
    (one) => !firing.some((other) => other !== one && inhibits(config, other.labels, one.labels)),
  );
}

/** The alerts of which somebody is told, each with the first second at which nothing keeps it silent. */
export function toldIn(timeline: readonly Firing[], config: AlertmanagerConfig): Firing[] {
  const moments = momentsOf(timeline);
  return timeline.flatMap((one) => {
    const told = moments.find((at) => toldAt(timeline, config, at).includes(one));
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
  return [...incidents()].map(([name, one]) => {
    const { groups } = incidentPlatform(one.altDa);
    const rules = `rules-${String(one.altDa)}`;
    mkdirSync(join(directory, rules), { recursive: true });
    for (const group of groups) {
      writeFileSync(join(directory, rules, `${group.name}.yml`), ruleFile(group, links).content);
    }
    const seconds = durationSeconds(one.until);
    const range = `[${one.until}:${step}]`;
    const fired = `timestamp(ALERTS{alertstate="firing", heartbeat=""})${range}`;
    const path = join(directory, `${name}.test.yml`);
    const content = {
      rule_files: groups.map((group) => `${rules}/${group.name}.yml`),
      evaluation_interval: step,
      group_eval_order: groups.map((group) => group.name),
      tests: [
        {
          name: one.incident,
          interval: step,
          input_series: [
            ...targetsUp(groups, seconds / stepSeconds),
            ...rollupSeries(one.trouble, seconds),
          ],
          promql_expr_test: [
            {
              expr: `min_over_time(${fired})`,
              eval_time: one.until,
              exp_samples: samples(one.alerts, ({ from }) => durationSeconds(from)),
            },
            {
              expr: `max_over_time(${fired})`,
              eval_time: one.until,
              exp_samples: samples(one.alerts, ({ until = one.until }) => durationSeconds(until)),
            },
          ],
        },
      ],
    };
    writeFileSync(path, stringify(content, { lineWidth: 0, aliasDuplicateObjects: false }));
    return path;
  });
}
