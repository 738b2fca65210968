import type { PanelAddress } from "./alert";
import type { Board, BoardRow, CompleteBoard } from "./board";

/** The first page: several sources contribute to it, each about itself. */
export const overviewBoard: Board = {
  uid: "overview",
  title: "Overview",
  description:
    "The first page. Whether everything is well, and otherwise which board to open next.",
  folder: "Platform",
  variables: [
    {
      name: "chain",
      title: "Chain",
      from: 'observatory:expected_target{chain!=""}',
      several: true,
    },
    {
      name: "service",
      title: "Service",
      from: 'observatory:expected_target{service!=""}',
      several: true,
    },
    {
      name: "instance",
      title: "Host",
      from: 'observatory:expected_target{job="node-exporter"}',
      several: true,
    },
  ],
};

/** Where rows stand on {@link overviewBoard}. */
export const overviewOrder = {
  alerts: 10,
  up: 20,
  heads: 30,
  wallets: 40,
  services: 50,
  probes: 55,
  objectives: 60,
  hosts: 70,
  boards: 90,
} as const;

/** The platform about itself: its servers contribute to it. */
export const platformBoard: Board = {
  uid: "platform",
  title: "Platform",
  description:
    "Whether the platform itself is well: can its alerts be trusted, and will it last with the memory and the disk it has?",
  folder: "Platform",
  variables: [],
};

/** Where rows stand on {@link platformBoard}. */
export const platformOrder = {
  now: 10,
  memory: 20,
  room: 30,
  metrics: 40,
  rules: 50,
  lines: 60,
  spans: 70,
  pushes: 80,
  agents: 90,
} as const;

/** The panel that shows which of the platform's targets do not answer. */
export const platformDown: PanelAddress = {
  board: platformBoard.uid,
  row: "now",
  panel: "down",
};

function boardLinks(boards: readonly CompleteBoard[]): string {
  return boards
    .map(({ board }) => `- [**${board.title}**](/d/${board.uid}): ${board.description}`)
    .join("\n");
}

/** The same boards, the overview with links to all others. */
export function withBoardLinks(boards: readonly CompleteBoard[]): readonly CompleteBoard[] {
  const others = boards.filter(({ board }) => board.uid !== overviewBoard.uid);
  if (others.length === 0) return boards;
  const row: Pick<BoardRow, "key" | "title" | "panels"> = {
    key: "boards",
    title: "Other boards",
    panels: [
      {
        type: "text",
        key: "links",
        title: "Where to look next",
        description: "Every other board of this environment, and whom it helps.",
        width: 24,
        height: 8,
        markdown: boardLinks(others),
      },
    ],
  };
  return boards.map((complete) =>
    complete.board.uid === overviewBoard.uid
      ? { ...complete, rows: [...complete.rows, row] }
      : complete,
  );
}
