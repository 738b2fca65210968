import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { PrivateEngine } from "../../../tools/rig/private-engine";
import type { Steps } from "../../../tools/rig/steps";
import { checkovOnHost } from "./checkov";
import { hostBoots } from "./host-boots";
import { hostOnMoto } from "./host-on-moto";
import { shellcheckOnAssets } from "./shellcheck";

/** The parts of the AWS host's end-to-end test, in order. */
export const parts = {
  shellcheck: shellcheckOnAssets,
  checkov: checkovOnHost,
  moto: hostOnMoto,
  boot: hostBoots,
} as const;

/**
 * Shows the AWS host on everything that is not AWS itself.
 * @param wanted names of {@link parts}; by default all
 */
export async function awsHost(
  steps: Steps,
  work: string,
  engine: PrivateEngine,
  wanted: readonly string[] = [],
): Promise<void> {
  for (const [name, part] of Object.entries(parts)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const folder = join(work, name);
    mkdirSync(folder, { recursive: true });
    await part(steps, folder, engine);
  }
}
