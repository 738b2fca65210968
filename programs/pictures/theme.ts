import { priorityDetails, type Priority } from "../../constructs/core/alert";
import { limitSteps, type Limits } from "../../constructs/core/panel";

/** Colours of a picture. */
export interface Theme {
  readonly background: string;
  /** Behind tiles and every other row of a table. */
  readonly raised: string;
  readonly text: string;
  readonly muted: string;
  readonly grid: string;
  /** Series that the legend does not name. */
  readonly unnamed: string;
  /** Words and numbers beyond a limit: its colour, as far as it can be read here. */
  readonly limitText: Readonly<Record<Priority, string>>;
  /** Series in order; people who do not tell red from green tell these. */
  readonly series: readonly [string, ...string[]];
}

// Paul Tol's schemes "light" and "muted" (SRON/EPS/TN/09-002), without what reads as a limit's red.
const themes = {
  dark: {
    background: "#15171c",
    raised: "#20232b",
    text: "#eceef2",
    muted: "#a9afbb",
    grid: "#343944",
    unnamed: "#6b7280",
    limitText: { P1: "#ff7b72", P2: "#ff9f40", P3: "#f2c744", P4: "#6cb6ff" },
    series: [
      "#77aadd",
      "#bbcc33",
      "#ee8866",
      "#44bb99",
      "#ffaabb",
      "#eedd88",
      "#99ddff",
      "#aaaa00",
    ],
  },
  light: {
    background: "#ffffff",
    raised: "#f1f3f6",
    text: "#1b1f27",
    muted: "#555d6b",
    grid: "#d9dde4",
    unnamed: "#a9b0bb",
    limitText: { P1: "#b3191a", P2: "#a85200", P3: "#7a5d00", P4: "#17609a" },
    series: [
      "#332288",
      "#117733",
      "#88ccee",
      "#cc6677",
      "#999933",
      "#aa4499",
      "#44aa99",
      "#ddcc77",
    ],
  },
} as const satisfies Readonly<Record<string, Theme>>;

/** Which colours a picture has. */
export type ThemeName = keyof typeof themes;

/** The colours by their name. */
export function themeOf(name: ThemeName): Theme {
  return themes[name];
}

/** The colour of a limit. */
export function limitColor(priority: Priority): string {
  return priorityDetails[priority].color;
}

/** What is drawn for queries that say what a measurement must not reach. */
export const limitSeriesColor = limitColor("P1");

/** The gravest limit that a value is beyond. */
export function crossed(limits: Limits | undefined, value: number): Priority | undefined {
  if (limits === undefined) return undefined;
  return limitSteps(limits).findLast(({ at }) => (limits.bad === "above" ? value > at : value < at))
    ?.priority;
}
