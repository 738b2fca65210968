import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { options, root } from "../bundle.mjs";

const { resolve: find } = createRequire(import.meta.url);

/** What the licences of the files inside the bundle ask to be told. */
function notices() {
  const told = (name, file) => {
    const folder = dirname(find(`${name}/package.json`));
    return readFileSync(join(folder, file), "utf8").replaceAll("*/", "* /").trim();
  };
  return [
    told("echarts", "NOTICE"),
    `zrender:\n${told("zrender", "LICENSE")}`,
    "resvg (https://github.com/thx/resvg-js) is under the Mozilla Public License 2.0, unchanged.",
    `Noto Sans, Noto Sans Mono and Noto Sans KR:\n${told("@fontsource/noto-sans-kr", "LICENSE")}`,
  ].join("\n\n");
}

/**
 * Bundles the program with its fonts and its rasteriser into one file.
 *
 * @param {string} [outfile] default: dist/programs/pictures.js below the repository
 */
export async function buildPictures(outfile = join(root, "dist/programs/pictures.js")) {
  await build({
    ...options,
    entryPoints: [join(root, "programs/pictures/main.ts")],
    outfile: resolve(outfile),
    loader: { ".wasm": "binary", ".woff2": "binary" },
    footer: { js: `/*\n${notices()}\n*/` },
  });
  return resolve(outfile);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(await buildPictures(process.argv[2]));
}
