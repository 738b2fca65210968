import { priorityDetails } from "../constructs/core/alert";
import { loadEnvironments } from "../environments/load";
import { explain as inWords } from "../stacks/explain";
import {
  renderEnvironment,
  routingOf,
  unknownAlert,
  type RenderedAlert,
  type RenderedEnvironment,
} from "./rendered";
import {
  channelsOf,
  inhibitorsOf,
  routesFor,
  type AlertmanagerConfig,
  type Labels,
} from "./routes";
import type { Progress } from "./shell";

function line(what: string, text: string): string {
  return `    ${what.padEnd(12)} ${text.split("\n").join(`\n${" ".repeat(17)}`)}`;
}

/** What is the same in every environment: the runbook's words. */
function words({ alert }: RenderedAlert): string[] {
  const { meaning, impact, steps } = alert.runbook;
  return [
    `${alert.name}: ${alert.summary}`,
    "",
    "  What it means",
    `    ${meaning}`,
    "  If nobody acts",
    `    ${impact}`,
    "  What to do",
    ...steps.map((step, i) => `    ${String(i + 1)}. ${step}`),
  ];
}

function heardBy(config: AlertmanagerConfig, rendered: RenderedAlert): string[] {
  return routesFor(config, rendered.labels).map(
    ({ receiver, groupWait, repeatInterval, route }) => {
      const channels = channelsOf(config, receiver).map(({ name }) => name);
      const { mute_time_intervals: mute = [], active_time_intervals: active = [] } = route;
      return [
        `${receiver}: ${channels.length === 0 ? "nobody, it has no channel" : channels.join(", ")}`,
        `after ${groupWait}, again every ${repeatInterval}`,
        ...(active.length === 0 ? [] : [`only in ${active.join(", ")}`]),
        ...(mute.length === 0 ? [] : [`not in ${mute.join(", ")}`]),
      ].join("; ");
    },
  );
}

/** What one environment makes of an alert. */
function variant(rendered: RenderedAlert, config: AlertmanagerConfig): string[] {
  const { alert, expr, intervalSeconds, labels, annotations } = rendered;
  const { emoji, respondWithin } = priorityDetails[alert.priority];
  const subject = Object.entries(labels)
    .filter(([label]) => !["alertname", "environment", "severity", "priority"].includes(label))
    .map(([label, value]) => `${label} ${value}`);
  const silent = inhibitorsOf(config, labels);
  return [
    `  ${emoji} ${alert.priority}, respond within ${respondWithin}${subject.length === 0 ? "" : ` (${subject.join(", ")})`}`,
    line("fires when", expr),
    line("for", `${alert.for ?? "no time: at once"}, looked at every ${String(intervalSeconds)} s`),
    ...(alert.why === undefined ? [] : [line("why", alert.why)]),
    ...(annotations["dashboard_url"] === undefined
      ? []
      : [line("graph", chosenIn(annotations["dashboard_url"], labels))]),
    ...(annotations["runbook_url"] === undefined
      ? []
      : [line("runbook", annotations["runbook_url"])]),
    ...heardBy(config, rendered).map((text) => line("heard by", text)),
    ...silent.map((text) => line("silent while", text)),
  ];
}

/** A link as it is for one alert: with those of its labels that are known before it fires. */
function chosenIn(link: string, labels: Labels): string {
  return link.replace(
    /\{\{ with \$labels\.(\w+) \}\}([^{]*)\{\{ \. \}\}\{\{ end \}\}/g,
    (_, label: string, before: string) =>
      labels[label] === undefined ? "" : `${before}${labels[label]}`,
  );
}

/**
 * What there is to know about an alert, in every environment that has it.
 * @throws CommandError when none has it
 */
export function explained(name: string, environments: readonly RenderedEnvironment[]): string[] {
  const having = environments.flatMap((rendered) => {
    const found = rendered.alerts.filter(({ alert }) => alert.name === name);
    return found.length === 0 ? [] : [{ rendered, found }];
  });
  const [first] = having[0]?.found ?? [];
  if (first === undefined) {
    const known = environments.flatMap(({ alerts }) => alerts.map(({ alert }) => alert.name));
    throw unknownAlert(name, known);
  }
  return [
    ...words(first),
    ...having.flatMap(({ rendered, found }) => [
      "",
      `In ${rendered.environment.name}, engine ${rendered.environment.alerting.engine}`,
      ...found.flatMap((one) => variant(one, routingOf(rendered))),
    ]),
  ];
}

/** Renders every environment; one that is at fault is told and does not stop the others. */
export function renderEvery(print: Progress, only?: string): readonly RenderedEnvironment[] {
  const names = only === undefined ? Object.keys(loadEnvironments()) : [only];
  return names.flatMap((name) => {
    try {
      return [renderEnvironment(name)];
    } catch (error) {
      if (only !== undefined) throw error;
      print(`left out: ${inWords(error)}`);
      return [];
    }
  });
}

/** Tells everything about an alert: `explain <alert>`. */
export function explainAlert(name: string, print: Progress): void {
  explained(name, renderEvery(print)).forEach(print);
}
