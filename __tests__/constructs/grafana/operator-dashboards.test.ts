import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DashboardSet } from "../../../constructs/grafana/dashboards";

const mockAssets = mkdtempSync(join(tmpdir(), "l2o-dashboards-"));

jest.mock("../../../constructs/core/paths", () => ({
  assetPath: (relative: string) => join(mockAssets, relative),
}));

function write(path: string, content: string): void {
  mkdirSync(join(mockAssets, path, ".."), { recursive: true });
  writeFileSync(join(mockAssets, path), content);
}

function loaded(): DashboardSet {
  const set = new DashboardSet(["prometheus"]);
  set.addFiles("dashboards");
  return set;
}

beforeEach(() => {
  rmSync(join(mockAssets, "dashboards"), { recursive: true, force: true });
  mkdirSync(join(mockAssets, "dashboards"));
});

afterAll(() => {
  rmSync(mockAssets, { recursive: true });
});

describe("an operator's dashboards", () => {
  it("are loaded byte for byte, into the folder of their subfolder", () => {
    const own = '{"uid":"own",   "title":"Own", "id": 7}';
    write("dashboards/README.md", "# not a dashboard");
    write("dashboards/own.json", own);
    write("dashboards/Team A/other.json", '{"uid":"other","title":"Own"}');
    expect(
      loaded()
        .files()
        .map(({ path, content }) => [path, content]),
    ).toEqual([
      ["/etc/grafana/dashboards/Operator/own.json", own],
      ["/etc/grafana/dashboards/Team A/other.json", '{"uid":"other","title":"Own"}'],
    ]);
  });

  it("fail all at once when they have no uid, no title, or a datasource that is not there", () => {
    write("dashboards/a.json", '{"title":"A"}');
    write("dashboards/b.json", '{"uid":"b","panels":[{"datasource":{"uid":"P123"}}]}');
    expect(loaded).toThrow(/^dashboards has 3 faults:/);
  });

  it("fail when their uid is one of ours, also of one that comes later", () => {
    write("dashboards/own.json", '{"uid":"overview","title":"Mine"}');
    expect(() => {
      loaded().add({ uid: "overview", title: "Overview", folder: "Platform", json: {} });
    }).toThrow("'uid' must be different from those of all other dashboards, got 'overview' again");
  });
});
