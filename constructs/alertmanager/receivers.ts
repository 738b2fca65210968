import { z } from "zod";
import { priorities, priorityDetails, type Priority } from "../core/alert";
import { kebabName, matching, secretReference, urlOrSecret } from "../core/schema";
import { secretFile, type Secret } from "../core/secret";

const slack = z.strictObject({
  name: kebabName,
  type: z.literal("slack"),
  /** File with the incoming webhook's URL. */
  webhookUrl: secretReference,
  channel: matching(/^[#@][^\s]{1,80}$/, "a channel such as '#l2-ops-alert'").default(
    "#l2-ops-alert",
  ),
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
export const receiverSchema = z.discriminatedUnion("type", [slack, webhook]);

/** A channel that tells people. */
export type Receiver = z.output<typeof receiverSchema>;

/** Which receivers hear which priority, and which one gets the watchdog's heartbeat; by name. */
export type Routes = Readonly<Record<Priority | "heartbeat", readonly string[]>>;

/** The secrets that a receiver needs. */
export function secretsOf(receiver: Receiver): Secret[] {
  switch (receiver.type) {
    case "slack":
      return [receiver.webhookUrl];
    case "webhook":
      return [
        ...(typeof receiver.url === "string" ? [] : [receiver.url]),
        ...(receiver.bearerToken === undefined ? [] : [receiver.bearerToken]),
      ];
  }
}

function slackConfig(receiver: z.output<typeof slack>): object {
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
    text: '{{ template "l2o.slack.text" . }}',
    mrkdwn_in: ["text"],
  };
}

function webhookConfig(receiver: z.output<typeof webhook>): object {
  return {
    ...(typeof receiver.url === "string"
      ? { url: receiver.url }
      : { url_file: secretFile(receiver.url) }),
    send_resolved: true,
    max_alerts: 0,
    ...(receiver.bearerToken === undefined
      ? {}
      : { http_config: { authorization: { credentials_file: secretFile(receiver.bearerToken) } } }),
  };
}

/** One Alertmanager receiver that tells all the named channels. */
export function renderReceiver(name: string, channels: readonly Receiver[]): object {
  const slackConfigs = channels.flatMap((c) => (c.type === "slack" ? [slackConfig(c)] : []));
  const webhookConfigs = channels.flatMap((c) => (c.type === "webhook" ? [webhookConfig(c)] : []));
  return {
    name,
    ...(slackConfigs.length === 0 ? {} : { slack_configs: slackConfigs }),
    ...(webhookConfigs.length === 0 ? {} : { webhook_configs: webhookConfigs }),
  };
}
