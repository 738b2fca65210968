import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { App } from "cdktf";
import { terraformText } from "../../constructs/core/config-file";
import { images } from "../../constructs/core/images";
import { run, type Finished } from "../../commands/shell";
import type { MachineFacts } from "../../commands/workspace";
import { parseEnvironment, secretsNeeded, type EnvironmentInput } from "../../stacks/environment";
import { MonitoringStack } from "../../stacks/monitoring-stack";
import { receiversCalled, routeCases } from "../support/route-tests";
import { renderRuleTests } from "../support/rule-tests";
import {
  messageForms,
  templateCases,
  type FormName,
  type MessageForm,
  type TemplateCase,
} from "../support/template-tests";
import { environments } from "./environments";
import type { Platform } from "../../tools/rig/platform";
import { expect, type Steps } from "../../tools/rig/steps";

interface Upload {
  readonly file: string;
  readonly content?: string;
}

/** Writes every rendered file of an environment below a folder, as `<container>/<path in the container>`. */
function writeRendered(folder: string, input: EnvironmentInput): void {
  const environment = parseEnvironment(input);
  const outdir = mkdtempSync(join(tmpdir(), "l2o-rendered-"));
  const app = new App({ outdir });
  new MonitoringStack(app, "rendered", { environment, secretsDirectory: "/secrets" });
  app.synth();
  const { resource } = JSON.parse(
    readFileSync(join(outdir, "stacks", "rendered", "cdk.tf.json"), "utf8"),
  ) as {
    resource: {
      docker_container: Record<string, { hostname: string; upload?: readonly Upload[] }>;
    };
  };
  for (const { hostname, upload = [] } of Object.values(resource.docker_container)) {
    for (const { file, content } of upload) {
      if (content === undefined) continue;
      const path = join(folder, hostname, file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, terraformText(content));
    }
  }
  for (const { service, secret } of secretsNeeded(environment)) {
    const path = join(folder, service, "run/secrets/l2-observatory", secret);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, "https://fake.invalid/");
  }
}

/** Runs the real tools, from the images that are deployed, on rendered files. */
class Checkers {
  readonly #references: Readonly<Record<string, string>>;

  constructor(readonly platform: Platform) {
    const { images: file } = JSON.parse(
      readFileSync(join(platform.stateDirectory, "machine.json"), "utf8"),
    ) as MachineFacts;
    this.#references =
      file === undefined
        ? images
        : (JSON.parse(readFileSync(file, "utf8")) as Record<string, string>);
  }

  #tool(
    image: string,
    tool: string,
    mounts: readonly string[],
    args: readonly string[],
  ): Promise<Finished> {
    return run(
      "docker",
      [
        "run",
        "--rm",
        "--network=none",
        ...mounts.flatMap((mount) => ["-v", mount]),
        `--entrypoint=/bin/${tool}`,
        this.#references[image] ?? image,
        ...args,
      ],
      { env: this.platform.env },
    );
  }

  config(folder: string): Promise<Finished> {
    const at = join(folder, "prometheus", "etc", "prometheus");
    return this.#tool(
      "prometheus",
      "promtool",
      [`${at}:/etc/prometheus:ro`],
      ["check", "config", "--lint=all", "--lint-fatal", "/etc/prometheus/prometheus.yml"],
    );
  }

  /**
   * Two at a time: each takes one processor for a minute.
   * @param tests absolute paths below `folder`
   * @returns the first that failed, else all that was said
   */
  async ruleTests(folder: string, tests: readonly string[]): Promise<Finished> {
    const halves = [0, 1].map((half) => tests.filter((_, i) => i % 2 === half));
    const finished = await Promise.all(
      halves
        .filter((some) => some.length > 0)
        .map((some) =>
          this.#tool(
            "prometheus",
            "promtool",
            [`${folder}:${folder}:ro`],
            ["test", "rules", ...some],
          ),
        ),
    );
    const failed = finished.find(({ code }) => code !== 0);
    return failed ?? { code: 0, stdout: finished.map(({ stdout }) => stdout).join(""), stderr: "" };
  }

  #alertmanagerMounts(folder: string): string[] {
    const at = join(folder, "alertmanager");
    mkdirSync(join(at, "run/secrets/l2-observatory"), { recursive: true });
    return [
      `${join(at, "etc/alertmanager")}:/etc/alertmanager:ro`,
      `${join(at, "run/secrets/l2-observatory")}:/run/secrets/l2-observatory:ro`,
    ];
  }

  alertmanager(folder: string): Promise<Finished> {
    return this.#tool("alertmanager", "amtool", this.#alertmanagerMounts(folder), [
      "check-config",
      "/etc/alertmanager/alertmanager.yml",
    ]);
  }

  /** Renders one form of a notification. @param data file with what Alertmanager hands to templates */
  message(folder: string, data: string, { template, type }: MessageForm): Promise<Finished> {
    return this.#tool(
      "alertmanager",
      "amtool",
      [...this.#alertmanagerMounts(folder), `${data}:/data.json:ro`],
      [
        "template",
        "render",
        "--template.glob=/etc/alertmanager/templates/*.tmpl",
        "--template.data=/data.json",
        `--template.type=${type}`,
        `--template.text=${template}`,
      ],
    );
  }

  route(
    folder: string,
    labels: Readonly<Record<string, string>>,
    receiver: string,
  ): Promise<Finished> {
    const config = readFileSync(
      join(folder, "alertmanager/etc/alertmanager/alertmanager.yml"),
      "utf8",
    );
    return this.#tool("alertmanager", "amtool", this.#alertmanagerMounts(folder), [
      "config",
      "routes",
      "test",
      "--config.file=/etc/alertmanager/alertmanager.yml",
      `--verify.receivers=${receiversCalled(config, receiver)}`,
      ...Object.entries(labels).map(([label, value]) => `${label}=${value}`),
    ]);
  }
}

function mustPass(what: string, { code, stdout, stderr }: Finished): string {
  expect(code === 0, `${what} ended with ${String(code)}:\n${(stdout + stderr).slice(-4000)}`);
  return stdout + stderr;
}

/** What is wrong with one form of a message. */
export function messageFaults(
  { says, saysNot, never = [] }: TemplateCase,
  form: FormName,
  text: string,
): string[] {
  const { atMost } = messageForms[form];
  const { length } = Array.from(text);
  return [
    ...(says[form] ?? []).filter((words) => !text.includes(words)).map((words) => `no '${words}'`),
    ...[...(saysNot[form] ?? []), ...never]
      .filter((words) => text.includes(words))
      .map((words) => `'${words}'`),
    ...(length <= atMost ? [] : [`${String(length)} characters`]),
  ];
}

/** promtool and amtool on the rendered files of every environment, and the rule tests. */
export async function checkRendered(steps: Steps, platform: Platform, work: string): Promise<void> {
  const needs = ["deploy from nothing"];
  for (const name of ["local", "production"]) {
    const folder = join(work, "rendered", name);
    const input = environments[name]?.(true);
    if (input === undefined) continue;
    await steps.step(
      `promtool accepts the configuration and rules of ${name}`,
      async () => {
        writeRendered(folder, input);
        const said = mustPass("promtool check config", await new Checkers(platform).config(folder));
        const rules = [...said.matchAll(/(\d+) rules found/g)].reduce(
          (n, [, k]) => n + Number(k),
          0,
        );
        expect(rules > 0, said);
        return `${String(rules)} rules`;
      },
      needs,
    );
    await steps.step(
      `amtool accepts the configuration of ${name}, and every priority's route`,
      async () => {
        const checkers = new Checkers(platform);
        mustPass("amtool check-config", await checkers.alertmanager(folder));
        for (const { labels, receiver } of routeCases) {
          mustPass(
            `amtool routes test ${JSON.stringify(labels)}`,
            await checkers.route(folder, labels, receiver),
          );
        }
        return `${String(routeCases.length)} routes`;
      },
      needs,
    );
  }
  await steps.step(
    "the message says what it must for one alert, for many, mixed, and without annotations",
    async () => {
      const checkers = new Checkers(platform);
      for (const one of templateCases) {
        const file = join(work, "template-data.json");
        writeFileSync(file, JSON.stringify(one.data));
        for (const [form, how] of Object.entries(messageForms)) {
          const rendered = await checkers.message(join(work, "rendered", "local"), file, how);
          const what = `${one.name}, ${form}`;
          const text = mustPass(`amtool template render: ${what}`, rendered).trim();
          for (const fault of messageFaults(one, form as FormName, text)) {
            throw new Error(`${what}: ${fault} in\n${text}`);
          }
        }
      }
      return `${templateCases.length} cases`;
    },
    needs,
  );
  await steps.step(
    "promtool: every alert fires and stays silent in its tests",
    async () => {
      const folder = join(work, "rule-tests");
      mkdirSync(folder, { recursive: true });
      const { tests } = renderRuleTests(folder);
      const said = mustPass(
        "promtool test rules",
        await new Checkers(platform).ruleTests(folder, tests),
      );
      expect(said.includes("SUCCESS"), said);
      return `${String(tests.length)} files`;
    },
    needs,
  );
}

/** A broken rule, a broken rule test and a broken route are noticed: the checks can fail. */
export async function proveCheckersBite(
  steps: Steps,
  platform: Platform,
  work: string,
): Promise<void> {
  await steps.step(
    "a broken rule or route makes the checks red",
    async () => {
      const checkers = new Checkers(platform);
      const folder = join(work, "rendered", "broken");
      const input = environments["local"]?.(true);
      if (input === undefined) throw new Error("no environment 'local'");
      writeRendered(folder, input);
      const rules = join(folder, "prometheus/etc/prometheus/rules/heartbeat.yml");
      writeFileSync(rules, readFileSync(rules, "utf8").replace("vector(1)", "vector(1"));
      const rule = await checkers.config(folder);
      expect(rule.code !== 0, "promtool accepted a broken rule");
      const config = join(folder, "alertmanager/etc/alertmanager/alertmanager.yml");
      const sound = readFileSync(config, "utf8");
      writeFileSync(config, sound.replaceAll("receiver: critical", "receiver: nobody"));
      const route = await checkers.alertmanager(folder);
      expect(route.code !== 0, "amtool accepted a route to nobody");
      writeFileSync(config, sound.replaceAll("receiver: critical", "receiver: info"));
      const misrouted = await checkers.route(folder, { severity: "critical" }, "critical");
      expect(misrouted.code !== 0, "the route test accepted a critical alert sent to info");
      const broken = join(work, "rule-tests-broken");
      mkdirSync(broken, { recursive: true });
      const { rules: ruleFiles, tests } = renderRuleTests(broken);
      for (const path of ruleFiles) {
        writeFileSync(path, readFileSync(path, "utf8").replace(/ < 0\.5$/gm, " < 0.0005"));
      }
      const concerned = tests.filter((path) => path.includes("batcher-wallet"));
      expect(concerned.length > 0, "no test is about the batcher's wallet");
      const tested = await checkers.ruleTests(broken, concerned);
      expect(tested.code !== 0, "promtool's tests did not notice another threshold");
      return undefined;
    },
    ["deploy from nothing"],
  );
}
