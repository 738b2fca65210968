import type { EChartsOption } from "echarts";
import type { Panel } from "../../../constructs/core/panel";
import { legendText, type Content } from "../../../programs/pictures/content";
import { draw } from "../../../programs/pictures/draw";
import { columnWidths, tableRows } from "../../../programs/pictures/draw-rows";
import { ringSegments } from "../../../programs/pictures/draw-gauge";
import type { Drawing } from "../../../programs/pictures/canvas";
import { crossed, themeOf } from "../../../programs/pictures/theme";

const minute = 60_000;
const common = { key: "panel", title: "Panel", description: "", queries: [] };
const view = {
  heading: { title: "Panel", context: "Board", span: "now" },
  theme: themeOf("dark"),
  span: { from: 0, to: 10 * minute },
  timeZone: "UTC",
  stepSeconds: 60,
};

type Drawn = Exclude<Panel, { type: "text" }>;

function drawn(panel: Drawn, content: Content): Drawing {
  return draw({ panel, replacements: {}, span: view.span, stepSeconds: 60 }, content, view);
}

function list<T>(one: T | readonly T[] | undefined): readonly T[] {
  return one === undefined ? [] : ([one].flat() as T[]);
}

/** All words of the picture that are no axis'. */
function words({ option }: Drawing): string[] {
  return list(option.graphic).flatMap((shape) => {
    const { style } = shape as { style?: { text?: string } };
    return style?.text === undefined || style.text === "" ? [] : [style.text];
  });
}

function axisTexts(option: EChartsOption, axis: "xAxis" | "yAxis"): string[] {
  const { axisLabel } = option[axis] as {
    axisLabel: { customValues: number[]; formatter: (at: number, i: number) => string };
  };
  return axisLabel.customValues.map((at, i) => axisLabel.formatter(at, i));
}

interface Line {
  readonly data: readonly (readonly [number, number | null] | { symbolSize: number })[];
  readonly color?: string;
  readonly stack?: string;
  readonly lineStyle?: { type: unknown };
  readonly markLine?: { data: { yAxis: number; label: { formatter: string } }[] };
  readonly markArea?: { data: [{ yAxis: number }, { yAxis: number }][] };
}

function linesOf({ option }: Drawing): Line[] {
  return list(option.series) as unknown as Line[];
}

function series(name: string, values: readonly (number | undefined)[], limit = false) {
  const points = values.flatMap((value, i) =>
    value === undefined ? [] : [[i * minute, value] as const],
  );
  return { name, limit, points };
}

const balance: Drawn = {
  ...common,
  type: "timeseries",
  unit: "eth",
  limits: { bad: "below", at: { P1: 0.1, P2: 0.5 } },
};

describe("values over time", () => {
  it("have axes in the unit and in the zone's time, and a legend with the last value", () => {
    const picture = drawn(balance, {
      kind: "series",
      series: [series("batcher", [1, 0.9, 0.8]), series("proposer", [2, 2, 2.25])],
    });

    expect(words(picture)).toEqual([
      "Panel",
      "Board",
      "now",
      "batcher",
      "0.800 ETH",
      "proposer",
      "2.25 ETH",
    ]);
    expect(axisTexts(picture.option, "yAxis")).toEqual([
      "0 ETH",
      "0.5 ETH",
      "1 ETH",
      "1.5 ETH",
      "2 ETH",
      "2.5 ETH",
    ]);
    expect(axisTexts(picture.option, "xAxis")).toEqual([
      "01-01",
      "00:02",
      "00:04",
      "00:06",
      "00:08",
      "00:10",
    ]);
    expect(picture.height).toBe(500);
  });

  it("have their limits as lines, and the bad side shaded up to the next one", () => {
    const [layer] = linesOf(drawn(balance, { kind: "series", series: [series("a", [1, 2])] }));

    expect(layer?.markLine?.data.map(({ yAxis, label }) => [yAxis, label.formatter])).toEqual([
      [0.5, "P2 0.5 ETH"],
      [0.1, "P1 0.1 ETH"],
    ]);
    expect(layer?.markArea?.data.map(([from, to]) => [from.yAxis, to.yAxis])).toEqual([
      [0.5, 0.1],
      [0.1, 0],
    ]);
  });

  it("are shaded all over where they are far beyond a limit", () => {
    const picture = drawn(
      { ...balance, limits: { bad: "above", at: { P2: -500 } } },
      { kind: "series", series: [series("a", [100, 104])] },
    );
    const [layer] = linesOf(picture);

    expect(layer?.markLine?.data).toEqual([]);
    expect(layer?.markArea?.data.map(([from, to]) => [from.yAxis, to.yAxis])).toEqual([[99, 105]]);
    expect(words(picture)).toContain("↓ P2 -500 ETH");
  });

  it("tell in words which limits lie outside", () => {
    const picture = drawn(
      { ...balance, unit: "seconds", limits: { bad: "above", at: { P1: 1800, P2: 900 } } },
      { kind: "series", series: [series("a", [60, 61])] },
    );

    expect(words(picture)).toContain("↑ P2 15 mins, P1 30 mins");
    expect(linesOf(picture)[0]?.markLine?.data).toEqual([]);
  });

  it("break where there is nothing, and show a point that stands alone", () => {
    const picture = drawn(
      { ...balance, limits: undefined },
      { kind: "series", series: [series("a", [1, 2, undefined, 3, undefined, 4, 5])] },
    );

    expect(linesOf(picture)[0]?.data).toEqual([
      [0, 1],
      [minute, 2],
      [2 * minute, null],
      { value: [3 * minute, 3], symbol: "circle", symbolSize: 7 },
      [4 * minute, null],
      [5 * minute, 4],
      [6 * minute, 5],
    ]);
  });

  it("are stacked with zeros for what is missing, up to their sum", () => {
    const picture = drawn(
      { ...balance, limits: undefined, stacked: true },
      { kind: "series", series: [series("a", [1, 1]), series("b", [undefined, 2.5])] },
    );

    expect(linesOf(picture).map(({ stack, data }) => [stack, data[0]])).toEqual([
      ["all", [0, 1]],
      ["all", [0, 0]],
    ]);
    expect(axisTexts(picture.option, "yAxis").at(-1)).toBe("4 ETH");
  });

  it("are dashed and red where they are a limit, and are not stretched for", () => {
    const picture = drawn(
      { ...balance, limits: undefined },
      { kind: "series", series: [series("a", [1, 2]), series("window", [3600, 3600], true)] },
    );
    const [, window] = linesOf(picture);

    expect(window).toMatchObject({ color: "#d62728", lineStyle: { type: [10, 6] } });
    expect(axisTexts(picture.option, "yAxis").at(-1)).toBe("2.5 ETH");
    expect(words(picture)).toContain("3600 ETH");
  });

  it.each([
    ["highest", "above", "24"],
    ["lowest", "below", "0"],
  ] as const)("have names for the %s where limits are %s and there are many", (_, bad, worst) => {
    const many = Array.from({ length: 25 }, (__, i) => series(String(i), [i, i]));
    const picture = drawn(
      { ...balance, limits: { bad, at: {} } },
      { kind: "series", series: many },
    );

    expect(words(picture)[3]).toBe(worst);
    expect(words(picture)).toContain("17 more");
    expect(linesOf(picture).filter(({ color }) => color === view.theme.unnamed)).toHaveLength(17);
    expect(picture.height).toBeGreaterThan(500);
  });
});

test.each([
  ["{{chain}} {{ kind }}", "alpha safe"],
  ["{{nothing}}", ""],
  ["", 'head{chain="alpha", kind="safe"}'],
])("the legend %j is %j", (pattern, text) => {
  expect(legendText(pattern, { __name__: "head", chain: "alpha", kind: "safe" })).toBe(text);
});

test.each([
  ["above", 10, undefined],
  ["above", 10.1, "P2"],
  ["above", 21, "P1"],
  ["below", 20, undefined],
  ["below", 15, "P1"],
  ["below", 5, "P1"],
] as const)("a value %s its limits: %s is %s", (bad, value, priority) => {
  const at = bad === "above" ? { P1: 20, P2: 10 } : { P1: 20 };
  expect(crossed({ bad, at }, value)).toBe(priority);
});

describe("present values", () => {
  const samples = (values: Readonly<Record<string, number>>): Content => ({
    kind: "samples",
    samples: Object.entries(values).map(([name, value]) => ({ name, value })),
  });

  it("are large, with the limit that they are beyond in words", () => {
    const panel: Drawn = { ...balance, type: "stat" };
    expect(words(drawn(panel, samples({ batcher: 0.3, proposer: 2 }))).slice(3)).toEqual([
      "batcher",
      "0.300 ETH",
      "below P2 0.5 ETH",
      "proposer",
      "2 ETH",
    ]);
  });

  it("are words where the panel has them", () => {
    const panel: Drawn = { ...common, type: "stat", unit: "text", words: { "0": "down" } };
    expect(words(drawn(panel, samples({ node: 0, geth: 1 }))).slice(3)).toEqual([
      "node",
      "down",
      "geth",
      "1",
    ]);
  });

  it("leave out the best ones where there are too many", () => {
    const many = samples(Object.fromEntries(Array.from({ length: 15 }, (_, i) => [`n${i}`, i])));
    const texts = words(drawn({ ...balance, type: "stat" }, many));
    expect(texts).toContain("3 more are not shown");
    expect(texts).not.toContain("n14");
  });

  it("stand on a gauge between its ends, however far beyond they are", () => {
    const panel: Drawn = { ...common, type: "gauge", unit: "ratio", min: 0.98, max: 1 };
    const { option } = drawn(panel, samples({ api: 0.5 }));
    const [, gauge] = list(option.series) as unknown as {
      data: { value: number }[];
      detail: { formatter: string };
    }[];
    expect(gauge?.data).toEqual([{ value: 0.98 }]);
    expect(gauge?.detail.formatter).toBe("50%");
  });

  it("have a ring that shows where a gauge is bad", () => {
    const gauge = { ...common, type: "gauge", unit: "ratio", min: 0, max: 10 } as const;
    expect(
      ringSegments({ ...gauge, limits: { bad: "below", at: { P1: 1, P3: 4 } } }, "good"),
    ).toEqual([
      [0.1, "#d62728"],
      [0.4, "#f2c744"],
      [1, "good"],
    ]);
    expect(
      ringSegments({ ...gauge, limits: { bad: "above", at: { P1: 9, P3: 4 } } }, "good"),
    ).toEqual([
      [0.4, "good"],
      [0.9, "#f2c744"],
      [1, "#d62728"],
    ]);
    expect(ringSegments(gauge, "good")).toEqual([[1, "good"]]);
  });

  it("are bars from zero, coloured by the limit that they are beyond", () => {
    const picture = drawn({ ...balance, type: "bars" }, samples({ low: 0.3, high: 2 }));
    const [bars] = list(picture.option.series) as unknown as {
      data: { itemStyle: { color: string }; label: { formatter: string } }[];
    }[];
    expect(bars?.data.map(({ itemStyle, label }) => [label.formatter, itemStyle.color])).toEqual([
      ["0.300 ETH", "#ff7f0e"],
      ["2 ETH", view.theme.series[0]],
    ]);
    expect(picture.option.xAxis).toMatchObject({ min: 0, max: 2.5 });
    expect(words(picture)).toContain("P1 0.1 ETH");
  });
});

describe("a table", () => {
  const panel = {
    ...common,
    type: "table",
    unit: "bytes",
    columns: { job: "Program", instance: "Where" },
    values: ["Now", "Budget"],
    limits: { bad: "above", at: { P2: 1024 ** 2 } },
  } as const;
  const labels = { job: "api", instance: "a:1", other: "x" };
  const answers = [
    [
      { labels, value: 2 * 1024 ** 2 },
      { labels: { job: "chat" }, value: 1024 },
    ],
    [{ labels: { ...labels, other: "y" }, value: 512 }],
  ];

  it("joins what queries say of equal labels", () => {
    expect(tableRows(panel, answers)).toEqual([
      { labels: ["api", "a:1"], values: [2 * 1024 ** 2, 512] },
      { labels: ["chat", ""], values: [1024, undefined] },
    ]);
  });

  it("says in words which limit a value is beyond", () => {
    expect(words(drawn(panel, { kind: "table", answers })).slice(3)).toEqual([
      ...["Program", "api", "chat"],
      ...["Where", "a:1"],
      ...["Now", "P2 2 MiB", "1 KiB"],
      ...["Budget", "512 B", "–"],
    ]);
  });

  it("takes from wide columns what narrow ones need", () => {
    expect(columnWidths([100, 100], 300)).toEqual([150, 150]);
    expect(columnWidths([50, 400, 400], 450)).toEqual([50, 200, 200]);
  });
});

test("log lines are in order, with their time, broken where they are long", () => {
  const panel: Drawn = { ...common, type: "lines" };
  const picture = drawn(panel, {
    kind: "lines",
    lines: [
      { at: 1000, text: "first\nline" },
      { at: 2000, text: "x".repeat(100) },
    ],
  });
  expect(words(picture).slice(3)).toEqual([
    "00:00:01",
    "first line",
    "00:00:02",
    "x".repeat(70),
    "x".repeat(30),
  ]);
});

test("where there is nothing, it says so and shows what was asked", () => {
  const panel: Drawn = { ...balance, queries: [{ expr: 'up{chain="$chain"}', legend: "" }] };
  const picture = draw(
    {
      panel,
      replacements: { chain: { query: "alpha", words: "alpha" } },
      span: view.span,
      stepSeconds: 60,
    },
    { kind: "series", series: [series("only a limit", [1], true)] },
    view,
  );
  expect(words(picture).slice(3)).toEqual(["No data", 'up{chain="alpha"}']);
});

test("every letter is at least 20 pixels high", () => {
  const sizes = [
    drawn(balance, { kind: "series", series: [series("a", [1, 2])] }),
    drawn({ ...balance, type: "stat" }, { kind: "samples", samples: [{ name: "a", value: 1 }] }),
  ].flatMap(({ option }) => [...JSON.stringify(option).matchAll(/"fontSize":([\d.]+)/g)]);
  expect(sizes.length).toBeGreaterThan(8);
  expect(Math.min(...sizes.map(([, size]) => Number(size)))).toBe(20);
});
