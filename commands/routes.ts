import { CommandError } from "./shell";

/** One route of alertmanager.yml with what is below it. */
export interface Route {
  readonly receiver?: string;
  readonly matchers?: readonly string[];
  readonly routes?: readonly Route[];
  readonly continue?: boolean;
  readonly group_wait?: string;
  readonly group_interval?: string;
  readonly repeat_interval?: string;
  readonly mute_time_intervals?: readonly string[];
  readonly active_time_intervals?: readonly string[];
}

/** A span of time as alertmanager.yml writes it; a field that is left out allows everything. */
export interface TimeInterval {
  readonly times?: readonly { readonly start_time: string; readonly end_time: string }[];
  readonly weekdays?: readonly string[];
  readonly days_of_month?: readonly (string | number)[];
  readonly months?: readonly (string | number)[];
  readonly years?: readonly (string | number)[];
  readonly location?: string;
}

/** An alert that keeps others silent. */
export interface InhibitRule {
  readonly source_matchers?: readonly string[];
  readonly target_matchers?: readonly string[];
  readonly equal?: readonly string[];
}

/** alertmanager.yml, as far as it decides who is told. */
export interface AlertmanagerConfig {
  readonly route: Route;
  readonly receivers: readonly ({ readonly name: string } & Readonly<Record<string, unknown>>)[];
  readonly inhibit_rules?: readonly InhibitRule[];
  readonly time_intervals?: readonly {
    readonly name: string;
    readonly time_intervals: readonly TimeInterval[];
  }[];
}

/** Labels of an alert. */
export type Labels = Readonly<Record<string, string>>;

/** A route that an alert ends at, with what it inherits. */
export interface Matched {
  readonly receiver: string;
  readonly groupWait: string;
  readonly groupInterval: string;
  readonly repeatInterval: string;
  readonly route: Route;
}

const oneMatcher =
  /\s*(?:"((?:[^"\\]|\\.)*)"|([^\s{}!=~,\\"'`]+))\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^\s{}!=~,\\"'`]*))\s*(?:,|$)/y;

interface Matcher {
  readonly label: string;
  readonly operator: string;
  readonly value: string;
}

function unquoted(text: string): string {
  return text.replace(/\\(.)/g, (_, character: string) => (character === "n" ? "\n" : character));
}

function matchersIn(text: string): Matcher[] {
  const inner = text.trim().replace(/^\{(.*)\}$/s, "$1");
  const found: Matcher[] = [];
  for (let at = 0; at < inner.length; at = oneMatcher.lastIndex) {
    oneMatcher.lastIndex = at;
    const match = oneMatcher.exec(inner);
    if (match === null) {
      throw new CommandError(
        `a matcher must be such as 'severity="critical"', got '${text}': correct alertmanager.yml`,
      );
    }
    const [, quotedLabel, label, operator = "=", quotedValue, value] = match;
    found.push({
      label: unquoted(quotedLabel ?? label ?? ""),
      operator,
      value: quotedValue === undefined ? (value ?? "") : unquoted(quotedValue),
    });
  }
  return found;
}

function holds({ label, operator, value }: Matcher, labels: Labels): boolean {
  const actual = labels[label] ?? "";
  switch (operator) {
    case "=":
      return actual === value;
    case "!=":
      return actual !== value;
    default:
      return new RegExp(`^(?:${value})$`, "s").test(actual) === (operator === "=~");
  }
}

/** Whether all matchers hold; a label that is absent is empty. */
export function matches(matchers: readonly string[] | undefined, labels: Labels): boolean {
  return (matchers ?? []).flatMap(matchersIn).every((matcher) => holds(matcher, labels));
}

function walk(route: Route, labels: Labels, above: Omit<Matched, "route">): Matched[] {
  if (!matches(route.matchers, labels)) return [];
  const own = {
    receiver: route.receiver ?? above.receiver,
    groupWait: route.group_wait ?? above.groupWait,
    groupInterval: route.group_interval ?? above.groupInterval,
    repeatInterval: route.repeat_interval ?? above.repeatInterval,
  };
  const found: Matched[] = [];
  for (const child of route.routes ?? []) {
    const below = walk(child, labels, own);
    found.push(...below);
    if (below.length > 0 && child.continue !== true) break;
  }
  // Intervals that mute are not inherited.
  return found.length > 0 ? found : [{ ...own, route }];
}

/** The routes that an alert takes, in order, the way Alertmanager walks its tree. */
export function routesFor({ route }: AlertmanagerConfig, labels: Labels): readonly Matched[] {
  return walk(route, labels, {
    receiver: "",
    groupWait: "30s",
    groupInterval: "5m",
    repeatInterval: "4h",
  });
}

const weekdays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

const monthNames = [
  "january",
  "february",
  "march",
  "april",
  "may",
  "june",
  "july",
  "august",
  "september",
  "october",
  "november",
  "december",
];

interface Moment {
  readonly minute: number;
  readonly weekday: number;
  readonly day: number;
  readonly month: number;
  readonly year: number;
}

function momentIn(location: string, at: Date): Moment {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: location,
    hourCycle: "h23",
    weekday: "long",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  }).formatToParts(at);
  const part = (type: Intl.DateTimeFormatPartTypes) =>
    parts.find((one) => one.type === type)?.value ?? "";
  return {
    minute: Number(part("hour")) * 60 + Number(part("minute")),
    weekday: weekdays.indexOf(part("weekday").toLowerCase()),
    day: Number(part("day")),
    month: Number(part("month")),
    year: Number(part("year")),
  };
}

function minuteOf(clock: string): number {
  const [hours = "0", minutes = "0"] = clock.split(":");
  return Number(hours) * 60 + Number(minutes);
}

/** Whether one of `monday:friday`, `1:5` or `-1` holds a value. */
function within(
  ranges: readonly (string | number)[] | undefined,
  value: number,
  read: (text: string) => number,
): boolean {
  return (
    ranges === undefined ||
    ranges.length === 0 ||
    ranges.some((range) => {
      const [first = "", last = first] = String(range).toLowerCase().split(":");
      return value >= read(first) && value <= read(last);
    })
  );
}

function nameOrNumber(names: readonly string[], first: number): (text: string) => number {
  return (text) => (names.includes(text) ? names.indexOf(text) + first : Number(text));
}

function isIn(interval: TimeInterval, at: Date): boolean {
  const { minute, weekday, day, month, year } = momentIn(interval.location ?? "UTC", at);
  const length = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const { times = [] } = interval;
  return (
    (times.length === 0 ||
      times.some(
        ({ start_time, end_time }) => minute >= minuteOf(start_time) && minute < minuteOf(end_time),
      )) &&
    within(interval.weekdays, weekday, nameOrNumber(weekdays, 0)) &&
    // Days below zero count from the end of the month.
    within(interval.days_of_month, day, (text) =>
      Number(text) < 0 ? length + Number(text) + 1 : Number(text),
    ) &&
    within(interval.months, month, nameOrNumber(monthNames, 1)) &&
    within(interval.years, year, Number)
  );
}

/** Why a route says nothing at a time, completing "muted …"; nothing where it speaks. */
export function mutedAt(
  { time_intervals: intervals = [] }: AlertmanagerConfig,
  { mute_time_intervals: mute = [], active_time_intervals: active = [] }: Route,
  at: Date,
): string | undefined {
  const goesOn = (name: string) =>
    intervals.some((one) => one.name === name && one.time_intervals.some((i) => isIn(i, at)));
  const muting = mute.find(goesOn);
  if (muting !== undefined) return `during '${muting}'`;
  return active.length === 0 || active.some(goesOn)
    ? undefined
    : `outside '${active.join("', '")}'`;
}

/** Which alerts keep an alert of these labels silent, in words. */
export function inhibitorsOf(
  { inhibit_rules: rules = [] }: AlertmanagerConfig,
  labels: Labels,
): readonly string[] {
  return rules
    .filter(({ target_matchers: target }) => matches(target, labels))
    .map(({ source_matchers: source = [], equal = [] }) => {
      const same = equal.filter((label) => labels[label] !== undefined);
      const what = source.join(", ");
      return same.length === 0 ? what : `${what} with the same ${same.join(", ")}`;
    });
}

/** One way in which a receiver tells people. */
export interface Channel {
  /** As Alertmanager's metrics name it, e.g. `slack`. */
  readonly integration: string;
  /** The integration and what tells it from another one: a channel, an address or a secret's name. */
  readonly name: string;
  /** Whether it says too that an alert is over. */
  readonly sendResolved: boolean;
}

const telling = [
  "channel",
  "to",
  "chat_id",
  "api_url_file",
  "webhook_url_file",
  "url_file",
  "url",
  "webhook_url",
  "chat_id_file",
];

/** How a receiver tells people; never a secret, only the name of its file. */
export function channelsOf({ receivers }: AlertmanagerConfig, name: string): readonly Channel[] {
  const receiver = receivers.find((one) => one.name === name) ?? { name };
  return Object.entries(receiver).flatMap(([key, configs]) => {
    if (!key.endsWith("_configs") || !Array.isArray(configs)) return [];
    const integration = key.replace(/_configs$/, "");
    return (configs as readonly Readonly<Record<string, unknown>>[]).map((config) => {
      const [which] = telling.flatMap((field) => {
        const value = config[field];
        return typeof value === "string" || typeof value === "number"
          ? [field.endsWith("_file") ? (String(value).split("/").at(-1) ?? "") : String(value)]
          : [];
      });
      return {
        integration,
        name: which === undefined ? integration : `${integration} ${which}`,
        sendResolved: config["send_resolved"] !== false,
      };
    });
  });
}
