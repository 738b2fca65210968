import { parse } from "yaml";
import type { AlertmanagerConfig, Labels, Route, TimeInterval } from "./routes";

const folder = "/etc/grafana/provisioning/alerting";

type Files = ReadonlyMap<string, string>;

interface Policy {
  readonly object_matchers?: readonly (readonly [label: string, operator: string, value: string])[];
  readonly routes?: readonly Policy[];
}

interface Alerting {
  readonly policies?: readonly Policy[];
  readonly contactPoints?: readonly {
    readonly name: string;
    readonly receivers: readonly {
      readonly type: string;
      readonly disableResolveMessage?: boolean;
      readonly settings: Readonly<Record<string, unknown>>;
    }[];
  }[];
  readonly muteTimes?: readonly {
    readonly name: string;
    readonly time_intervals: readonly TimeInterval[];
  }[];
  readonly groups?: readonly {
    readonly rules: readonly {
      readonly title: string;
      readonly annotations: Labels;
      readonly data: readonly { readonly model: { readonly expr?: string } }[];
    }[];
  }[];
}

function read(files: Files, name: string): Alerting {
  return (parse(files.get(`${folder}/${name}.yaml`) ?? "") ?? {}) as Alerting;
}

/** What a provisioning file writes as `$$`. */
function plain(text: string): string {
  return text.replaceAll("$$", () => "$");
}

/** The route of an alert that is no rule of an earlier deployment: what it says about uids is left out. */
function routeOf({ object_matchers: matchers = [], routes = [], ...rest }: Policy): Route {
  return {
    ...rest,
    ...(matchers.length === 0
      ? {}
      : {
          matchers: matchers.map(
            ([label, operator, value]) => `${label}${operator}${JSON.stringify(plain(value))}`,
          ),
        }),
    routes: routes
      .filter(({ object_matchers: own = [] }) => own[0]?.[0] !== "__alert_rule_uid__")
      .map(routeOf),
  };
}

/** What tells a channel from another one, by the name that Alertmanager has for it. */
const telling: Readonly<Record<string, string>> = {
  recipient: "channel",
  addresses: "to",
  chatid: "chat_id",
};

function nameOf(key: string, value: unknown): readonly [string, unknown] {
  const file = /^\$__file\{(.*)\}$/.exec(String(value))?.[1];
  return file === undefined ? [telling[key] ?? key, value] : [`${key}_file`, file];
}

/** Grafana's policies, contact points and times in Alertmanager's words. Inhibition is in the rules' expressions. */
export function grafanaRouting(files: Files): AlertmanagerConfig {
  const [root = {}] = read(files, "notification-policies").policies ?? [];
  const { contactPoints = [] } = read(files, "contact-points");
  return {
    route: routeOf(root),
    time_intervals: read(files, "mute-timings").muteTimes ?? [],
    receivers: contactPoints.map(({ name, receivers }) => {
      const channels = receivers.filter(({ settings }) => settings["url"] !== "grafana://noop");
      const types = [...new Set(channels.map(({ type }) => type))];
      return {
        name,
        ...Object.fromEntries(
          types.map((type) => [
            `${type}_configs`,
            channels
              .filter((channel) => channel.type === type)
              .map(({ settings, disableResolveMessage }) => ({
                ...Object.fromEntries(
                  Object.entries(settings).map(([key, value]) => nameOf(key, value)),
                ),
                send_resolved: disableResolveMessage !== true,
              })),
          ]),
        ),
      };
    }),
  };
}

/** What Grafana's rules say, by the alert's name and the expression that is evaluated. */
export function grafanaAnnotations(files: Files): ReadonlyMap<string, Labels> {
  const rules = (read(files, "alert-rules").groups ?? []).flatMap((group) => group.rules);
  return new Map(
    rules.map(({ title, data, annotations }) => [
      `${title} ${data[0]?.model.expr ?? ""}`,
      annotations,
    ]),
  );
}
