import type { PanelAddress } from "../core/alert";
import type { BoardRow } from "../core/board";
import { platformBoard, platformOrder } from "../core/house-boards";

/** The panel that shows deployments. */
export const deploymentsPanel: PanelAddress = {
  board: platformBoard.uid,
  row: "pushes",
  panel: "deployments",
};

const group = "job, service, instance";

/** What jobs and deployments pushed, and when. */
export const pushRow: BoardRow = {
  board: platformBoard,
  key: "pushes",
  title: "Pushed metrics",
  order: platformOrder.pushes,
  panels: [
    {
      type: "table",
      key: "ages",
      title: "Last push",
      description:
        "How long ago each job pushed. One that should run every day and shows days did not run, or did not push.",
      unit: "seconds",
      queries: [
        { expr: `time() - max by (${group}) (push_time_seconds)`, legend: "{{job}} {{service}}" },
      ],
      columns: { job: "Job", service: "Service", instance: "Instance" },
      values: ["Ago"],
    },
    {
      type: "timeseries",
      key: "refused",
      title: "Pushes that were refused",
      description:
        "1 since a job's last push was refused: metrics that contradict those of other jobs, or no metrics.",
      unit: "count",
      queries: [
        {
          expr: `max by (${group}) (push_failure_time_seconds) > bool max by (${group}) (push_time_seconds)`,
          legend: "{{job}} {{service}}",
        },
      ],
      min: 0,
      max: 1,
    },
    {
      type: "timeseries",
      key: "deployments",
      title: "Since the last deployment",
      description: "Time since each service was deployed: it falls to 0 at a deployment.",
      unit: "seconds",
      queries: [
        {
          expr: "time() - max by (service, version) (deployment_timestamp_seconds)",
          legend: "{{service}} {{version}}",
        },
      ],
      min: 0,
    },
  ],
};
