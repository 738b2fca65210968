import { completeBoards, type Board } from "../../../constructs/core/board";
import { overviewBoard, withBoardLinks } from "../../../constructs/core/house-boards";

const other: Board = { ...overviewBoard, uid: "other", title: "Other", variables: [] };
const row = (board: Board) => ({ board, key: "now", title: "Now", order: 1, panels: [] });

test("the overview ends with links to every other board", () => {
  const [first, second] = withBoardLinks(completeBoards([row(overviewBoard), row(other)]));
  expect(first?.rows).toHaveLength(1);
  expect(second?.rows.map(({ key }) => key)).toEqual(["now", "boards"]);
  expect(second?.rows[1]?.panels).toMatchObject([
    { type: "text", markdown: `- [**Other**](/d/other): ${other.description}` },
  ]);
});

test("without an overview, or with nothing else, there are no links", () => {
  for (const board of [other, overviewBoard]) {
    const boards = completeBoards([row(board)]);
    expect(withBoardLinks(boards)).toEqual(boards);
  }
});
