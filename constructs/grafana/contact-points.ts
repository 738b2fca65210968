import { createHash } from "node:crypto";
import type { ContactPoint as EmbeddedContactPoint } from "@grafana/grafana-foundation-sdk/alerting";
import { priorities, priorityDetails, type Priority } from "../core/alert";
import { show, type Fault } from "../core/errors";
import {
  colorTemplate,
  secretsOf,
  type Receiver,
  type ReceiverOf,
  type Routes,
} from "../core/receiver";
import { secret, secretFile, type Secret } from "../core/secret";
import { provisioned } from "./config";
import { uidPrefix } from "./alert-rules";

/** One channel of a contact point, as Grafana's SDK types it. */
export interface Channel extends Omit<EmbeddedContactPoint, "name" | "provenance" | "settings"> {
  readonly uid: string;
  /** As a provisioning file writes them: `$$` for the character, `$__file{…}` for a secret. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Channels that hear the same. */
export interface ContactPoint {
  readonly name: string;
  readonly channels: readonly Channel[];
}

/** Whom something is told: a priority's channels, the heartbeat's, or every address there is. */
export type Audience = Priority | "heartbeat" | "everyChannel";

/** Tells nobody: what a route needs whose priority has no channel. */
export const nobody: ContactPoint = {
  name: "nobody",
  channels: [
    {
      uid: `${uidPrefix}nobody`,
      type: "webhook",
      // Grafana's own address for a webhook that is not called.
      settings: { url: "grafana://noop" },
    },
  ],
};

/** Grafana reads the file when it provisions: at its start. */
function fromFile(of: Secret): string {
  return `$__file{${secretFile(of)}}`;
}

interface Written {
  readonly type: EmbeddedContactPoint["type"];
  readonly plain: Readonly<Record<string, unknown>>;
  readonly secrets?: Readonly<Record<string, Secret>>;
}

const title = '{{ template "l2o.title" . }}';

function discord(url: Secret): Written {
  return {
    type: "discord",
    plain: {
      title,
      message: '{{ template "l2o.discord.message" . }}',
      use_discord_username: true,
    },
    secrets: { url },
  };
}

function webhook({ url, bearerToken }: ReceiverOf<"webhook">): Written {
  return {
    type: "webhook",
    plain: {
      ...(typeof url === "string" ? { url } : {}),
      httpMethod: "POST",
      maxAlerts: 0,
      ...(bearerToken === undefined ? {} : { authorization_scheme: "Bearer" }),
    },
    secrets: {
      ...(typeof url === "string" ? {} : { url }),
      ...(bearerToken === undefined ? {} : { authorization_credentials: bearerToken }),
    },
  };
}

function written(receiver: Receiver, priority: Priority): Written {
  switch (receiver.type) {
    case "slack":
      return {
        type: "slack",
        plain: {
          recipient: receiver.channel,
          username: "l2-observatory",
          color: colorTemplate,
          title,
          text: '{{ template "l2o.slack.message" . }}',
        },
        secrets: { url: receiver.webhookUrl },
      };
    case "discord": {
      const { P1, P2 = P1, P3, P4 = P3 } = receiver.webhookUrls;
      return discord({ P1, P2, P3, P4 }[priority]);
    }
    case "telegram":
      return {
        type: "telegram",
        plain: {
          chatid: String(receiver.chatId),
          parse_mode: "HTML",
          message: '{{ template "l2o.telegram.message" . }}',
          disable_web_page_preview: true,
          disable_notifications: priority === "P3" || priority === "P4",
        },
        secrets: { bottoken: receiver.botToken },
      };
    case "email":
      return {
        type: "email",
        plain: {
          addresses: receiver.to.join(";"),
          singleEmail: true,
          subject: title,
          message: '{{ template "l2o.email.text" . }}',
        },
      };
    case "dooray":
      return { type: "webhook", plain: { url: receiver.url, httpMethod: "POST", maxAlerts: 200 } };
    case "webhook":
      return webhook(receiver);
  }
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}

/** As which priority an audience is told. */
const toldAs: Readonly<Record<Audience, Priority>> = {
  P1: "P1",
  P2: "P2",
  P3: "P3",
  P4: "P4",
  heartbeat: "P4",
  everyChannel: "P2",
};

/** Every address of a receiver: Discord may have up to four. */
function addresses(receiver: Receiver, audience: Audience): readonly Written[] {
  if (audience !== "everyChannel" || receiver.type !== "discord") {
    return [written(receiver, toldAs[audience])];
  }
  return [...new Set(secretsOf(receiver).map((one) => one.secret))].map((file) =>
    discord(secret(file)),
  );
}

function nameOf(audience: Audience): string {
  if (audience === "everyChannel") return "every-channel";
  return audience === "heartbeat" ? audience : priorityDetails[audience].severity;
}

function hearing(audience: Audience, routes: Routes): readonly string[] {
  return audience === "everyChannel"
    ? priorities.flatMap((priority) => routes[priority])
    : routes[audience];
}

/**
 * The contact point of an audience. Grafana keeps the channels that a file no longer names, so its name says which
 * ones it has: with other channels it is another one.
 */
function contactPointOf(
  audience: Audience,
  receivers: readonly Receiver[],
  routes: Routes,
): ContactPoint {
  const told = receivers.filter(({ name }) => hearing(audience, routes).includes(name));
  if (told.length === 0) return nobody;
  const who = nameOf(audience);
  const name = `${who}-${hashOf(told.map((one) => `${one.type}/${one.name}`).join())}`;
  const channels = told.flatMap((receiver) =>
    addresses(receiver, audience).map((address, i) => ({ receiver, address, i })),
  );
  return {
    name,
    channels: channels.map(({ receiver, address: { type, plain, secrets = {} }, i }) => ({
      uid: `${uidPrefix}${who}-${hashOf(`${name}/${receiver.name}/${String(i)}`)}`,
      type,
      settings: {
        ...(provisioned(plain) as object),
        ...Object.fromEntries(Object.entries(secrets).map(([field, of]) => [field, fromFile(of)])),
      },
      // The end of a heartbeat is an alarm, not a sign of life.
      disableResolveMessage: audience === "heartbeat",
    })),
  };
}

/** The contact point of every audience; {@link nobody} where none hears. */
export function contactPoints(
  receivers: readonly Receiver[],
  routes: Routes,
): Readonly<Record<Audience, ContactPoint>> {
  const of = (audience: Audience) => contactPointOf(audience, receivers, routes);
  return {
    P1: of("P1"),
    P2: of("P2"),
    P3: of("P3"),
    P4: of("P4"),
    heartbeat: of("heartbeat"),
    everyChannel: of("everyChannel"),
  };
}

/** Contact points by name, each once. */
export function distinctContactPoints(
  of: Readonly<Record<Audience, ContactPoint>>,
): readonly ContactPoint[] {
  return [...new Map([...Object.values(of), nobody].map((one) => [one.name, one])).values()];
}

/** Grafana's settings of its only mail server; none without a receiver that sends mail. */
export function mailSettings(receivers: readonly Receiver[]): Readonly<Record<string, string>> {
  const mail = receivers.find((receiver) => receiver.type === "email");
  if (mail === undefined) return {};
  const { host, port, from, tls, username, password } = mail;
  return {
    GF_SMTP_ENABLED: "true",
    GF_SMTP_HOST: `${host}:${String(port)}`,
    GF_SMTP_FROM_ADDRESS: from,
    GF_SMTP_FROM_NAME: "l2-observatory",
    GF_SMTP_STARTTLS_POLICY: tls === "none" ? "NoStartTLS" : "MandatoryStartTLS",
    ...(username === undefined ? {} : { GF_SMTP_USER: username }),
    ...(password === undefined ? {} : { GF_SMTP_PASSWORD: fromFile(password) }),
  };
}

const implicitTlsPort = 465;

function mailFaults(
  mail: ReceiverOf<"email">,
  first: ReceiverOf<"email"> | undefined,
  at: string,
): Fault[] {
  const { tls, port, authority } = mail;
  const implicit = tls === "implicit";
  const shared = ["host", "port", "tls", "from", "username", "password"] as const;
  return [
    ...(implicit === (port === implicitTlsPort)
      ? []
      : [
          {
            field: implicit ? `${at}.port` : `${at}.tls`,
            allowed: implicit
              ? `${String(implicitTlsPort)} where 'tls' is 'implicit' and Grafana is the engine`
              : `'implicit' on port ${String(implicitTlsPort)} where Grafana is the engine`,
            got: implicit ? show(port) : show(tls),
          },
        ]),
    ...(authority === undefined
      ? []
      : [
          {
            field: `${at}.authority`,
            allowed: "left out where Grafana is the engine, which trusts what its image trusts",
            got: show(authority.secret),
          },
        ]),
    ...(first === undefined || shared.every((field) => show(mail[field]) === show(first[field]))
      ? []
      : [
          {
            field: at,
            allowed: `on the mail server of the receiver ${show(first.name)}, with its sender and user: Grafana has one`,
            got: show(`${mail.host}:${String(port)}`),
          },
        ]),
  ];
}

/** What Grafana's channels cannot do and Alertmanager's can. */
export function channelFaults(receivers: readonly Receiver[]): Fault[] {
  const first = receivers.find((receiver) => receiver.type === "email");
  return receivers.flatMap((receiver, i) => {
    const at = `receivers[${String(i)}]`;
    if (receiver.type === "email") return mailFaults(receiver, first, at);
    if (receiver.type !== "telegram" || receiver.apiUrl === undefined) return [];
    return [
      {
        field: `${at}.apiUrl`,
        allowed: "left out where Grafana is the engine, which knows Telegram's own server only",
        got: show(receiver.apiUrl),
      },
    ];
  });
}
