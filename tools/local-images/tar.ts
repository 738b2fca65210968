import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

interface Common {
  /** Path in the archive, relative, without a trailing slash. */
  readonly path: string;
  /** Permission bits. */
  readonly mode: number;
  /** Owner; default 0 (root). */
  readonly uid?: number;
  /** Group; default 0 (root). */
  readonly gid?: number;
}

/** One entry of an archive: a folder, a symbolic link, a text, or a file of this machine. */
export type TarEntry =
  | (Common & { readonly type: "directory" })
  | (Common & { readonly type: "link"; readonly target: string })
  | (Common & { readonly type: "text"; readonly text: string })
  | (Common & { readonly type: "file"; readonly source: string });

const BLOCK = 512;
const TYPE_FLAGS = { text: "0", file: "0", link: "2", directory: "5" } as const;

function octal(value: number, width: number): string {
  const digits = value.toString(8);
  if (digits.length >= width) {
    throw new Error(`'size' must be below 8 GiB in a tar header, got ${value} bytes`);
  }
  return `${digits.padStart(width - 1, "0")}\0`;
}

/** The header block of one entry (POSIX ustar, time 0); throws when its names do not fit. */
export function tarHeader(entry: TarEntry, size: number): Buffer {
  const name = entry.type === "directory" ? `${entry.path}/` : entry.path;
  const [prefix, rest] = splitName(name);
  const target = entry.type === "link" ? entry.target : "";
  if (Buffer.byteLength(target) > 100) {
    throw new Error(`'target' must be 100 bytes at most in a tar header, got '${target}'`);
  }
  const header = Buffer.alloc(BLOCK);
  header.write(rest, 0, 100, "utf8");
  header.write(octal(entry.mode, 8), 100);
  header.write(octal(entry.uid ?? 0, 8), 108);
  header.write(octal(entry.gid ?? 0, 8), 116);
  header.write(octal(size, 12), 124);
  header.write(octal(0, 12), 136);
  header.write("        ", 148);
  header.write(TYPE_FLAGS[entry.type], 156);
  header.write(target, 157, 100, "utf8");
  header.write("ustar\0" + "00", 257);
  header.write(prefix, 345, 155, "utf8");
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return header;
}

function splitName(name: string): [prefix: string, rest: string] {
  if (Buffer.byteLength(name) <= 100) return ["", name];
  for (let i = name.indexOf("/"); i !== -1; i = name.indexOf("/", i + 1)) {
    const [prefix, rest] = [name.slice(0, i), name.slice(i + 1)];
    if (rest !== "" && Buffer.byteLength(prefix) <= 155 && Buffer.byteLength(rest) <= 100) {
      return [prefix, rest];
    }
  }
  throw new Error(`'path' must fit a tar header (155 + 100 bytes), got '${name}'`);
}

async function* archive(entries: readonly TarEntry[]): AsyncGenerator<Buffer> {
  for (const entry of entries) {
    if (entry.type === "text") {
      const content = Buffer.from(entry.text, "utf8");
      yield tarHeader(entry, content.length);
      yield content;
      yield padding(content.length);
    } else if (entry.type === "file") {
      const { size } = await fs.promises.stat(entry.source);
      yield tarHeader(entry, size);
      let read = 0;
      for await (const chunk of fs.createReadStream(entry.source, {
        highWaterMark: 1 << 20,
      }) as AsyncIterable<Buffer>) {
        read += chunk.length;
        yield chunk;
      }
      if (read !== size) throw new Error(`${entry.source} changed while it was being archived`);
      yield padding(size);
    } else {
      yield tarHeader(entry, 0);
    }
  }
  yield Buffer.alloc(2 * BLOCK);
}

function padding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

/** Writes an archive whose bytes depend on its entries alone and returns its SHA-256 in hex. */
export async function writeTar(file: string, entries: readonly TarEntry[]): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(
    Readable.from(archive(entries)),
    async function* (source: AsyncIterable<Buffer>) {
      for await (const chunk of source) {
        hash.update(chunk);
        yield chunk;
      }
    },
    fs.createWriteStream(file),
  );
  return hash.digest("hex");
}
