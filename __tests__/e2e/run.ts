import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureEngine } from "../../commands/engine";
import { startPrivateEngine } from "../../tools/rig/private-engine";
import { cacheDirectory } from "../../commands/workspace";
import { agent } from "./agent";
import { awsHost } from "./aws";
import { searchForCanaries } from "./canaries";
import { checkRendered, proveCheckersBite } from "./checkers";
import { containerLogs } from "./container-logs";
import { drills, routesAgree } from "./drill";
import { demoChain, fireDrill, type Chain } from "./fire-drill";
import { grafana } from "./grafana";
import { replayIncidents } from "./incidents";
import { logs, refusedLines } from "./logs";
import { panels } from "./panels";
import { receivers } from "./receivers";
import { traces } from "./traces";
import { FakeSlack, type SlackMessage } from "../../tools/rig/fake-slack";
import { Platform } from "../../tools/rig/platform";
import { eventually, expect, exitAfter, print, Steps } from "../../tools/rig/steps";

const canary = "CANARY-not-a-real-secret-5f2d";
const monitoring = "local-monitoring";

/** The names people query, and that must answer on a chain although no program exports them. */
const compatibilityNames = [
  "op_batcher_balance_eth",
  "op_batcher_batch_submitter_batch_submission_failures_total",
  'eth_block_number{job="l2-geth"}',
  'eth_txpool_pending{job="l2-geth"}',
  "batcher_batches_submitted_total",
  "l1_gas_price_gwei",
  'op_node_sync_status{job="l2-node"}',
];

function uploadsOf(platform: Platform): Map<string, string> {
  const file = join(platform.stateDirectory, "cdktf.out", "stacks", monitoring, "cdk.tf.json");
  const { resource } = JSON.parse(readFileSync(file, "utf8")) as {
    resource: { docker_container: Record<string, { name: string; upload?: unknown }> };
  };
  return new Map(
    Object.values(resource.docker_container).map(({ name, upload }) => [
      name,
      JSON.stringify(upload ?? []),
    ]),
  );
}

/** Every data volume with the inode of its folder: a volume of the same name that was made anew has another. */
async function volumes(platform: Platform): Promise<string> {
  const names = (await platform.docker("volume", "ls", "-q", "--filter", "name=^l2o-")).trim();
  const format = "{{.Name}} {{.Mountpoint}}";
  const lines = await platform.docker(
    "volume",
    "inspect",
    "--format",
    format,
    ...names.split("\n"),
  );
  return lines
    .trim()
    .split("\n")
    .map((line) => {
      const [name = "", folder = ""] = line.split(" ");
      const { ino, birthtimeMs } = statSync(folder);
      return `${name} ${ino} ${birthtimeMs}`;
    })
    .sort()
    .join("\n");
}

async function plansEmpty(platform: Platform): Promise<void> {
  for (const stack of platform.stacks()) {
    const { code, stdout, stderr } = await platform.terraform(
      stack,
      "plan",
      "-detailed-exitcode",
      "-no-color",
      "-input=false",
    );
    const why = stdout.split("\n").filter((line) => /^ {2}# |forces|Plan:/.test(line));
    expect(
      code === 0,
      `the plan of ${stack} is not empty (exit code ${String(code)}):\n${why.join("\n")}${stderr}`,
    );
  }
}

async function allHealthy(platform: Platform): Promise<void> {
  await eventually(
    "all containers healthy",
    120,
    () => platform.containers(),
    (all) =>
      all.length > 0 && all.every(({ health }) => health === "healthy" || health === "running"),
  );
  await eventually(
    "status says healthy",
    120,
    () => platform.command(["status"]),
    ({ code }) => code === 0,
  );
}

/** What must survive whatever happens to containers. */
interface Stored {
  readonly at: number;
  readonly silence: string;
  readonly head: number;
}

async function store(platform: Platform, chain: Chain): Promise<Stored> {
  const pushed = await fetch(`${platform.push}/metrics/job/e2e_kept`, {
    method: "PUT",
    body: "e2e_kept 42\n",
  });
  expect(pushed.ok, `push answered ${String(pushed.status)}`);
  const silence = await fetch(`${platform.alertmanager}/api/v2/silences`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      matchers: [{ name: "alertname", value: "NothingOfThisName", isRegex: false }],
      startsAt: new Date().toISOString(),
      endsAt: new Date(Date.now() + 3_600_000).toISOString(),
      createdBy: "e2e",
      comment: "must survive",
    }),
  });
  const { silenceID } = (await silence.json()) as { silenceID: string };
  await eventually(
    "pushed metric scraped",
    60,
    () => platform.query("e2e_kept"),
    (values) => values.size === 1,
  );
  // Alertmanager writes its silences down every 5 s.
  await new Promise((resolve) => setTimeout(resolve, 6000));
  return { at: Date.now() - 5000, silence: silenceID, head: await chain.l1Head() };
}

async function kept(platform: Platform, chain: Chain, stored: Stored): Promise<void> {
  const before = await platform.query('up{job="prometheus"}', stored.at);
  expect(before.size === 1, "the series from before are gone");
  const pushed = await eventually(
    "pushed metric after",
    60,
    () => platform.query("e2e_kept"),
    (values) => values.size === 1,
  );
  expect([...pushed.values()][0] === 42, "the pushed metric has another value");
  await eventually(
    "the chain goes on",
    60,
    () => chain.l1Head(),
    (n) => n > stored.head,
  );
  const response = await fetch(`${platform.alertmanager}/api/v2/silences`);
  const silences = (await response.json()) as { id: string; status: { state: string } }[];
  expect(
    silences.some(({ id, status }) => id === stored.silence && status.state === "active"),
    "the silence is gone",
  );
}

/**
 * Alerts on the machine that runs the test are true of it (a container host without time service, a full disk), and so is
 * for 10 minutes that a program was started again.
 */
const aboutThisMachine = /^(Host[A-Z]|ProcessRestarted$)/;

async function firingNames(platform: Platform): Promise<string[]> {
  const response = await fetch(`${platform.alertmanager}/api/v2/alerts?active=true`);
  const alerts = (await response.json()) as { labels: Record<string, string> }[];
  return alerts
    .flatMap(({ labels }) => (labels["heartbeat"] === "true" ? [] : (labels["alertname"] ?? [])))
    .filter((name) => !aboutThisMachine.test(name));
}

/** Everything said since `since` was true (one of `allowed`), and what was said as firing was later said as resolved. */
async function truthful(
  platform: Platform,
  slack: FakeSlack,
  since: number,
  allowed: readonly string[],
): Promise<string> {
  await eventually(
    "no alert fires",
    420,
    () => firingNames(platform),
    (names) => names.length === 0,
  );
  const nameOf = ({ title }: SlackMessage) =>
    /([A-Z][A-Za-z0-9]+)(?: on| \(| ×|$)/.exec(title)?.[1] ?? title;
  const said = () =>
    slack.messages.filter(
      (message) =>
        message.at >= since &&
        !message.title.includes("Watchdog") &&
        !aboutThisMachine.test(nameOf(message)),
    );
  const wrong = said()
    .map(nameOf)
    .filter((name) => !allowed.includes(name));
  expect(wrong.length === 0, `paged, but not true: ${wrong.join(", ")}`);
  await eventually(
    "what was paged is resolved",
    420,
    () => Promise.resolve(said()),
    (messages) =>
      [...new Set(messages.map(nameOf))].every((name) =>
        messages
          .filter((message) => nameOf(message) === name)
          .at(-1)
          ?.title.includes("resolved"),
      ),
  );
  const names = [...new Set(said().map(nameOf))];
  return names.length === 0 ? "nobody was paged" : `paged and resolved: ${names.join(", ")}`;
}

async function main(): Promise<boolean> {
  const steps = new Steps();
  const work = mkdtempSync(join(tmpdir(), "l2o-e2e-"));
  const began = Date.now();
  print(`work folder ${work}`);
  // Installs the engine's program where it is missing; the engine under test is a private one beside it.
  await ensureEngine({ progress: print, interactive: false, cacheDirectory });
  const engine = await startPrivateEngine(join(work, "engine"), print);
  const slack = await FakeSlack.listen(engine.gateway, `/services/${canary}`);
  const platform = new Platform(join(work, "state"), engine, join(__dirname, "environments.js"));
  const chain = demoChain(platform);

  try {
    await steps.step("a fault in one environment does not stop another", async () => {
      const faulty = await platform.command(["synth", "faulty"]);
      expect(
        faulty.code === 1,
        `synth of the faulty environment ended with ${String(faulty.code)}`,
      );
      expect(
        faulty.stderr.includes(
          "'bindAddress' must be a loopback or private IPv4 address, got '0.0.0.0'",
        ),
        `it said: ${faulty.stderr}`,
      );
      expect(!faulty.stderr.includes("    at "), "it printed a stack trace");
      await platform.must(["synth", "local"]);
      return undefined;
    });

    await steps.step("a secret without a file is refused before anything is deployed", async () => {
      const start = await platform.command(["start", "--demo"]);
      expect(
        start.code === 1,
        `start ended with ${String(start.code)}:\n${start.stdout}${start.stderr}`,
      );
      expect(
        start.stderr.includes("npm run secrets -- set local slack-webhook-url"),
        `it said: ${start.stdout}${start.stderr}`,
      );
      expect((await platform.containers()).length === 0, "something was deployed all the same");
      return undefined;
    });
    await platform.must(["secrets", "set", "local", "slack-webhook-url"], slack.url);

    await steps.step("deploy from nothing", async () => {
      const out = await platform.must(["start", "--demo"]);
      writeFileSync(join(work, "start.log"), out);
      const line = /up after .*/.exec(out)?.[0];
      expect(line !== undefined, out);
      return line;
    });
    await steps.step(
      "all containers healthy, all targets up, all rules healthy",
      async () => {
        await allHealthy(platform);
        const containers = await platform.containers();
        const rules = await platform.must(["status"]);
        return `${String(containers.length)} containers; ${/rules\s+(.*)/.exec(rules)?.[1] ?? ""}`;
      },
      ["deploy from nothing"],
    );
    await steps.step(
      "the second plan is empty",
      async () => {
        await plansEmpty(platform);
        return "terraform plan -detailed-exitcode: 0";
      },
      ["deploy from nothing"],
    );
    await steps.step(
      "a second start changes nothing",
      async () => {
        const before = await platform.containers();
        const out = await platform.must(["start", "--demo"]);
        expect(out.includes("nothing to change"), out);
        const after = await platform.containers();
        expect(
          JSON.stringify(before.map((c) => c.id)) === JSON.stringify(after.map((c) => c.id)),
          "containers were replaced",
        );
        return /up after \d+ s/.exec(out)?.[0];
      },
      ["deploy from nothing"],
    );

    await steps.step(
      "the names people query answer",
      async () => {
        const figures: string[] = [];
        for (const name of compatibilityNames) {
          const values = await eventually(
            name,
            60,
            () => platform.query(name),
            (v) => v.size > 0,
          );
          figures.push(`${name.replace(/\{.*/, "")}=${String([...values.values()][0])}`);
        }
        return figures.join(" ");
      },
      ["deploy from nothing"],
    );

    await checkRendered(steps, platform, work);
    await proveCheckersBite(steps, platform, work);

    await steps.step(
      "PUT and POST pushes both arrive, a wrong path is told",
      async () => {
        const push = (method: string, path: string, body: string) =>
          fetch(`${platform.push}${path}`, { method, ...(body === "" ? {} : { body }) });
        expect(
          (await push("POST", "/metrics/job/e2e_push", "e2e_post 2\n")).ok,
          "POST was refused",
        );
        // A bare Pushgateway would wipe the first metric here.
        expect((await push("PUT", "/metrics/job/e2e_push", "e2e_put 1\n")).ok, "PUT was refused");
        for (const [name, value] of [
          ["e2e_put", 1],
          ["e2e_post", 2],
        ] as const) {
          const got = await eventually(
            name,
            60,
            () => platform.query(name),
            (v) => v.size === 1,
          );
          expect([...got.values()][0] === value, `${name} has another value`);
        }
        const wrong = await push("PUT", "/metrics/jobs/e2e", "e2e 1\n");
        const words = await wrong.text();
        expect(
          wrong.status === 404 && words.includes("/metrics/job/<job>"),
          `a wrong path got ${String(wrong.status)} ${words}`,
        );
        const malformed = await push("PUT", "/metrics/job/e2e_push", "not a metric line at all\n");
        expect(malformed.status === 400, `a malformed push got ${String(malformed.status)}`);
        expect((await push("DELETE", "/metrics/job/e2e_push", "")).ok, "DELETE was refused");
        return `wrong path: ${words.trim()}`;
      },
      ["deploy from nothing"],
    );

    // Retention is waited for, and the receivers are servers on loopback: both at a time.
    await Promise.all([
      logs(steps, platform),
      receivers(steps, work).then(() => replayIncidents(steps, work)),
    ]);
    await traces(steps, platform);
    await containerLogs(steps, platform);
    await agent(steps, platform, join(work, "agent"));
    await grafana(steps, work);

    await routesAgree(steps);
    await drills(steps, platform, slack);
    await fireDrill(steps, platform, chain, slack);
    await panels(steps, platform);

    await steps.step(
      "one changed threshold replaces exactly what mounts a changed file",
      async () => {
        const at = Date.now() - 10_000;
        const before = {
          containers: await platform.containers(),
          uploads: uploadsOf(platform),
          volumes: await volumes(platform),
        };
        platform.variables["E2E_LOW_BALANCE_ETH"] = "0.6";
        await platform.must(["start", "--demo"]);
        const after = {
          containers: await platform.containers(),
          uploads: uploadsOf(platform),
          volumes: await volumes(platform),
        };
        const mounting = [...after.uploads]
          .filter(([name, text]) => before.uploads.get(name) !== text)
          .map(([name]) => name);
        const replaced = after.containers
          .filter(({ name, id }) => before.containers.find((old) => old.name === name)?.id !== id)
          .map(({ name }) => name);
        expect(mounting.length > 0, "no file changed");
        expect(
          JSON.stringify(replaced.sort()) === JSON.stringify(mounting.sort()),
          `files of ${mounting.join(", ")} changed, replaced were ${replaced.join(", ")}`,
        );
        expect(
          before.volumes === after.volumes,
          `a volume was replaced; before:\n${before.volumes}\nafter:\n${after.volumes}`,
        );
        const old = await platform.query('up{job="prometheus"}', at);
        expect(old.size === 1, "the series from before the change are gone");
        await plansEmpty(platform);
        return `replaced: ${replaced.join(", ")}`;
      },
      ["deploy from nothing"],
    );

    await steps.step(
      "every container killed with SIGKILL comes back, nothing stored is lost",
      async () => {
        const stored = await store(platform, chain);
        const since = Date.now();
        const before = await platform.containers();
        for (const { pid } of before) process.kill(pid, "SIGKILL");
        await eventually(
          "every container runs again",
          120,
          () => platform.containers(),
          (all) =>
            all.length === before.length &&
            all.every((now) => now.pid > 0 && before.every((old) => old.pid !== now.pid)),
        );
        await allHealthy(platform);
        await kept(platform, chain, stored);
        await plansEmpty(platform);
        const paged = await truthful(platform, slack, since, allDown);
        return `${String(before.length)} killed and back after ${String(Math.round((Date.now() - since) / 1000))} s; ${paged}`;
      },
      ["deploy from nothing"],
    );

    await steps.step(
      "a restart of the engine brings everything back, nothing stored is lost",
      async () => {
        const stored = await store(platform, chain);
        const since = Date.now();
        await engine.restart();
        await allHealthy(platform);
        await kept(platform, chain, stored);
        await plansEmpty(platform);
        const paged = await truthful(platform, slack, since, allDown);
        return `back after ${String(Math.round((Date.now() - since) / 1000))} s; ${paged}`;
      },
      ["deploy from nothing"],
    );

    await searchForCanaries(steps, platform, chain, slack, canary, join(work, "start.log"));

    // After what must page nobody: it goes on for five minutes.
    await refusedLines(steps, platform, slack);

    await steps.step("Slack refused no message for its form", () => {
      const wrong = slack.refused.filter((why) => why !== FakeSlack.wasTold);
      expect(wrong.length === 0, wrong.join(", "));
      return Promise.resolve(`${slack.messages.length} messages`);
    });

    await steps.step(
      "stop keeps everything, start brings it back",
      async () => {
        const stored = await store(platform, chain);
        await platform.must(["stop"]);
        expect(
          (await platform.containers()).every(({ pid }) => pid === 0),
          "something still runs",
        );
        const failing = await platform.command(["status"]);
        expect(failing.code === 1, "status does not see that everything is stopped");
        await platform.must(["start", "--demo"]);
        await kept(platform, chain, stored);
        return undefined;
      },
      ["deploy from nothing"],
    );

    await steps.step(
      "destroy asks first, then removes everything",
      async () => {
        const refused = await platform.command(["destroy"]);
        expect(
          refused.code === 1 && refused.stderr.includes("--yes"),
          `it said: ${refused.stdout}${refused.stderr}`,
        );
        expect(
          (await platform.containers()).length > 0,
          "it removed something without being told to",
        );
        await platform.must(["destroy", "local", "--yes"]);
        expect((await platform.containers()).length === 0, "containers are left");
        expect((await platform.docker("volume", "ls", "-q")).trim() === "", "volumes are left");
        return undefined;
      },
      ["deploy from nothing"],
    );

    // `platform` as the argument leaves the AWS host out.
    if (process.argv[2] !== "platform") await awsHost(steps, join(work, "aws"), engine);
  } finally {
    slack.close();
    await engine.destroy();
    rmSync(work, { recursive: true, force: true });
  }
  print(`began at ${new Date(began).toISOString()}`);
  return steps.close();
}

/** Alerts that are true while containers are down. */
const allDown = [
  "AlertmanagerDown",
  "BatcherDown",
  "BlackboxExporterDown",
  "JaegerDown",
  "L1RpcDown",
  "L2ExporterDown",
  "L2GethDown",
  "L2NodeDown",
  "L2BlockProductionSlow",
  "LokiDown",
  "NodeExporterDown",
  "OtelCollectorDown",
  "PushgatewayDown",
  "ServiceDown",
];

exitAfter(main());
