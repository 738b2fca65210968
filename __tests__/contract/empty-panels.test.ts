import { emptyPanels, panelFaults, type Asked } from "../e2e/empty-panels";

const full = (path: string): Asked => ({ path, hasData: true, errors: [] });
const empty = (path: string): Asked => ({ path, hasData: false, errors: [] });
const listed = [
  { reason: "nobody makes it", panels: ["board/row/never"] },
  { reason: "now and then", mayFill: true, panels: ["board/row/sometimes"] },
];

test("panels with data and the empty ones of the list have no fault", () => {
  const asked = [full("board/row/other"), empty("board/row/never"), empty("board/row/sometimes")];
  expect(panelFaults(asked, listed)).toEqual([]);
  expect(panelFaults([empty("board/row/never"), full("board/row/sometimes")], listed)).toEqual([]);
});

test("every difference from the list is a fault", () => {
  const asked = [empty("board/row/other"), full("board/row/never")];
  expect(panelFaults(asked, listed)).toEqual([
    "board/row/other is empty",
    "board/row/never has data, and is listed as empty",
    "board/row/sometimes is listed as empty, and is on no board",
  ]);
});

test("a query that fails is a fault, whether the panel is listed or has data from another query", () => {
  const errors = ["up: got HTTP 400"];
  const asked = [
    { ...full("board/row/other"), errors },
    { ...empty("board/row/never"), errors },
    empty("board/row/sometimes"),
  ];
  expect(panelFaults(asked, listed)).toEqual([
    "board/row/other: up: got HTTP 400",
    "board/row/never: up: got HTTP 400",
  ]);
});

test("no panel of the end-to-end environment is listed twice", () => {
  const panels = emptyPanels.flatMap((one) => one.panels);
  expect(new Set(panels).size).toBe(panels.length);
});
