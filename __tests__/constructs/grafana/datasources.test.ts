import { datasourcesOf, type Datasource } from "../../../constructs/grafana/datasources";
import { knownMetrics } from "../../support/known-metrics";
import { canParseLogql, logqlFault } from "../../support/logql";
import { parsePromql } from "../../support/promql";
import { datasourcesSchema } from "./provisioning";
import { metricsOnly, stores } from "./stores";
import type { Stores } from "../../../constructs/grafana";

const kinds = ["tempo", "jaeger"] as const;

type Typed<T extends string> = Extract<
  ReturnType<typeof datasourcesSchema.parse>["datasources"][number],
  { type: T }
>;

function typed(of: Stores) {
  return datasourcesSchema.parse({
    apiVersion: 1,
    prune: true,
    datasources: datasourcesOf(of).map((one) => ({ ...one, access: "proxy", editable: false })),
  }).datasources;
}

function find<T extends string>(of: Stores, type: T): Typed<T> {
  const found = typed(of).find((one) => one.type === type);
  if (found === undefined) throw new Error(`no datasource of type ${type}`);
  return found as Typed<T>;
}

function traceStore(kind: (typeof kinds)[number], of: Stores = stores(kind)) {
  return kind === "tempo" ? find(of, "tempo") : find(of, "jaeger");
}

/** Every uid that a link of a datasource leads to. */
function linked(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === "datasourceUid" ? [String(inner)] : linked(inner),
  );
}

describe("datasources", () => {
  it("have fixed uids, and one of them is the default", () => {
    const tempo = datasourcesOf(stores("tempo"));
    expect(tempo.map(({ uid }) => uid)).toEqual(["prometheus", "loki", "tempo", "alertmanager"]);
    expect(datasourcesOf(stores("jaeger")).map(({ uid }) => uid)).toContain("jaeger");
    expect(tempo.filter(({ isDefault }) => isDefault).map(({ uid }) => uid)).toEqual([
      "prometheus",
    ]);
  });

  it("are reached where the stores are", () => {
    const urls = (of: Stores) => datasourcesOf(of).map(({ url }: Datasource) => url);
    expect(urls(stores("tempo"))).toEqual([
      "http://prometheus:9090",
      "http://loki:3100",
      "http://tempo:3200",
      "http://alertmanager:9093",
    ]);
    expect(urls(stores("jaeger"))).toContain("http://jaeger:16686");
  });

  it.each([
    ["all with Tempo", stores("tempo")],
    ["all with Jaeger", stores("jaeger")],
    ["metrics alone", metricsOnly],
    ["metrics and logs", { ...metricsOnly, logs: stores("tempo").logs }],
    ["metrics and traces", { ...metricsOnly, traces: stores("jaeger").traces }],
  ])("link only to datasources that are there: %s", (_, of) => {
    const all = datasourcesOf(of);
    const uids = all.map(({ uid }) => uid);
    for (const uid of linked(all)) expect(uids).toContain(uid);
  });
});

describe.each(kinds)("links with %s", (kind) => {
  it("lead from a line to its trace, by structured metadata and by the text", () => {
    const [label, line, ...more] = find(stores(kind), "loki").jsonData.derivedFields ?? [];
    expect(more).toEqual([]);
    expect(label).toMatchObject({ matcherType: "label", datasourceUid: kind });
    expect(line).toMatchObject({ matcherType: "regex", datasourceUid: kind });
    expect([label?.url, line?.url]).toEqual(["${__value.raw}", "${__value.raw}"]);
    // Fields of one name would share the first one's matcher.
    expect(label?.name).not.toBe(line?.name);
    const key = new RegExp(label?.matcherRegex ?? "");
    for (const name of ["trace_id", "traceID", "traceId"]) expect(key.test(name)).toBe(true);
    for (const name of ["span_id", "parent_trace_id", "trace_id_extracted"]) {
      expect(key.test(name)).toBe(false);
    }
  });

  it("find the trace id in lines of many forms, and no other number", () => {
    const [, line] = find(stores(kind), "loki").jsonData.derivedFields ?? [];
    const id = "5b8efff798038103d269b633813fc60c";
    const found = (text: string) => text.match(line?.matcherRegex ?? "")?.[1];
    for (const text of [
      `{"level":"info","trace_id":"${id}","msg":"x"}`,
      `{"traceId" : "${id}"}`,
      `level=info traceID=${id} msg=x`,
      `INFO request{trace_id=${id} span_id=1}: api: done`,
      `{"trace.id":"${id}"}`,
    ]) {
      expect([text, found(text)]).toEqual([text, id]);
    }
    for (const text of [`hash=${id}`, `trace_id=${id}ff`, "trace_id=1234", ""]) {
      expect([text, found(text)]).toEqual([text, undefined]);
    }
  });

  it("lead from a span to its lines, somewhat before and after it", () => {
    const to = traceStore(kind).jsonData.tracesToLogsV2;
    expect(to).toMatchObject({
      datasourceUid: "loki",
      spanStartTimeShift: "-5m",
      spanEndTimeShift: "5m",
      customQuery: true,
    });
    expect(to?.query).toContain('trace_id="${__span.traceId}"');
    // Without a tag `${__tags}` is empty, and `{}` selects nothing in Loki.
    expect(to?.query.includes("${__tags}")).toBe(to?.tags.length !== 0);
    if (!canParseLogql) return;
    const query = (to?.query ?? "")
      .replaceAll("${__span.traceId}", "5b8efff798038103d269b633813fc60c")
      .replaceAll("${__tags}", 'service="shop"');
    expect(query).not.toContain("$");
    expect(logqlFault(query)).toBeUndefined();
  });

  it("lead from a span to series that exist, also from a span without tags", () => {
    const { datasourceUid, tags, queries } = traceStore(kind).jsonData.tracesToMetrics;
    expect(datasourceUid).toBe("prometheus");
    const known = knownMetrics();
    const mapped = tags.map(({ value }) => value);
    for (const { query } of queries) {
      expect(query).toContain("${__tags}");
      if (kind === "jaeger") {
        expect(parsePromql(query.replace("${__tags}", "")).fault).toBeUndefined();
      }
      const filled = query.replace("${__tags}", mapped.map((label) => `${label}="x"`).join(", "));
      const { fault, selectors } = parsePromql(filled);
      expect([filled, fault]).toEqual([filled, undefined]);
      expect(selectors).toHaveLength(1);
      for (const { metric, labels } of selectors) {
        expect([...labels.keys()]).toEqual(expect.arrayContaining(mapped));
        const own = known.get(metric);
        expect([metric, own === undefined]).toEqual([metric, false]);
        for (const label of labels.keys()) expect(own).toContain(label);
      }
    }
  });

  it("lead from an exemplar to its trace, whoever made it", () => {
    expect(find(stores(kind), "prometheus").jsonData.exemplarTraceIdDestinations).toEqual(
      ["trace_id", "traceID"].map((name) => ({
        name,
        datasourceUid: kind,
        urlDisplayLabel: "Open the trace",
      })),
    );
  });

  it("are left out where their other end is", () => {
    const { logs, traces, metrics } = stores(kind);
    expect(traceStore(kind, { metrics, traces }).jsonData.tracesToLogsV2).toBeUndefined();
    expect(find({ metrics, logs }, "loki").jsonData.derivedFields).toBeUndefined();
    expect(
      find({ metrics, logs }, "prometheus").jsonData.exemplarTraceIdDestinations,
    ).toBeUndefined();
  });
});

test("Tempo draws its service graph from Prometheus", () => {
  expect(find(stores("tempo"), "tempo").jsonData.serviceMap).toEqual({
    datasourceUid: "prometheus",
  });
});
