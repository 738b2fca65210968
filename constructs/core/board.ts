import { isDeepStrictEqual } from "node:util";
import type { PanelAddress } from "./alert";
import { refuse, show, type Fault } from "./errors";
import { queriesOf, type Panel } from "./panel";

/** What a person may choose at the top of a board. Panels name it as `$chain`. */
export interface Variable {
  /** As in `$chain`; also the label whose values are offered. */
  readonly name: string;
  /** Over the choice. */
  readonly title: string;
  /** Series whose values of the label are offered, or a selector of lines; it may name variables above it. */
  readonly from: string;
  /**
   * Which store offers the values.
   * @default "metrics"
   */
  readonly store?: "metrics" | "logs";
  /**
   * Several values at once, and all: panels then match by `=~"$name"`.
   * @default false
   */
  readonly several?: boolean;
}

/** A dashboard before anything is on it. Whoever contributes to it names it whole. */
export interface Board {
  /** Fixed for good: links name it. Letters, digits, hyphens and underscores, 40 at most. */
  readonly uid: string;
  readonly title: string;
  /** Whom it helps to decide what. */
  readonly description: string;
  /** Grafana's folder. */
  readonly folder: string;
  readonly variables: readonly Variable[];
  /**
   * How far back it looks at first, e.g. `6h`.
   * @default "6h"
   */
  readonly span?: string;
}

/** Some panels under one heading, contributed by what they show. */
export interface BoardRow {
  readonly board: Board;
  /** Kebab-case, unique on the board. */
  readonly key: string;
  readonly title: string;
  /** Rows stand in this order; those of the same number in the order of their keys. */
  readonly order: number;
  readonly panels: readonly Panel[];
  /**
   * What the row is about, where several contribute the same row. Equal ones become one row with a variable; where
   * limits differ, each gets a row of its own in which the variable is replaced.
   * @default - the row is contributed once
   */
  readonly about?: { readonly variable: string; readonly value: string };
}

/** A board with its rows in order. */
export interface CompleteBoard {
  readonly board: Board;
  readonly rows: readonly Pick<BoardRow, "key" | "title" | "panels">[];
}

const gridColumns = 24;

function rowFaults({ board, key, panels }: BoardRow): Fault[] {
  const at = `${board.uid}.${key}`;
  const keys = panels.map((panel) => panel.key);
  return [
    ...(/^[a-z][a-z0-9-]*$/.test(key)
      ? []
      : [{ field: at, allowed: "a row's key in kebab-case", got: show(key) }]),
    ...keys
      .filter((one, i) => keys.indexOf(one) !== i)
      .map((one) => ({ field: at, allowed: "panels with different keys", got: show(one) })),
    ...panels.flatMap(({ key: panel, width = 8 }) =>
      Number.isInteger(width) && width >= 1 && width <= gridColumns
        ? []
        : [{ field: `${at}.${panel}.width`, allowed: "from 1 to 24", got: show(width) }],
    ),
  ];
}

function pinned(row: BoardRow, { variable, value }: NonNullable<BoardRow["about"]>): BoardRow {
  const pin = (text: string) =>
    text.replaceAll(new RegExp(`\\$(${variable}\\b|\\{${variable}\\})`, "g"), () => value);
  return {
    ...row,
    key: `${row.key}-${value}`,
    title: `${row.title} · ${value}`,
    panels: row.panels.map((panel) =>
      panel.type === "text"
        ? panel
        : {
            ...panel,
            queries: queriesOf(panel).map((query) => ({ ...query, expr: pin(query.expr) })),
          },
    ),
  };
}

function sameBody(one: BoardRow, other: BoardRow): boolean {
  return (
    one.title === other.title &&
    one.order === other.order &&
    isDeepStrictEqual(one.panels, other.panels)
  );
}

function sameSubject(one: BoardRow, other: BoardRow): boolean {
  return isDeepStrictEqual(one.about, other.about);
}

/** Rows of one key: one row where all say the same, else one for each thing they are about. */
function mergedRows(rows: readonly BoardRow[]): BoardRow[] {
  const [first, ...others] = rows;
  if (first === undefined) return [];
  if (others.every((other) => sameBody(first, other))) return [first];
  return rows
    .filter((row, i) => rows.findIndex((other) => sameSubject(row, other)) === i)
    .map((row) => (row.about === undefined ? row : pinned(row, row.about)));
}

function grouped<T>(items: readonly T[], key: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return [...groups.values()];
}

/**
 * Boards from the rows that were contributed to them, in the order of their uids.
 * @throws ConfigurationError when a row contradicts another, or a board is named with two contents
 */
export function completeBoards(rows: readonly BoardRow[]): readonly CompleteBoard[] {
  const boards = grouped(rows, ({ board }) => board.uid);
  refuse("boards", [
    ...rows.flatMap(rowFaults),
    ...boards.flatMap(([row]) =>
      row === undefined || /^[A-Za-z0-9_-]{1,40}$/.test(row.board.uid)
        ? []
        : [
            {
              field: row.board.uid,
              allowed: "a uid of 1 to 40 letters, digits, hyphens and underscores",
              got: show(row.board.uid),
            },
          ],
    ),
    ...boards.flatMap((of) =>
      of.every(({ board }) => isDeepStrictEqual(board, of[0]?.board))
        ? []
        : [
            {
              field: of[0]?.board.uid ?? "uid",
              allowed: "named with the same title, folder and variables by every row",
              got: "two boards of one uid",
            },
          ],
    ),
    ...boards.flatMap((of) =>
      grouped(of, ({ key }) => key)
        .filter((same) =>
          same.some((row) =>
            same.some((other) => sameSubject(row, other) && !sameBody(row, other)),
          ),
        )
        .map(([row]) => ({
          field: `${row?.board.uid ?? ""}.${row?.key ?? ""}`,
          allowed: "contributed with one content for each thing that it is about",
          got: "two contents",
        })),
    ),
  ]);
  return boards
    .flatMap((of) => {
      const [first] = of;
      if (first === undefined) return [];
      const merged = grouped(of, ({ key }) => key).flatMap(mergedRows);
      const inOrder = merged.sort((a, b) => a.order - b.order || (a.key < b.key ? -1 : 1));
      return [{ board: first.board, rows: inOrder }];
    })
    .sort((a, b) => (a.board.uid < b.board.uid ? -1 : 1));
}

/** A panel with its place on the board. */
export interface PlacedPanel {
  readonly panel: Panel;
  readonly id: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A row with the places of its panels. */
export interface PlacedRow {
  readonly title: string;
  readonly id: number;
  readonly y: number;
  readonly panels: readonly PlacedPanel[];
}

/** The id that links name: the same for as long as the keys are. */
export function panelId(row: string, panel = ""): number {
  // FNV-1a over what tells the panel from others; Grafana wants a positive integer.
  let hash = 0x811c9dc5;
  for (const character of `${row}/${panel}`) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return (hash % 999_983) + 1;
}

/** Panels from left to right and from top to bottom, as wide as they wish; nothing overlaps. */
export function placed({ rows }: CompleteBoard): readonly PlacedRow[] {
  let y = 0;
  return rows.map(({ key, title, panels }) => {
    const row = { title, id: panelId(key), y };
    y += 1;
    let x = 0;
    let lineHeight = 0;
    const places = panels.map((panel) => {
      const { width = 8, height = 8 } = panel;
      if (x + width > gridColumns) {
        x = 0;
        y += lineHeight;
        lineHeight = 0;
      }
      const place = { panel, id: panelId(key, panel.key), x, y, width, height };
      x += width;
      lineHeight = Math.max(lineHeight, height);
      return place;
    });
    y += lineHeight;
    return { ...row, panels: places };
  });
}

/** Where a panel is found. */
export interface PanelPlace {
  readonly board: Board;
  readonly id: number;
}

/**
 * The panel that an address names; where its row was split, the one that is about what the text names.
 * @param text an expression such as an alert's, which names its chain or service
 */
export function panelAt(
  boards: readonly CompleteBoard[],
  { board: uid, row, panel }: PanelAddress,
  text: string,
): PanelPlace | undefined {
  const complete = boards.find(({ board }) => board.uid === uid);
  const found = complete?.rows.find(
    ({ key, panels }) =>
      panels.some((one) => one.key === panel) &&
      (key === row ||
        (key.startsWith(`${row}-`) && text.includes(`"${key.slice(row.length + 1)}"`))),
  );
  return complete === undefined || found === undefined
    ? undefined
    : { board: complete.board, id: panelId(found.key, panel) };
}
