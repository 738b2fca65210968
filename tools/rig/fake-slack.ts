import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A message as Slack's incoming webhook receives it. */
export interface SlackMessage {
  /** When it arrived, in milliseconds since 1970. */
  readonly at: number;
  readonly channel: string;
  readonly title: string;
  readonly text: string;
  readonly color: string;
}

interface SlackPayload {
  readonly channel?: string;
  readonly attachments?: readonly {
    readonly title?: string;
    readonly text?: string;
    readonly color?: string;
  }[];
}

/** A server that takes messages the way Slack's incoming webhooks do: POST of JSON, answer `ok`. */
export class FakeSlack {
  readonly messages: SlackMessage[] = [];
  /** Why a request was refused while {@link failing} was set. */
  static readonly wasTold = "told to fail";
  /** Requests that were refused, with the reason. */
  readonly refused: string[] = [];
  /** Answer 503 to everything, as a chat service in trouble does. */
  failing = false;
  readonly #server: Server;

  private constructor(
    readonly host: string,
    readonly path: string,
  ) {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const body = Buffer.concat(chunks).toString("utf8");
        if (this.failing) {
          this.refused.push(FakeSlack.wasTold);
          response.writeHead(503).end("service_unavailable");
          return;
        }
        if (request.method !== "POST" || request.url !== path) {
          this.refused.push(`${request.method ?? ""} to another path`);
          response.writeHead(404).end("no_team");
          return;
        }
        const payload = parse(body);
        const [attachment] = payload?.attachments ?? [];
        if (payload === undefined || attachment?.text === undefined) {
          this.refused.push("a payload without text");
          response.writeHead(400).end("invalid_payload");
          return;
        }
        this.messages.push({
          at: Date.now(),
          channel: payload.channel ?? "",
          title: attachment.title ?? "",
          text: attachment.text,
          color: attachment.color ?? "",
        });
        response.writeHead(200).end("ok");
      });
    });
  }

  /** Listens on an address of this machine that containers reach. */
  static async listen(host: string, path: string): Promise<FakeSlack> {
    const slack = new FakeSlack(host, path);
    await new Promise<void>((resolve, reject) => {
      slack.#server.once("error", reject).listen(0, host, resolve);
    });
    return slack;
  }

  /** The webhook's URL. */
  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://${this.host}:${String(port)}${this.path}`;
  }

  /** The first message from `since` on that fits, or nothing after `seconds`. */
  async wait(
    fits: (message: SlackMessage) => boolean,
    seconds: number,
    since = 0,
  ): Promise<SlackMessage | undefined> {
    const until = Date.now() + seconds * 1000;
    for (;;) {
      const found = this.messages.find((message) => message.at >= since && fits(message));
      if (found !== undefined || Date.now() > until) return found;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

function parse(body: string): SlackPayload | undefined {
  try {
    return JSON.parse(body) as SlackPayload;
  } catch {
    return undefined;
  }
}
