import type { PanelAddress } from "../core/alert";
import type { BoardRow } from "../core/board";
import { platformBoard, platformOrder } from "../core/house-boards";
import { above, below } from "../core/panel";
import { spanRows } from "../core/trace-board";
import { agentJob } from "./schema";

/** A panel of the agents' row. */
export function onAgents(panel: string): PanelAddress {
  return { board: platformBoard.uid, row: "agents", panel };
}

const own = `{job="${agentJob}"}`;
const rate = (counter: string) => `sum by (agent) (rate(${counter}${own}[$__rate_interval]))`;

/** Whether agents are heard, and what they lose. */
export const agentsRow: BoardRow = {
  board: platformBoard,
  key: "agents",
  title: "Agents",
  order: platformOrder.agents,
  panels: [
    {
      type: "timeseries",
      key: "heard",
      title: "Heard in the last minute",
      description:
        "How often each agent was heard in a minute: 4 is normal. At 0 nothing of its host is seen.",
      unit: "count",
      queries: [
        {
          expr: `sum by (agent) (count_over_time(up${own}[1m])) or 0 * sum by (agent) (observatory:expected_target${own})`,
          legend: "{{agent}}",
        },
      ],
      limits: below({ P1: 1 }),
      min: 0,
    },
    {
      type: "timeseries",
      key: "down",
      title: "Do not answer their agent",
      description: "Targets on the agents' hosts that give no answer. None is normal.",
      unit: "count",
      queries: [
        {
          expr: `count by (agent) (up{job!="${agentJob}", agent!=""} == 0) or 0 * sum by (agent) (observatory:expected_target${own})`,
          legend: "{{agent}}",
        },
      ],
      limits: above({ P1: 1 }),
      min: 0,
    },
    {
      type: "timeseries",
      key: "lost",
      title: "Given up by agents",
      description:
        "Lines, samples and spans that the platform refused for good, or did not take in time: they are lost.",
      unit: "perSecond",
      queries: [
        { expr: rate("loki_write_dropped_entries_total"), legend: "{{agent}} lines" },
        {
          expr: rate("prometheus_remote_storage_samples_failed_total"),
          legend: "{{agent}} samples",
        },
        { expr: rate("otelcol_exporter_send_failed_spans_total"), legend: "{{agent}} spans" },
      ],
      min: 0,
    },
    {
      type: "timeseries",
      key: "waiting",
      title: "Samples that wait at agents",
      description:
        "Samples that were not sent yet. It grows: the platform is slow or away, and the agent keeps them on its disk.",
      unit: "count",
      queries: [
        {
          expr: `sum by (agent) (prometheus_remote_storage_samples_pending${own})`,
          legend: "{{agent}}",
        },
      ],
      min: 0,
    },
    {
      type: "timeseries",
      key: "unhealthy",
      title: "Parts that do not work",
      description: "Components of an agent that failed or stopped: what they collect is missing.",
      unit: "count",
      queries: [
        {
          expr: `sum by (agent) (alloy_component_controller_running_components{job="${agentJob}", health_type!="healthy"}) or 0 * sum by (agent) (observatory:expected_target${own})`,
          legend: "{{agent}}",
        },
      ],
      limits: above({ P3: 1 }),
      min: 0,
    },
    {
      type: "timeseries",
      key: "probes",
      title: "Probes of agents",
      description: "1 where the address answered as it should; empty where no agent probes.",
      unit: "count",
      queries: [
        {
          expr: `probe_success{job!="${agentJob}", agent!=""}`,
          legend: "{{service}} from {{agent}}",
        },
      ],
      min: 0,
      max: 1,
    },
  ],
};

/** Spans that agents with the module otlp take and hand on. */
export const agentSpanRows: readonly BoardRow[] = spanRows({
  job: agentJob,
  title: "Agents",
  order: 30,
  taken: `otelcol_receiver_accepted_spans_total${own}`,
  refused: `otelcol_receiver_refused_spans_total${own}`,
  lost: [`otelcol_exporter_send_failed_spans_total${own}`],
  by: "agent",
});
