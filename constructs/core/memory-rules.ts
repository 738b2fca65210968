import type { RecordingRule } from "./alert";
import type { MemoryBudget } from "./budget";

const bytesPerMiB = 1024 ** 2;

/** Bytes that a container's program may take, by `figure`: `limit`, where the kernel stops it, and `planned`, its measured working set. */
export const memoryBudgetSeries = "observatory:memory_budget_bytes";

/** What a program takes now, by job and instance: Go's and our own programs say it alike, OpenTelemetry's otherwise. */
export const programMemory =
  "max by (job, instance) (process_resident_memory_bytes or otelcol_process_memory_rss)";

/** Records of a container's budget, with the labels by which its own series are known. */
export function memoryBudgetRules(
  { limitMiB, workingSetMiB }: MemoryBudget,
  labels: { readonly container: string; readonly job: string; readonly instance: string },
): readonly RecordingRule[] {
  return Object.entries({ limit: limitMiB, planned: workingSetMiB }).map(([figure, mebibytes]) => ({
    record: memoryBudgetSeries,
    expr: `vector(${String(mebibytes * bytesPerMiB)})`,
    labels: { ...labels, figure },
  }));
}
