import type { PanelAddress } from "./alert";
import type { Board, BoardRow } from "./board";
import { platformBoard, platformOrder } from "./house-boards";
import { above, type Panel, type TimeSeriesPanel } from "./panel";

/** Traces on their way from applications to the store. */
export const tracesBoard: Board = {
  uid: "traces",
  title: "Traces",
  description:
    "Whether spans arrive and are kept. Read a trace itself in Explore, or by the link of a line or of a dot on a graph.",
  folder: "Traces",
  variables: [],
};

/** A panel of {@link tracesBoard}. */
export function onTracesBoard(row: string, panel: string): PanelAddress {
  return { board: tracesBoard.uid, row, panel };
}

/** A program that spans pass, with its counters. */
export interface SpanCounters {
  /** Key of its row, and its job. */
  readonly job: string;
  /** Its name as people write it. */
  readonly title: string;
  readonly order: number;
  /** Selector of the counter of spans that it took. */
  readonly taken: string;
  /** Selector of the counter of spans that it refused. */
  readonly refused: string;
  /** Selectors of the counters of spans that it could not hand on or store. */
  readonly lost: readonly string[];
  /** By which label those that came are told apart. */
  readonly by: string;
  /** Further panels of its row. */
  readonly more?: readonly Panel[];
}

const rate = (counter: string) => `rate(${counter}[$__rate_interval])`;

function overTime(
  key: string,
  title: string,
  description: string,
  queries: TimeSeriesPanel["queries"],
): TimeSeriesPanel {
  return { type: "timeseries", key, title, description, unit: "perSecond", queries, min: 0 };
}

/** What a program does with spans, and how many it takes on the platform's board. */
export function spanRows(of: SpanCounters): readonly BoardRow[] {
  const { job, title, order, taken, refused, lost, by, more = [] } = of;
  return [
    {
      board: tracesBoard,
      key: job,
      title,
      order,
      panels: [
        {
          type: "stat",
          key: "now",
          title: "Spans lost in 5 minutes",
          description:
            "Spans that were refused, or could not be handed on. Above 0, traces have holes.",
          unit: "count",
          width: 4,
          queries: [
            {
              expr: [refused, ...lost]
                .map((counter) => `(sum(increase(${counter}[5m])) or vector(0))`)
                .join(" + "),
              legend: "spans",
            },
          ],
          limits: above({ P2: 1 }),
        },
        {
          ...overTime(
            "taken",
            "Spans taken in",
            "Spans per second. None for long: no application sends, or sampling is off.",
            [{ expr: `sum by (${by}) (${rate(taken)})`, legend: `{{${by}}}` }],
          ),
          width: 10,
        },
        {
          ...overTime(
            "refused",
            "Spans refused or lost",
            "Refused: senders try again for a while, then drop. Not handed on: lost here.",
            [
              { expr: `sum(${rate(refused)})`, legend: "refused" },
              {
                expr: lost.map((one) => `(sum(${rate(one)}) or vector(0))`).join(" + "),
                legend: "not handed on",
              },
            ],
          ),
          width: 10,
        },
        ...more,
      ],
    },
    {
      board: platformBoard,
      key: `spans-${job}`,
      title: `Spans · ${title}`,
      order: platformOrder.spans,
      panels: [
        {
          ...overTime("taken", "Spans", "Spans per second that come in, and those refused.", [
            { expr: `sum(${rate(taken)})`, legend: "taken in" },
            { expr: `sum(${rate(refused)})`, legend: "refused" },
          ]),
          width: 24,
          height: 6,
        },
      ],
    },
  ];
}
