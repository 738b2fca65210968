import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { ensureEngine } from "../commands/engine";
import { sleep } from "../commands/shell";
import { cacheDirectory, type MachineFacts } from "../commands/workspace";
import { images } from "../constructs/core/images";
import { drain, refill } from "../programs/demo-chain/wallet";
import { FakeSlack } from "../tools/rig/fake-slack";
import { Platform } from "../tools/rig/platform";
import { startPrivateEngine } from "../tools/rig/private-engine";
import { eventually } from "../tools/rig/steps";
import { wallets } from "./environments";
import { median, printTable, quantile } from "./figures";

/** The alert's own waiting time, which both configurations share, in seconds. */
const forSeconds = 60;
/** Within how many seconds all wallets are drained. */
const spreadSeconds = 300;

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

function seconds(since: number): number {
  return (performance.now() - since) / 1000;
}

/** What most people run: 15 s scrape, 15 s evaluation, 1 m `for`, 30 s group wait. */
async function startPlain(platform: Platform, work: string, slackUrl: string): Promise<void> {
  const { images: file } = JSON.parse(
    readFileSync(join(platform.stateDirectory, "machine.json"), "utf8"),
  ) as MachineFacts;
  const references: Readonly<Record<string, string>> =
    file === undefined
      ? images
      : (JSON.parse(readFileSync(file, "utf8")) as Record<string, string>);
  const folder = join(work, "plain");
  mkdirSync(folder, { recursive: true });
  const write = (name: string, value: object) => {
    writeFileSync(join(folder, name), stringify(value));
  };
  write("prometheus.yml", {
    global: { scrape_interval: "15s", evaluation_interval: "15s" },
    rule_files: ["/etc/plain/rules.yml"],
    scrape_configs: [
      { job_name: "l2-exporter", static_configs: [{ targets: ["l2-exporter:9300"] }] },
    ],
    alerting: { alertmanagers: [{ static_configs: [{ targets: ["plain-alertmanager:9093"] }] }] },
  });
  write("rules.yml", {
    groups: [
      {
        name: "plain",
        rules: [
          {
            alert: "BatcherLowETH",
            expr: 'l2_wallet_balance_eth{role="batcher"} < 0.5',
            for: `${String(forSeconds)}s`,
            labels: { severity: "critical" },
          },
        ],
      },
    ],
  });
  write("alertmanager.yml", {
    route: { receiver: "slack", group_by: ["alertname", "chain"], group_wait: "30s" },
    receivers: [
      {
        name: "slack",
        slack_configs: [
          {
            api_url: slackUrl,
            channel: "#plain",
            title: "{{ .CommonLabels.alertname }} on {{ .CommonLabels.chain }}",
            text: "{{ .Status }}",
          },
        ],
      },
    ],
  });
  const network = "l2o-local-network";
  for (const name of ["alertmanager", "prometheus"]) {
    await platform.docker(
      "run",
      "-d",
      "--name",
      `plain-${name}`,
      "--network",
      network,
      "--network-alias",
      `plain-${name}`,
      "-v",
      `${folder}:/etc/plain:ro`,
      "--tmpfs",
      "/data:mode=1777",
      references[name] ?? name,
      `--config.file=/etc/plain/${name}.yml`,
      name === "prometheus" ? "--storage.tsdb.path=/data" : "--storage.path=/data",
    );
  }
}

/** Start, second deploy, and how long a loss takes to reach people, against a plain configuration in the same run. */
export async function benchPlatform(): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), "l2o-bench-"));
  await ensureEngine({ progress: say, interactive: false, cacheDirectory });
  const engine = await startPrivateEngine(join(work, "engine"), say);
  const [ours, plain] = [
    await FakeSlack.listen(engine.gateway, "/services/ours"),
    await FakeSlack.listen(engine.gateway, "/services/plain"),
  ];
  const platform = new Platform(join(work, "state"), engine, join(__dirname, "environments.js"));
  const rpcUrl = platform.l1Rpc;
  try {
    await platform.must(["secrets", "set", "local", "slack-webhook-url"], ours.url);
    say("bringing images into the private engine …");
    await platform.must(["start", "--demo"]);
    await platform.must(["destroy", "local", "--yes"]);
    await platform.must(["secrets", "set", "local", "slack-webhook-url"], ours.url);

    say("start from images present …");
    const began = performance.now();
    await platform.must(["start", "--demo"]);
    const start = seconds(began);
    const containers = await platform.containers();

    say("second deploy against terraform plan …");
    const deploys: number[] = [];
    const plans: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      const deploy = performance.now();
      await platform.must(["deploy", "local"]);
      deploys.push(seconds(deploy));
      const plan = performance.now();
      for (const stack of ["local-demo", "local-monitoring"]) {
        const { code } = await platform.terraform(
          stack,
          "plan",
          "-detailed-exitcode",
          "-input=false",
        );
        if (code !== 0) throw new Error(`the plan of ${stack} is not empty`);
      }
      plans.push(seconds(plan));
    }
    process.stdout.write("## Start and second deploy\n\n");
    printTable(
      ["what", "seconds", "ratio"],
      [
        [
          `start, images present, ${String(containers.length)} containers, to all healthy`,
          start.toFixed(1),
          "",
        ],
        ["terraform plan of both stacks, median of 5", median(plans).toFixed(1), "1 ×"],
        [
          "second deploy with health check, median of 5",
          median(deploys).toFixed(1),
          `${(median(deploys) / median(plans)).toFixed(1)} ×`,
        ],
      ],
    );

    say("funding wallets …");
    await startPlain(platform, work, plain.url);
    for (const { address } of wallets) await refill({ rpcUrl, address, eth: 1 });
    await eventually(
      "every wallet is seen funded",
      120,
      () => platform.query('l2_wallet_balance_eth{role="batcher"} > 0.5'),
      (values) => values.size === wallets.length,
    );
    // What fired before the wallets were funded has to be over on both sides.
    await sleep(150);
    ours.messages.length = 0;
    plain.messages.length = 0;

    say(
      `draining ${String(wallets.length)} wallets at random moments of ${String(spreadSeconds)} s …`,
    );
    const lost = await Promise.all(
      wallets.map(async ({ chain, key }) => {
        await sleep(Math.random() * spreadSeconds);
        await drain({ rpcUrl, key, leaveEth: 0.01 });
        return { chain, at: Date.now() };
      }),
    );
    const beyond = async (slack: FakeSlack) =>
      Promise.all(
        lost.map(async ({ chain, at }) => {
          const message = await slack.wait(
            ({ title }) => new RegExp(`BatcherLowETH on ${chain}\\b(?!-)`).test(title),
            240,
            at,
          );
          if (message === undefined) throw new Error(`no message for ${chain} within 240 s`);
          return (message.at - at) / 1000 - forSeconds;
        }),
      );
    const [fast, slow] = await Promise.all([beyond(ours), beyond(plain)]);
    process.stdout.write(
      `## Drain to message, beyond the alert's own ${String(forSeconds)} s, ${String(wallets.length)} wallets\n\n`,
    );
    const row = (name: string, of: (values: readonly number[]) => number) => [
      name,
      of(fast).toFixed(1),
      of(slow).toFixed(1),
      (of(fast) / of(slow)).toFixed(2),
    ];
    printTable(
      ["", "this platform, s", "plain 15 s/15 s/1 m/30 s, s", "ratio"],
      [
        row("median", median),
        row("p95", (values) => quantile(values, 0.95)),
        row("largest", (values) => Math.max(...values)),
      ],
    );
  } finally {
    ours.close();
    plain.close();
    await engine.destroy();
    rmSync(work, { recursive: true, force: true });
  }
}
