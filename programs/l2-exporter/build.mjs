import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { bundleProgram, options, root } from "../bundle.mjs";

const page = join(root, "docs/l2-exporter-metrics.md");

/**
 * Bundles the exporter.
 *
 * @param {string} [outfile]
 */
export const buildExporter = (outfile) => bundleProgram("l2-exporter", outfile);

/** Renews the generated tables of docs/l2-exporter-metrics.md and returns the page's path. */
export async function writeMetricsPage() {
  const { outputFiles } = await build({
    ...options,
    entryPoints: [join(root, "programs/l2-exporter/metrics-page.ts")],
    write: false,
  });
  const module = { exports: {} };
  new Function("module", "require", outputFiles[0].text)(module, createRequire(import.meta.url));
  writeFileSync(page, module.exports.renewPage(readFileSync(page, "utf8")));
  return page;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [task = "bundle", outfile] = process.argv.slice(2);
  if (task === "bundle") console.log(await buildExporter(outfile));
  else if (task === "docs") console.log(await writeMetricsPage());
  else {
    console.error(`'task' must be one of bundle, docs, got ${JSON.stringify(task)}`);
    process.exit(1);
  }
}
