/** A typeface that the pictures use. */
export type Face = "regular" | "semiBold" | "mono";

/** Advance widths of the characters from space to tilde in thousandths of the size, as in Noto Sans' own tables. */
const widths: Readonly<Record<Face, readonly number[]>> = {
  regular: [
    260, 269, 408, 646, 572, 831, 732, 225, 300, 300, 551, 572, 268, 322, 268, 372, 572, 572, 572,
    572, 572, 572, 572, 572, 572, 572, 268, 268, 572, 572, 572, 434, 899, 639, 650, 632, 730, 556,
    519, 728, 741, 339, 273, 619, 524, 907, 760, 781, 605, 781, 622, 549, 556, 731, 600, 930, 586,
    566, 572, 329, 372, 329, 572, 444, 281, 561, 615, 480, 615, 564, 344, 615, 618, 258, 258, 534,
    258, 935, 618, 605, 615, 615, 413, 479, 361, 618, 508, 786, 529, 510, 470, 380, 551, 380, 572,
  ],
  semiBold: [
    260, 277, 452, 646, 572, 875, 743, 250, 324, 324, 546, 572, 279, 320, 276, 399, 572, 572, 572,
    572, 572, 572, 572, 572, 572, 572, 276, 279, 572, 572, 572, 461, 898, 672, 659, 638, 732, 558,
    538, 726, 756, 370, 309, 647, 546, 929, 793, 787, 615, 787, 643, 550, 569, 747, 631, 953, 638,
    603, 576, 330, 399, 330, 572, 423, 333, 585, 626, 502, 626, 585, 371, 626, 638, 283, 283, 588,
    283, 960, 638, 617, 626, 626, 434, 493, 406, 638, 547, 830, 560, 548, 484, 389, 551, 389, 572,
  ],
  mono: Array<number>(95).fill(600),
};

/** From here on: Hangul, as Noto Sans KR has it. */
const wideFrom = 0x2e80;
const wide = 920;

/** Other alphabets, arrows and signs; about as wide as a capital. */
const middling = 650;

function advance(code: number, face: Face): number {
  const known = widths[face][code - 32];
  if (known !== undefined) return known;
  return code >= wideFrom ? wide : face === "mono" ? 600 : middling;
}

/** How wide a text is drawn, in pixels. */
export function textWidth(text: string, size: number, face: Face = "regular"): number {
  let sum = 0;
  for (const character of text) sum += advance(character.codePointAt(0) ?? 0, face);
  return (sum * size) / 1000;
}

/** The text, shortened in its middle until it fits: names of instances differ at both ends. */
export function fitted(text: string, width: number, size: number, face: Face = "regular"): string {
  if (textWidth(text, size, face) <= width) return text;
  const characters = Array.from(text);
  for (let kept = characters.length - 1; kept > 1; kept--) {
    const head = Math.ceil(kept / 2);
    const short = `${characters.slice(0, head).join("")}…${characters.slice(head - kept).join("")}`;
    if (textWidth(short, size, face) <= width) return short;
  }
  return "…";
}

/** The end that all names share, from a dot, a colon, a slash or a space on; empty for a single name. */
function sharedEnd([first = "", ...others]: readonly string[]): string {
  if (others.length === 0) return "";
  const starts = [...first.matchAll(/[.:/ ]/g)].map(({ index }) => index).filter((at) => at > 0);
  const ends = starts.map((at) => first.slice(at));
  return ends.find((end) => others.every((one) => one.endsWith(end) && one !== end)) ?? "";
}

/** Names that fit: first without what the long ones all end with, then shortened in their middle. */
export function fittedNames(names: readonly string[], width: number, size: number): string[] {
  const end = sharedEnd(names.filter((name) => textWidth(name, size) > width));
  return names.map((name) => {
    const own = end !== "" && name.endsWith(end) && name !== end;
    return fitted(own ? `${name.slice(0, -end.length)}…` : name, width, size);
  });
}

/** The text, shortened at its end until it fits. */
export function cut(text: string, width: number, size: number, face: Face = "regular"): string {
  if (textWidth(text, size, face) <= width) return text;
  const characters = Array.from(text);
  while (characters.length > 0 && textWidth(`${characters.join("")}…`, size, face) > width) {
    characters.pop();
  }
  return `${characters.join("").trimEnd()}…`;
}

/** The text in lines that fit, broken at spaces where that is possible; what goes beyond the last line is cut. */
export function wrapped(
  text: string,
  width: number,
  most: number,
  size: number,
  face: Face = "regular",
): string[] {
  const lines: string[] = [];
  let rest = text.replaceAll(/\s+/g, " ").trim();
  while (rest !== "" && lines.length < most - 1) {
    const line = firstLine(rest, width, size, face);
    lines.push(line.trimEnd());
    rest = rest.slice(line.length).trimStart();
  }
  return rest === "" ? lines : [...lines, cut(rest, width, size, face)];
}

function firstLine(text: string, width: number, size: number, face: Face): string {
  let fits = "";
  for (const character of text) {
    if (fits !== "" && textWidth(fits + character, size, face) > width) break;
    fits += character;
  }
  if (fits.length === text.length || text[fits.length] === " ") return fits;
  const space = fits.lastIndexOf(" ");
  // A break far from the end would waste the line: long words of logs and queries are broken anywhere.
  return space > fits.length / 2 ? fits.slice(0, space + 1) : fits;
}
