import type { BoardRow } from "../../core/board";
import { overviewBoard, overviewOrder } from "../../core/house-boards";
import { above } from "../../core/panel";
import type { HeadLimits } from "./head-rules";

/** The newest time of a head that any node of a chain knows. */
const time = (type: "l2_unsafe" | "l2_safe" | "l2_finalized") =>
  `max by (chain) (op_node_default_refs_time{job="l2-node", chain=~"$chain", layer="l2", type="${type}"})`;

/** The heads of a chain, on the first page. */
export function headsOverview(chain: string, limits: HeadLimits): BoardRow {
  return {
    board: overviewBoard,
    key: "heads",
    title: "Heads of the chains",
    order: overviewOrder.heads,
    about: { variable: "chain", value: chain },
    panels: [
      {
        type: "timeseries",
        key: "unsafe",
        title: "Age of the newest block",
        description: "Of the unsafe head. It climbs: the sequencer makes no blocks.",
        unit: "seconds",
        queries: [{ expr: `time() - ${time("l2_unsafe")}`, legend: "{{chain}}" }],
        limits: above({ P1: limits.unsafeSeconds }),
        min: 0,
      },
      {
        type: "timeseries",
        key: "safe",
        title: "Safe head behind the newest block",
        description:
          "Blocks that are on L1, against those that are made; it goes in steps. It climbs: no batch lands.",
        unit: "seconds",
        queries: [{ expr: `${time("l2_unsafe")} - ${time("l2_safe")}`, legend: "{{chain}}" }],
        limits: above({ P2: limits.safeSeconds }),
        min: 0,
      },
      {
        type: "timeseries",
        key: "finalized",
        title: "Finalized head behind the safe head",
        description: "It climbs: L1 does not finalise, or the node does not see that it does.",
        unit: "seconds",
        queries: [{ expr: `${time("l2_safe")} - ${time("l2_finalized")}`, legend: "{{chain}}" }],
        limits: above({ P3: limits.finalizedSeconds }),
        min: 0,
      },
    ],
  };
}
