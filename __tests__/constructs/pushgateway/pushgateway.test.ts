import { readFileSync } from "node:fs";
import { assetPath } from "../../../constructs/core/paths";
import { renderRunbook } from "../../../constructs/core/runbook";
import { Pushgateway, PushProxy } from "../../../constructs/pushgateway";
import { sampleAlert } from "../core/samples";
import { synthesise, testRuntime, testStack, type Synthesised } from "../core/synthesised";

function synthesised(hostPort?: number): Synthesised {
  return synthesise((stack, runtime) => {
    new PushProxy(stack, "push-proxy", {
      runtime,
      pushgateway: new Pushgateway(stack, "pushgateway", { runtime }),
      alerts: () => [sampleAlert],
      ...(hostPort === undefined ? {} : { hostPort }),
    });
  });
}

describe("Pushgateway", () => {
  it("keeps what was pushed in a volume, and is reached through its proxy only", () => {
    const container = synthesised().container("pushgateway");
    expect(container.ports ?? []).toEqual([]);
    expect(container).toMatchObject({
      user: "65534:65534",
      volumes: [{ container_path: "/pushgateway" }],
    });
    expect(container.command).toContain("--persistence.file=/pushgateway/metrics");
  });
});

describe("the push proxy", () => {
  it("has an address for jobs and one for people", () => {
    const stack = testStack();
    const runtime = testRuntime(stack, { bindAddress: "10.88.0.1" });
    const proxy = new PushProxy(stack, "push-proxy", {
      runtime,
      pushgateway: new Pushgateway(stack, "pushgateway", { runtime }),
      hostPort: 19091,
    });
    expect(proxy.push.url).toBe("http://push-proxy:9091");
    expect(proxy.runbooksUrl).toBe("http://10.88.0.1:19091/runbooks");
  });

  it("is observed as Pushgateway, whose series keep their own labels", () => {
    const stack = testStack();
    const runtime = testRuntime(stack);
    const pushgateway = new Pushgateway(stack, "pushgateway", { runtime });
    const { observation } = new PushProxy(stack, "push-proxy", { runtime, pushgateway });
    expect(observation).toMatchObject({
      job: "pushgateway",
      scrape: { honorLabels: true },
      down: { name: "PushgatewayDown", priority: "P2" },
      rules: [
        { rules: [{ name: "ServiceDeployed", priority: "P4" }] },
        { rules: [{ name: "AlertPathDrill", priority: "P4" }] },
      ],
    });
  });

  it("is published on 9091, waits for Pushgateway and keeps nothing", () => {
    const container = synthesised().container("push-proxy");
    expect(container).toMatchObject({
      ports: [{ internal: 9091, external: 9091, ip: "127.0.0.1" }],
      depends_on: [expect.stringMatching(/^docker_container\.pushgateway_container/)],
    });
    expect(container.volumes ?? []).toEqual([]);
    expect(synthesised(19091).container("push-proxy").ports).toMatchObject([{ external: 19091 }]);
  });

  it("reads its asset byte for byte, though nginx writes variables as Terraform does", () => {
    expect(synthesised().file("push-proxy", "/etc/nginx/conf.d/default.conf")).toBe(
      readFileSync(assetPath("pushgateway/push-proxy.conf"), "utf8"),
    );
  });

  it("sends what it gets to the host name of Pushgateway", () => {
    expect(readFileSync(assetPath("pushgateway/push-proxy.conf"), "utf8")).toContain(
      "set $pushgateway pushgateway:9091;",
    );
  });

  it("serves a page for every alert", () => {
    expect(
      synthesised().file("push-proxy", "/usr/share/l2-observatory/runbooks/SampleSlow.md"),
    ).toBe(renderRunbook(sampleAlert));
  });
});
