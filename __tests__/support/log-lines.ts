import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { packageRoot } from "../../constructs/core/paths";

/** What a program wrote, and what must be known about it afterwards. */
export interface LogLine {
  /** Name of the file without its ending. */
  readonly file: string;
  /** One line, or several that belong together. */
  readonly entry: string;
  /** Structured metadata: exactly these. */
  readonly expected: Readonly<Record<string, string>>;
}

const folder = join(packageRoot, "__tests__", "support", "log-lines");

/** Fields of a line `#> key=value key=value`; a value has no space. */
function expectationOf(line: string): Readonly<Record<string, string>> {
  const fields = line
    .slice(2)
    .trim()
    .split(" ")
    .filter((field) => field !== "");
  return Object.fromEntries(
    fields.map((field) => {
      const at = field.indexOf("=");
      return [field.slice(0, at), field.slice(at + 1)];
    }),
  );
}

function read(file: string): readonly LogLine[] {
  const [, ...parts] = readFileSync(join(folder, file), "utf8").split(/^(?=#>)/m);
  return parts.map((part) => {
    const [expectation = "", ...lines] = part.trimEnd().split("\n");
    return {
      file: basename(file, ".txt"),
      entry: lines.join("\n"),
      expected: expectationOf(expectation),
    };
  });
}

/** Every recorded entry of __tests__/support/log-lines, in the order of their files. */
export const logLines: readonly LogLine[] = readdirSync(folder)
  .filter((name) => name.endsWith(".txt"))
  .sort()
  .flatMap(read);

const escapeSequence = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "g");

/** An entry as it is kept: without the escape sequences of a terminal. */
export function plain(entry: string): string {
  return entry.replace(escapeSequence, "");
}
