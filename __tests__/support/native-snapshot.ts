import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .sort();
}

function updating(): boolean {
  const state: unknown = expect.getState()["snapshotState"];
  const mode =
    typeof state === "object" && state !== null && "_updateSnapshot" in state
      ? state._updateSnapshot
      : undefined;
  return mode === "all" || process.env["UPDATE_SNAPSHOTS"] === "1";
}

/**
 * Compares files with a folder of the repository, byte for byte; a missing or surplus file fails. `jest -u`, or
 * UPDATE_SNAPSHOTS=1, writes the folder instead.
 * @param folder absolute
 * @param files text by path below the folder
 */
export function expectFiles(folder: string, files: Readonly<Record<string, string>>): void {
  if (updating()) {
    rmSync(folder, { recursive: true, force: true });
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content);
    }
  }
  expect(filesBelow(folder)).toEqual(Object.keys(files).sort());
  for (const [path, content] of Object.entries(files)) {
    // Named in the comparison, so that a difference says where it is.
    expect(`${path}\n${content}`).toBe(`${path}\n${readFileSync(join(folder, path), "utf8")}`);
  }
}
