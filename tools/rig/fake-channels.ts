import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A message as a channel's server got it. */
export interface ChannelMessage {
  /** When it arrived, in milliseconds since 1970. */
  readonly at: number;
  /** Which of the server's addresses: a Discord channel, `telegram`, `dooray`, `webhook` or `heartbeat`. */
  readonly to: string;
  /** Everything that a person reads, title first. */
  readonly words: string;
  /** What stands above the message: for Discord, what a mention is made in. */
  readonly above: string;
  /** Whether it comes without a sound. */
  readonly silent: boolean;
}

/** What a server answers. */
interface Answer {
  readonly status: number;
  readonly body: string;
  readonly message?: Omit<ChannelMessage, "at">;
}

type Json = Readonly<Record<string, unknown>>;

const length = (words: string): number => Array.from(words).length;
const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** As Discord's documentation of webhooks and embeds has it. */
function discord(channel: string, body: Json): Answer {
  const content = text(body["content"]);
  const [embed = {}] = (body["embeds"] ?? []) as readonly Json[];
  const [title, description] = [text(embed["title"]), text(embed["description"])];
  const tooLong = [
    [content, 2000],
    [title, 256],
    [description, 4096],
    [title + description, 6000],
  ].some(([what, most]) => length(what as string) > (most as number));
  if (tooLong || (content === "" && title + description === "")) {
    return { status: 400, body: '{"message": "Invalid Form Body", "code": 50035}' };
  }
  return {
    status: 204,
    body: "",
    message: { to: channel, words: `${title}\n${description}`, above: content, silent: false },
  };
}

/** What Telegram would say of a text with parse_mode HTML; nothing where it takes it. */
export function telegramFault(html: string): string | undefined {
  const open: string[] = [];
  for (const [, slash, tag = ""] of html.matchAll(/<(\/?)([^>\s]*)[^>]*>/g)) {
    if (!["a", "b", "code"].includes(tag)) return `Unsupported start tag "${tag}"`;
    if (slash === "") open.push(tag);
    else if (open.pop() !== tag) return `Unmatched end tag "${tag}"`;
  }
  if (open.length > 0) return `Can't find end tag corresponding to start tag "${String(open[0])}"`;
  const plain = html.replace(/<[^>]*>/g, "");
  if (/[<>]/.test(plain)) return "a bracket that is no tag";
  if (/&(?!(lt|gt|amp|quot|#\d+);)/.test(plain)) return "an entity that is none";
  const read = plain.replace(/&[^;]+;/g, "x");
  // Telegram counts UTF-16 units.
  return read.length > 4096 || read.trim() === "" ? "message is too long" : undefined;
}

function telegram(body: Json): Answer {
  const words = text(body["text"]);
  const fault = body["parse_mode"] === "HTML" ? telegramFault(words) : "parse_mode is not HTML";
  if (fault !== undefined || !/^-?\d+$/.test(String(body["chat_id"]))) {
    const description = `Bad Request: can't parse entities: ${fault ?? "chat not found"}`;
    return { status: 400, body: JSON.stringify({ ok: false, error_code: 400, description }) };
  }
  const chat = { id: Number(body["chat_id"]), type: "group" };
  return {
    status: 200,
    body: JSON.stringify({ ok: true, result: { message_id: 1, date: 1, chat, text: words } }),
    message: {
      to: "telegram",
      words,
      above: "",
      silent: String(body["disable_notification"]) === "true",
    },
  };
}

/** Version 4 of Alertmanager's webhook, which is the contract of the Dooray adapter too. */
function webhook(to: string, body: Json): Answer {
  const alerts = body["alerts"];
  const sound =
    body["version"] === "4" &&
    ["firing", "resolved"].includes(text(body["status"])) &&
    typeof body["groupKey"] === "string" &&
    typeof body["truncatedAlerts"] === "number" &&
    Array.isArray(alerts) &&
    alerts.length > 0 &&
    alerts.length <= 200;
  if (!sound) return { status: 400, body: "not Alertmanager's webhook, version 4" };
  const { severity = "" } = body["commonLabels"] as { readonly severity?: string };
  const words = JSON.stringify(body);
  return {
    status: 200,
    body: "{}",
    message: { to, words, above: severity, silent: false },
  };
}

/** Servers of Discord, Telegram, the Dooray adapter and webhooks, in their wire formats and with their limits, on one port. */
export class FakeChannels {
  readonly messages: ChannelMessage[] = [];
  /** What was refused, with the answer. */
  readonly refused: string[] = [];
  readonly #server: Server;

  private constructor(
    readonly botToken: string,
    readonly hookToken: string,
  ) {
    this.#server = createServer((request, response) => {
      void this.#answer(request).then(({ status, body, message }) => {
        if (message === undefined) this.refused.push(`${String(status)} ${body}`);
        else this.messages.push({ at: Date.now(), ...message });
        response.writeHead(status, { "content-type": "application/json" }).end(body);
      });
    });
  }

  /**
   * Listens on loopback.
   * @param botToken the only one that Telegram knows
   * @param hookToken the only one that the guarded webhook takes
   */
  static async listen(botToken: string, hookToken: string): Promise<FakeChannels> {
    const channels = new FakeChannels(botToken, hookToken);
    await new Promise<void>((resolve, reject) => {
      channels.#server.once("error", reject).listen(0, "127.0.0.1", resolve);
    });
    return channels;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { url: path = "", headers } = request;
    const body = JSON.parse(Buffer.concat(chunks).toString("utf8")) as Json;
    const [, channel] = /^\/api\/webhooks\/([\w-]+)\/[\w-]+$/.exec(path) ?? [];
    if (channel !== undefined) return discord(channel, body);
    if (path === `/bot${this.botToken}/sendMessage`) return telegram(body);
    if (path === "/dooray") return webhook("dooray", body);
    if (path === "/hook") {
      return headers.authorization === `Bearer ${this.hookToken}`
        ? webhook("webhook", body)
        : { status: 401, body: "who are you?" };
    }
    if (path === "/heartbeat") return webhook("heartbeat", body);
    return { status: 404, body: "nobody is here" };
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
