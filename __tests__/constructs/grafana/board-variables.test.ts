import { completeBoards, type Variable } from "../../../constructs/core/board";
import { renderBoard } from "../../../constructs/grafana";

function rendered(variable: Variable): readonly unknown[] {
  const [complete] = completeBoards([
    {
      board: {
        uid: "sample",
        title: "Sample",
        description: "A test.",
        folder: "Sample",
        variables: [variable],
      },
      key: "now",
      title: "Now",
      order: 1,
      panels: [
        {
          type: "stat",
          key: "up",
          title: "Up",
          description: "A test.",
          unit: "count",
          queries: [{ expr: 'up{service="$service"}', legend: "" }],
        },
      ],
    },
  ]);
  if (complete === undefined) throw new Error("no board");
  const { json } = renderBoard(complete, { alerts: [], logs: true });
  return (json as { templating: { list: readonly unknown[] } }).templating.list;
}

const service = { name: "service", title: "Service" };

test("values of a variable come from series", () => {
  expect(rendered({ ...service, from: "up" })).toContainEqual(
    expect.objectContaining({
      name: "service",
      datasource: { type: "prometheus", uid: "${metrics}" },
      query: { query: "label_values(up, service)", refId: "service" },
    }),
  );
});

test("values of a variable come from lines where it says so", () => {
  expect(rendered({ ...service, from: '{service=~".+"}', store: "logs" })).toContainEqual(
    expect.objectContaining({
      name: "service",
      datasource: { type: "loki", uid: "${logs}" },
      query: { type: 1, label: "service", stream: '{service=~".+"}', refId: "service" },
    }),
  );
});
