import { readdirSync } from "node:fs";
import { isAlert, type Alert, type RecordingRule, type RuleGroup } from "../core/alert";
import { annotationsOf, graphLink, labelsOf, type BoardLinks } from "../core/alert-rule";
import { ConfigFile } from "../core/config-file";
import type { Endpoint } from "../core/endpoint";
import { assetPath } from "../core/paths";
import { instanceOf, type Job, type Target } from "../core/observation";

/** Folder of the configuration in the container. */
export const configFolder = "/etc/prometheus";

/** Where a person looks things up from an alert. */
export interface Links {
  /**
   * Base URL of the runbook pages; `/<alert>` is appended.
   * @default - alerts carry no runbook link
   */
  readonly runbooks?: string;
  /** Base URL of Prometheus as a person reaches it. */
  readonly prometheus: string;
  /**
   * Where panels are found.
   * @default - alerts lead to Prometheus' own graph
   */
  readonly panels?: BoardLinks;
}

/** What the environment decides about the main file. */
export interface MainFileProps {
  readonly environment: string;
  readonly retentionDays: number;
  readonly retentionGiB: number;
}

/** prometheus.yml: the asset with the environment's scalars. */
export function mainFile(props: MainFileProps): ConfigFile {
  return ConfigFile.overlay(`${configFolder}/prometheus.yml`, "prometheus/prometheus.yml", {
    "global.external_labels.environment": props.environment,
    "storage.tsdb.retention.time": `${String(props.retentionDays)}d`,
    "storage.tsdb.retention.size": `${String(Math.floor(props.retentionGiB * 1024))}MB`,
  });
}

/** The file that names the Alertmanagers. */
export function alertmanagersFile(endpoints: readonly Endpoint<"alertmanager">[]): ConfigFile {
  return ConfigFile.yaml(`${configFolder}/alertmanagers/alertmanagers.yml`, [
    { targets: endpoints.map((endpoint) => endpoint.authority) },
  ]);
}

function staticConfig(target: Target): object {
  const { endpoint, labels = {}, params = {} } = target;
  return {
    targets: [endpoint.authority],
    labels: {
      instance: instanceOf(target),
      ...(endpoint.path === "/metrics" ? {} : { __metrics_path__: endpoint.path }),
      ...(endpoint.scheme === "http" ? {} : { __scheme__: endpoint.scheme }),
      ...Object.fromEntries(Object.entries(params).map(([k, v]) => [`__param_${k}`, v])),
      ...labels,
    },
  };
}

/** The scrape configuration of one job. */
export function scrapeFile({ job, scrape, targets }: Job): ConfigFile {
  const timeout = Math.min(10, Math.max(1, scrape.intervalSeconds - 1));
  return ConfigFile.yaml(`${configFolder}/scrape/${job}.yml`, {
    scrape_configs: [
      {
        job_name: job,
        scrape_interval: `${String(scrape.intervalSeconds)}s`,
        scrape_timeout: `${String(timeout)}s`,
        ...(scrape.honorLabels === true ? { honor_labels: true } : {}),
        // Programs that answer without a content type (some Rust and Go ones) are read as plain text.
        fallback_scrape_protocol: "PrometheusText0.0.4",
        static_configs: targets.map(staticConfig),
      },
    ],
  });
}

/** One rule as Prometheus reads it: severity, priority, links and the runbook's words are added here, for every alert alike. */
export function renderRule(rule: Alert | RecordingRule, links: Links): object {
  if (!isAlert(rule)) {
    const { record, expr, labels } = rule;
    return { record, expr, ...(labels === undefined ? {} : { labels }) };
  }
  return {
    alert: rule.name,
    expr: rule.expr,
    ...(rule.for === undefined ? {} : { for: rule.for }),
    ...(rule.keepFiringFor === undefined ? {} : { keep_firing_for: rule.keepFiringFor }),
    labels: labelsOf(rule),
    annotations: annotationsOf(rule, {
      dashboard: graphLink(links.prometheus, rule),
      ...(links.panels === undefined ? {} : { panels: links.panels }),
      ...(links.runbooks === undefined ? {} : { runbooks: links.runbooks }),
    }),
  };
}

/** The file of one rule group. */
export function ruleFile(group: RuleGroup, links: Links): ConfigFile {
  return ConfigFile.yaml(`${configFolder}/rules/${group.name}.yml`, {
    groups: [
      {
        name: group.name,
        interval: `${String(group.intervalSeconds)}s`,
        rules: group.rules.map((rule) => renderRule(rule, links)),
      },
    ],
  });
}

/** An operator's own rule files, unchanged. */
export function operatorFiles(): ConfigFile[] {
  return readdirSync(assetPath("prometheus/rules"))
    .filter((name) => name.endsWith(".yml"))
    .sort()
    .map((name) =>
      ConfigFile.asset(`${configFolder}/operator/${name}`, `prometheus/rules/${name}`),
    );
}

/**
 * For every job: one series per target that must exist, and the alert for a target that does not answer or that is
 * expected and absent (a lost scrape file, a pushed series that stopped).
 */
export function livenessGroup({ job, down, targets, scrape }: Job): RuleGroup {
  const selector = `job="${job}"`;
  return {
    name: `liveness.${job}`,
    intervalSeconds: Math.min(15, scrape.intervalSeconds),
    rules: [
      ...targets.map((target) => ({
        record: "observatory:expected_target",
        expr: "vector(1)",
        labels: { ...target.labels, job, instance: instanceOf(target) },
      })),
      {
        name: down.name,
        priority: down.priority,
        expr: `up{${selector}} == 0 or (observatory:expected_target{${selector}} unless on (job, instance) up{${selector}})`,
        for: down.for,
        summary: down.summary,
        description: `{{ $labels.instance }} of job {{ $labels.job }}{{ with $labels.chain }}, chain {{ . }},{{ end }} has not answered for ${down.for}.`,
        graph: `up{${selector}}`,
        runbook: down.runbook,
        why:
          down.why ??
          `Asked every ${String(scrape.intervalSeconds)} s: nothing for ${down.for} is longer than a restart takes.`,
        ...(down.inhibitedBy === undefined ? {} : { inhibitedBy: down.inhibitedBy }),
        ...(down.unanswered === undefined ? {} : { unanswered: down.unanswered }),
        ...(down.panel === undefined ? {} : { panel: down.panel }),
      },
    ],
  };
}
