import type { BoardRow } from "../../core/board";
import { above, below } from "../../core/panel";
import { newFailures } from "../../core/promql";
import { chainBoard, chainRow, chosenChain, programsRow } from "../l2-boards";
import { checksPassed, committed } from "./mixin";

function refused(metric: string): string {
  // Absent until it first happens.
  return `${newFailures(`${metric}{chain="${chosenChain}", success="false"}`, ["instance"])} or 0 * max by (instance) (op_conductor_up{chain="${chosenChain}"})`;
}

/** Rows about the servers that take turns as the sequencer of a chain. */
export function conductorRows(chain: string): readonly BoardRow[] {
  return [
    programsRow(chain),
    chainRow(chain, {
      board: chainBoard,
      key: "conductors",
      title: "Servers that take turns as the sequencer",
      order: 55,
      panels: [
        {
          type: "timeseries",
          key: "leader",
          title: "Who leads: blocks committed",
          description:
            "Blocks in a minute, by conductor: only the leader commits. None at all is a cluster without a leader; two at a time for more than a minute are two leaders.",
          unit: "blocks",
          queries: [{ expr: committed(chosenChain), legend: "{{instance}}" }],
          min: 0,
        },
        {
          type: "timeseries",
          key: "healthy",
          title: "Health checks passed",
          description:
            "In 2 minutes, by server. One at 0 cannot take the lead: its op-node or its execution client is not sound.",
          unit: "count",
          queries: [{ expr: checksPassed(chosenChain), legend: "{{instance}}" }],
          limits: below({ P2: 1 }),
          min: 0,
        },
        {
          type: "timeseries",
          key: "refused",
          title: "Starts, stops and transfers that failed",
          description:
            "In 5 minutes. The conductor wanted to change who makes the blocks and could not; it tries again.",
          unit: "count",
          queries: [
            { expr: refused("op_conductor_sequencer_starts_count"), legend: "start {{instance}}" },
            { expr: refused("op_conductor_sequencer_stops_count"), legend: "stop {{instance}}" },
            {
              expr: refused("op_conductor_leader_transfers_count"),
              legend: "transfer {{instance}}",
            },
          ],
          limits: above({ P2: 1 }),
          min: 0,
        },
      ],
    }),
  ];
}
