import * as fs from "node:fs";
import * as path from "node:path";

/** The folder of this package: the nearest one above `from` whose package.json carries its name; throws when there is none. */
export function packageRoot(from: string = __dirname): string {
  for (let folder = from; ; folder = path.dirname(folder)) {
    const file = path.join(folder, "package.json");
    if (fs.existsSync(file)) {
      const { name } = JSON.parse(fs.readFileSync(file, "utf8")) as { name?: string };
      if (name === "l2-observatory") return folder;
    }
    if (path.dirname(folder) === folder) {
      throw new Error(`no package l2-observatory above ${from}: run this from its own checkout`);
    }
  }
}

/** The folder of one Go module of the builder. */
export function goModuleDirectory(module: string): string {
  return path.join(packageRoot(), "tools", "local-images", "go", module);
}
