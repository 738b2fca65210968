import { priorities, type Priority } from "./alert";

/** How numbers are written: the ids of Grafana's units. */
export const units = {
  count: "short",
  text: "none",
  seconds: "s",
  milliseconds: "ms",
  hours: "h",
  days: "d",
  bytes: "bytes",
  bytesPerSecond: "Bps",
  percent: "percent",
  ratio: "percentunit",
  perSecond: "ops",
  requestsPerSecond: "reqps",
  linesPerSecond: "suffix:lines/s",
  eth: "suffix:ETH",
  gwei: "suffix:gwei",
  tia: "suffix:TIA",
  blocks: "suffix:blocks",
  blocksPerSecond: "suffix:blocks/s",
  megagasPerSecond: "suffix:Mgas/s",
} as const;

/** A unit by its name here. */
export type Unit = keyof typeof units;

/** One question that a panel puts to a store. */
export interface Query {
  /** PromQL, or LogQL in a panel of lines; may name the board's variables as `$chain`. */
  readonly expr: string;
  /** Name of a series, e.g. `{{instance}}`. */
  readonly legend: string;
  /**
   * Which store answers.
   * @default "metrics"
   */
  readonly store?: "metrics" | "logs";
  /**
   * Dots that lead to a trace: only where the series is a histogram whose program attaches them.
   * @default false
   */
  readonly exemplars?: boolean;
  /**
   * Drawn dashed in red: not a measurement, but what a measurement must not reach.
   * @default false
   */
  readonly limit?: boolean;
}

/** Where a value becomes an alert: the same numbers as the alerts', by their priority. */
export interface Limits {
  /** Which side is bad. */
  readonly bad: "above" | "below";
  readonly at: Readonly<Partial<Record<Priority, number>>>;
}

/** Bad is what lies above. */
export function above(at: Limits["at"]): Limits {
  return { bad: "above", at };
}

/** Bad is what lies below. */
export function below(at: Limits["at"]): Limits {
  return { bad: "below", at };
}

interface AnyPanel {
  /** Kebab-case, unique in its row: links name it. */
  readonly key: string;
  readonly title: string;
  /** What it shows, and what a person should conclude from it. */
  readonly description: string;
  /**
   * Of 24 columns.
   * @default 8
   */
  readonly width?: number;
  /**
   * In Grafana's grid units, about 30 pixels each.
   * @default 8
   */
  readonly height?: number;
}

/** Values over time. */
export interface TimeSeriesPanel extends AnyPanel {
  readonly type: "timeseries";
  readonly unit: Unit;
  readonly queries: readonly Query[];
  /** @default - no limit is drawn */
  readonly limits?: Limits;
  /** @default - from the data */
  readonly min?: number;
  /** @default - from the data */
  readonly max?: number;
  /** @default false */
  readonly stacked?: boolean;
}

/** The present value, large. */
export interface StatPanel extends AnyPanel {
  readonly type: "stat";
  readonly unit: Unit;
  readonly queries: readonly Query[];
  /** @default - not coloured */
  readonly limits?: Limits;
  /**
   * Words instead of numbers, e.g. `{ "0": "down" }`.
   * @default - the number
   */
  readonly words?: Readonly<Record<string, string>>;
}

/** The present value between two ends. */
export interface GaugePanel extends AnyPanel {
  readonly type: "gauge";
  readonly unit: Unit;
  readonly queries: readonly Query[];
  readonly min: number;
  readonly max: number;
  readonly limits?: Limits;
}

/** Present values side by side, as bars. */
export interface BarsPanel extends AnyPanel {
  readonly type: "bars";
  readonly unit: Unit;
  readonly queries: readonly Query[];
  readonly limits?: Limits;
  /** @default - from the data */
  readonly max?: number;
}

/** Present series as rows: their labels and their values. */
export interface TablePanel extends AnyPanel {
  readonly type: "table";
  readonly unit: Unit;
  readonly queries: readonly Query[];
  /** Labels that are shown, in order, with their heading. */
  readonly columns: Readonly<Record<string, string>>;
  /** Heading of the values, one per query. */
  readonly values: readonly string[];
  readonly limits?: Limits;
}

/** Log lines. */
export interface LinesPanel extends AnyPanel {
  readonly type: "lines";
  readonly queries: readonly Query[];
}

/** Words, as Markdown. */
export interface TextPanel extends AnyPanel {
  readonly type: "text";
  readonly markdown: string;
}

/** One picture of a board, as plain data: Grafana's model and pictures are both made from it. */
export type Panel =
  TimeSeriesPanel | StatPanel | GaugePanel | BarsPanel | TablePanel | LinesPanel | TextPanel;

/** The questions of a panel. */
export function queriesOf(panel: Panel): readonly Query[] {
  return panel.type === "text" ? [] : panel.queries;
}

/** The limits of a panel from the mildest to the worst. */
export function limitSteps(limits: Limits): readonly { priority: Priority; at: number }[] {
  return [...priorities].reverse().flatMap((priority) => {
    const at = limits.at[priority];
    return at === undefined ? [] : [{ priority, at }];
  });
}
