import { Testing } from "cdktf";
import { Alertmanager } from "../../../constructs/alertmanager";
import { Budget, BudgetError, type Machine } from "../../../constructs/core/budget";
import { blackboxExporter } from "../../../constructs/exporters/blackbox-exporter";
import { l2Exporter } from "../../../constructs/exporters/l2-exporter";
import { nodeExporter } from "../../../constructs/exporters/node-exporter";
import { Prometheus } from "../../../constructs/prometheus";
import { Pushgateway, PushProxy } from "../../../constructs/pushgateway";
import { testRuntime, testStack } from "./synthesised";

const small: Machine = { name: "t4g.small", memoryMiB: 2048, swapMiB: 1024, diskGiB: 20 };
const memory = { reservationMiB: 100, workingSetMiB: 90, limitMiB: 200, measured: "a test" };

describe("a budget", () => {
  it("adds up what is stated", () => {
    const budget = new Budget(small);
    budget.add("one", memory, 2.5);
    budget.add("two", { ...memory, limitMiB: 300 });
    expect(budget.total).toEqual({ reservationMiB: 200, limitMiB: 500, diskGiB: 2.5 });
    expect(budget.overruns()).toEqual([]);
    expect(() => {
      budget.assertFits();
    }).not.toThrow();
  });

  it("adds fractions up as a person would", () => {
    const budget = new Budget(small);
    for (const disk of [4, 0.1, 0.1]) budget.add(`disk-${disk}`, memory, disk);
    expect(budget.total.diskGiB).toBe(4.2);
    expect(budget.table()).toMatch(/sum .* 4\.2$/m);
  });

  it("shows a row per service, the sums, and what the machine has", () => {
    const budget = new Budget(small);
    budget.add("one", memory, 2.5);
    budget.add("two", memory);
    expect(
      budget
        .table()
        .split("\n")
        .map((line) => line.trim().replace("working set", "working-set").split(/\s+/)),
    ).toEqual([
      ["service", "working-set", "reservation", "limit", "disk", "GiB"],
      ["one", "90", "100", "200", "2.5"],
      ["two", "90", "100", "200", "0"],
      ["sum", "200", "400", "2.5"],
      ["t4g.small", "1600", "3072", "14"],
    ]);
  });

  it("keeps its columns straight", () => {
    const budget = new Budget(small);
    budget.add("one", memory, 2.5);
    const lengths = budget
      .table()
      .split("\n")
      .map(({ length }) => length);
    expect(new Set(lengths).size).toBe(1);
  });

  it.each([
    ["reservations", { reservationMiB: 1600, workingSetMiB: 1, limitMiB: 1600 }, 0],
    ["limits", { reservationMiB: 1, workingSetMiB: 1, limitMiB: 3072 }, 0],
    ["disk", { reservationMiB: 1, workingSetMiB: 1, limitMiB: 1 }, 14],
  ])("accepts %s that just fit", (_, figures, disk) => {
    const budget = new Budget(small);
    budget.add("one", { ...memory, ...figures }, disk);
    expect(budget.overruns()).toEqual([]);
  });

  it("fails with the repair's figure and the table when memory does not suffice", () => {
    const budget = new Budget(small);
    budget.add("one", { ...memory, reservationMiB: 1601, limitMiB: 1601 });
    expect(() => {
      budget.assertFits();
    }).toThrow(BudgetError);
    expect(() => {
      budget.assertFits();
    }).toThrow(
      "the services do not fit t4g.small (MiB):\n" +
        "  'machine.memoryMiB' must be at least 2049 for reservations of 1601 MiB, got 2048\n\n" +
        `${budget.table()}\n\nuse a larger machine, or leave a service out`,
    );
  });

  it("fails when limits pass memory and swap, or data the disk, all at once", () => {
    const budget = new Budget(small);
    budget.add("one", { ...memory, reservationMiB: 1601, limitMiB: 3073 }, 14.1);
    expect(budget.overruns()).toEqual([
      "'machine.memoryMiB' must be at least 2049 for reservations of 1601 MiB, got 2048",
      "'machine.swapMiB' must be at least 1025 for limits of 3073 MiB, got 1024",
      "'machine.diskGiB' must be at least 21 for 14.1 GiB of data, got 20",
    ]);
  });

  it("names figures of the machine that do suffice", () => {
    const overrun = new Budget(small);
    overrun.add("one", { ...memory, reservationMiB: 1800, limitMiB: 4000 }, 33.3);
    const [ram, swap, disk] = overrun
      .overruns()
      .map((line) => Number(/at least (\d+)/.exec(line)?.[1]));
    const larger = new Budget({
      ...small,
      memoryMiB: ram ?? 0,
      swapMiB: swap ?? 0,
      diskGiB: disk ?? 0,
    });
    larger.add("one", { ...memory, reservationMiB: 1800, limitMiB: 4000 }, 33.3);
    expect(larger.overruns()).toEqual([]);
  });

  it("fails when a service contradicts itself", () => {
    expect(() => {
      new Budget(small).add("one", {
        reservationMiB: 80,
        workingSetMiB: 90,
        limitMiB: 70,
        measured: "a test",
      });
    }).toThrow(
      "budget of 'one' has 2 faults:\n" +
        "  'reservationMiB' must be at least the working set of 90, got 80\n" +
        "  'limitMiB' must be at least the reservation of 80, got 70",
    );
  });

  it("is refused at synth", () => {
    const stack = testStack();
    testRuntime(stack, { machine: { ...small, memoryMiB: 512 } }).budget.add("one", memory);
    expect(() => Testing.synth(stack, true)).toThrow(
      "'machine.memoryMiB' must be at least 548 for reservations of 100 MiB, got 512",
    );
  });
});

describe("the six servers and one chain on a t4g.small", () => {
  const stack = testStack();
  const runtime = testRuntime(stack, { machine: small });
  const context = (id: string) => ({ scope: stack, id, runtime });
  const url = "http://10.88.0.10:8545";
  new Prometheus(stack, "prometheus", {
    runtime,
    observations: [
      ...nodeExporter({}).create(context("node-exporter")),
      ...blackboxExporter({}).create(context("blackbox-exporter")),
      ...l2Exporter({ chains: [{ name: "my-chain", l1: { url }, l2: { url } }] }).create(
        context("l2-exporter"),
      ),
    ],
  });
  new Alertmanager(stack, "alertmanager", {
    runtime,
    receivers: [],
    routes: { P1: [], P2: [], P3: [], P4: [], heartbeat: [] },
  });
  const pushgateway = new Pushgateway(stack, "pushgateway", { runtime });
  new PushProxy(stack, "push-proxy", { runtime, pushgateway });

  // Servers that are still to come. Loki: anonymous memory and hot pages at 200 lines/s; Alloy: it thrashes below
  // 256 MiB. Grafana and Tempo are not measured yet, so everything up to their limit is set aside.
  runtime.budget.add("loki", {
    workingSetMiB: 180,
    reservationMiB: 184,
    limitMiB: 288,
    measured: "200 lines/s: 89 MiB anonymous and 91 MiB of hot file pages",
  });
  runtime.budget.add("alloy", {
    workingSetMiB: 256,
    reservationMiB: 256,
    limitMiB: 288,
    measured: "41 MiB anonymous; its program's pages must stay, 2.6 CPU s a minute at 256 MiB",
  });
  for (const [name, limitMiB] of [
    ["grafana", 320],
    ["tempo", 288],
  ] as const) {
    runtime.budget.add(name, {
      workingSetMiB: limitMiB,
      reservationMiB: limitMiB,
      limitMiB,
      measured: "not yet: the whole limit",
    });
  }

  it("fit", () => {
    expect(runtime.budget.overruns()).toEqual([]);
    expect(runtime.budget.total.reservationMiB).toBeLessThanOrEqual(1600);
    expect(runtime.budget.total.limitMiB).toBeLessThanOrEqual(3072);
  });

  it("are stated by every container, with its limit", () => {
    const json = JSON.parse(Testing.synth(stack, true)) as {
      resource: {
        docker_container: Record<string, { memory: number; memory_reservation: number }>;
      };
    };
    const sum = (of: "memory" | "memory_reservation") =>
      Object.values(json.resource.docker_container).reduce((n, one) => n + one[of], 0);
    const future = { limits: 288 + 288 + 320 + 288, reservations: 184 + 256 + 320 + 288 };
    expect(sum("memory") + future.limits).toBe(runtime.budget.total.limitMiB);
    expect(sum("memory_reservation") + future.reservations).toBe(
      runtime.budget.total.reservationMiB,
    );
  });
});
