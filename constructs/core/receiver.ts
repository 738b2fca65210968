import { z } from "zod";
import { priorities, priorityDetails, type Priority } from "./alert";
import { Endpoint } from "./endpoint";
import type { Fault } from "./errors";
import {
  hostName,
  httpUrl,
  kebabName,
  matching,
  port,
  secretReference,
  urlOrSecret,
} from "./schema";
import type { Secret } from "./secret";

const slack = z.strictObject({
  name: kebabName,
  type: z.literal("slack"),
  /** File with the incoming webhook's URL. */
  webhookUrl: secretReference,
  channel: matching(/^[#@][^\s]{1,80}$/, "a channel such as '#l2-ops-alert'").default(
    "#l2-ops-alert",
  ),
});

const discord = z.strictObject({
  name: kebabName,
  type: z.literal("discord"),
  /** Files with the webhooks' URLs, each of one channel: two channels, or up to four. */
  webhookUrls: z.strictObject({
    /** The urgent channel, such as #alert-urgent. Only P1 calls `@here`. */
    P1: secretReference,
    /** Default: the channel of P1. */
    P2: secretReference.optional(),
    /** The normal channel, such as #alert-normal. */
    P3: secretReference,
    /** Default: the channel of P3. */
    P4: secretReference.optional(),
  }),
});

const telegram = z.strictObject({
  name: kebabName,
  type: z.literal("telegram"),
  /** File with the bot's token. */
  botToken: secretReference,
  /** The chat; a group's number is negative. P3 and P4 come without a sound. */
  chatId: z.int(),
  /** A Bot API server of your own. */
  apiUrl: httpUrl.optional(),
});

const mailAddress = matching(
  /^[^\s@<>",;]+@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/,
  "a mail address such as 'ops@example.com'",
);

const email = z.strictObject({
  name: kebabName,
  type: z.literal("email"),
  to: z.array(mailAddress).min(1),
  from: mailAddress,
  /** The mail server. */
  host: hostName,
  port: port.default(587),
  /** How the connection is encrypted: `implicit` is usual on port 465, `none` is for a server on this host. */
  tls: z.enum(["starttls", "implicit", "none"]).default("starttls"),
  /** File with the certificate of the authority that vouches for the mail server. Default: those that the image trusts. */
  authority: secretReference.optional(),
  username: z.string().min(1).optional(),
  /** File with the password; given together with `username`. */
  password: secretReference.optional(),
});

/** Where the adapter takes alerts: the responder, in the platform's network. */
const doorayAdapter = new Endpoint({
  protocol: "http",
  host: "responder",
  port: 9095,
  path: "/dooray",
});

const dooray = z.strictObject({
  name: kebabName,
  type: z.literal("dooray"),
  /** The adapter, which takes Alertmanager's webhook and chooses Dooray's hook by the alerts' severity. */
  url: httpUrl.default(doorayAdapter.url),
});

const webhook = z.strictObject({
  name: kebabName,
  type: z.literal("webhook"),
  /** A URL without a key in it, or a file with the whole URL. */
  url: urlOrSecret,
  /** File with a bearer token. */
  bearerToken: secretReference.optional(),
});

/** A channel that tells people: what an environment may write under `receivers`. */
export const receiverSchema = z.discriminatedUnion("type", [
  slack,
  discord,
  telegram,
  email,
  dooray,
  webhook,
]);

/** A channel that tells people. */
export type Receiver = z.output<typeof receiverSchema>;

/** A channel of one type. */
export type ReceiverOf<T extends Receiver["type"]> = Extract<Receiver, { readonly type: T }>;

/** Which receivers hear which priority, and which one gets the watchdog's heartbeat; by name. */
export type Routes = Readonly<Record<Priority | "heartbeat", readonly string[]>>;

/**
 * What a receiver's fields must agree on.
 * @param at where the receiver stands, e.g. `receivers[0]`
 */
export function accessFaults(receiver: Receiver, at: string): Fault[] {
  if (receiver.type === "telegram" && receiver.chatId === 0) {
    return [{ field: `${at}.chatId`, allowed: "the number of a chat, never 0", got: "0" }];
  }
  if (receiver.type !== "email") return [];
  const { username, password, tls } = receiver;
  return [
    ...((username === undefined) === (password === undefined)
      ? []
      : [
          {
            field: username === undefined ? `${at}.username` : `${at}.password`,
            allowed: "given together with the other of 'username' and 'password'",
            got: "nothing",
          },
        ]),
    ...(tls === "none" && password !== undefined
      ? [
          {
            field: `${at}.tls`,
            allowed: "'starttls' or 'implicit' where a password is sent",
            got: "'none'",
          },
        ]
      : []),
  ];
}

/** The secrets that a receiver needs. */
export function secretsOf(receiver: Receiver): Secret[] {
  switch (receiver.type) {
    case "slack":
      return [receiver.webhookUrl];
    case "discord":
      return priorities.flatMap((priority) => receiver.webhookUrls[priority] ?? []);
    case "telegram":
      return [receiver.botToken];
    case "email":
      return [receiver.authority ?? [], receiver.password ?? []].flat();
    case "dooray":
      return [];
    case "webhook":
      return [
        ...(typeof receiver.url === "string" ? [] : [receiver.url]),
        ...(receiver.bearerToken === undefined ? [] : [receiver.bearerToken]),
      ];
  }
}

const colors = priorities.map((priority) => {
  const { severity, color } = priorityDetails[priority];
  return `{{ else if eq .CommonLabels.severity "${severity}" }}${color}`;
});

/** The colour of a message, in the template language of both engines. */
export const colorTemplate = `{{ if eq .Status "resolved" }}#2ca02c${colors.join("")}{{ else }}#7f7f7f{{ end }}`;
