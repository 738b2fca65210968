import { readdirSync } from "node:fs";
import { openCalendar, timeIntervals, timeTemplate, type Calendar } from "../core/calendar";
import { ConfigFile } from "../core/config-file";
import { refuse, type Fault } from "../core/errors";
import { assetPath } from "../core/paths";
import type { Receiver, Routes } from "../core/receiver";
import {
  grafanaGroups,
  rulesFolder,
  type AlertingLinks,
  type CatalogueRules,
  type GrafanaGroup,
  type GrafanaRule,
} from "./alert-rules";
import { configFolder, provisioned } from "./config";
import { contactPoints, distinctContactPoints, type ContactPoint } from "./contact-points";
import { policyTree, type Policy } from "./policies";

/** Grafana as the engine that evaluates the catalogue and tells people. */
export interface AlertingProps {
  /** Channels, each with a unique name. */
  readonly receivers: readonly Receiver[];
  readonly routes: Routes;
  /**
   * When people work, and when work is planned.
   * @default - everything is told at any time, in UTC
   */
  readonly calendar?: Calendar;
  /** What is evaluated. Called once, at synth. */
  readonly rules: () => CatalogueRules;
  readonly links: AlertingLinks;
}

const folder = `${configFolder}/provisioning/alerting`;

function file(name: string, content: object): ConfigFile {
  return ConfigFile.yaml(`${folder}/${name}.yaml`, { apiVersion: 1, ...content });
}

/** The names that provisioning files have for what the SDK, as the API, calls otherwise. */
function fileRule(rule: GrafanaRule): object {
  const { keep_firing_for, missingSeriesEvalsToResolve, labels, ...same } = rule;
  return {
    ...same,
    ...(keep_firing_for === undefined ? {} : { keepFiringFor: keep_firing_for }),
    // A wrong spelling is dropped in silence.
    missing_series_evals_to_resolve: missingSeriesEvalsToResolve,
    // Variables are put into labels, and neither into annotations nor into queries.
    labels: provisioned(labels),
  };
}

/** alert-rules.yaml. */
export function alertRulesFile(groups: readonly GrafanaGroup[]): ConfigFile {
  return file("alert-rules", {
    groups: groups.map(({ name, intervalSeconds, rules }) => ({
      orgId: 1,
      name,
      folder: rulesFolder,
      interval: `${String(intervalSeconds)}s`,
      rules: rules.map(fileRule),
    })),
  });
}

/** contact-points.yaml. */
export function contactPointsFile(points: readonly ContactPoint[]): ConfigFile {
  return file("contact-points", {
    contactPoints: points.map(({ name, channels }) => ({
      orgId: 1,
      name,
      receivers: channels,
    })),
  });
}

/** notification-policies.yaml: one tree, which takes the place of the one that was there. */
export function policiesFile(tree: Policy): ConfigFile {
  return file("notification-policies", {
    policies: [{ orgId: 1, ...(provisioned(tree) as object) }],
  });
}

/** mute-timings.yaml; Grafana reads intervals as Alertmanager writes them, and puts no variables in. */
function muteTimingsFile(calendar: Calendar): ConfigFile | undefined {
  const intervals = timeIntervals(calendar);
  return intervals.length === 0
    ? undefined
    : file("mute-timings", { muteTimes: intervals.map((one) => ({ orgId: 1, ...one })) });
}

/** Alertmanager's words where its language is Grafana's too. */
const templates = {
  common: "alertmanager/templates/common.tmpl",
  slack: "alertmanager/templates/slack.tmpl",
  telegram: "alertmanager/templates/telegram.tmpl",
  email: "alertmanager/templates/email.tmpl",
  discord: "grafana/templates/discord.tmpl",
  links: "grafana/templates/links.tmpl",
} as const;

/** The texts of messages by name: those of assets/, and the one that knows the time zone. */
export function messageTemplates(calendar: Calendar): Readonly<Record<string, string>> {
  const text = (asset: string) => ConfigFile.asset(`${folder}/unused`, asset).content;
  return {
    ...Object.fromEntries(Object.entries(templates).map(([name, asset]) => [name, text(asset)])),
    time: timeTemplate(`${folder}/unused`, calendar).content,
  };
}

/** templates.yaml; Grafana puts no variables into them. */
function templatesFile(calendar: Calendar): ConfigFile {
  return file("templates", {
    templates: Object.entries(messageTemplates(calendar)).map(([name, template]) => ({
      orgId: 1,
      name: `l2o.${name}`,
      template,
    })),
  });
}

/** An operator's own files, unchanged. */
function operatorFiles(): ConfigFile[] {
  return readdirSync(assetPath("grafana/alerting"))
    .filter((name) => name.endsWith(".yaml"))
    .sort()
    .map((name) => ConfigFile.asset(`${folder}/operator-${name}`, `grafana/alerting/${name}`));
}

function uidFaults(groups: readonly GrafanaGroup[]): Fault[] {
  const seen = new Set<string>();
  return groups.flatMap(({ name, rules }) =>
    rules.flatMap(({ uid, title }): Fault[] => {
      if (!seen.has(uid)) {
        seen.add(uid);
        return [];
      }
      return [
        {
          field: `${name}.${title}`,
          allowed: "different from the group's other alerts in name, priority or labels",
          got: "the same again",
        },
      ];
    }),
  );
}

/**
 * Everything in provisioning/alerting.
 * @param environment label of every alert
 * @throws ConfigurationError when two alerts of one group are the same to Grafana
 */
export function alertingFiles(props: AlertingProps, environment: string): readonly ConfigFile[] {
  const { receivers, routes, calendar = openCalendar, links } = props;
  const groups = grafanaGroups(props.rules(), environment, links);
  refuse("alerting", uidFaults(groups));
  const points = contactPoints(receivers, routes);
  const uids = groups.flatMap(({ rules }) => rules.map(({ uid }) => uid));
  const timings = muteTimingsFile(calendar);
  return [
    alertRulesFile(groups),
    contactPointsFile(distinctContactPoints(points)),
    policiesFile(policyTree(points, calendar, uids)),
    ...(timings === undefined ? [] : [timings]),
    templatesFile(calendar),
    ...operatorFiles(),
  ];
}
