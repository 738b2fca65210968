import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** The repository's root. */
export const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** How every program is bundled; the same sources and packages give the same bytes. */
export const options = {
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
 * Bundles a program's main.ts into one CommonJS file.
 *
 * @param {string} name the program's folder
 * @param {string} [outfile] default: dist/programs/<name>.js below the repository
 * @returns the file's absolute path
 */
export async function bundleProgram(name, outfile = join(root, "dist/programs", `${name}.js`)) {
  const entryPoints = [join(root, "programs", name, "main.ts")];
  await build({ ...options, entryPoints, outfile: resolve(outfile) });
  return resolve(outfile);
}
