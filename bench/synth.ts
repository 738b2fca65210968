import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runOrFail } from "../commands/shell";
import { packageRoot } from "../constructs/core/paths";
import { median, printTable } from "./figures";

const rounds = 7;

/** Wall-clock seconds of one process that synthesises into a throw-away folder. */
async function once(script: string, env: Readonly<Record<string, string>>): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "l2o-bench-"));
  const began = performance.now();
  await runOrFail(process.execPath, [script], {
    cwd: folder,
    env: { CDKTF_OUTDIR: folder, L2O_STATE: folder, ...env },
  });
  const seconds = (performance.now() - began) / 1000;
  rmSync(folder, { recursive: true, force: true });
  return seconds;
}

/** Synthesis of each environment, compiled, against an empty app of two stacks; whole processes, taken in turn. */
export async function benchSynth(): Promise<void> {
  const main = join(packageRoot, "dist", "main.js");
  const candidates: readonly {
    readonly name: string;
    readonly script: string;
    readonly env: Readonly<Record<string, string>>;
  }[] = [
    { name: "empty app, two stacks", script: join(__dirname, "empty-app.js"), env: {} },
    { name: "local", script: main, env: { L2O_ENVIRONMENTS: "local" } },
    { name: "local with demo", script: main, env: { L2O_ENVIRONMENTS: "local", L2O_DEMO: "1" } },
    { name: "production", script: main, env: { L2O_ENVIRONMENTS: "production" } },
  ];
  const times = candidates.map(() => [] as number[]);
  for (let round = 0; round <= rounds; round += 1) {
    for (const [i, { script, env }] of candidates.entries()) {
      const seconds = await once(script, env);
      // The first round only warms the file cache.
      if (round > 0) times[i]?.push(seconds);
    }
  }
  const base = median(times[0] ?? []);
  process.stdout.write(`## Synth, compiled, median of ${String(rounds)} processes\n\n`);
  printTable(
    ["app", "seconds", "against the empty app"],
    candidates.map(({ name }, i) => {
      const seconds = median(times[i] ?? []);
      return [name, seconds.toFixed(2), `${(seconds / base).toFixed(2)} ×`];
    }),
  );
}
