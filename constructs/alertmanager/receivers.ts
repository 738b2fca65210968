import { z } from "zod";
import { priorities, priorityDetails, type Priority } from "../core/alert";
import { Endpoint } from "../core/endpoint";
import type { Fault } from "../core/errors";
import {
  hostName,
  httpUrl,
  kebabName,
  matching,
  port,
  secretReference,
  urlOrSecret,
} from "../core/schema";
import { secret, secretFile, type Secret } from "../core/secret";

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

type Of<T extends Receiver["type"]> = Extract<Receiver, { readonly type: T }>;

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

/** A server that hangs is asked again while the group is fresh; Discord, Telegram and mail have no such field. */
const timeout = "10s";

function slackConfig(receiver: Of<"slack">): object {
  const color = priorities.map((priority) => {
    const { severity, color: hex } = priorityDetails[priority];
    return `{{ else if eq .CommonLabels.severity "${severity}" }}${hex}`;
  });
  return {
    api_url_file: secretFile(receiver.webhookUrl),
    channel: receiver.channel,
    send_resolved: true,
    username: "l2-observatory",
    color: `{{ if eq .Status "resolved" }}#2ca02c${color.join("")}{{ else }}#7f7f7f{{ end }}`,
    title: '{{ template "l2o.title" . }}',
    title_link: "{{ .ExternalURL }}",
    fallback: '{{ template "l2o.title" . }}',
    text: '{{ template "l2o.slack.message" . }}',
    mrkdwn_in: ["text"],
    timeout,
  };
}

function discordChannel(webhookUrl: Secret): object {
  return {
    webhook_url_file: secretFile(webhookUrl),
    send_resolved: true,
    username: "l2-observatory",
    title: '{{ template "l2o.title" . }}',
    message: '{{ template "l2o.discord.message" . }}',
  };
}

function discordConfig({ webhookUrls }: Of<"discord">, priority: Priority): object {
  const { P1, P2 = P1, P3, P4 = P3 } = webhookUrls;
  return {
    ...discordChannel({ P1, P2, P3, P4 }[priority]),
    ...(priority === "P1" ? { content: '{{ template "l2o.discord.mention" . }}' } : {}),
  };
}

function telegramConfig({ botToken, chatId, apiUrl }: Of<"telegram">, priority: Priority): object {
  return {
    ...(apiUrl === undefined ? {} : { api_url: apiUrl }),
    bot_token_file: secretFile(botToken),
    chat_id: chatId,
    send_resolved: true,
    parse_mode: "HTML",
    message: '{{ template "l2o.telegram.message" . }}',
    disable_notifications: priority === "P3" || priority === "P4",
  };
}

function emailConfig(receiver: Of<"email">): object {
  const { to, from, host, tls, authority, username, password } = receiver;
  return {
    to: to.join(", "),
    from,
    smarthost: `${host}:${String(receiver.port)}`,
    send_resolved: true,
    require_tls: tls !== "none",
    force_implicit_tls: tls === "implicit",
    ...(authority === undefined ? {} : { tls_config: { ca_file: secretFile(authority) } }),
    ...(username === undefined ? {} : { auth_username: username }),
    ...(password === undefined ? {} : { auth_password_file: secretFile(password) }),
    headers: { Subject: '{{ template "l2o.title" . }}' },
    text: '{{ template "l2o.email.text" . }}',
    html: '{{ template "l2o.email.html" . }}',
    // What is said again about one group on one day stands below what was said first.
    threading: { enabled: true, thread_by_date: "daily" },
  };
}

function doorayConfig({ url }: Of<"dooray">): object {
  // The adapter makes one message of a group, and is told how many alerts were left out.
  return { url, send_resolved: true, max_alerts: 200, timeout };
}

function webhookConfig(receiver: Of<"webhook">): object {
  return {
    ...(typeof receiver.url === "string"
      ? { url: receiver.url }
      : { url_file: secretFile(receiver.url) }),
    send_resolved: true,
    max_alerts: 0,
    timeout,
    ...(receiver.bearerToken === undefined
      ? {}
      : { http_config: { authorization: { credentials_file: secretFile(receiver.bearerToken) } } }),
  };
}

function configOf(receiver: Receiver, priority: Priority): readonly [key: string, config: object] {
  switch (receiver.type) {
    case "slack":
      return ["slack_configs", slackConfig(receiver)];
    case "discord":
      return ["discord_configs", discordConfig(receiver, priority)];
    case "telegram":
      return ["telegram_configs", telegramConfig(receiver, priority)];
    case "email":
      return ["email_configs", emailConfig(receiver)];
    case "dooray":
      return ["webhook_configs", doorayConfig(receiver)];
    case "webhook":
      return ["webhook_configs", webhookConfig(receiver)];
  }
}

/**
 * Name of the receiver by which one channel is told.
 * @param group what is told: a severity, or another single word
 */
export function receiverName(group: string, channel: string): string {
  return `${group}-${channel}`;
}

/** The receiver that tells a channel what has this priority. */
export function renderReceiver(group: string, channel: Receiver, priority: Priority): object {
  const [key, config] = configOf(channel, priority);
  return { name: receiverName(group, channel.name), [key]: [config] };
}

/** The receiver of the heartbeat. That it is over is not said: to an outside receiver any message is a sign of life. */
export function renderHeartbeat(group: string, channel: Receiver): object {
  const [key, config] = configOf(channel, "P4");
  return { name: receiverName(group, channel.name), [key]: [{ ...config, send_resolved: false }] };
}

/** The receiver that tells a P2 on every address of a channel. */
export function renderEveryAddress(group: string, channel: Receiver): object {
  if (channel.type !== "discord") return renderReceiver(group, channel, "P2");
  const files = new Set(secretsOf(channel).map((one) => one.secret));
  return {
    name: receiverName(group, channel.name),
    discord_configs: [...files].map((file) => discordChannel(secret(file))),
  };
}
