import { parse } from "yaml";
import { demo } from "../../environments/demo";
import { production } from "../../environments/production";
import type { EnvironmentInput } from "../../stacks/environment";
import {
  alertRulesSchema,
  asGrafanaReads,
  contactPointsSchema,
  datasourcesSchema,
  muteTimingsSchema,
  policiesSchema,
  templatesSchema,
} from "../constructs/grafana/provisioning";
import { alertsOf } from "../../constructs/core/observation";
import { grafanaGroups } from "../../constructs/grafana/alert-rules";
import { catalogue, links, logRules } from "../support/catalogue";
import { canParseLogql, logqlFault } from "../support/logql";
import { parsePromql } from "../support/promql";
import { build, containersOf, everything, unescaped } from "../support/synth";

const environments: Readonly<Record<string, EnvironmentInput>> = { production, demo, everything };

const folder = "/etc/grafana/provisioning";
const optional = ["mute-timings.yaml"];

interface RuleFile {
  readonly groups: readonly {
    readonly name: string;
    readonly rules: readonly {
      readonly alert?: string;
      readonly record?: string;
      readonly expr: string;
      readonly for?: string;
      readonly labels?: Readonly<Record<string, string>>;
      readonly annotations?: Readonly<Record<string, string>>;
    }[];
  }[];
}

function built(engine: "prometheus" | "grafana", input: EnvironmentInput) {
  const containers = containersOf(build(input.name, { ...input, alerting: { engine } }));
  const files = new Map(
    containers.flatMap(({ hostname, upload = [] }) =>
      upload.map(({ file, content = "" }) => [`${hostname}:${file}`, unescaped(content)]),
    ),
  );
  const rulesOf = (host: string) =>
    [...files]
      .filter(([path]) => path.startsWith(`${host}:`) && path.includes("/rules/"))
      .flatMap(([, text]) => (parse(text) as RuleFile).groups);
  return { files, hosts: containers.map(({ hostname }) => hostname), rulesOf };
}

function described([alert, rest]: readonly [string, object]): string {
  return `${alert} ${JSON.stringify(rest)}`;
}

describe.each(Object.entries(environments))("Grafana as the engine of %s", (_, input) => {
  const usual = built("prometheus", input);
  const { files, hosts, rulesOf } = built("grafana", input);
  const read = (name: string): unknown =>
    parse(files.get(`grafana:${folder}/alerting/${name}`) ?? "null");
  const { groups } = alertRulesSchema.parse(read("alert-rules.yaml"));
  const rules = groups.flatMap((group) => group.rules);
  const { contactPoints } = contactPointsSchema.parse(read("contact-points.yaml"));
  const [policy] = policiesSchema.parse(read("notification-policies.yaml")).policies;

  test("only one engine delivers", () => {
    expect(hosts).not.toContain("alertmanager");
    expect(usual.hosts).toContain("alertmanager");
    expect(usual.files.has(`grafana:${folder}/alerting/alert-rules.yaml`)).toBe(false);
    const evaluated = [...rulesOf("prometheus"), ...rulesOf("loki")].flatMap((one) => one.rules);
    expect(evaluated.filter(({ alert }) => alert !== undefined)).toEqual([]);
    expect(
      parse(files.get("prometheus:/etc/prometheus/alertmanagers/alertmanagers.yml") ?? ""),
    ).toEqual([{ targets: [] }]);
    expect(files.get("loki:/etc/loki/loki.yaml")).toContain('alertmanager_url: ""');
  });

  test("the recording rules are the same, and those of what keeps others silent", () => {
    const records = (of: typeof usual) =>
      of
        .rulesOf("prometheus")
        // What is about one engine: its target, its messages, its parts of the heartbeat.
        .filter(
          ({ name }) => !["liveness.alertmanager", "alertmanager", "heartbeat"].includes(name),
        )
        .flatMap((group) => group.rules.flatMap(({ record }) => record ?? []))
        // One of each container, of which Alertmanager is one.
        .filter((record) => record !== "observatory:memory_budget_bytes");
    const here = records({ files, hosts, rulesOf });
    expect(here.filter((record) => record !== "observatory:alert_firing")).toEqual(records(usual));
    expect(here).toContain("observatory:alert_firing");
  });

  test("as many alerts, with the same thresholds, times, labels and words", () => {
    const alerts = [...usual.rulesOf("prometheus"), ...usual.rulesOf("loki")]
      .flatMap((group) => group.rules)
      .flatMap(({ alert, expr, labels, annotations, for: held = "0s" }) =>
        alert === undefined
          ? []
          : [
              [
                alert,
                { expr, held, labels: { ...labels, environment: input.name }, annotations },
              ] as const,
            ],
      );
    const rendered = rules.map(({ title, data, for: held, labels, annotations }) => {
      const [asked] = data;
      const expr = asked !== undefined && "expr" in asked.model ? asked.model.expr : "";
      return [title, { expr, held, labels, annotations }] as const;
    });
    // What is about one engine only; the heartbeat's parts are its engine's.
    const own = [
      "AlertmanagerDown",
      "AlertDeliveryFailing",
      "GrafanaRuleFailures",
      "GrafanaDeliveryFailing",
      "Watchdog",
      "HeartbeatWithheld",
    ];
    const shared = (
      all: readonly (readonly [string, { expr: string; annotations?: object | undefined }])[],
    ) =>
      all
        .filter(([name]) => !own.includes(name))
        .map(([name, { expr, annotations, ...rest }]) =>
          described([
            name,
            {
              ...rest,
              // Without what an engine that knows no inhibition asks beside it.
              expr: expr.replace(
                /^\((.*)\)( unless on \([^)]*\) observatory:alert_firing\{[^}]*\})+$/s,
                "$1",
              ),
              annotations: { ...annotations, description: undefined },
            },
          ]),
        )
        .sort();
    expect(shared(rendered)).toEqual(shared(alerts));
    expect(rendered.length).toBeGreaterThan(15);
    const names = (all: readonly (readonly [string, object])[]) => all.map(([name]) => name);
    for (const name of ["Watchdog", "GrafanaRuleFailures", "GrafanaDeliveryFailing"]) {
      expect(names(rendered)).toContain(name);
    }
  });

  test("every question is one, of a datasource that is there", () => {
    const { datasources } = datasourcesSchema.parse(
      parse(files.get(`grafana:${folder}/datasources/datasources.yaml`) ?? ""),
    );
    const uids = datasources.map(({ uid }) => uid);
    expect(uids).not.toContain("alertmanager");
    for (const { title, data, condition } of rules) {
      const nodes = data.map(({ refId }) => refId);
      expect([title, new Set(nodes).size]).toEqual([title, nodes.length]);
      expect(nodes).toContain(condition);
      for (const { refId, datasourceUid, model } of data) {
        expect(model.refId).toBe(refId);
        expect([...uids, "__expr__"]).toContain(datasourceUid);
        if (!("expr" in model)) continue;
        const fault =
          datasourceUid === "prometheus"
            ? parsePromql(model.expr).fault
            : canParseLogql
              ? logqlFault(model.expr)
              : undefined;
        expect([title, model.expr, fault]).toEqual([title, model.expr, undefined]);
      }
    }
  });

  test("what another alert's firing keeps silent is recorded", () => {
    const recorded = new Set(
      rulesOf("prometheus")
        .flatMap((group) => group.rules)
        .filter(({ record }) => record === "observatory:alert_firing")
        .map(({ labels }) => labels?.["alert"]),
    );
    const asked = JSON.stringify(rules).matchAll(/alert_firing\{alert=\\"(\w+)\\"/g);
    const names = [...asked].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) expect(recorded).toContain(name);
  });

  test("uids and names of groups are given once", () => {
    const uids = rules.map(({ uid }) => uid);
    expect(new Set(uids).size).toBe(uids.length);
    for (const uid of uids) expect(uid).toMatch(/^l2o-/);
    const names = groups.map(({ name, folder: of }) => `${of}/${name}`);
    expect(new Set(names).size).toBe(names.length);
  });

  test("Grafana ticks as often as it must look", () => {
    for (const { interval } of groups) {
      const seconds = Number(interval.replace(/s$/, ""));
      expect(seconds).toBeGreaterThanOrEqual(10);
      expect(seconds % 10).toBe(0);
    }
  });

  test("words are what was meant, dollar by dollar", () => {
    for (const { title, labels, annotations } of rules) {
      for (const text of Object.values(labels)) {
        expect(asGrafanaReads(text)).toBe(text);
      }
      for (const text of Object.values(annotations)) {
        // A later Grafana puts variables into annotations too, where they stand in braces.
        expect([title, text.includes("${")]).toEqual([title, false]);
      }
      expect(annotations["description"]).not.toMatch(/\bquery\b "|first \|/);
    }
  });

  test("every file has the fields that Grafana reads", () => {
    const names = [...files.keys()].flatMap((path) =>
      path.startsWith(`grafana:${folder}/alerting/`) ? [path.split("/").at(-1) ?? ""] : [],
    );
    expect(names.filter((name) => !optional.includes(name)).sort()).toEqual([
      "alert-rules.yaml",
      "contact-points.yaml",
      "notification-policies.yaml",
      "templates.yaml",
    ]);
    expect(templatesSchema.parse(read("templates.yaml")).templates.length).toBeGreaterThan(5);
    const timings = names.includes("mute-timings.yaml")
      ? muteTimingsSchema.parse(read("mute-timings.yaml")).muteTimes.map(({ name }) => name)
      : [];
    for (const route of policy?.routes ?? []) {
      expect(contactPoints.map(({ name }) => name)).toContain(route.receiver);
      for (const name of [
        ...(route.mute_time_intervals ?? []),
        ...(route.active_time_intervals ?? []),
      ]) {
        expect(timings).toContain(name);
      }
    }
  });
});

test("everything that can be watched can be told by Grafana: no two rules are one, every description can be read", () => {
  const rendered = grafanaGroups({ groups: catalogue(), logGroups: logRules() }, "catalogue", {
    prometheus: links.prometheus,
    loki: "http://127.0.0.1:3100",
    runbooks: links.runbooks,
  });
  const all = rendered.flatMap((group) => group.rules);
  const alerts = [...alertsOf(catalogue()), ...logRules().flatMap((group) => group.alerts)];
  expect(all.map(({ title }) => title).sort()).toEqual(alerts.map(({ name }) => name).sort());
  expect(new Set(all.map(({ uid }) => uid)).size).toBe(all.length);
  const names = rendered.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});
