import { parse } from "yaml";
import { Endpoint } from "../../../constructs/core/endpoint";
import { Observations } from "../../../constructs/core/observation";
import {
  alertmanagersFile,
  livenessGroup,
  mainFile,
  renderRule,
  ruleFile,
  scrapeFile,
} from "../../../constructs/prometheus/config";
import {
  sampleAlert,
  sampleDown,
  sampleGroup,
  sampleObservation,
  sampleTarget,
} from "../core/samples";

const links = { prometheus: "http://127.0.0.1:9090", runbooks: "http://127.0.0.1:9091/runbooks" };

function jobOf(props: Parameters<typeof sampleObservation>[0] = {}) {
  const [job] = new Observations({ observation: sampleObservation(props) }).jobs();
  if (job === undefined) throw new Error("no job");
  return job;
}

describe("the main file", () => {
  const file = mainFile({ environment: "test", retentionDays: 30, retentionGiB: 0.5 });

  it("says what the environment decides", () => {
    expect(file.path).toBe("/etc/prometheus/prometheus.yml");
    expect(parse(file.content)).toMatchObject({
      global: { external_labels: { environment: "test" } },
      storage: { tsdb: { retention: { time: "30d", size: "512MB" } } },
    });
  });

  it("includes the folders that everything else is put into", () => {
    expect(parse(file.content)).toMatchObject({
      rule_files: ["/etc/prometheus/rules/*.yml", "/etc/prometheus/operator/*.yml"],
      scrape_config_files: ["/etc/prometheus/scrape/*.yml"],
      alerting: {
        alertmanagers: [{ file_sd_configs: [{ files: ["/etc/prometheus/alertmanagers/*.yml"] }] }],
      },
    });
  });
});

describe("the file of Alertmanagers", () => {
  it("names their addresses", () => {
    const at = (host: string) => new Endpoint({ protocol: "alertmanager", host, port: 9093 });
    expect(parse(alertmanagersFile([at("a"), at("b")]).content)).toEqual([
      { targets: ["a:9093", "b:9093"] },
    ]);
  });
});

describe("a scrape file", () => {
  it("has one job with all its targets and their labels", () => {
    const targets = [sampleTarget(), sampleTarget({ host: "other", labels: { chain: "b" } })];
    const file = scrapeFile(jobOf({ targets }));
    expect(file.path).toBe("/etc/prometheus/scrape/sample.yml");
    expect(parse(file.content)).toEqual({
      scrape_configs: [
        {
          job_name: "sample",
          scrape_interval: "15s",
          scrape_timeout: "10s",
          fallback_scrape_protocol: "PrometheusText0.0.4",
          static_configs: [
            { targets: ["sample:9000"], labels: { instance: "sample:9000", chain: "a" } },
            { targets: ["other:9000"], labels: { instance: "other:9000", chain: "b" } },
          ],
        },
      ],
    });
  });

  it.each([
    [1, "1s"],
    [5, "4s"],
    [10, "9s"],
    [60, "10s"],
  ])("scrapes every %i s with a timeout of %s", (intervalSeconds, timeout) => {
    expect(parse(scrapeFile(jobOf({ scrape: { intervalSeconds } })).content)).toMatchObject({
      scrape_configs: [{ scrape_interval: `${intervalSeconds}s`, scrape_timeout: timeout }],
    });
  });

  it("keeps the target's own labels where the job says so", () => {
    const scrape = { intervalSeconds: 15, honorLabels: true };
    expect(parse(scrapeFile(jobOf({ scrape })).content)).toMatchObject({
      scrape_configs: [{ honor_labels: true }],
    });
  });

  it("carries path, scheme, parameters and instance with the target", () => {
    const target = sampleTarget({
      endpoint: new Endpoint({
        protocol: "metrics",
        host: "blackbox-exporter",
        port: 9115,
        path: "/probe",
        scheme: "https",
      }),
      instance: "https://api.example.com",
      params: { module: "http_2xx" },
      labels: { service: "api" },
    });
    expect(parse(scrapeFile(jobOf({ targets: [target] })).content)).toMatchObject({
      scrape_configs: [
        {
          static_configs: [
            {
              targets: ["blackbox-exporter:9115"],
              labels: {
                __metrics_path__: "/probe",
                __scheme__: "https",
                __param_module: "http_2xx",
                instance: "https://api.example.com",
                service: "api",
              },
            },
          ],
        },
      ],
    });
  });
});

describe("a rendered alert", () => {
  it("carries severity and priority, the runbook's words and the links", () => {
    expect(renderRule({ ...sampleAlert, priority: "P1" }, links)).toEqual({
      alert: "SampleSlow",
      expr: "sample_seconds > 5",
      for: "5m",
      labels: { severity: "critical", priority: "P1" },
      annotations: {
        summary: "The sample is slow",
        description: sampleAlert.description,
        respond_within: "15 minutes",
        meaning: "It is down.",
        impact: "Nothing works.",
        steps: "1. Look.\n2. Start it.",
        dashboard_url:
          "http://127.0.0.1:9090/graph?g0.expr=sample_seconds%20%3E%205&g0.tab=0&g0.range_input=6h",
        runbook_url: "http://127.0.0.1:9091/runbooks/SampleSlow",
      },
    });
  });

  it.each([
    ["P1", "critical"],
    ["P2", "high"],
    ["P3", "warning"],
    ["P4", "info"],
  ] as const)("of %s is %s, whatever its own labels say", (priority, severity) => {
    const labels = { tier: "x", severity: "none", priority: "P9" };
    expect(renderRule({ ...sampleAlert, priority, labels }, links)).toMatchObject({
      labels: { tier: "x", severity, priority },
    });
  });

  it("draws its graph without the threshold where it has one", () => {
    const rule = renderRule({ ...sampleAlert, graph: 'a{b="c"}' }, links) as {
      annotations: { dashboard_url: string };
    };
    const query = new URL(rule.annotations.dashboard_url).searchParams;
    expect(query.get("g0.expr")).toBe('a{b="c"}');
  });

  it("has no runbook link where there are no pages", () => {
    expect(renderRule(sampleAlert, { prometheus: links.prometheus })).not.toHaveProperty(
      "annotations.runbook_url",
    );
  });

  it("leaves out what the alert does not say", () => {
    const immediate = { ...sampleAlert, for: undefined };
    expect(renderRule(immediate, links)).not.toHaveProperty("for");
    expect(renderRule(sampleAlert, links)).not.toHaveProperty("keep_firing_for");
    expect(renderRule({ ...sampleAlert, keepFiringFor: "2m" }, links)).toMatchObject({
      keep_firing_for: "2m",
    });
  });
});

describe("a rule file", () => {
  it("holds one group, in order", () => {
    const file = ruleFile(sampleGroup, links);
    expect(file.path).toBe("/etc/prometheus/rules/sample.yml");
    expect(parse(file.content)).toEqual({
      groups: [
        {
          name: "sample",
          interval: "15s",
          rules: [
            { record: "job:sample:sum", expr: "sum by (job) (sample)" },
            expect.objectContaining({ alert: "SampleSlow" }),
          ],
        },
      ],
    });
  });

  it("keeps Go templates and quotes as they are", () => {
    const description = `{{ with query "x{a=\\"b\\"}" }}{{ . }}{{ end }}: 100% # 'no' comment`;
    const group = { ...sampleGroup, rules: [{ ...sampleAlert, description }] };
    expect(parse(ruleFile(group, links).content)).toMatchObject({
      groups: [{ rules: [{ annotations: { description } }] }],
    });
  });
});

describe("the liveness of a job", () => {
  const targets = [sampleTarget(), sampleTarget({ host: "other", labels: { chain: "b" } })];
  const group = livenessGroup(jobOf({ targets }));

  it("expects every target, under its own labels", () => {
    expect(group.rules.slice(0, -1)).toEqual([
      {
        record: "observatory:expected_target",
        expr: "vector(1)",
        labels: { job: "sample", instance: "sample:9000", chain: "a" },
      },
      {
        record: "observatory:expected_target",
        expr: "vector(1)",
        labels: { job: "sample", instance: "other:9000", chain: "b" },
      },
    ]);
  });

  it("alerts on a target that does not answer, and on one that is absent", () => {
    expect(group.rules.at(-1)).toMatchObject({
      name: "SampleDown",
      priority: "P1",
      for: "1m",
      expr: 'up{job="sample"} == 0 or (observatory:expected_target{job="sample"} unless on (job, instance) up{job="sample"})',
      runbook: sampleDown.runbook,
    });
  });

  it("is inhibited by what the job names", () => {
    const down = { ...sampleDown, inhibitedBy: ["HostDown"] };
    expect(livenessGroup(jobOf({ down })).rules.at(-1)).toMatchObject({
      inhibitedBy: ["HostDown"],
    });
  });

  it.each([
    [5, 5],
    [15, 15],
    [60, 15],
  ])("of a job scraped every %i s is evaluated every %i s", (intervalSeconds, evaluated) => {
    expect(livenessGroup(jobOf({ scrape: { intervalSeconds } })).intervalSeconds).toBe(evaluated);
  });
});
