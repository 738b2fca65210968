import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPrivateEngine } from "../../../tools/rig/private-engine";
import { exitAfter, print, Steps } from "../../../tools/rig/steps";
import { awsHost, parts } from ".";

/** Runs the AWS host's part of the end-to-end test alone, or the parts of it that are named. */
async function main(wanted: readonly string[]): Promise<boolean> {
  const unknown = wanted.filter((name) => !(name in parts));
  if (unknown.length > 0) {
    throw new Error(
      `parts must be out of ${Object.keys(parts).join(", ")}, got ${unknown.join(", ")}`,
    );
  }
  const steps = new Steps();
  const work = mkdtempSync(join(tmpdir(), "l2o-e2e-aws-"));
  const engine = await startPrivateEngine(join(work, "engine"), print);
  try {
    await awsHost(steps, work, engine, wanted);
  } finally {
    await engine.destroy();
    rmSync(work, { recursive: true, force: true });
  }
  return steps.close();
}

exitAfter(main(process.argv.slice(2)));
