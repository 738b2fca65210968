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
