import { findPanel, picture } from "../../commands/picture";
import type { CompleteBoard } from "../../constructs/core/board";

const boards: readonly CompleteBoard[] = [
  {
    board: { uid: "l2", title: "L2", description: "", folder: "L2", variables: [] },
    rows: [
      {
        key: "heads",
        title: "Heads",
        panels: [
          { type: "stat", key: "age", title: "Age", description: "", unit: "seconds", queries: [] },
          { type: "text", key: "help", title: "Help", description: "", markdown: "" },
        ],
      },
    ],
  },
];
const stores = { metrics: "http://127.0.0.1:1" };

it("finds a panel by its row's and its own key", () => {
  expect(findPanel(boards, "l2", "heads/age").panel.title).toBe("Age");
});

describe("fails when", () => {
  it("there is no such board", () => {
    expect(() => findPanel(boards, "l3", "heads/age")).toThrow(
      "'board' must be one of l2, got 'l3'",
    );
  });

  it("there is no such panel, naming those with pictures", () => {
    expect(() => findPanel(boards, "l2", "heads/lag")).toThrow(
      "'panel' must be one of heads/age, got 'heads/lag'",
    );
  });

  it.each([
    [{ from: "6 hours", variables: [] }, "'--from' must be a span such as 6h or 7d, got '6 hours'"],
    [{ from: "0h", variables: [] }, "'--from' must be a span such as 6h or 7d, got '0h'"],
    [{ variables: ["alpha"] }, "'--var' must be name=value such as chain=alpha, got 'alpha'"],
  ])("an option is wrong: %j", async (options, message) => {
    await expect(picture(boards, "l2", "heads/age", stores, options)).rejects.toThrow(message);
  });
});
