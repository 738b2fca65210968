import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { AnyAlert } from "../constructs/core/alert";
import type { CompleteBoard } from "../constructs/core/board";
import { labelsOf } from "../constructs/core/alert-rule";
import { terraformText } from "../constructs/core/config-file";
import { show } from "../constructs/core/errors";
import { inhibitedExpression } from "../constructs/core/inhibition";
import { paceOf } from "../constructs/grafana/alert-rules";
import type { Environment } from "../stacks/environment";
import { MonitoringStack } from "../stacks/monitoring-stack";
import { grafanaAnnotations, grafanaRouting } from "./grafana-routing";
import type { AlertmanagerConfig, Labels } from "./routes";
import { CommandError } from "./shell";
import { withSynthesised } from "./terraform-stacks";
import { readEnvironment } from "./workspace";

/** One alert of an environment, as its engine evaluates it. */
export interface RenderedAlert {
  /** As it was written. */
  readonly alert: AnyAlert;
  /** PromQL or LogQL with every threshold in it. */
  readonly expr: string;
  readonly intervalSeconds: number;
  /** Labels that it has when it fires; those of its series as far as its expression names them. */
  readonly labels: Labels;
  /** As in the rule's file. */
  readonly annotations: Labels;
}

/** What an environment comes to: every file of its containers, and its alerts. */
export interface RenderedEnvironment {
  readonly environment: Environment;
  readonly alerts: readonly RenderedAlert[];
  readonly boards: readonly CompleteBoard[];
  /** Rendered text by path in the container. */
  readonly files: ReadonlyMap<string, string>;
}

interface Resources {
  readonly resource?: {
    readonly docker_container?: Readonly<
      Record<
        string,
        { readonly upload?: readonly { readonly file: string; readonly content?: string }[] }
      >
    >;
  };
}

interface RuleFile {
  readonly groups?: readonly {
    readonly rules: readonly {
      readonly alert?: string;
      readonly expr: string;
      readonly annotations?: Labels;
    }[];
  }[];
}

/** Labels that a series has for certain, read from the first matchers of an expression. */
export function subjectOf(expr: string): Labels {
  return Object.fromEntries(
    ["chain", "service", "job", "agent"].flatMap((label) => {
      const value = new RegExp(`[{,]\\s*${label}="([^"]*)"`).exec(expr)?.[1];
      return value === undefined ? [] : [[label, value]];
    }),
  );
}

function uploads(outdir: string, stack: string): Map<string, string> {
  const file = join(outdir, "stacks", stack, "cdk.tf.json");
  const { resource } = JSON.parse(readFileSync(file, "utf8")) as Resources;
  const containers = Object.values(resource?.docker_container ?? {});
  return new Map(
    containers.flatMap(({ upload = [] }) =>
      upload.map(({ file: path, content = "" }) => [path, terraformText(content)]),
    ),
  );
}

function annotationsIn(files: ReadonlyMap<string, string>): ReadonlyMap<string, Labels> {
  const found = new Map<string, Labels>();
  for (const [path, text] of files) {
    if (!/\/rules\/.*\.ya?ml$/.test(path)) continue;
    for (const { rules } of (parse(text) as RuleFile | null)?.groups ?? []) {
      for (const { alert, expr, annotations = {} } of rules) {
        if (alert !== undefined) found.set(`${alert} ${expr}`, annotations);
      }
    }
  }
  return found;
}

/**
 * Builds an environment into a throw-away folder and reads what came of it; touches nothing else.
 * @throws ConfigurationError, BudgetError
 */
export function renderEnvironment(name: string): RenderedEnvironment {
  const environment = readEnvironment(name);
  return withSynthesised({ environment: name }, (app, outdir) => {
    const stack = app.node.children.find((child) => child instanceof MonitoringStack);
    if (stack === undefined) throw new Error(`'${name}' has no stack of services`);
    const files = uploads(outdir, stack.node.id);
    const grafana = environment.alerting.engine === "grafana";
    const groups = stack.prometheus.ruleGroups();
    const annotations = grafana ? grafanaAnnotations(files) : annotationsIn(files);
    const rendered = (alert: AnyAlert, expr: string, intervalSeconds: number): RenderedAlert => ({
      alert,
      expr,
      intervalSeconds: grafana ? paceOf(intervalSeconds) : intervalSeconds,
      labels: {
        alertname: alert.name,
        environment: environment.name,
        ...subjectOf(expr),
        ...labelsOf(alert),
      },
      annotations: annotations.get(`${alert.name} ${expr}`) ?? {},
    });
    return {
      environment,
      files,
      boards: stack.boards(),
      alerts: [
        ...groups.flatMap(({ rules, intervalSeconds }) =>
          rules.flatMap((rule) =>
            "name" in rule
              ? [
                  rendered(
                    rule,
                    grafana ? inhibitedExpression(rule, groups) : rule.expr,
                    intervalSeconds,
                  ),
                ]
              : [],
          ),
        ),
        ...(stack.loki?.ruleGroups() ?? []).flatMap(({ alerts, intervalSeconds }) =>
          alerts.map((alert) => rendered(alert, alert.logql, intervalSeconds)),
        ),
      ],
    };
  });
}

/** Where Alertmanager's configuration is in its container. */
const configPath = "/etc/alertmanager/alertmanager.yml";

/** Whether it is Alertmanager that tells people. */
export function delivers({ files }: RenderedEnvironment): boolean {
  return files.has(configPath);
}

/** Who is told what, in Alertmanager's words, whichever engine tells. */
export function routingOf(rendered: RenderedEnvironment): AlertmanagerConfig {
  return delivers(rendered) ? alertmanagerOf(rendered).config : grafanaRouting(rendered.files);
}

/**
 * Alertmanager's configuration of an environment: as text, and read.
 * @throws CommandError where another engine delivers
 */
export function alertmanagerOf({ environment, files }: RenderedEnvironment): {
  readonly text: string;
  readonly config: AlertmanagerConfig;
} {
  const text = files.get(configPath);
  if (text === undefined) {
    throw new CommandError(
      `'alerting.engine' of '${environment.name}' must be 'prometheus' for this, got 'grafana': try a channel on Grafana's own page, Alerting, Contact points`,
    );
  }
  return { text, config: parse(text) as AlertmanagerConfig };
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** What to say about a name that no alert has. */
export function unknownAlert(name: string, known: readonly string[]): CommandError {
  const near = [...new Set(known)]
    .map((one) => ({ one, far: distance(one.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.far - b.far)
    .slice(0, 3)
    .map(({ one }) => one);
  return new CommandError(
    `'alert' must be the name of an alert that an environment has, got ${show(name)}; similar: ${near.join(", ")}`,
  );
}
