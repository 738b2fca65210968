import type { Construct } from "constructs";
import type { AnyAlert } from "../core/alert";
import { ConfigFile } from "../core/config-file";
import { Endpoint } from "../core/endpoint";
import { platformDown } from "../core/house-boards";
import type { DownAlert, Observable, Observation } from "../core/observation";
import { renderRunbook } from "../core/runbook";
import type { Runtime } from "../core/runtime";
import { aMinuteAway } from "../core/service-down";
import { Service } from "../core/service";
import { pushRow } from "./dashboard";
import { drillRules } from "./drill";
import { pushedRules } from "./mixin";

/** Props of {@link Pushgateway}. */
export interface PushgatewayProps {
  readonly runtime: Runtime;
}

/** Props of {@link PushProxy}. */
export interface PushProxyProps {
  readonly runtime: Runtime;
  readonly pushgateway: Pushgateway;
  /**
   * Alerts whose runbook pages are served under `/runbooks/<alert>`. Called once, at synth.
   * @default - no pages
   */
  readonly alerts?: () => readonly AnyAlert[];
  /**
   * Port on the bind address, from 1 to 65535.
   * @default 9091
   */
  readonly hostPort?: number;
}

const pushgatewayDown: DownAlert = {
  name: "PushgatewayDown",
  priority: "P2",
  for: "1m",
  summary: "Batch jobs cannot push metrics",
  why: aMinuteAway,
  panel: platformDown,
  runbook: {
    meaning: "Pushgateway, or the proxy in front of it on port 9091, does not answer.",
    impact: "What jobs and deployments push is lost, unless they push again.",
    steps: [
      "Look at the containers `pushgateway` and `push-proxy`: `docker ps -a` and their logs.",
      "Push a test metric: `echo 'test 1' | curl --data-binary @- http://<address>:9091/metrics/job/test`, then remove it: `curl -X DELETE http://<address>:9091/metrics/job/test`.",
    ],
  },
};

/** Keeps what short-lived jobs push, across restarts. Reached through {@link PushProxy} only. */
export class Pushgateway extends Service {
  constructor(scope: Construct, id: string, props: PushgatewayProps) {
    super(scope, id, {
      runtime: props.runtime,
      image: "pushgateway",
      user: "65534:65534",
      memory: {
        reservationMiB: 24,
        workingSetMiB: 19,
        limitMiB: 48,
        measured:
          "6 MiB anonymous and 13 of file pages, minutes after a start with a few groups, amd64",
      },
      cpus: 0.25,
      command: ["--persistence.file=/pushgateway/metrics", "--persistence.interval=1s"],
      health: { command: ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:9091/-/ready"] },
      data: { path: "/pushgateway", diskGiB: 0.1 },
    });
  }
}

/** One page per alert name: chains share it, and tiers stand on it one after another. */
function runbookPages(alerts: readonly AnyAlert[]): ConfigFile[] {
  const names = [...new Set(alerts.map(({ name }) => name))];
  return names.map((name) => {
    const pages = alerts.filter((alert) => alert.name === name).map(renderRunbook);
    return ConfigFile.text(
      `/usr/share/l2-observatory/runbooks/${name}.md`,
      [...new Set(pages)].join("\n"),
    );
  });
}

/** The published side of Pushgateway: turns PUT into POST, refuses wrong paths in words, serves the runbook pages. */
export class PushProxy extends Service implements Observable {
  readonly observation: Observation;
  /** Where jobs push. */
  readonly push: Endpoint<"push">;
  /** Base URL of the runbook pages as a person reaches them. */
  readonly runbooksUrl: string;

  constructor(scope: Construct, id: string, props: PushProxyProps) {
    const { runtime, pushgateway, alerts = () => [], hostPort = 9091 } = props;
    super(scope, id, {
      runtime,
      image: "nginx",
      memory: {
        reservationMiB: 16,
        workingSetMiB: 11,
        limitMiB: 32,
        measured: "3 MiB anonymous and 8 of file pages in three processes, amd64",
      },
      cpus: 0.25,
      health: { command: ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:9091/-/healthy"] },
      publish: [{ containerPort: 9091, hostPort }],
      files: () => [
        ConfigFile.asset("/etc/nginx/conf.d/default.conf", "pushgateway/push-proxy.conf"),
        ...runbookPages(alerts()),
      ],
      dependsOn: [pushgateway.container],
    });
    this.push = new Endpoint({ protocol: "push", host: id, port: 9091 });
    this.runbooksUrl = `http://${runtime.bindAddress}:${String(hostPort)}/runbooks`;
    this.observation = {
      job: pushgateway.host,
      targets: [
        {
          endpoint: new Endpoint({ protocol: "metrics", host: id, port: 9091, path: "/metrics" }),
          process: pushgateway.host,
        },
      ],
      scrape: { intervalSeconds: 15, honorLabels: true },
      down: pushgatewayDown,
      rules: [pushedRules, drillRules],
      boards: [pushRow],
    };
  }
}
