import type { Board } from "../../constructs/core/board";
import { queriesOf, type Panel } from "../../constructs/core/panel";
import { contentOf } from "./content";
import { draw } from "./draw";
import { PictureError } from "./failure";
import { toPng } from "./render";
import { Reader, type Stores } from "./store";
import { themeOf, type ThemeName } from "./theme";
import { isTimeZone, rateSeconds, spanText, stepSeconds } from "./time";
import { builtIns, chooseVariables, inWords, type Replacements } from "./variables";

export { PictureError } from "./failure";
export type { Stores } from "./store";
export type { ThemeName } from "./theme";

/** What a picture is made of. */
export interface PictureRequest {
  readonly panel: Panel;
  /** The board it is on: its title stands over the picture, its variables are replaced in the queries. */
  readonly board: Pick<Board, "title" | "variables">;
  /**
   * Values of variables by their name.
   * @default - as Grafana does: the first value, or all where several may be chosen
   */
  readonly chosen?: Readonly<Record<string, readonly string[]>>;
  readonly from: Date;
  readonly to: Date;
  readonly stores: Stores;
  /**
   * Whose clocks the time axis shows, e.g. `Asia/Seoul`.
   * @default "UTC"
   */
  readonly timeZone?: string;
  /** @default "dark" */
  readonly theme?: ThemeName;
  /**
   * How many pixels of the PNG one pixel of the layout has: 1 gives 1000×500, or higher where rows need it. From 0.5 to 3.
   * @default 1
   */
  readonly scale?: number;
  /**
   * How often the metrics store scrapes, in seconds: the least step, and what `$__rate_interval` is made of.
   * @default 15
   */
  readonly scrapeSeconds?: number;
}

/** One point for every two pixels of the plot. */
const points = 450;

function check({ panel, from, to, timeZone = "UTC", scale = 1 }: PictureRequest): void {
  if (panel.type === "text") {
    throw new PictureError(
      `'panel' must show data, got the text panel '${panel.key}': its words can be sent as they are`,
    );
  }
  if (!(from < to)) {
    throw new PictureError(
      `'from' must be before 'to', got ${from.toISOString()} and ${to.toISOString()}`,
    );
  }
  if (!isTimeZone(timeZone)) {
    throw new PictureError(`'timeZone' must be a zone such as 'Asia/Seoul', got '${timeZone}'`);
  }
  if (!(scale >= 0.5 && scale <= 3)) {
    throw new PictureError(`'scale' must be from 0.5 to 3, got ${scale}`);
  }
}

function contextText(board: PictureRequest["board"], replacements: Replacements): string {
  const chosen = board.variables.flatMap(({ name }) => {
    const words = replacements[name]?.words ?? "";
    return words === "" ? [] : [`${name}: ${words}`];
  });
  return [board.title, ...chosen].join(" · ");
}

async function made(request: PictureRequest): Promise<Buffer> {
  check(request);
  const { panel, board, timeZone = "UTC", scrapeSeconds = 15 } = request;
  if (panel.type === "text") throw new PictureError("a text panel has no picture");
  const span = { from: request.from.getTime(), to: request.to.getTime() };
  const reader = new Reader(request.stores);
  const step = stepSeconds(span, points, scrapeSeconds);
  const fixed = builtIns(span, step, rateSeconds(step, scrapeSeconds));
  const variables = await chooseVariables(
    board.variables,
    request.chosen ?? {},
    [panel.title, ...queriesOf(panel).flatMap(({ expr, legend }) => [expr, legend])],
    (label, series) => reader.labelValues(label, series, span),
  );
  const replacements = { ...fixed, ...variables };
  const asked = { panel, replacements, span, stepSeconds: step };
  const content = await contentOf(asked, reader);
  const drawing = draw(asked, content, {
    heading: {
      title: inWords(panel.title, replacements),
      context: contextText(board, variables),
      span: spanText(span, timeZone),
    },
    theme: themeOf(request.theme ?? "dark"),
    span,
    timeZone,
    stepSeconds: step,
  });
  return toPng(drawing, request.scale ?? 1);
}

let busy: Promise<unknown> = Promise.resolve();

/**
 * Makes the picture of one panel from live data, as PNG. One at a time, however many are asked for: memory stays that of one.
 * @throws PictureError when something asked for is wrong, or a store does not answer
 */
export function takePicture(request: PictureRequest): Promise<Buffer> {
  const picture = busy.then(() => made(request));
  busy = picture.catch(() => undefined);
  return picture;
}
