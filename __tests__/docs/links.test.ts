import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { packageRoot } from "../../constructs/core/paths";
import { boards } from "../support/catalogue";

/** Pages that people read first. */
const pages = [
  "README.md",
  ...readdirSync(join(packageRoot, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

function linksOf(page: string): string[] {
  const text = readFileSync(join(packageRoot, page), "utf8").replace(/```[\s\S]*?```/g, "");
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = ""]) =>
    /^([a-z]+:|#)/.test(target) ? [] : [target.replace(/#.*$/, "")],
  );
}

describe("links of the documentation", () => {
  it("are found", () => {
    expect(linksOf("README.md")).toContain("docs/design.md");
  });

  it.each(pages)("lead somewhere: %s", (page) => {
    const dead = linksOf(page).filter(
      (target) => !existsSync(join(packageRoot, dirname(page), target)),
    );
    expect(dead).toEqual([]);
  });

  it("name every dashboard by its uid", () => {
    const page = readFileSync(join(packageRoot, "docs", "dashboards.md"), "utf8");
    const uids = boards().map(({ board }) => board.uid.replace(/^jvm-.*/, "jvm-<service>"));
    expect(uids.filter((uid) => !page.includes(`| \`${uid}\``))).toEqual([]);
  });

  it("name npm scripts that exist", () => {
    const { scripts } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as {
      readonly scripts: Readonly<Record<string, string>>;
    };
    const named = pages.flatMap((page) =>
      [
        ...readFileSync(join(packageRoot, page), "utf8").matchAll(/\bnpm run ([a-z][a-z0-9:-]*)/g),
      ].map(([, name = ""]) => name),
    );
    expect(named).not.toEqual([]);
    expect([...new Set(named)].filter((name) => !(name in scripts))).toEqual([]);
  });
});
