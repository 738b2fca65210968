import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { priorities, priorityDetails } from "../constructs/core/alert";
import { show } from "../constructs/core/errors";
import { renderEvery } from "./explain";
import {
  alertmanagerOf,
  delivers,
  routingOf,
  unknownAlert,
  type RenderedEnvironment,
} from "./rendered";
import {
  channelsOf,
  inhibitorsOf,
  mutedAt,
  routesFor,
  type AlertmanagerConfig,
  type Labels,
} from "./routes";
import { CommandError, run, type Progress } from "./shell";
import { cacheDirectory } from "./workspace";

/** Options of {@link simulate}. */
export interface SimulateOptions {
  /** @default - every environment */
  readonly env?: string | undefined;
  /**
   * When the alert fires, as ISO 8601 writes it.
   * @default - now
   */
  readonly at?: string | undefined;
}

/**
 * Labels as typed: `severity=critical service=api`.
 * @throws CommandError with every word that is no label
 */
export function labelsIn(words: readonly string[]): Labels {
  const wrong = words.filter((word) => !/^[A-Za-z_]\w*=./.test(word));
  if (wrong.length > 0 || words.length === 0) {
    throw new CommandError(
      `a label must be such as severity=critical, got ${wrong.length === 0 ? "none" : wrong.map(show).join(", ")}: npm run simulate -- severity=critical service=api`,
    );
  }
  const labels = Object.fromEntries(
    words.map((word) => [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)]),
  );
  const known = priorities.map((priority) => priorityDetails[priority].severity as string);
  const { severity } = labels;
  if (severity !== undefined && !known.includes(severity)) {
    throw new CommandError(`'severity' must be one of ${known.join(", ")}, got ${show(severity)}`);
  }
  return labels;
}

/** A point in time as typed. @throws CommandError */
export function timeIn(text: string | undefined): Date {
  const at = text === undefined ? new Date() : new Date(text);
  if (Number.isNaN(at.getTime())) {
    throw new CommandError(
      `'--at' must be a time such as 2026-12-24T22:00:00Z or 2026-12-25T07:00+09:00, got ${show(text)}`,
    );
  }
  return at;
}

/** The real amtool: in PATH, or built for a machine without a container registry. */
export function findAmtool(): string | undefined {
  const built = join(cacheDirectory, "local-images", "bin");
  const cached = existsSync(built)
    ? readdirSync(built).flatMap((folder) =>
        ["amtool", "amtool/amtool"].map((file) => join(built, folder, file)),
      )
    : [];
  const onPath = (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((folder) => join(folder, "amtool"));
  return [...onPath, ...cached.filter((path) => path.includes("/amtool-"))].find(
    (path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true,
  );
}

/**
 * The receivers that the real amtool finds for an alert.
 * @param text alertmanager.yml
 * @throws CommandError with what amtool says
 */
export async function amtoolReceivers(
  amtool: string,
  text: string,
  labels: Labels,
): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), "l2-observatory-"));
  try {
    const file = join(folder, "alertmanager.yml");
    writeFileSync(file, text);
    const { code, stdout, stderr } = await run(
      amtool,
      [
        "config",
        "routes",
        "test",
        `--config.file=${file}`,
        ...Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`),
      ],
      { timeoutSeconds: 30 },
    );
    if (code !== 0) throw new CommandError(`amtool cannot read the routes: ${stderr.trim()}`);
    // Warnings come before it, on the same stream.
    return (stdout.trim().split("\n").at(-1) ?? "").split(",");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Labels of an alert that is named, where an environment has it: what was typed wins. */
function completed(labels: Labels, { environment, alerts }: RenderedEnvironment): Labels {
  const { alertname } = labels;
  const known = alerts.find(({ alert }) => alert.name === alertname)?.labels ?? {};
  const { severity, priority } = known;
  return {
    environment: environment.name,
    ...(severity === undefined || labels["severity"] !== undefined
      ? {}
      : { severity, ...(priority === undefined ? {} : { priority }) }),
    ...labels,
  };
}

/** Who hears an alert of an environment, line by line. */
export function told(config: AlertmanagerConfig, labels: Labels, at: Date): string[] {
  const heard = routesFor(config, labels).map(({ receiver, groupWait, repeatInterval, route }) => {
    const names = channelsOf(config, receiver).map(({ name }) => name);
    const channels = names.length === 0 ? "nobody, it has no channel" : names.join(", ");
    const muted = mutedAt(config, route, at);
    return muted === undefined
      ? `  ${receiver}: ${channels}; after ${groupWait}, again every ${repeatInterval}`
      : `  ${receiver}: muted ${muted}; otherwise ${channels}`;
  });
  const silent = inhibitorsOf(config, labels).map((text) => `  inhibited while ${text} fires`);
  return [...heard, ...silent];
}

/**
 * Tells who would hear an alert with these labels: `simulate severity=critical service=api`.
 * @throws CommandError for words that are no labels, and where our reading of the routes is not amtool's
 */
export async function simulate(
  words: readonly string[],
  { env, at: time }: SimulateOptions,
  print: Progress,
): Promise<void> {
  const typed = labelsIn(words);
  const at = timeIn(time);
  const environments = renderEvery(print, env);
  const { alertname, severity } = typed;
  if (alertname !== undefined && severity === undefined) {
    const known = environments.flatMap(({ alerts }) => alerts.map(({ alert }) => alert.name));
    if (!known.includes(alertname)) throw unknownAlert(alertname, known);
  }
  const amtool = findAmtool();
  for (const rendered of environments) {
    const config = routingOf(rendered);
    const labels = completed(typed, rendered);
    const shown = Object.entries(labels).map(([label, value]) => `${label}=${value}`);
    print(
      `${rendered.environment.name}, ${shown.join(" ")}, at ${at.toISOString()}, engine ${rendered.environment.alerting.engine}`,
    );
    told(config, labels, at).forEach(print);
    if (amtool === undefined || !delivers(rendered)) continue;
    const { text } = alertmanagerOf(rendered);
    const ours = routesFor(config, labels).map(({ receiver }) => receiver);
    const theirs = await amtoolReceivers(amtool, text, labels);
    if (ours.join() !== theirs.join()) {
      throw new CommandError(
        `the receivers must be what amtool finds, ${theirs.join(", ")}, got ${ours.join(", ")}: this is a defect of simulate; amtool is right`,
      );
    }
  }
  print(
    amtool === undefined || !environments.some(delivers)
      ? "routes read by ourselves: no amtool here, or nothing that it reads"
      : "amtool finds the same receivers",
  );
}
