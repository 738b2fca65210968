import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const program = dirname(fileURLToPath(import.meta.url));
const root = join(program, "../..");

/**
 * Bundles the program and the wallet functions it exports into one CommonJS file and returns its
 * path. The same sources and packages give the same bytes.
 *
 * @param {string} [outfile] default: dist/programs/demo-chain.js below the repository
 */
export async function buildDemoChain(outfile = join(root, "dist/programs/demo-chain.js")) {
  await build({
    absWorkingDir: root,
    entryPoints: [join(program, "main.ts")],
    outfile: resolve(outfile),
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    minify: true,
    sourcemap: false,
    legalComments: "eof",
    logLevel: "warning",
  });
  return resolve(outfile);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(await buildDemoChain(process.argv[2]));
}
