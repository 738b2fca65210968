import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

function findPackageRoot(): string {
  for (let at = __dirname; at !== dirname(at); at = dirname(at)) {
    if (existsSync(join(at, "assets")) && existsSync(join(at, "package.json"))) return at;
  }
  throw new Error(
    `no package.json beside an assets folder above ${__dirname}: the package is incomplete`,
  );
}

/** Absolute folder of this package: works from sources, from dist/ and from a consumer's node_modules. */
export const packageRoot = findPackageRoot();

/** Absolute path of a file under assets/. */
export function assetPath(relative: string): string {
  return join(packageRoot, "assets", relative);
}
