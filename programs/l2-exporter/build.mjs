import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const program = dirname(fileURLToPath(import.meta.url));
const root = join(program, "../..");
const page = join(root, "docs/l2-exporter-metrics.md");

const options = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  minify: true,
  sourcemap: false,
  legalComments: "eof",
  logLevel: "warning",
};

/**
 * Bundles the exporter into one CommonJS file and returns its path. The same sources and packages
 * give the same bytes.
 *
 * @param {string} [outfile] default: dist/programs/l2-exporter.js below the repository
 */
export async function buildExporter(outfile = join(root, "dist/programs/l2-exporter.js")) {
  await build({ ...options, entryPoints: [join(program, "main.ts")], outfile: resolve(outfile) });
  return resolve(outfile);
}

/** Renews the generated tables of docs/l2-exporter-metrics.md and returns the page's path. */
export async function writeMetricsPage() {
  const { outputFiles } = await build({
    ...options,
    entryPoints: [join(program, "metrics-page.ts")],
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
