import { Endpoint } from "../../../constructs/core/endpoint";
import type { Job } from "../../../constructs/core/observation";
import { serviceDown } from "../../../constructs/core/service-down";
import { memoryGroup } from "../../../constructs/prometheus/memory";

const memory = { reservationMiB: 2, workingSetMiB: 1, limitMiB: 4, measured: "a test" };
const budget = ["cache-exporter", "gateway"].map((service) => ({ service, memory, diskGiB: 0 }));
const at = (host: string) => new Endpoint({ protocol: "metrics", host, port: 80 });
const job = (...targets: Job["targets"]): Job => ({
  job: "sample",
  scrape: { intervalSeconds: 15 },
  down: serviceDown,
  targets,
});

test("a container's budget has the labels of its own series", () => {
  const { rules } = memoryGroup(budget, [
    job({ endpoint: at("cache-exporter"), instance: "cache:6379" }),
  ]);
  const labels = { container: "cache-exporter", job: "sample", instance: "cache:6379" };
  expect(rules).toEqual([
    {
      record: "observatory:memory_budget_bytes",
      expr: "vector(4194304)",
      labels: { ...labels, figure: "limit" },
    },
    {
      record: "observatory:memory_budget_bytes",
      expr: "vector(1048576)",
      labels: { ...labels, figure: "planned" },
    },
  ]);
});

test("where another service answers for it, the budget is of the one that is told about", () => {
  const { rules } = memoryGroup(budget, [job({ endpoint: at("proxy"), process: "gateway" })]);
  expect(rules).toMatchObject([
    { labels: { container: "gateway", instance: "proxy:80" } },
    { labels: { container: "gateway", instance: "proxy:80" } },
  ]);
});

test("what runs elsewhere has no budget, nor has what a probe asks", () => {
  const { rules } = memoryGroup(budget, [
    job({ endpoint: at("elsewhere") }, { endpoint: at("gateway"), params: { target: "x" } }),
  ]);
  expect(rules).toEqual([]);
});
