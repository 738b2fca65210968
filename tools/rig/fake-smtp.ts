import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { TLSSocket } from "node:tls";

/** A mail as it was handed over. */
export interface Mail {
  /** When it arrived, in milliseconds since 1970. */
  readonly at: number;
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  /** The plain form, decoded. */
  readonly text: string;
  /** The page, decoded. */
  readonly html: string;
  /** The longest line as sent, in bytes without its end; SMTP allows 998. */
  readonly longestLine: number;
}

/** What a {@link FakeSmtp} needs to be believed. */
export interface SmtpIdentity {
  /** PEM. */
  readonly key: string;
  /** PEM. */
  readonly certificate: string;
  readonly username: string;
  readonly password: string;
}

function decodeWords(header: string): string {
  return header
    .replace(/\?=\s+=\?/g, "?==?")
    .replace(/(=\?utf-8\?q\?[^?]*\?=)+/gi, (words) =>
      decodeQuoted(
        words.replace(/=\?utf-8\?q\?([^?]*)\?=/gi, (_, inner: string) =>
          inner.replaceAll("_", " "),
        ),
      ),
    );
}

function decodeQuoted(text: string): string {
  const bytes = text
    .replace(/=\r?\n/g, "")
    .replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}

function part(raw: string, type: string): string {
  const boundary = /boundary=(\S+)/.exec(raw)?.[1] ?? "";
  const found = raw.split(`--${boundary}`).find((one) => one.includes(`Content-Type: ${type}`));
  return decodeQuoted(
    found
      ?.split(/\r\n\r\n/)
      .slice(1)
      .join("\r\n\r\n") ?? "",
  );
}

/** A mail server that insists on STARTTLS and on its one account, and keeps what it is given. */
export class FakeSmtp {
  readonly mails: Mail[] = [];
  /** Why something was refused. */
  readonly refused: string[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(readonly identity: SmtpIdentity) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => undefined);
      this.#talk(socket, false);
      socket.write("220 fake ESMTP\r\n");
    });
  }

  /** Listens on loopback. */
  static async listen(identity: SmtpIdentity): Promise<FakeSmtp> {
    const smtp = new FakeSmtp(identity);
    await new Promise<void>((resolve, reject) => {
      smtp.#server.once("error", reject).listen(0, "127.0.0.1", resolve);
    });
    return smtp;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #talk(socket: Socket, encrypted: boolean): void {
    let buffered = "";
    let data = false;
    let known = false;
    let from = "";
    const to: string[] = [];
    const take = (raw: string) => {
      const [head = ""] = raw.split("\r\n\r\n");
      this.mails.push({
        at: Date.now(),
        from,
        to: to.splice(0),
        subject: decodeWords(/^Subject: (.*(?:\r\n[ \t].*)*)/m.exec(head)?.[1] ?? ""),
        text: part(raw, "text/plain").replaceAll("\r\n", "\n"),
        html: part(raw, "text/html").replaceAll("\r\n", "\n"),
        longestLine: Math.max(
          ...raw.split("\r\n").map((line) => Buffer.byteLength(line, "latin1")),
        ),
      });
    };
    const answer = (line: string): string => {
      const [verb = ""] = line.toUpperCase().split(/[ :]/);
      switch (verb) {
        case "EHLO":
          return encrypted
            ? "250-fake\r\n250-AUTH PLAIN\r\n250 8BITMIME"
            : "250-fake\r\n250 STARTTLS";
        case "AUTH": {
          const [, user, password] = Buffer.from(line.split(" ")[2] ?? "", "base64")
            .toString("utf8")
            .split("\0");
          known = user === this.identity.username && password === this.identity.password;
          if (!known) this.refused.push("wrong account");
          return known ? "235 ok" : "535 no";
        }
        case "MAIL":
          if (!encrypted || !known) {
            this.refused.push(encrypted ? "nobody logged in" : "not encrypted");
            return "530 first STARTTLS and AUTH";
          }
          from = /<(.*?)>/.exec(line)?.[1] ?? "";
          return "250 ok";
        case "RCPT":
          to.push(/<(.*?)>/.exec(line)?.[1] ?? "");
          return "250 ok";
        case "DATA":
          data = true;
          return "354 go on";
        case "QUIT":
          return "221 bye";
        default:
          return "250 ok";
      }
    };
    const read = (chunk: Buffer) => {
      buffered += chunk.toString("latin1");
      for (;;) {
        const end = data ? "\r\n.\r\n" : "\r\n";
        const at = buffered.indexOf(end);
        if (at === -1) return;
        const piece = buffered.slice(0, at);
        buffered = buffered.slice(at + end.length);
        if (data) {
          data = false;
          take(piece.replace(/^\.\./gm, "."));
          socket.write("250 kept\r\n");
        } else if (piece.toUpperCase() === "STARTTLS" && !encrypted) {
          socket.off("data", read);
          socket.write("220 go on\r\n");
          const { key, certificate: cert } = this.identity;
          const secure = new TLSSocket(socket, { isServer: true, key, cert });
          secure.on("error", (error: Error) => this.refused.push(error.message));
          this.#talk(secure, true);
          return;
        } else {
          socket.write(`${answer(piece)}\r\n`);
        }
      }
    };
    socket.on("data", read);
  }
}
