import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Panel } from "../../../constructs/core/panel";
import type { PictureRequest } from "../../../programs/pictures/main";

const BUILD = resolve(__dirname, "../../../programs/pictures/build.mjs");

// Every test starts a process.
jest.setTimeout(30_000);

/** Takes pictures with the bundle, as JSON on standard input says, and tells what came of it as JSON. */
const PROGRAM = `
  const { readFileSync, writeFileSync } = require("node:fs");
  const { takePicture } = require(process.argv[1]);
  const requests = JSON.parse(readFileSync(0, "utf8"));
  const told = requests.map(async ({ file, ...request }) => {
    try {
      const from = new Date(request.from), to = new Date(request.to);
      writeFileSync(file, await takePicture({ ...request, from, to }));
      return "";
    } catch (error) {
      return error.name + ": " + error.message;
    }
  });
  Promise.all(told).then((all) => console.log(JSON.stringify({ all, ...process.resourceUsage() })));
`;

let directory: string;
let bundle: string;
let server: Server;
let base: string;

function run(args: readonly string[], input = ""): Promise<string> {
  return new Promise((done, fail) => {
    const child = execFile(process.execPath, args, (error, stdout, stderr) => {
      if (error === null) done(stdout);
      else fail(new Error(stderr));
    });
    child.stdin?.end(input);
  });
}

const rangeOf = (name: string, values: readonly number[]) => ({
  metric: { name },
  values: values.map((value, i) => [1_700_000_040 + i * 60, String(value)]),
});

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "pictures-"));
  bundle = join(directory, "pictures.js");
  await run([BUILD, bundle]);
  server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://store");
    const query = searchParams.get("query");
    const wave = Array.from({ length: 60 }, (_, i) => Math.sin(i / 5) + 2);
    const data =
      query === "nothing"
        ? { resultType: "matrix", result: [] }
        : pathname.startsWith("/loki")
          ? {
              resultType: "streams",
              result: [{ stream: {}, values: [["1700000100000000000", "한글 line"]] }],
            }
          : pathname.endsWith("query_range")
            ? { resultType: "matrix", result: [rangeOf("a", wave), rangeOf("지갑", [1, 2, 3])] }
            : {
                resultType: "vector",
                result: [{ metric: { name: "a" }, value: [1_700_000_000, "0.3"] }],
              };
    response.end(JSON.stringify({ status: "success", data }));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  base = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}, 60_000);
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  rmSync(directory, { recursive: true });
});

type Asked = Partial<Omit<PictureRequest, "panel">> & { readonly panel: Panel };

const pathOf = (i: number) => join(directory, `${i}.png`);

async function take(requests: readonly Asked[]) {
  const input = requests.map((request, i) => ({
    board: { title: "Board", variables: [] },
    from: "2023-11-14T22:00:00Z",
    to: "2023-11-14T23:15:00Z",
    stores: { metrics: base, logs: base },
    ...request,
    file: pathOf(i),
  }));
  const stdout = await run(["-e", PROGRAM, bundle], JSON.stringify(input));
  return JSON.parse(stdout) as { all: string[]; maxRSS: number };
}

/** Width and height of a PNG, from its first chunk. */
function size(file: string): { width: number; height: number } {
  const png = readFileSync(file);
  expect(png.subarray(1, 4).toString()).toBe("PNG");
  return { width: png.readUInt32BE(16), height: png.readUInt32BE(20) };
}

const limits = { bad: "below", at: { P1: 0.1, P2: 0.5 } } as const;
const common = {
  key: "panel",
  title: "지갑 · Wallet",
  description: "",
  queries: [{ expr: "up", legend: "{{name}}" }],
};
const series: Panel = { ...common, type: "timeseries", unit: "eth", limits };
const panels: readonly Panel[] = [
  series,
  { ...series, stacked: true },
  { ...common, type: "stat", unit: "eth", limits },
  { ...common, type: "gauge", unit: "eth", limits, min: 0, max: 1 },
  { ...common, type: "bars", unit: "eth", limits },
  { ...common, type: "table", unit: "eth", limits, columns: { name: "Name" }, values: ["Now"] },
  { ...common, type: "lines", queries: [{ expr: '{a="b"}', legend: "", store: "logs" }] },
  { ...series, queries: [{ expr: "nothing", legend: "" }] },
];

it("is one file with its fonts, the same at every build, and holds their licence", async () => {
  const again = join(directory, "again.js");
  await run([BUILD, again]);
  const text = readFileSync(bundle, "utf8");
  expect(readFileSync(again, "utf8") === text).toBe(true);
  expect(statSync(bundle).size).toBeLessThan(6_000_000);
  expect(text).toContain("SIL OPEN FONT LICENSE");
  expect(text).not.toContain(resolve(__dirname, "../../.."));
});

it("draws every kind of panel, in less memory than its container has", async () => {
  const { all, maxRSS } = await take(panels.map((panel) => ({ panel })));
  expect(all).toEqual(panels.map(() => ""));
  expect(panels.map((_, i) => size(pathOf(i)))).toEqual(
    panels.map(() => ({ width: 1000, height: 500 })),
  );
  // Something is drawn: a plain background is a few hundred bytes.
  expect(panels.map((_, i) => statSync(pathOf(i)).size > 5000)).toEqual(panels.map(() => true));
  expect(maxRSS / 1024).toBeLessThan(192);
});

it("draws the same picture from the same data, larger or in other colours where asked", async () => {
  await take(
    [series, series, series, series].map((panel, i) => ({
      panel,
      ...(i === 2 ? { theme: "light" } : {}),
      ...(i === 3 ? { scale: 2 } : {}),
    })),
  );
  const [first, same, light] = [0, 1, 2].map((i) => readFileSync(pathOf(i)));
  expect(first?.equals(same ?? Buffer.alloc(0))).toBe(true);
  expect(first?.equals(light ?? Buffer.alloc(0))).toBe(false);
  expect(size(pathOf(3))).toEqual({ width: 2000, height: 1000 });
});

describe("several at once", () => {
  const cases: readonly [string, Asked, string][] = [
    [
      "the panel is words",
      { panel: { ...common, type: "text", markdown: "Do this" } },
      "'panel' must show data, got the text panel 'panel': its words can be sent as they are",
    ],
    [
      "the time is reversed",
      { panel: series, from: new Date(1000), to: new Date(1000) },
      "'from' must be before 'to', got 1970-01-01T00:00:01.000Z and 1970-01-01T00:00:01.000Z",
    ],
    [
      "the zone is unknown",
      { panel: series, timeZone: "Moon/Base" },
      "'timeZone' must be a zone such as 'Asia/Seoul', got 'Moon/Base'",
    ],
    ["the scale is too large", { panel: series, scale: 9 }, "'scale' must be from 0.5 to 3, got 9"],
    [
      "a variable is unknown",
      { panel: series, chosen: { chain: ["alpha"] } },
      "'variables' must be among nothing: there are none, got 'chain'",
    ],
    [
      "there is no log store",
      { panel: panels[6] ?? series, stores: { metrics: base } },
      "'stores.logs' must be Loki's URL for a panel on logs, got nothing",
    ],
  ];
  let told: readonly string[];

  beforeAll(async () => {
    told = (await take([...cases.map(([, request]) => request), { panel: series }])).all;
  });

  it.each(cases.map(([title, , message], i) => ({ title, message, i })))(
    "fail one by one: $title",
    ({ message, i }) => {
      expect(told[i]).toBe(`PictureError: ${message}`);
    },
  );

  it("go on with the next one", () => {
    expect(told.at(-1)).toBe("");
  });
});
