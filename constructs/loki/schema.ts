import { z } from "zod";
import { show, type Fault } from "../core/errors";
import { matching } from "../core/schema";

const day = matching(
  /^20\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/,
  "a day such as '2024-01-01'",
);

const earlierPeriod = z.strictObject({
  /** The first day, in UTC, whose lines were written so. */
  from: day,
  store: z.enum(["tsdb", "boltdb-shipper"]),
  schema: z.enum(["v11", "v12", "v13"]),
  indexPrefix: matching(/^[a-z0-9_-]+$/, "an index prefix such as 'index_'").default("index_"),
});

/** What an environment may write under `logs`. */
export const logsSchema = z.strictObject({
  /** Lines older than this are deleted. */
  retentionDays: z.int().min(1).max(365).default(15),
  /**
   * Disk set aside for lines, in GiB. Loki has no retention by size: it refuses lines once the disk is 85 % full. With
   * S3 it is the write-ahead log's.
   */
  diskGiB: z.number().min(0.5).max(16_384).default(4),
  /** Where lines are kept. S3 is reached with the machine's role: no key is written anywhere. */
  storage: z
    .discriminatedUnion("type", [
      z.strictObject({ type: z.literal("filesystem") }),
      z.strictObject({
        type: z.literal("s3"),
        bucket: matching(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "the name of an S3 bucket"),
        region: matching(/^[a-z]{2}(-[a-z]+)+-\d$/, "an AWS region such as 'eu-central-1'"),
      }),
    ])
    .prefault({ type: "filesystem" }),
  /** How lines are indexed; what was written earlier stays readable. */
  schema: z
    .strictObject({
      /** First day of the present period (tsdb, v13): with earlier ones, a day that was still to come when they ended. */
      from: day.default("2024-01-01"),
      /** Periods of a Loki whose volume or bucket is taken over, the oldest first. */
      earlier: z.array(earlierPeriod).default([]),
    })
    .prefault({}),
  /** What is more is refused, and LokiIngestionRejected says so. */
  limits: z
    .strictObject({
      /** Lines and their metadata, in MB per second over all streams; twice as much for a moment. */
      ingestionMBPerSecond: z.number().min(0.1).max(100).default(1),
      /** Sets of label values at a time. */
      streams: z.int().min(10).max(100_000).default(500),
    })
    .prefault({}),
  /** Lines of level error and worse in 5 minutes, per service and chain, above which LogErrorBurst fires. */
  errorBurst: z.int().min(1).max(1_000_000).default(100),
});

/** How logs are kept, as an environment writes it. */
export type LogsInput = z.input<typeof logsSchema>;

/** How logs are kept, checked and with defaults filled in. */
export type Logs = z.output<typeof logsSchema>;

/** Periods that are not in order. `field` is where the schema stands. */
export function schemaFaults({ from, earlier }: Logs["schema"], field: string): Fault[] {
  return earlier.flatMap((period, i) => {
    const next = earlier[i + 1];
    const until = next?.from ?? from;
    if (period.from < until) return [];
    const name = next === undefined ? "from" : `earlier[${String(i + 1)}].from`;
    return [
      {
        field: `${field}.earlier[${String(i)}].from`,
        allowed: `before '${field}.${name}', ${show(until)}`,
        got: show(period.from),
      },
    ];
  });
}
