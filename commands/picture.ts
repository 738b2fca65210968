import { existsSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { CompleteBoard } from "../constructs/core/board";
import { show } from "../constructs/core/errors";
import type { Panel } from "../constructs/core/panel";
import { durationSeconds } from "../constructs/core/promql";
import { packageRoot } from "../constructs/core/paths";
import type { PictureRequest, takePicture } from "../programs/pictures/main";
import { renderEnvironment } from "./rendered";
import { CommandError } from "./shell";
import { addressesOf } from "./start";

/** What may be chosen of a picture, as the command line has it. */
export interface PictureOptions {
  /**
   * How far back it looks, e.g. `6h`.
   * @default - the board's own span
   */
  readonly from?: string;
  /**
   * Where it ends.
   * @default - now
   */
  readonly to?: Date;
  /** `name=value`; a name may come several times. */
  readonly variables: readonly string[];
  /**
   * PNG file.
   * @default - `<board>-<row>-<panel>.png` in the present folder
   */
  readonly out?: string;
  readonly timeZone?: string;
  readonly theme?: PictureRequest["theme"];
  readonly scale?: number;
}

function milliseconds(span: string): number {
  if (!/^([1-9]\d*[smhd])+$/.test(span)) {
    throw new CommandError(`'--from' must be a span such as 6h or 7d, got ${show(span)}`);
  }
  return durationSeconds(span) * 1000;
}

/** Values by the variable's name. */
function chosen(variables: readonly string[]): Record<string, string[]> {
  const values: Record<string, string[]> = {};
  for (const variable of variables) {
    const [, name, value] = /^(\w+)=(.*)$/.exec(variable) ?? [];
    if (name === undefined || value === undefined) {
      throw new CommandError(
        `'--var' must be name=value such as chain=alpha, got ${show(variable)}`,
      );
    }
    (values[name] ??= []).push(value);
  }
  return values;
}

function refusal(what: string, allowed: readonly string[], got: string): CommandError {
  return new CommandError(`'${what}' must be one of ${allowed.join(", ")}, got ${show(got)}`);
}

/**
 * Finds a panel by its board's uid and by its row's and its own key, e.g. `chain/safe-lag`.
 * @throws CommandError naming what there is
 */
export function findPanel(
  boards: readonly CompleteBoard[],
  uid: string,
  path: string,
): { readonly board: CompleteBoard["board"]; readonly panel: Panel } {
  const found = boards.find(({ board }) => board.uid === uid);
  if (found === undefined) {
    const uids = boards.map(({ board }) => board.uid);
    throw refusal("board", uids, uid);
  }
  const panels = found.rows.flatMap(({ key, panels: of }) =>
    of.map((panel) => ({ path: `${key}/${panel.key}`, panel })),
  );
  const one = panels.find((panel) => panel.path === path);
  if (one === undefined) {
    const paths = panels.filter(({ panel }) => panel.type !== "text").map((panel) => panel.path);
    throw refusal("panel", paths, path);
  }
  return { board: found.board, panel: one.panel };
}

/** Loads the bundle only now: it is large, and the package itself needs no charting library. */
function program(): { takePicture: typeof takePicture } {
  const bundle = join(packageRoot, "dist", "programs", "pictures.js");
  if (!existsSync(bundle)) {
    throw new CommandError(`the program must be built, got no file ${bundle}`);
  }
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- a bundle that is built after the types are checked
  return require(bundle) as { takePicture: typeof takePicture };
}

/**
 * Writes the picture of one panel, from live data, and returns the file's absolute path.
 * @throws CommandError when there is no such panel, something chosen is wrong, or a store does not answer
 */
export async function picture(
  boards: readonly CompleteBoard[],
  uid: string,
  path: string,
  stores: PictureRequest["stores"],
  options: PictureOptions,
): Promise<string> {
  const { board, panel } = findPanel(boards, uid, path);
  const to = options.to ?? new Date();
  const from = new Date(to.getTime() - milliseconds(options.from ?? board.span ?? "6h"));
  const { timeZone, theme, scale } = options;
  const request: PictureRequest = {
    ...{ board, panel, from, to, stores, timeZone, theme, scale },
    chosen: chosen(options.variables),
  };
  const file = resolve(options.out ?? `${uid}-${path.replace("/", "-")}.png`);
  try {
    writeFileSync(file, await program().takePicture(request));
  } catch (error) {
    if (error instanceof Error && error.name === "PictureError") {
      throw new CommandError(error.message);
    }
    throw error;
  }
  return file;
}

/**
 * `npm run picture`: one panel of a deployed environment.
 * @throws CommandError as {@link picture} does
 */
export async function drawPanel(
  name: string,
  uid: string,
  path: string,
  options: {
    readonly from?: string;
    readonly var: readonly string[];
    readonly out?: string;
    readonly light?: boolean;
  },
): Promise<string> {
  const { environment, boards } = renderEnvironment(name);
  const { prometheus: metrics, loki: logs } = addressesOf(environment);
  const { from, out, light } = options;
  return picture(
    boards,
    uid,
    path,
    { metrics, ...(logs === undefined ? {} : { logs }) },
    {
      variables: options.var,
      timeZone: environment.calendar.timeZone,
      theme: light === true ? "light" : "dark",
      ...(from === undefined ? {} : { from }),
      ...(out === undefined ? {} : { out }),
    },
  );
}
