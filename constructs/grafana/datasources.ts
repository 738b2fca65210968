import type { Stores } from "./stores";

/**
 * Uids of datasources: fixed, since dashboards and links name them. The store of traces is either one, under the name of
 * its kind.
 */
export const datasourceUids = {
  metrics: "prometheus",
  logs: "loki",
  tempo: "tempo",
  jaeger: "jaeger",
  alertmanager: "alertmanager",
} as const;

/** One datasource as Grafana keeps it: every `$` is what Grafana's page reads. */
export interface Datasource {
  /** Never changed while the uid stays: Grafana then refuses to start. */
  readonly name: string;
  readonly uid: string;
  readonly type: string;
  readonly url: string;
  readonly isDefault: boolean;
  readonly jsonData: Readonly<Record<string, unknown>>;
}

type TraceKind = NonNullable<Stores["traces"]>["kind"];

/** Labels under which exemplars carry the trace id: OpenTelemetry's and Micrometer's, then Tempo's. */
const exemplarLabels = ["trace_id", "traceID"];

function metrics({ metrics: store, traces }: Stores): Datasource {
  return {
    name: "Prometheus",
    uid: datasourceUids.metrics,
    type: "prometheus",
    url: store.query.url,
    isDefault: true,
    jsonData: {
      httpMethod: "POST",
      prometheusType: "Prometheus",
      timeInterval: "15s",
      ...(traces === undefined
        ? {}
        : {
            exemplarTraceIdDestinations: exemplarLabels.map((name) => ({
              name,
              datasourceUid: traces.kind,
              urlDisplayLabel: "Open the trace",
            })),
          }),
    },
  };
}

function logs(store: NonNullable<Stores["logs"]>, traces: Stores["traces"]): Datasource {
  const link = (kind: TraceKind) => ({
    url: "${__value.raw}",
    datasourceUid: kind,
    urlDisplayLabel: "Open the trace",
  });
  return {
    name: "Loki",
    uid: datasourceUids.logs,
    type: "loki",
    url: store.query.url,
    isDefault: false,
    jsonData: {
      maxLines: 1000,
      ...(traces === undefined
        ? {}
        : {
            derivedFields: [
              // The agents' structured metadata; Grafana gives it among the labels.
              {
                name: "Trace",
                matcherType: "label",
                matcherRegex: "^trace_?[iI][dD]$",
                ...link(traces.kind),
              },
              // Lines of senders that set none.
              {
                name: "Trace in the line",
                matcherType: "regex",
                matcherRegex:
                  '(?:trace_id|traceId|traceID|trace\\.id)"?\\s*[=:]\\s*"?([0-9a-fA-F]{32})(?![0-9a-fA-F])',
                ...link(traces.kind),
              },
            ],
          }),
    },
  };
}

/** Lines of the span's trace, by structured metadata or by the text. */
const ofTrace =
  '| label_format line_has_trace=`{{ contains "${__span.traceId}" __line__ }}` | trace_id="${__span.traceId}" or line_has_trace="true"';

interface TraceLinks {
  /** Selector of the streams in which a trace's lines are. */
  readonly streams: string;
  /** Tags of a span by the labels of lines. */
  readonly logTags: Readonly<Record<string, string>>;
  /** Tags of a span by the labels of series. */
  readonly metricTags: Readonly<Record<string, string>>;
  /** PromQL by the link's name. */
  readonly queries: Readonly<Record<string, string>>;
}

const traceLinks: Readonly<Record<TraceKind, TraceLinks>> = {
  tempo: {
    streams: "{${__tags}}",
    logTags: { "service.name": "service" },
    // `name` is the span's own name. The series are what Tempo makes from spans.
    metricTags: { "service.name": "service", name: "span_name" },
    queries: {
      "Request rate": "sum(rate(traces_spanmetrics_calls_total{${__tags}}[5m]))",
      "Error rate":
        'sum(rate(traces_spanmetrics_calls_total{${__tags}, status_code="STATUS_CODE_ERROR"}[5m]))',
      "Latency p95":
        "histogram_quantile(0.95, sum by (le) (rate(traces_spanmetrics_latency_bucket{${__tags}}[5m])))",
    },
  },
  jaeger: {
    // Jaeger takes `service.name` out of a span's tags, so no tag of a span names its stream.
    streams: '{service=~".+"}',
    logTags: {},
    // Nothing makes series from Jaeger's spans: these are what OpenTelemetry's agents measure of HTTP servers.
    metricTags: { "http.route": "http_route", "http.request.method": "http_request_method" },
    queries: {
      "Request rate": "sum(rate(http_server_request_duration_seconds_count{${__tags}}[5m]))",
      // PromQL takes a comma at the end, not at the front, and a span may have none of the tags.
      "Error rate":
        'sum(rate(http_server_request_duration_seconds_count{http_response_status_code=~"5..", ${__tags}}[5m]))',
      "Latency p95":
        "histogram_quantile(0.95, sum by (le) (rate(http_server_request_duration_seconds_bucket{${__tags}}[5m])))",
    },
  },
};

function tagList(tags: Readonly<Record<string, string>>): object[] {
  return Object.entries(tags).map(([key, value]) => ({ key, value }));
}

function traces(store: NonNullable<Stores["traces"]>, { logs: lines }: Stores): Datasource {
  const { kind } = store;
  const links = traceLinks[kind];
  return {
    name: { tempo: "Tempo", jaeger: "Jaeger" }[kind],
    uid: kind,
    type: kind,
    url: store.query.url,
    isDefault: false,
    jsonData: {
      ...(lines === undefined
        ? {}
        : {
            tracesToLogsV2: {
              datasourceUid: datasourceUids.logs,
              // Lines are written around a span, and clocks differ.
              spanStartTimeShift: "-5m",
              spanEndTimeShift: "5m",
              tags: tagList(links.logTags),
              filterByTraceID: false,
              filterBySpanID: false,
              customQuery: true,
              query: `${links.streams} ${ofTrace}`,
            },
          }),
      tracesToMetrics: {
        datasourceUid: datasourceUids.metrics,
        spanStartTimeShift: "-30m",
        spanEndTimeShift: "30m",
        tags: tagList(links.metricTags),
        queries: Object.entries(links.queries).map(([name, query]) => ({ name, query })),
      },
      nodeGraph: { enabled: true },
      ...(kind === "tempo"
        ? {
            serviceMap: { datasourceUid: datasourceUids.metrics },
            streamingEnabled: { search: true, metrics: true },
          }
        : {}),
    },
  };
}

function alertmanager({ api }: NonNullable<Stores["alertmanager"]>): Datasource {
  return {
    name: "Alertmanager",
    uid: datasourceUids.alertmanager,
    type: "alertmanager",
    url: api.url,
    isDefault: false,
    jsonData: { implementation: "prometheus", handleGrafanaManagedAlerts: false },
  };
}

/** The datasources of some stores, with every link between them whose two ends exist. */
export function datasourcesOf(stores: Stores): Datasource[] {
  return [
    metrics(stores),
    ...(stores.logs === undefined ? [] : [logs(stores.logs, stores.traces)]),
    ...(stores.traces === undefined ? [] : [traces(stores.traces, stores)]),
    ...(stores.alertmanager === undefined ? [] : [alertmanager(stores.alertmanager)]),
  ];
}
