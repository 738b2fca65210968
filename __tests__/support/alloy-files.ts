/** A block of an Alloy file: its name as written, its label, its attributes as text, and the blocks in it. */
export interface Block {
  readonly name: string;
  readonly label: string | undefined;
  readonly attributes: Readonly<Record<string, string>>;
  readonly blocks: readonly Block[];
  /** Everything between its braces, without comments. */
  readonly body: string;
}

interface Token {
  readonly kind: "word" | "string" | "sign" | "end";
  readonly text: string;
}

const pattern =
  /(?<comment>\/\/[^\n]*)|(?<string>"(?:\\.|[^"\\\n])*"|`[^`]*`)|(?<word>[A-Za-z_][\w.]*)|(?<end>\n)|(?<space>[ \t]+)|(?<sign>[^\s\w]|\d[\w.]*)/g;

function tokens(text: string): Token[] {
  const found: Token[] = [];
  let at = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.index !== at) throw new Error(`cannot read: ${text.slice(at, at + 40)}`);
    at += match[0].length;
    const { comment, string, word, end, sign } = match.groups ?? {};
    if (comment !== undefined) continue;
    if (string !== undefined) found.push({ kind: "string", text: string });
    else if (word !== undefined) found.push({ kind: "word", text: word });
    else if (end !== undefined) found.push({ kind: "end", text: end });
    else if (sign !== undefined) found.push({ kind: "sign", text: sign });
  }
  if (at !== text.length) throw new Error(`cannot read: ${text.slice(at, at + 40)}`);
  return found;
}

const opening = new Map([
  ["{", "}"],
  ["[", "]"],
  ["(", ")"],
]);

/** Reads blocks and attributes; expressions stay text. Enough to see what refers to what. */
class Reader {
  #at = 0;

  constructor(readonly all: readonly Token[]) {}

  #peek(offset = 0): Token | undefined {
    return this.all[this.#at + offset];
  }

  #skipEnds(): void {
    while (this.#peek()?.kind === "end") this.#at += 1;
  }

  /** Up to the end of the line that closes every bracket opened in it. */
  #expression(): string {
    const open: string[] = [];
    const parts: string[] = [];
    for (;;) {
      const token = this.#peek();
      if (token === undefined) break;
      if (token.kind === "end" && open.length === 0) break;
      const close = opening.get(token.text);
      if (token.kind === "sign" && close !== undefined) open.push(close);
      else if (token.kind === "sign" && [...opening.values()].includes(token.text)) {
        if (open.length === 0) break;
        if (open.pop() !== token.text) throw new Error(`unbalanced ${token.text}`);
      }
      parts.push(token.text);
      this.#at += 1;
    }
    if (open.length > 0) throw new Error(`not closed: ${open.join("")}`);
    return parts.join(" ").trim();
  }

  body(untilBrace: boolean): Pick<Block, "attributes" | "blocks"> {
    const attributes: Record<string, string> = {};
    const blocks: Block[] = [];
    for (;;) {
      this.#skipEnds();
      const token = this.#peek();
      if (token === undefined || token.text === "}") {
        if ((token === undefined) === untilBrace) throw new Error("unbalanced braces");
        this.#at += 1;
        return { attributes, blocks };
      }
      if (token.kind !== "word") throw new Error(`expected a name, got ${token.text}`);
      this.#at += 1;
      if (this.#peek()?.text === "=") {
        this.#at += 1;
        if (token.text in attributes) throw new Error(`${token.text} is given twice`);
        attributes[token.text] = this.#expression();
        continue;
      }
      blocks.push(this.#block(token.text));
    }
  }

  #block(name: string): Block {
    const label = this.#peek()?.kind === "string" ? this.#peek()?.text.slice(1, -1) : undefined;
    if (label !== undefined) this.#at += 1;
    if (this.#peek()?.text !== "{") throw new Error(`expected { after ${name}`);
    this.#at += 1;
    const from = this.#at;
    const inner = this.body(true);
    const body = this.all
      .slice(from, this.#at - 1)
      .map(({ text }) => text)
      .join(" ");
    return { name, label, ...inner, body };
  }
}

/** The blocks of an Alloy file. @throws Error where braces do not balance */
export function parseAlloy(text: string): readonly Block[] {
  return new Reader(tokens(text)).body(false).blocks;
}

/** The value of a string of the configuration. */
export function stringOf(expression: string): string {
  return expression.startsWith("`") ? expression.slice(1, -1) : (JSON.parse(expression) as string);
}
