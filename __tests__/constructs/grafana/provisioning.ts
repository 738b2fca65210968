import { z } from "zod";

// The fields that Grafana 12 reads; it ignores others in silence, so a misspelt one is found here only.
// Files: pkg/services/provisioning/{datasources,dashboards}/types.go; of jsonData: packages/grafana-o11y-ds-frontend/src
// (TraceToLogs, TraceToMetrics, NodeGraph), packages/grafana-prometheus/src/types.ts,
// public/app/plugins/datasource/{loki,tempo,alertmanager}/types.ts.

const link = { datasourceUid: z.string().min(1) };
const shift = z.string().regex(/^-?\d+(ms|[smhdw])$/);
const tags = z.array(z.strictObject({ key: z.string().min(1), value: z.string().min(1) }));
const tracesJson = {
  tracesToLogsV2: z
    .strictObject({
      ...link,
      spanStartTimeShift: shift,
      spanEndTimeShift: shift,
      tags,
      filterByTraceID: z.boolean(),
      filterBySpanID: z.boolean(),
      customQuery: z.boolean(),
      query: z.string().min(1),
    })
    .optional(),
  tracesToMetrics: z.strictObject({
    ...link,
    spanStartTimeShift: shift,
    spanEndTimeShift: shift,
    tags,
    queries: z.array(z.strictObject({ name: z.string().min(1), query: z.string().min(1) })).min(1),
  }),
  nodeGraph: z.strictObject({ enabled: z.boolean() }),
};

function datasource<T extends string, J extends z.ZodRawShape>(type: T, jsonData: J) {
  return z.strictObject({
    name: z.string().min(1),
    uid: z.string().regex(/^[a-zA-Z0-9_-]{1,40}$/),
    type: z.literal(type),
    url: z.url(),
    isDefault: z.boolean(),
    access: z.literal("proxy"),
    editable: z.literal(false),
    jsonData: z.strictObject(jsonData),
  });
}

/** provisioning/datasources/*.yaml. */
export const datasourcesSchema = z.strictObject({
  apiVersion: z.literal(1),
  prune: z.boolean(),
  datasources: z.array(
    z.discriminatedUnion("type", [
      datasource("prometheus", {
        httpMethod: z.enum(["GET", "POST"]),
        prometheusType: z.literal("Prometheus"),
        timeInterval: shift,
        exemplarTraceIdDestinations: z
          .array(z.strictObject({ ...link, name: z.string().min(1), urlDisplayLabel: z.string() }))
          .optional(),
      }),
      datasource("loki", {
        maxLines: z.int(),
        derivedFields: z
          .array(
            z.strictObject({
              ...link,
              name: z.string().min(1),
              matcherType: z.enum(["label", "regex"]),
              matcherRegex: z.string().min(1),
              url: z.string().min(1),
              urlDisplayLabel: z.string(),
            }),
          )
          .optional(),
      }),
      datasource("tempo", {
        ...tracesJson,
        serviceMap: z.strictObject(link),
        streamingEnabled: z.strictObject({ search: z.boolean(), metrics: z.boolean() }),
      }),
      datasource("jaeger", tracesJson),
      datasource("alertmanager", {
        implementation: z.literal("prometheus"),
        handleGrafanaManagedAlerts: z.boolean(),
      }),
    ]),
  ),
});

/** provisioning/dashboards/*.yaml; with foldersFromFilesStructure neither folder nor folderUid may be given. */
export const providersSchema = z.strictObject({
  apiVersion: z.literal(1),
  providers: z.array(
    z.strictObject({
      name: z.string().min(1),
      type: z.literal("file"),
      disableDeletion: z.boolean(),
      allowUiUpdates: z.boolean(),
      updateIntervalSeconds: z.int().min(1),
      options: z.strictObject({
        path: z.string().startsWith("/"),
        foldersFromFilesStructure: z.literal(true),
      }),
    }),
  ),
});

/** A string of a provisioning file as Grafana reads it (pkg/services/provisioning/values): `$$` parts, variables between. */
export function asGrafanaReads(
  text: string,
  environment: Readonly<Record<string, string>> = {},
): string {
  const variable = /\$(?:__env)?\{([^}]*)\}|\$([A-Za-z_]\w*)/g;
  return text
    .split("$$")
    .map((part) =>
      part.replace(
        variable,
        (_, braced?: string, bare?: string) => environment[braced ?? bare ?? ""] ?? "",
      ),
    )
    .join("$");
}

const uid = z.string().regex(/^[a-zA-Z0-9_-]{1,40}$/);
const duration = z.string().regex(/^(\d+[smhdw])+$/);

// Files: pkg/services/provisioning/alerting/*_types.go; of settings: grafana/alerting, receivers/<type>/v1/config.go.

const query = <M extends z.ZodType>(model: M) =>
  z.strictObject({
    refId: z.string().regex(/^[A-Z]\d*$/),
    queryType: z.literal("instant").optional(),
    datasourceUid: z.string().min(1),
    relativeTimeRange: z.strictObject({ from: z.int().min(0), to: z.literal(0) }),
    model,
  });

/** provisioning/alerting/alert-rules.yaml. */
export const alertRulesSchema = z.strictObject({
  apiVersion: z.literal(1),
  groups: z.array(
    z.strictObject({
      orgId: z.literal(1),
      name: z.string().min(1).max(190),
      folder: z.string().min(1),
      interval: duration,
      rules: z
        .array(
          z.strictObject({
            uid,
            title: z.string().min(1).max(190),
            condition: z.string(),
            data: z
              .array(
                z.union([
                  query(
                    z.strictObject({
                      refId: z.string(),
                      expr: z.string().min(1),
                      instant: z.literal(true),
                      range: z.literal(false),
                    }),
                  ),
                  query(
                    z.strictObject({
                      refId: z.string(),
                      expr: z.string().min(1),
                      queryType: z.literal("instant"),
                    }),
                  ),
                  query(
                    z.strictObject({
                      type: z.literal("reduce"),
                      refId: z.string(),
                      expression: z.string(),
                      reducer: z.literal("last"),
                    }),
                  ),
                  query(
                    z.strictObject({
                      type: z.literal("math"),
                      refId: z.string(),
                      expression: z.string(),
                    }),
                  ),
                ]),
              )
              .min(3),
            noDataState: z.enum(["NoData", "Alerting", "OK", "KeepLast"]),
            execErrState: z.enum(["Error", "Alerting", "OK", "KeepLast"]),
            for: duration,
            keepFiringFor: duration.optional(),
            missing_series_evals_to_resolve: z.int().min(1),
            labels: z.record(z.string(), z.string()),
            annotations: z.record(z.string(), z.string()),
          }),
        )
        .min(1),
    }),
  ),
});

const channel = <T extends string, S extends z.ZodRawShape>(type: T, settings: S) =>
  z.strictObject({
    uid,
    type: z.literal(type),
    settings: z.strictObject(settings),
    disableResolveMessage: z.boolean().optional(),
  });

const text = z.string().min(1);

/** provisioning/alerting/contact-points.yaml. */
export const contactPointsSchema = z.strictObject({
  apiVersion: z.literal(1),
  contactPoints: z.array(
    z.strictObject({
      orgId: z.literal(1),
      name: text,
      receivers: z
        .array(
          z.discriminatedUnion("type", [
            channel("slack", {
              url: text,
              recipient: text,
              username: text,
              color: text,
              title: text,
              text,
            }),
            channel("discord", {
              url: text,
              title: text,
              message: text,
              use_discord_username: z.boolean(),
            }),
            channel("telegram", {
              bottoken: text,
              chatid: text,
              message: text,
              parse_mode: z.enum(["HTML", "Markdown", "MarkdownV2", "None"]),
              disable_web_page_preview: z.boolean(),
              disable_notifications: z.boolean(),
            }),
            channel("email", {
              addresses: text,
              singleEmail: z.boolean(),
              subject: text,
              message: text,
            }),
            channel("webhook", {
              url: text,
              httpMethod: z.enum(["POST", "PUT"]).optional(),
              maxAlerts: z.int().optional(),
              authorization_scheme: text.optional(),
              authorization_credentials: text.optional(),
            }),
          ]),
        )
        .min(1),
    }),
  ),
});

const routeFields = {
  receiver: text,
  object_matchers: z
    .array(z.tuple([text, z.enum(["=", "!=", "=~", "!~"]), z.string()]))
    .min(1)
    .optional(),
  group_by: z.array(text).optional(),
  group_wait: duration.optional(),
  group_interval: duration.optional(),
  repeat_interval: duration.optional(),
  mute_time_intervals: z.array(text).optional(),
  active_time_intervals: z.array(text).optional(),
};
const leafRoute = z.strictObject(routeFields);
const route = z.strictObject({ ...routeFields, routes: z.array(leafRoute).optional() });

/** provisioning/alerting/notification-policies.yaml; the root has no matchers and no times. */
export const policiesSchema = z.strictObject({
  apiVersion: z.literal(1),
  policies: z
    .array(
      z
        .strictObject({ ...routeFields, routes: z.array(route) })
        .omit({ object_matchers: true, mute_time_intervals: true, active_time_intervals: true })
        .extend({ orgId: z.literal(1) }),
    )
    .length(1),
});

/** provisioning/alerting/mute-timings.yaml, as Alertmanager writes intervals. */
export const muteTimingsSchema = z.strictObject({
  apiVersion: z.literal(1),
  muteTimes: z.array(
    z.strictObject({
      orgId: z.literal(1),
      name: text,
      time_intervals: z
        .array(
          z.strictObject({
            times: z.array(z.strictObject({ start_time: text, end_time: text })).optional(),
            weekdays: z.array(text).optional(),
            days_of_month: z.array(text).optional(),
            months: z.array(text).optional(),
            years: z.array(text).optional(),
            location: text,
          }),
        )
        .min(1),
    }),
  ),
});

/** provisioning/alerting/templates.yaml. */
export const templatesSchema = z.strictObject({
  apiVersion: z.literal(1),
  templates: z.array(z.strictObject({ orgId: z.literal(1), name: text, template: text })),
});
