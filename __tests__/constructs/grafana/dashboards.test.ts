import type { Dashboard } from "../../../constructs/grafana";
import { DashboardSet } from "../../../constructs/grafana/dashboards";

const sample: Dashboard = {
  uid: "sample",
  title: "Sample",
  folder: "L2 chain",
  json: {
    schemaVersion: 41,
    panels: [{ title: "Up", datasource: { type: "prometheus", uid: "prometheus" }, targets: [] }],
  },
};

function set(...dashboards: Dashboard[]): DashboardSet {
  const made = new DashboardSet(["prometheus", "loki"]);
  made.add(...dashboards);
  return made;
}

const panel = (datasource: unknown): Dashboard["json"] => ({ panels: [{ datasource }] });

describe("dashboards", () => {
  it("are a file each, in the folder of theirs, with their uid and title", () => {
    const [file, ...more] = set({ ...sample, json: { ...sample.json, title: "?" } }).files();
    expect(more).toEqual([]);
    expect(file?.path).toBe("/etc/grafana/dashboards/L2 chain/sample.json");
    expect(JSON.parse(file?.content ?? "")).toEqual({
      ...sample.json,
      uid: "sample",
      title: "Sample",
    });
  });

  it("keep what Grafana's page reads, dollars and braces", () => {
    const json = { ...sample.json, description: "${__value.raw} $$ %{x} {{job}} $chain" };
    expect(set({ ...sample, json }).files()[0]?.content).toContain(
      '"${__value.raw} $$ %{x} {{job}} $chain"',
    );
  });

  it("count once when they are added twice alike", () => {
    const twice = set(sample);
    twice.add({ ...sample });
    expect(twice.files()).toHaveLength(1);
  });

  it("may share a title in different folders", () => {
    expect(set(sample, { ...sample, uid: "other", folder: "Hosts" }).files()).toHaveLength(2);
  });

  it.each([
    ["a datasource variable", { uid: "${ds}" }],
    ["one without braces", "$ds"],
    ["a datasource", { uid: "loki" }],
    ["none", null],
    ["Grafana itself", { type: "grafana", uid: "-- Grafana --" }],
  ])("may name %s", (_, datasource) => {
    const templating = { list: [{ type: "datasource", name: "ds" }] };
    const json = { ...panel(datasource), templating };
    expect(set({ ...sample, json }).files()).toHaveLength(1);
  });

  it("fail when one names a datasource that is not there, wherever it does", () => {
    const json = {
      ...panel({ uid: "tempo" }),
      annotations: { list: [{ datasource: { uid: "${elsewhere}" } }] },
    };
    expect(() => set({ ...sample, json })).toThrow(
      [
        "dashboards has 2 faults:",
        "  'sample.datasource' must be one of prometheus, loki, or a datasource variable of the dashboard, got 'tempo'",
        "  'sample.datasource' must be one of prometheus, loki, or a datasource variable of the dashboard, got '${elsewhere}'",
      ].join("\n"),
    );
  });

  it("fail when two share a uid, or a title in a folder", () => {
    expect(() => set(sample, { ...sample, title: "Another" })).toThrow(
      "'uid' must be different from those of all other dashboards, got 'sample' again",
    );
    const first = set(sample);
    expect(() => {
      first.add({ ...sample, uid: "another" });
    }).toThrow(
      "'another.title' must be different from the other titles in the folder 'L2 chain', got 'Sample' again",
    );
    expect(first.files()).toHaveLength(1);
  });

  it.each([
    [
      { uid: "has space" },
      "'uid' must be 1 to 40 letters, digits, hyphens and underscores, got 'has space'",
    ],
    [{ uid: "" }, "'uid' must be 1 to 40 letters"],
    [{ title: " " }, "'sample.title' must be a title, got ' '"],
    [{ folder: "a/b" }, "'sample.folder' must be letters, digits, spaces"],
    [{ folder: ".." }, "'sample.folder' must be letters, digits, spaces"],
    [{ json: { __inputs: [] } }, "'sample.__inputs' must be absent"],
  ])("fail when the form is wrong: %j", (wrong, words) => {
    expect(() => set({ ...sample, ...wrong })).toThrow(words);
  });

  it("fail when one comes after they were rendered", () => {
    const read = set(sample);
    read.files();
    expect(() => {
      read.add({ ...sample, uid: "late", title: "Late" });
    }).toThrow("dashboards are added after rendering, got 'late': add them before synth");
  });
});
