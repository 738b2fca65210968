import type { Priority } from "../core/alert";
import { colorTemplate, secretsOf, type Receiver, type ReceiverOf } from "../core/receiver";
import { secret, secretFile, type Secret } from "../core/secret";

/** A server that hangs is asked again while the group is fresh; Discord, Telegram and mail have no such field. */
const timeout = "10s";

function slackConfig(receiver: ReceiverOf<"slack">): object {
  return {
    api_url_file: secretFile(receiver.webhookUrl),
    channel: receiver.channel,
    send_resolved: true,
    username: "l2-observatory",
    color: colorTemplate,
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

function discordConfig({ webhookUrls }: ReceiverOf<"discord">, priority: Priority): object {
  const { P1, P2 = P1, P3, P4 = P3 } = webhookUrls;
  return {
    ...discordChannel({ P1, P2, P3, P4 }[priority]),
    ...(priority === "P1" ? { content: '{{ template "l2o.discord.mention" . }}' } : {}),
  };
}

function telegramConfig(
  { botToken, chatId, apiUrl }: ReceiverOf<"telegram">,
  priority: Priority,
): object {
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

function emailConfig(receiver: ReceiverOf<"email">): object {
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

function doorayConfig({ url }: ReceiverOf<"dooray">): object {
  // The adapter makes one message of a group, and is told how many alerts were left out.
  return { url, send_resolved: true, max_alerts: 200, timeout };
}

function webhookConfig(receiver: ReceiverOf<"webhook">): object {
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
