import { readdirSync, readFileSync } from "node:fs";
import { Alertmanager, receiverSchema } from "../../../constructs/alertmanager";
import { assetPath } from "../../../constructs/core/paths";
import { secret } from "../../../constructs/core/secret";
import { sampleAlert } from "../core/samples";
import { synthesise, testRuntime, testStack, type Synthesised } from "../core/synthesised";

const slack = receiverSchema.parse({
  name: "ops",
  type: "slack",
  webhookUrl: secret("slack-webhook-url"),
});
const routes = { P1: ["ops"], P2: [], P3: [], P4: [], heartbeat: [] };
const quiet = { ...sampleAlert, inhibitedBy: ["Loud"] };

function synthesised(hostPort?: number): Synthesised {
  return synthesise((stack, runtime) => {
    new Alertmanager(stack, "alertmanager", {
      runtime,
      receivers: [slack],
      routes,
      alerts: () => [{ ...sampleAlert, name: "Loud" }, quiet],
      ...(hostPort === undefined ? {} : { hostPort }),
    });
  });
}

describe("Alertmanager", () => {
  it("has an API and is observed", () => {
    const stack = testStack();
    const alertmanager = new Alertmanager(stack, "alertmanager", {
      runtime: testRuntime(stack),
      receivers: [],
      routes,
    });
    expect(alertmanager.api).toMatchObject({ protocol: "alertmanager" });
    expect(alertmanager.api.authority).toBe("alertmanager:9093");
    expect(alertmanager.observation).toMatchObject({
      job: "alertmanager",
      down: { name: "AlertmanagerDown", priority: "P1" },
    });
    expect(alertmanager.observation.targets.map(({ endpoint }) => endpoint.url)).toEqual([
      "http://alertmanager:9093/metrics",
    ]);
  });

  it("reads the generated configuration, and the templates as they are in assets", () => {
    const stack = synthesised();
    expect(stack.yaml("alertmanager", "/etc/alertmanager/alertmanager.yml")).toMatchObject({
      inhibit_rules: [
        { source_matchers: ['severity="critical"'] },
        { source_matchers: ['severity="high"'] },
        { source_matchers: ['severity="warning"'] },
        { source_matchers: ['alertname="Loud"', 'severity=~"warning"'] },
      ],
    });
    const folder = "alertmanager/templates";
    for (const name of readdirSync(assetPath(folder))) {
      expect(stack.file("alertmanager", `/etc/${folder}/${name}`)).toBe(
        readFileSync(assetPath(`${folder}/${name}`), "utf8"),
      );
    }
    expect(stack.file("alertmanager", `/etc/${folder}/time.tmpl`)).toContain('tz "UTC"');
  });

  it("keeps silences in a volume, has its secrets, and is published on 9093", () => {
    const container = synthesised().container("alertmanager");
    expect(container).toMatchObject({
      user: "65534:65534",
      volumes: [{ container_path: "/alertmanager" }],
      mounts: [{ source: "/etc/test/secrets/alertmanager", read_only: true }],
      ports: [{ internal: 9093, external: 9093, ip: "127.0.0.1" }],
    });
    expect(container.command).toEqual(
      expect.arrayContaining([
        "--config.file=/etc/alertmanager/alertmanager.yml",
        "--storage.path=/alertmanager",
        "--cluster.listen-address=",
        "--web.external-url=http://127.0.0.1:9093",
      ]),
    );
  });

  it("links to the port that it is published on", () => {
    const container = synthesised(19093).container("alertmanager");
    expect(container.ports).toMatchObject([{ internal: 9093, external: 19093 }]);
    expect(container.command).toContain("--web.external-url=http://127.0.0.1:19093");
  });
});
