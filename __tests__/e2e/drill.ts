import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { renderEnvironment } from "../../commands/rendered";
import { routesFor } from "../../commands/routes";
import type { Finished } from "../../commands/shell";
import { amtoolReceivers, findAmtool } from "../../commands/simulate";
import { builtProgram, Loopback } from "../../tools/rig/loopback";
import { FakeSlack } from "../../tools/rig/fake-slack";
import { eventually, expect, exitAfter, Steps } from "../../tools/rig/steps";
import { trickyCases, trickyTree } from "../support/route-trees";
import { ports } from "./drill-environments";

/** What is drilled: a running environment `local` behind the commands a user types. */
export interface Drilled {
  readonly alertmanager: string;
  command(args: readonly string[]): Promise<Finished>;
}

/** P1, so that its resolution is told within half a minute; nothing else inhibits or raises it here. */
const alert = "AlertmanagerDown";

function said({ code, stdout, stderr }: Finished): string {
  return `exit code ${String(code)}:\n${stdout}${stderr}`;
}

async function post(alertmanager: string, name: string, endsAt: number): Promise<void> {
  const body = JSON.stringify([
    {
      labels: { alertname: name, severity: "critical", environment: "local" },
      endsAt: new Date(endsAt).toISOString(),
    },
  ]);
  const headers = { "content-type": "application/json" };
  const { ok } = await fetch(`${alertmanager}/api/v2/alerts`, { method: "POST", headers, body });
  expect(ok, "Alertmanager refused an alert");
}

/** Drills that succeed, that fail because a receiver does, and that are refused. */
export async function drills(
  steps: Steps,
  drilled: Drilled,
  slack: FakeSlack,
  needs: readonly string[] = ["deploy from nothing"],
): Promise<void> {
  const reaches = "drill: every receiver gets it, and a pushed metric fires a rule";
  await steps.step(
    reaches,
    async () => {
      const since = Date.now();
      const done = await drilled.command(["drill", "local", alert]);
      expect(done.code === 0, said(done));
      const messages = slack.messages.filter(
        ({ at, title }) => at >= since && title.includes(alert),
      );
      expect(messages.length === 2, `Slack got ${String(messages.length)} messages instead of 2`);
      expect(messages[0]?.text.includes("DRILL") === true, "the message does not say DRILL");
      for (const pattern of [
        /slack .*: delivered after [\d.]+ s/,
        /slack .*: told that it is over after [\d.]+ s/,
        /rule leg: from a pushed metric over Prometheus to Alertmanager in [\d.]+ s/,
        /rule leg: over [\d.]+ s after/,
      ]) {
        expect(pattern.test(done.stdout), said(done));
      }
      const left = await fetch(`${drilled.alertmanager}/api/v2/alerts`);
      const alerts = (await left.json()) as { labels: Record<string, string> }[];
      expect(
        alerts.every(({ labels }) => labels["drill"] === undefined),
        "the drill left alerts",
      );
      return done.stdout
        .split("\n")
        .filter((line) => line.startsWith("✓"))
        .join("; ");
    },
    needs,
  );

  await steps.step(
    "drill: a receiver that fails is named, and the exit code is 1",
    async () => {
      slack.failing = true;
      try {
        const failed = await drilled.command(["drill", "local", alert]);
        expect(failed.code === 1, said(failed));
        const line = /✗ .*slack .*: not delivered within .*attempts failed.*/.exec(failed.stdout);
        expect(line !== null, said(failed));
        return line?.[0];
      } finally {
        slack.failing = false;
      }
    },
    [reaches],
  );

  await steps.step(
    "drill: refused while the alert really fires, and for an unknown one",
    async () => {
      await post(drilled.alertmanager, alert, Date.now() + 60_000);
      const real = await drilled.command(["drill", "local", alert]);
      await post(drilled.alertmanager, alert, Date.now() - 1000);
      expect(real.code === 1 && real.stderr.includes("got a real one"), said(real));
      const unknown = await drilled.command(["drill", "local", "AlertmangerDown"]);
      expect(unknown.code === 1 && unknown.stderr.includes(`similar: ${alert}`), said(unknown));
      return undefined;
    },
    needs,
  );
}

/** Our reading of routes is amtool's. */
export async function routesAgree(steps: Steps): Promise<void> {
  const name = "simulate reads routes as the real amtool does";
  const amtool = findAmtool();
  if (amtool === undefined) {
    steps.skip(name, "there is no amtool in PATH nor among what was built here");
    return;
  }
  await steps.step(name, async () => {
    const text = stringify(trickyTree);
    for (const { labels, receivers } of trickyCases) {
      const theirs = (await amtoolReceivers(amtool, text, labels)).join();
      const ours = routesFor(trickyTree, labels).map(({ receiver }) => receiver);
      const what = `${JSON.stringify(labels)}: amtool ${theirs}, we ${ours.join()}, written down ${receivers.join()}`;
      expect(theirs === receivers.join() && theirs === ours.join(), what);
    }
    return `${String(trickyCases.length)} sets of labels`;
  });
}

/** Alertmanager, Prometheus and Pushgateway with the rendered files of `local`, on loopback. */
async function startServers(rig: Loopback, slack: FakeSlack, hook: FakeHook): Promise<void> {
  const [alertmanager, prometheus, pushgateway] = (
    ["alertmanager", "prometheus", "pushgateway"] as const
  ).map((program) => {
    const path = builtProgram(program);
    if (path === undefined) throw new Error(`${program} must be built here: npm start builds it`);
    return path;
  });
  const secrets = `${rig.folder}/secrets`;
  rig.write("secrets/slack-webhook-url", slack.url);
  rig.write("secrets/on-call-webhook-url", hook.url);
  const here = (text: string) =>
    text
      .replaceAll("/etc/", `${rig.folder}/etc/`)
      .replaceAll("/run/secrets/l2-observatory", secrets)
      .replaceAll("push-proxy:9091", `127.0.0.1:${String(ports.pushgateway)}`)
      .replaceAll("alertmanager:9093", `127.0.0.1:${String(ports.alertmanager)}`);
  for (const [path, text] of renderEnvironment("local").files) {
    // The other servers are not there, and their alerts would be true.
    const wanted =
      /^\/etc\/alertmanager\/|^\/etc\/prometheus\/(prometheus\.yml|alertmanagers\/|rules\/drill\.yml|scrape\/pushgateway\.yml)/;
    if (wanted.test(path)) rig.write(path.slice(1), here(text));
  }
  const listen = (port: number) => `--web.listen-address=127.0.0.1:${String(port)}`;
  rig.start(alertmanager ?? "", [
    `--config.file=${rig.folder}/etc/alertmanager/alertmanager.yml`,
    `--storage.path=${rig.folder}/alertmanager`,
    "--cluster.listen-address=",
    "--enable-feature=receiver-name-in-metrics",
    listen(ports.alertmanager),
  ]);
  rig.start(prometheus ?? "", [
    `--config.file=${rig.folder}/etc/prometheus/prometheus.yml`,
    `--storage.tsdb.path=${rig.folder}/prometheus`,
    listen(ports.prometheus),
  ]);
  rig.start(pushgateway ?? "", [listen(ports.pushgateway)]);
  for (const port of Object.values(ports)) {
    await eventually(
      `a server on port ${String(port)}`,
      30,
      () => fetch(`http://127.0.0.1:${String(port)}/-/ready`),
      ({ ok }) => ok,
    );
  }
}

/** A webhook that takes everything. */
type FakeHook = Pick<FakeSlack, "url" | "close">;

async function fakeHook(): Promise<FakeHook> {
  const { createServer } = await import("node:http");
  const server = createServer((request, response) => {
    request.resume().on("end", () => response.writeHead(200).end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${String(port)}/on-call`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** The drills alone, without a container engine: `node dist/__tests__/e2e/drill.js`. */
async function main(): Promise<boolean> {
  const steps = new Steps();
  const folder = mkdtempSync(join(tmpdir(), "l2o-drill-"));
  process.env["L2O_ENVIRONMENTS_MODULE"] = join(__dirname, "drill-environments.js");
  const rig = new Loopback(folder, join(__dirname, "drill-environments.js"));
  const slack = await FakeSlack.listen("127.0.0.1", "/services/FAKE");
  const hook = await fakeHook();
  try {
    await routesAgree(steps);
    await steps.step("real Alertmanager, Prometheus and Pushgateway on loopback", async () => {
      await startServers(rig, slack, hook);
      return folder;
    });
    const drilled = {
      alertmanager: `http://127.0.0.1:${String(ports.alertmanager)}`,
      command: (args: readonly string[]) => rig.command(args),
    };
    const needs = ["real Alertmanager, Prometheus and Pushgateway on loopback"];
    await drills(steps, drilled, slack, needs);
    await steps.step("drill: refused where nobody would hear it", async () => {
      const deaf = await drilled.command(["drill", "local", "PushgatewayDown"]);
      expect(deaf.code === 1 && deaf.stderr.includes("got no channel in high"), said(deaf));
      return undefined;
    });
  } finally {
    rig.close();
    slack.close();
    hook.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return steps.close();
}

if (require.main === module) exitAfter(main());
