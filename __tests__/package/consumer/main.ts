import { App, LocalBackend, TerraformStack } from "cdktf";
import { DockerProvider } from "@cdktf/provider-docker/lib/provider";
import { Endpoint, type Observable, type Observation } from "l2-observatory";
import { Runtime, Service } from "l2-observatory/core";
import { opGeth } from "l2-observatory/exporters/op-geth";
import { Prometheus, serviceDown } from "l2-observatory/prometheus";

/** A service of the stranger's own, watched by an alert of their own. */
class Bridge extends Service implements Observable {
  readonly observation: Observation;

  constructor(stack: TerraformStack, runtime: Runtime) {
    super(stack, "bridge", {
      runtime,
      image: { reference: "registry.example.com/team/bridge:v2.4.1" },
      memory: {
        reservationMiB: 64,
        workingSetMiB: 50,
        limitMiB: 96,
        measured: "a day of production traffic",
      },
      health: { command: ["/bridge", "health"] },
    });
    this.observation = {
      job: "bridge",
      targets: [
        {
          endpoint: new Endpoint({
            protocol: "metrics",
            host: this.host,
            port: 9464,
            path: "/metrics",
          }),
          labels: { chain: "my-chain" },
        },
      ],
      scrape: { intervalSeconds: 10 },
      down: serviceDown,
      rules: [
        {
          name: "bridge",
          intervalSeconds: 10,
          rules: [
            {
              name: "BridgeStuck",
              priority: "P2",
              expr: 'rate(bridge_messages_total{job="bridge"}[5m]) == 0',
              for: "5m",
              summary: "No message crosses the bridge",
              description: "{{ $labels.instance }} has relayed nothing for 5 minutes.",
              runbook: {
                meaning: "The relayer runs and relays nothing.",
                impact: "Withdrawals wait.",
                steps: ["Read the relayer's log."],
              },
            },
          ],
        },
      ],
    };
  }
}

const app = new App();
const stack = new TerraformStack(app, "team");
new LocalBackend(stack, { path: "../../../team.tfstate" });
new DockerProvider(stack, "docker", {});
const runtime = new Runtime(stack, "runtime", {
  environment: "team",
  machine: { name: "t4g.small", memoryMiB: 2048, swapMiB: 1024, diskGiB: 20 },
  secretsDirectory: "/etc/team/secrets",
});
new Prometheus(stack, "prometheus", {
  runtime,
  observations: [
    new Bridge(stack, runtime),
    ...opGeth({ chain: "my-chain" }).create({ scope: stack, id: "op-geth", runtime }),
  ],
});
app.synth();
