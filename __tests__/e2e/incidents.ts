import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import type { Labels } from "../../commands/routes";
import { run } from "../../commands/shell";
import { freePort } from "../../tools/rig/free-port";
import { builtProgram, Loopback } from "../../tools/rig/loopback";
import { eventually, exitAfter, expect, Steps } from "../../tools/rig/steps";
import {
  incidentPlatform,
  incidents,
  momentsOf,
  renderIncidents,
  timelineOf,
  toldAt,
  type Firing,
  type Incident,
} from "../support/incidents";

const names = {
  fires: "incidents: which alerts fire, and when, is what promtool says",
  told: "incidents: the real Alertmanager tells the same ones, and makes one page of each incident",
} as const;

interface Shown {
  readonly labels: Labels;
  readonly status: { readonly state: string };
}

const urgent = ({ severity = "" }: Labels) => ["critical", "high"].includes(severity);

function sorted(all: readonly Labels[]): string[] {
  return all
    .map((labels) =>
      Object.entries(labels)
        .map(([label, value]) => `${label}=${value}`)
        .sort()
        .join(" "),
    )
    .sort();
}

/** One real Alertmanager with the configuration of an incident's environment. */
class Trial {
  #url = "";

  constructor(readonly rig: Loopback) {}

  async start(program: string, altDa: boolean): Promise<void> {
    const port = await freePort();
    this.#url = `http://127.0.0.1:${String(port)}`;
    const name = `alertmanager-${String(altDa)}`;
    const secret = this.rig.write(`${name}/pager-url`, "http://127.0.0.1:9/\n");
    const text = stringify(incidentPlatform(altDa).config)
      .replaceAll("/run/secrets/l2-observatory/pager-url", secret)
      .replaceAll(/\/etc\/alertmanager\/templates\/\S+/g, join(this.rig.folder, "none", "*.tmpl"));
    this.rig.start(program, [
      `--config.file=${this.rig.write(`${name}/alertmanager.yml`, text)}`,
      `--storage.path=${join(this.rig.folder, name, "data")}`,
      "--cluster.listen-address=",
      `--web.listen-address=127.0.0.1:${String(port)}`,
    ]);
    await eventually(
      "Alertmanager is ready",
      20,
      async () => (await fetch(`${this.#url}/-/ready`)).ok,
      (ready) => ready,
    );
  }

  async #post(firing: readonly Firing[], over: boolean): Promise<void> {
    const answer = await fetch(`${this.#url}/api/v2/alerts`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(
        firing.map(({ labels }) => ({
          labels,
          ...(over ? { endsAt: new Date().toISOString() } : {}),
        })),
      ),
    });
    expect(answer.ok, `Alertmanager answered ${String(answer.status)}`);
  }

  /** Labels of those that it would tell while these fire, and no other. */
  async told(timeline: readonly Firing[], firing: readonly Firing[]): Promise<Labels[]> {
    await this.#post(
      timeline.filter((one) => !firing.includes(one)),
      true,
    );
    await this.#post(firing, false);
    const shown = await eventually(
      "Alertmanager knows what fires",
      20,
      async () => (await (await fetch(`${this.#url}/api/v2/alerts`)).json()) as readonly Shown[],
      (all) =>
        all.length === firing.length && all.every(({ status }) => status.state !== "unprocessed"),
    );
    return shown.flatMap(({ labels, status }) => (status.state === "active" ? [labels] : []));
  }

  async replay(name: string, incident: Incident): Promise<void> {
    const { config } = incidentPlatform(incident.altDa);
    const timeline = timelineOf(incident);
    const pages = new Set<string>();
    for (const at of momentsOf(timeline)) {
      const firing = timeline.filter((one) => at >= one.from && at <= one.until);
      const told = await this.told(timeline, firing);
      const meant = toldAt(timeline, config, at).map(({ labels }) => labels);
      const [got, wanted] = [sorted(told).join("\n"), sorted(meant).join("\n")];
      expect(
        got === wanted,
        `${name} at ${String(at)} s: it tells\n${got}\nand was meant to tell\n${wanted}`,
      );
      for (const labels of told.filter(urgent)) pages.add(sorted([labels]).join());
    }
    expect(pages.size === 1, `${name} makes ${String(pages.size)} pages: ${[...pages].join("; ")}`);
    await this.told(timeline, []);
  }
}

/**
 * The replays of incidents: promtool says when each alert fires, the real Alertmanager which of them is told. Both are
 * the programs that were built for machines without a container registry; they listen on loopback.
 */
export async function replayIncidents(steps: Steps, work: string): Promise<void> {
  const [promtool, alertmanager] = [builtProgram("promtool"), builtProgram("alertmanager")];
  if (promtool === undefined || alertmanager === undefined) {
    for (const name of Object.values(names)) {
      steps.skip(
        name,
        "promtool and Alertmanager were not built here; 'npm run test:e2e' builds them",
      );
    }
    return;
  }
  await steps.step(names.fires, async () => {
    const folder = join(work, "incidents");
    mkdirSync(folder, { recursive: true });
    const files = renderIncidents(folder);
    const { code, stdout, stderr } = await run(promtool, ["test", "rules", ...files]);
    expect(code === 0, `promtool ended with ${String(code)}:\n${(stdout + stderr).slice(-4000)}`);
    return `${String(files.length)} incidents`;
  });
  const rig = new Loopback(join(work, "incidents-alertmanager"), "");
  try {
    await steps.step(names.told, async () => {
      const trials = new Map<boolean, Trial>();
      for (const [name, incident] of incidents()) {
        const trial = trials.get(incident.altDa) ?? new Trial(rig);
        if (!trials.has(incident.altDa)) await trial.start(alertmanager, incident.altDa);
        trials.set(incident.altDa, trial);
        await trial.replay(name, incident);
      }
      return [...incidents().values()]
        .map(({ incident, page }) => `${incident}: ${page.alertname} at ${page.at}`)
        .join("; ");
    });
  } finally {
    rig.close();
  }
}

async function alone(): Promise<boolean> {
  const steps = new Steps();
  const work = mkdtempSync(join(tmpdir(), "l2o-e2e-incidents-"));
  try {
    await replayIncidents(steps, work);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return steps.close();
}

if (require.main === module) exitAfter(alone());
