import { z } from "zod";

/**
 * Why the defaults of some thresholds are what they are: the descriptions of their schemas, which the reference of
 * sources shows too.
 * @throws Error when one has none
 */
export function whyOf(...fields: readonly z.ZodType[]): string {
  return fields
    .map(({ description }) => {
      if (description === undefined) throw new Error("a threshold must say why, by describe()");
      return description;
    })
    .join(" ");
}

/** Why a start or a deployment is told for ten minutes. */
export const whyTenMinutes =
  "Ten minutes are as long as somebody who sees another alert looks back for its cause.";

/** What an environment may decide about the alerts on a host. */
export const hostFields = {
  /** Per cent of all cores, for 5 minutes; waiting for a disk is not work. */
  cpuPercent: z
    .number()
    .positive()
    .max(100)
    .default(80)
    .describe("At 80 % work waits four times as long as at 50 %."),
  /** Per cent that the kernel cannot free, for 5 minutes. */
  memoryPercent: z
    .number()
    .positive()
    .max(100)
    .default(90)
    .describe("The last tenth goes in one burst, and then a process is killed."),
  /** Per cent of the swap, for 15 minutes. */
  swapPercent: z
    .number()
    .positive()
    .max(100)
    .default(80)
    .describe("Less of it holds what nobody needs; a full one leaves no way but to kill."),
  /** Per cent of a disk at which somebody is told, for 5 minutes. */
  diskPercent: z
    .number()
    .positive()
    .max(100)
    .default(80)
    .describe("A fifth that is left gives time to clean up in business hours."),
  /** Per cent of a disk at which somebody is woken, for a minute. */
  diskCriticalPercent: z
    .number()
    .positive()
    .max(100)
    .default(95)
    .describe("A database that runs full while writing must be repaired."),
  /** Hours until a disk is full, at the pace of the last 6 hours and of the last 20 minutes, for 30 minutes. */
  diskHoursLeft: z
    .number()
    .positive()
    .max(1000)
    .default(24)
    .describe("A day is a night and a working day."),
  /** Per cent of a file system's inodes, for 5 minutes. */
  inodesPercent: z
    .number()
    .positive()
    .max(100)
    .default(90)
    .describe("Without one no file can be made, however much room there is."),
  /** Per cent of CPU time that the hypervisor gives to others, for 10 minutes. */
  stealPercent: z
    .number()
    .positive()
    .max(100)
    .default(10)
    .describe("So much is no neighbour's rush: on a burstable machine the credits are gone."),
  /** Seconds that the clock is off, for 5 minutes. */
  clockSkewSeconds: z
    .number()
    .positive()
    .max(3600)
    .default(0.05)
    .describe("Above 0.05 s spans of two hosts no longer nest in a trace."),
};

/** {@link hostFields} as an environment writes them. */
export const hostThresholds = z.strictObject(hostFields).prefault({});

/** Thresholds of a host with their defaults filled in. */
export type HostThresholds = z.output<typeof hostThresholds>;

/** What an environment may decide about requests that fail. Windows are 5 minutes. */
const failureFields = {
  /** Per cent of requests answered with 5xx, for 5 minutes. */
  errorPercent: z
    .number()
    .positive()
    .max(100)
    .default(1)
    .describe("It is ten times what an objective of 99.9 % allows."),
  /** Likewise, for 2 minutes, at which somebody is told within the hour. */
  errorHighPercent: z
    .number()
    .positive()
    .max(100)
    .default(10)
    .describe("One user in ten is turned away."),
  /** Likewise, for 1 minute, at which somebody is woken. */
  errorCriticalPercent: z
    .number()
    .positive()
    .max(100)
    .default(50)
    .describe("More fails than works."),
  /** Failed requests in 5 minutes below which no share counts. */
  minimumErrors: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(5)
    .describe("A handful of failures tells nobody: on a quiet service 1 of 2 is 50 %."),
};

/** What an environment may decide about requests that a service answers. Windows are 5 minutes. */
export const httpThresholds = {
  ...failureFields,
  /** Milliseconds within which 95 % of the requests are answered, for 5 minutes. */
  p95Milliseconds: z
    .number()
    .positive()
    .max(600_000)
    .default(500)
    .describe("From half a second on people notice."),
  /** Seconds within which 99 % of the requests are answered, for 2 minutes. */
  p99Seconds: z
    .number()
    .positive()
    .max(600)
    .default(5)
    .describe("After 5 s people and clients give up."),
  /** Requests in 5 minutes below which p95 says nothing; p99 needs five times as many. */
  minimumRequests: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(20)
    .describe("Of fewer than 20 requests p95 is the slowest one."),
  /** Requests a minute answered with 429. */
  overloadPerMinute: z
    .number()
    .positive()
    .max(10_000_000)
    .default(1000)
    .describe("So many are no single client that tries again too fast."),
};

/** Thresholds of a service's requests with their defaults filled in. */
export type HttpThresholds = z.output<z.ZodObject<typeof httpThresholds>>;

/** What an environment may decide about the requests in an nginx server's access log. */
export const accessLogThresholds = z.strictObject(failureFields).prefault({});

/** Thresholds of an access log with their defaults filled in. */
export type AccessLogThresholds = z.output<typeof accessLogThresholds>;

/** What an environment may decide about a Spring Boot application. */
export const springFields = {
  ...httpThresholds,
  /** Per cent of the largest heap, for 5 minutes. */
  heapPercent: z
    .number()
    .positive()
    .max(100)
    .default(80)
    .describe("A heap that a collection empties does not stay above 80 % for so long."),
  /** Milliseconds of one pause of the garbage collector. */
  gcPauseMilliseconds: z
    .number()
    .positive()
    .max(600_000)
    .default(500)
    .describe("It is as long as the slowest answer that p95 allows."),
  /** Threads that wait for a database connection, for a minute. */
  poolPending: z
    .int()
    .min(0)
    .max(100_000)
    .default(0)
    .describe("None should wait; a rush empties a pool for seconds only."),
};

/** {@link springFields} as an environment writes them. */
export const springThresholds = z.strictObject(springFields).prefault({});

/** Thresholds of a Spring Boot application with their defaults filled in. */
export type SpringThresholds = z.output<typeof springThresholds>;

/** What an environment may decide about certificates of probed addresses. */
export const certificateFields = {
  /** Days left at which somebody is told. */
  certificateDays: z
    .number()
    .positive()
    .max(3650)
    .default(30)
    .describe("Let's Encrypt renews at 30, so that less means that renewal fails."),
  /** Days left at which somebody must act at once. */
  certificateUrgentDays: z
    .number()
    .positive()
    .max(3650)
    .default(7)
    .describe("It is a weekend and the days to get a certificate by hand."),
};

/** {@link certificateFields} as an environment writes them. */
export const certificateThresholds = z.strictObject(certificateFields).prefault({});

/** Thresholds of certificates with their defaults filled in. */
export type CertificateThresholds = z.output<typeof certificateThresholds>;
