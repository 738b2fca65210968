import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../constructs/core/paths";
import { generated, packageExports, stale } from "../../tools/generate-exports";

describe("the package's doors", () => {
  it("are up to date", () => {
    // Otherwise: npx --no-install tsc -p tsconfig.json; node dist/tools/generate-exports.js
    expect(stale()).toEqual([]);
  });

  it("leave the other fields of package.json alone", () => {
    const before = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as object;
    const after = JSON.parse(generated().get("package.json") ?? "") as object;
    expect(Object.keys(after)).toEqual(Object.keys(before));
  });

  it("are those that the documentation names", () => {
    expect(Object.keys(packageExports())).toEqual(
      expect.arrayContaining([
        ".",
        "./core",
        "./stacks",
        "./prometheus",
        "./alertmanager",
        "./pushgateway",
        "./host",
        "./exporters/*",
      ]),
    );
    expect(packageExports()).not.toHaveProperty("./demo");
  });
});
