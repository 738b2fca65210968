import { readFileSync } from "node:fs";
import { join } from "node:path";
import { images } from "../../constructs/core/images";
import { packageRoot } from "../../constructs/core/paths";
import { dockerProviderVersion } from "../../stacks/docker";

interface Manager {
  readonly managerFilePatterns: readonly string[];
  readonly matchStrings: readonly string[];
}

const { customManagers } = JSON.parse(readFileSync(join(packageRoot, "renovate.json"), "utf8")) as {
  customManagers: readonly Manager[];
};

/** What Renovate finds in a file, which it reads with the flag g and without m. */
function found(file: string): Readonly<Record<string, string>>[] {
  const text = readFileSync(join(packageRoot, file), "utf8");
  return customManagers
    .filter(({ managerFilePatterns }) =>
      managerFilePatterns.some((pattern) => new RegExp(pattern.slice(1, -1)).test(file)),
    )
    .flatMap(({ matchStrings }) =>
      matchStrings.flatMap((pattern) =>
        [...text.matchAll(new RegExp(pattern, "g"))].map(({ groups }) => ({ ...groups })),
      ),
    );
}

describe("Renovate", () => {
  it("finds every image, with name and tag, and nothing else", () => {
    expect(
      found("constructs/core/images.ts").map(
        ({ depName = "", currentValue = "" }) => `${depName}:${currentValue}`,
      ),
    ).toEqual(Object.values(images));
  });

  it("finds the version of the Docker provider", () => {
    expect(found("stacks/docker.ts")).toEqual([{ currentValue: dockerProviderVersion }]);
  });
});
