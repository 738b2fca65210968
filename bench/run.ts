import { run } from "../commands/shell";
import { benchSynth } from "./synth";
import { benchPanels } from "./panels";
import { benchPlatform } from "./platform";

/** Prints ratios from one run: `npm run bench [synth|platform|panels]`. */
async function main(which: readonly string[]): Promise<void> {
  const { stdout } = await run("uname", ["-srm"]);
  process.stdout.write(
    `# ${new Date().toISOString()} ${stdout.trim()} node ${process.versions.node}\n\n`,
  );
  const wanted = (name: string) => which.length === 0 || which.includes(name);
  const unknown = which.filter((name) => !["synth", "platform", "panels"].includes(name));
  if (unknown.length > 0)
    throw new Error(`'bench' must be synth, platform or panels, got ${unknown.join(", ")}`);
  if (wanted("synth")) await benchSynth();
  if (wanted("platform")) await benchPlatform();
  if (wanted("panels")) await benchPanels();
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
