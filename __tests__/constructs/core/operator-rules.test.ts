import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeFault } from "../../../constructs/core/errors";
import { undeliveredAlerts } from "../../../constructs/core/operator-rules";

const mockAssets = mkdtempSync(join(tmpdir(), "l2o-rules-"));

jest.mock("../../../constructs/core/paths", () => ({
  assetPath: (relative: string) => join(mockAssets, relative),
}));

afterAll(() => {
  rmSync(mockAssets, { recursive: true });
});

test("an operator's alerts are named where nobody would hear them; recording rules are not", () => {
  mkdirSync(join(mockAssets, "rules"));
  const write = (name: string, content: string) => {
    writeFileSync(join(mockAssets, "rules", name), content);
  };
  expect(undeliveredAlerts("rules")).toEqual([]);
  write("README.md", "alert: none");
  write("empty.yml", "");
  write("records.yml", "groups: [{ name: a, rules: [{ record: b, expr: c }] }]");
  expect(undeliveredAlerts("rules")).toEqual([]);
  write("mine.yml", "groups: [{ name: a, rules: [{ alert: Mine, expr: c }] }, { name: d }]");
  expect(undeliveredAlerts("rules").map(describeFault)).toEqual([
    "'assets/rules/mine.yml' must be without alerts where Grafana is the engine, got the alert 'Mine'; write it as a file of Grafana's in assets/grafana/alerting",
  ]);
});
