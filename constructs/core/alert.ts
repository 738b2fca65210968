/** How urgent: P1 wakes somebody within 15 minutes, P2 within an hour, P3 waits for business hours, P4 for the next business day. */
export type Priority = "P1" | "P2" | "P3" | "P4";

/** All priorities, the most urgent first. */
export const priorities = ["P1", "P2", "P3", "P4"] as const satisfies readonly Priority[];

/** The label that routes. An operator's own rules set it too. */
export type Severity = "critical" | "high" | "warning" | "info";

/** What a priority means to the people who answer. */
export const priorityDetails: Readonly<
  Record<Priority, { severity: Severity; emoji: string; respondWithin: string; color: string }>
> = {
  P1: { severity: "critical", emoji: "🔴", respondWithin: "15 minutes", color: "#d62728" },
  P2: { severity: "high", emoji: "🟠", respondWithin: "1 hour", color: "#ff7f0e" },
  P3: { severity: "warning", emoji: "🟡", respondWithin: "business hours", color: "#f2c744" },
  P4: { severity: "info", emoji: "🔵", respondWithin: "next business day", color: "#1f77b4" },
};

/** What the person who is woken needs. Words only: numbers belong to the description, which knows the present ones. */
export interface Runbook {
  /** What it means, one or two sentences. */
  readonly meaning: string;
  /** What is lost, and when, if nobody acts. */
  readonly impact: string;
  /** What to do, in order. */
  readonly steps: readonly string[];
}

/** The label of an alert that nothing is behind: somebody tries whether alerts arrive. */
export const drillLabel = "drill";

/** The label of an alert that every channel is told, whatever its priority: it says that one of them does not work. */
export const everyChannelLabel = "every_channel";

/** The label of an alert that nobody is told: it only keeps others silent. */
export const onlyInhibitsLabel = "only_inhibits";

/** What an alert does while the store of its series cannot be asked: stay what it was, or fire. */
export type Unanswered = "holds" | "fires";

/** A panel of a board, by its keys. */
export interface PanelAddress {
  /** Uid of the board. */
  readonly board: string;
  readonly row: string;
  readonly panel: string;
}

/** What every alert of the catalogue says, whatever it watches. */
export interface AnyAlert {
  /** CamelCase, component first. */
  readonly name: string;
  readonly priority: Priority;
  /**
   * How long the expression must hold, in Prometheus' notation.
   * @default "0s"
   */
  readonly for?: string;
  /** One line without values. */
  readonly summary: string;
  /** With values, in Prometheus' template language. */
  readonly description: string;
  readonly runbook: Runbook;
  /**
   * Why its numbers are what they are.
   * @default - nothing is told
   */
  readonly why?: string;
  /**
   * Labels beside severity and priority.
   * @default - none
   */
  readonly labels?: Readonly<Record<string, string>>;
  /**
   * While one of these alerts fires for the same chain, this one stays silent.
   * @default - none
   */
  readonly inhibitedBy?: readonly string[];
  /**
   * What it does while the store of its series gives no answer. Only an engine beside that store can tell: Grafana. The
   * heartbeat stops then, whatever is said here.
   * @default "holds"
   */
  readonly unanswered?: Unanswered;
  /**
   * The panel that shows it: messages lead there where Grafana is deployed.
   * @default - messages lead to what the alert watches in Prometheus, or to its lines
   */
  readonly panel?: PanelAddress;
}

/** One alert on series, as plain data beside what it watches. Prometheus evaluates it. */
export interface Alert extends AnyAlert {
  /** PromQL; fires for every series it returns. */
  readonly expr: string;
  /**
   * How long it keeps firing after the expression stopped to hold.
   * @default - resolves at once
   */
  readonly keepFiringFor?: string;
  /**
   * What a person wants to see drawn: PromQL without the threshold.
   * @default - the alert's own expression
   */
  readonly graph?: string;
}

/** One alert on log lines, as plain data beside what it watches. The log store evaluates it. */
export interface LogAlert extends AnyAlert {
  /** LogQL; fires for every series it returns. */
  readonly logql: string;
  /** LogQL of the lines that a person wants to read. */
  readonly lines: string;
}

/** A series computed from others. */
export interface RecordingRule {
  /** `level:metric:operations`, or one of the compatibility names. */
  readonly record: string;
  readonly expr: string;
  /** @default - those of the expression */
  readonly labels?: Readonly<Record<string, string>>;
}

/** Rules that are evaluated together, in order. */
export interface RuleGroup {
  /** Unique among all groups; also the name of its file. */
  readonly name: string;
  /** From 1 to 300. */
  readonly intervalSeconds: number;
  readonly rules: readonly (Alert | RecordingRule)[];
}

/** Alerts on log lines that are evaluated at the same pace. */
export interface LogRuleGroup {
  /** Unique among all groups on logs; also the name of its file. */
  readonly name: string;
  /** From 1 to 300. */
  readonly intervalSeconds: number;
  readonly alerts: readonly LogAlert[];
}

/** Tells an alert from a recording rule. */
export function isAlert(rule: Alert | RecordingRule): rule is Alert {
  return "name" in rule;
}
