import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { FakeSlack } from "../../tools/rig/fake-slack";
import type { Platform } from "../../tools/rig/platform";
import { eventually, expect, type Steps } from "../../tools/rig/steps";
import type { Chain } from "./fire-drill";

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Makes one delivery fail, since it is an error's words that carry a URL into a log. */
async function failOneDelivery(platform: Platform, slack: FakeSlack): Promise<void> {
  slack.failing = true;
  const before = slack.refused.length;
  const response = await fetch(`${platform.alertmanager}/api/v2/alerts`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify([{ labels: { alertname: "DeliveryDrill", severity: "critical" } }]),
  });
  expect(response.ok, `Alertmanager answered ${response.status}`);
  await eventually(
    "a failed delivery",
    30,
    () => Promise.resolve(slack.refused.length),
    (refused) => refused > before,
  );
  slack.failing = false;
  const told = await slack.wait(({ title }) => title.includes("DeliveryDrill"), 60);
  expect(told !== undefined, "the message that failed at first did not arrive later");
}

/** Searches everything that Terraform, the engine and the programs write for the values of secrets. */
export async function searchForCanaries(
  steps: Steps,
  platform: Platform,
  chain: Chain,
  slack: FakeSlack,
  canary: string,
  startLog: string,
): Promise<void> {
  const secrets = join(platform.stateDirectory, "secrets", "local");
  await steps.step(
    "no secret in synth, plan, state, logs or docker inspect",
    async () => {
      await failOneDelivery(platform, slack);
      const needles = [canary, chain.batcherKey()];
      const seen = new Map([["output of start", readFileSync(startLog, "utf8")]]);
      for (const folder of ["cdktf.out", "state", "logs"]) {
        for (const file of filesBelow(join(platform.stateDirectory, folder))) {
          if (!file.includes("/.terraform/")) seen.set(file, readFileSync(file, "utf8"));
        }
      }
      for (const stack of ["local-demo", "local-monitoring"]) {
        const plan = join(platform.stateDirectory, `${stack}.plan`);
        const planned = await platform.terraform(stack, "plan", "-out", plan, "-input=false");
        expect(planned.code === 0, `the plan of ${stack} failed: ${planned.stderr}`);
        const shown = await platform.terraform(stack, "show", "-json", plan);
        expect(shown.code === 0, `the plan of ${stack} cannot be shown: ${shown.stderr}`);
        seen.set(`plan of ${stack}`, planned.stdout);
        seen.set(`plan of ${stack} as JSON`, shown.stdout);
      }
      const silent: string[] = [];
      for (const { id, name } of await platform.containers()) {
        seen.set(`docker inspect ${name}`, await platform.docker("inspect", id));
        const log = await platform.logs(id);
        if (log === "") silent.push(name);
        seen.set(`docker logs ${name}`, log);
      }
      expect(
        silent.every((name) => /exporter|push/.test(name)),
        `no log of ${silent.join(", ")}: is it read at all?`,
      );
      const leaks = [...seen].filter(([, text]) => needles.some((needle) => text.includes(needle)));
      expect(leaks.length === 0, `a secret stands in ${leaks.map(([where]) => where).join(", ")}`);
      const file = join(secrets, "alertmanager", "slack-webhook-url");
      expect(readFileSync(file, "utf8").includes(canary), "the canary is not where it should be");
      expect((statSync(file).mode & 0o777) === 0o444, "the secret's mode is not 0444");
      expect((statSync(secrets).mode & 0o777) === 0o700, "the secrets' folder is not 0700");
      return `${seen.size} texts searched for ${needles.length} canaries, after a failed delivery`;
    },
    ["deploy from nothing"],
  );
}
