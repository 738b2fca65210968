import { fileURLToPath } from "node:url";
import { bundleProgram } from "../bundle.mjs";

/**
 * Bundles the program and the wallet functions it exports.
 *
 * @param {string} [outfile]
 */
export const buildDemoChain = (outfile) => bundleProgram("demo-chain", outfile);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(await buildDemoChain(process.argv[2]));
}
