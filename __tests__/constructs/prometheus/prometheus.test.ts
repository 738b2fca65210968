import { Endpoint } from "../../../constructs/core/endpoint";
import { Observations } from "../../../constructs/core/observation";
import { Prometheus, type PrometheusProps } from "../../../constructs/prometheus";
import { sampleAlert, sampleGroup, sampleObservation, sampleTarget } from "../core/samples";
import { synthesise, testRuntime, testStack, type Synthesised } from "../core/synthesised";

const observable = { observation: sampleObservation() };

function synthesised(props: Partial<PrometheusProps> = {}): Synthesised {
  return synthesise((stack, runtime) => {
    new Prometheus(stack, "prometheus", { runtime, observations: [observable], ...props });
  });
}

function prometheusOf(observations: PrometheusProps["observations"]): Prometheus {
  const stack = testStack();
  return new Prometheus(stack, "prometheus", { runtime: testRuntime(stack), observations });
}

describe("Prometheus", () => {
  it("can be asked and written to", () => {
    const prometheus = prometheusOf([]);
    expect(prometheus.query).toMatchObject({ protocol: "promql" });
    expect(prometheus.query.url).toBe("http://prometheus:9090");
    expect(prometheus.push).toMatchObject({ protocol: "remote-write" });
    expect(prometheus.push.url).toBe("http://prometheus:9090/api/v1/write");
  });

  it("watches itself", () => {
    expect(
      prometheusOf([])
        .ruleGroups()
        .map(({ name }) => name),
    ).toEqual(["liveness.prometheus", "memory-budget", "heartbeat", "prometheus"]);
    expect(synthesised().yaml("prometheus", "/etc/prometheus/scrape/prometheus.yml")).toMatchObject(
      { scrape_configs: [{ static_configs: [{ targets: ["prometheus:9090"] }] }] },
    );
  });

  it("scrapes and evaluates what is observed, also when it was added later", () => {
    const observations = new Observations(observable);
    const stack = synthesise((scope, runtime) => {
      new Prometheus(scope, "prometheus", { runtime, observations });
      observations.add({ observation: sampleObservation({ job: "later", rules: [] }) });
    });
    const files = stack.container("prometheus").upload?.map(({ file }) => file);
    expect(files?.filter((file) => file.includes("/scrape/"))).toEqual([
      "/etc/prometheus/scrape/sample.yml",
      "/etc/prometheus/scrape/prometheus.yml",
      "/etc/prometheus/scrape/later.yml",
    ]);
    expect(files).toContain("/etc/prometheus/rules/sample.yml");
    expect(files).toContain("/etc/prometheus/rules/liveness.later.yml");
    expect(new Set(files).size).toBe(files?.length);
  });

  it("joins the networks on which its targets are reached, each once", () => {
    const targets = ["a", "b", "c"].map((host) =>
      sampleTarget({ host, ...(host === "c" ? {} : { network: "rollup_default" }) }),
    );
    const stack = synthesised({ observations: [{ observation: sampleObservation({ targets }) }] });
    expect(
      stack
        .container("prometheus")
        .networks_advanced.map(({ name }) => name)
        .slice(1),
    ).toEqual(["rollup_default"]);
  });

  it("sends alerts where it is told", () => {
    const api = new Endpoint({ protocol: "alertmanager", host: "alertmanager", port: 9093 });
    const path = "/etc/prometheus/alertmanagers/alertmanagers.yml";
    expect(synthesised({ alertmanagers: [api] }).yaml("prometheus", path)).toEqual([
      { targets: ["alertmanager:9093"] },
    ]);
    expect(synthesised().yaml("prometheus", path)).toEqual([{ targets: [] }]);
  });

  it("keeps series for 15 days on 4 GiB unless told otherwise", () => {
    const path = "/etc/prometheus/prometheus.yml";
    const retention = (time: string, size: string) => ({
      storage: { tsdb: { retention: { time, size } } },
    });
    expect(synthesised().yaml("prometheus", path)).toMatchObject(retention("15d", "4096MB"));
    expect(
      synthesised({ retentionDays: 3, retentionGiB: 1.5 }).yaml("prometheus", path),
    ).toMatchObject(retention("3d", "1536MB"));
  });

  it("links to the port that it is published on, and to the runbooks", () => {
    const stack = synthesised({ hostPort: 19090, runbooksUrl: "http://127.0.0.1:9091/runbooks" });
    const container = stack.container("prometheus");
    expect(container.ports).toMatchObject([{ internal: 9090, external: 19090, ip: "127.0.0.1" }]);
    expect(container.command).toContain("--web.external-url=http://127.0.0.1:19090");
    expect(stack.yaml("prometheus", "/etc/prometheus/rules/liveness.sample.yml")).toMatchObject({
      groups: [
        {
          rules: [
            {},
            {
              annotations: {
                dashboard_url: expect.stringMatching(
                  /^http:\/\/127\.0\.0\.1:19090\/graph\?/,
                ) as unknown,
                runbook_url: "http://127.0.0.1:9091/runbooks/SampleDown",
              },
            },
          ],
        },
      ],
    });
  });

  it("runs as nobody, with its data in a volume", () => {
    expect(synthesised().container("prometheus")).toMatchObject({
      user: "65534:65534",
      destroy_grace_seconds: 60,
      volumes: [{ container_path: "/prometheus" }],
    });
  });

  it("evaluates no alerts where another engine does, and records which ones fire that keep others silent", () => {
    const target = { ...sampleAlert, name: "SampleLate", inhibitedBy: [sampleAlert.name] };
    const rules = [{ ...sampleGroup, rules: [...sampleGroup.rules, target] }];
    const observations = [{ observation: sampleObservation({ rules }) }];
    const stack = synthesised({ observations, evaluatesAlerts: false });
    const files = stack.container("prometheus").upload ?? [];
    const texts = files.filter(({ file }) => file.includes("/rules/"));
    expect(texts.map(({ file }) => file)).toEqual(
      ["liveness.sample", "liveness.prometheus", "heartbeat", "sample", "firing"].map(
        (name) => `/etc/prometheus/rules/${name}.yml`,
      ),
    );
    expect(texts.map(({ content }) => content).join()).not.toContain("- alert:");
    expect(stack.yaml("prometheus", "/etc/prometheus/rules/firing.yml")).toMatchObject({
      groups: [{ rules: [{ labels: { alert: "SampleSlow", severity: "warning" } }] }],
    });
    // They are known all the same: Grafana reads them here.
    expect(prometheusOf(observations).ruleGroups().at(-2)?.rules).toContain(target);
  });

  it("reads the rules of an operator from a folder of their own", () => {
    const files =
      synthesised()
        .container("prometheus")
        .upload?.map(({ file }) => file) ?? [];
    expect(files.filter((file) => file.endsWith("README.md"))).toEqual([]);
    expect(
      files.every((file) =>
        /^\/etc\/prometheus\/(prometheus\.yml|(scrape|rules|operator|alertmanagers)\/[^/]+\.yml)$/.test(
          file,
        ),
      ),
    ).toBe(true);
  });

  it("fails when something is observed after its rules were read", () => {
    const observations = new Observations();
    prometheusOf(observations).ruleGroups();
    expect(() => {
      observations.add(observable);
    }).toThrow("'sample' is observed after rendering");
  });

  it("fails when it is observed under its own name already", () => {
    expect(() => prometheusOf([{ observation: sampleObservation({ job: "prometheus" }) }])).toThrow(
      "job 'prometheus' is observed twice",
    );
  });
});
