import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { DEFINITIONS } from "../../../programs/l2-exporter/metrics";
import { metricsTables, renewPage } from "../../../programs/l2-exporter/metrics-page";

const PAGE = resolve(__dirname, "../../../docs/l2-exporter-metrics.md");

test("docs/l2-exporter-metrics.md is up to date", () => {
  const page = readFileSync(PAGE, "utf8");
  // When this fails: node programs/l2-exporter/build.mjs docs
  expect(page).toBe(renewPage(page));
});

test("every metric has a row with its unit", () => {
  const tables = metricsTables();
  for (const [name, { unit }] of Object.entries(DEFINITIONS)) {
    expect(tables).toMatch(new RegExp(`^\\| \`${name}\` +\\| \\w+ +\\| ${unit} +\\|`, "m"));
  }
});

test("a changed table is renewed, what is around it stays", () => {
  const page = readFileSync(PAGE, "utf8");
  const stale = page.replace("l2_wallet_balance_eth", "l2_wallet_balance_wei");
  expect(stale).not.toBe(page);
  expect(renewPage(stale)).toBe(page);
});

test("fails when the page has no markers", () => {
  expect(() => renewPage("# Metrics")).toThrow("must be a page with the markers");
});
