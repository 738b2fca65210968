import { z } from "zod";

/** What an environment may decide about the alerts on a host. */
export const hostThresholds = z
  .strictObject({
    /** Per cent of all cores, for 5 minutes. At 80 % work waits four times as long as at 50 %; waiting for a disk is not work. */
    cpuPercent: z.number().positive().max(100).default(80),
    /** Per cent that the kernel cannot free, for 5 minutes: the last tenth goes in one burst, and then a process is killed. */
    memoryPercent: z.number().positive().max(100).default(90),
    /** Per cent of the swap, for 15 minutes. Less of it holds what nobody needs; a full one leaves no way but to kill. */
    swapPercent: z.number().positive().max(100).default(80),
    /** Per cent of a disk at which somebody is told: there is time to clean up in business hours. */
    diskPercent: z.number().positive().max(100).default(80),
    /** Per cent of a disk at which somebody is woken: a database that runs full while writing must be repaired. */
    diskCriticalPercent: z.number().positive().max(100).default(95),
    /** Hours until a disk is full, at the pace of the last 6 hours and of the last 20 minutes, for 30 minutes: a day is a night and a working day. */
    diskHoursLeft: z.number().positive().max(1000).default(24),
    /** Per cent of a file system's inodes; without one no file can be made, however much room there is. */
    inodesPercent: z.number().positive().max(100).default(90),
    /** Per cent of CPU time that the hypervisor gives to others, for 10 minutes: on a burstable machine its credits are gone. */
    stealPercent: z.number().positive().max(100).default(10),
    /** Seconds that the clock is off, for 5 minutes. Above 0.05 s spans of two hosts no longer nest in a trace. */
    clockSkewSeconds: z.number().positive().max(3600).default(0.05),
  })
  .prefault({});

/** Thresholds of a host with their defaults filled in. */
export type HostThresholds = z.output<typeof hostThresholds>;

/** What an environment may decide about requests that a service answers. Windows are 5 minutes. */
export const httpThresholds = {
  /** Per cent of requests answered with 5xx, for 5 minutes: ten times what an objective of 99.9 % allows. */
  errorPercent: z.number().positive().max(100).default(1),
  /** Likewise, for 2 minutes, at which somebody is told within the hour: one user in ten is turned away. */
  errorHighPercent: z.number().positive().max(100).default(10),
  /** Likewise, for 1 minute, at which somebody is woken: more fails than works. */
  errorCriticalPercent: z.number().positive().max(100).default(50),
  /** Failed requests in 5 minutes below which no share counts: on a quiet service 1 of 2 is 50 %. */
  minimumErrors: z.int().min(1).max(1_000_000).default(5),
  /** Milliseconds within which 95 % of the requests are answered, for 5 minutes: from half a second on people notice. */
  p95Milliseconds: z.number().positive().max(600_000).default(500),
  /** Seconds within which 99 % of the requests are answered, for 2 minutes: after 5 s people and clients give up. */
  p99Seconds: z.number().positive().max(600).default(5),
  /** Requests in 5 minutes below which p95 says nothing: of fewer than 20 it is the slowest one. p99 needs five times as many. */
  minimumRequests: z.int().min(1).max(1_000_000).default(20),
  /** Requests a minute answered with 429: so many are no single client that tries again too fast. */
  overloadPerMinute: z.number().positive().max(10_000_000).default(1000),
};

/** Thresholds of a service's requests with their defaults filled in. */
export type HttpThresholds = z.output<z.ZodObject<typeof httpThresholds>>;

const { errorPercent, errorHighPercent, errorCriticalPercent, minimumErrors } = httpThresholds;

/** What an environment may decide about the requests in an nginx server's access log. */
export const accessLogThresholds = z
  .strictObject({ errorPercent, errorHighPercent, errorCriticalPercent, minimumErrors })
  .prefault({});

/** Thresholds of an access log with their defaults filled in. */
export type AccessLogThresholds = z.output<typeof accessLogThresholds>;

/** What an environment may decide about a Spring Boot application. */
export const springThresholds = z
  .strictObject({
    ...httpThresholds,
    /** Per cent of the largest heap, for 5 minutes: a heap that a collection empties does not stay above 80 % for so long. */
    heapPercent: z.number().positive().max(100).default(80),
    /** Milliseconds of one pause of the garbage collector: as long as the slowest answer that p95 allows. */
    gcPauseMilliseconds: z.number().positive().max(600_000).default(500),
    /** Threads that wait for a database connection, for a minute: none should; a rush empties a pool for seconds only. */
    poolPending: z.int().min(0).max(100_000).default(0),
  })
  .prefault({});

/** Thresholds of a Spring Boot application with their defaults filled in. */
export type SpringThresholds = z.output<typeof springThresholds>;

/** What an environment may decide about certificates of probed addresses. */
export const certificateThresholds = z
  .strictObject({
    /** Days left at which somebody is told: Let's Encrypt renews at 30, so that less means that renewal fails. */
    certificateDays: z.number().positive().max(3650).default(30),
    /** Days left at which somebody must act at once: a weekend and the days to get a certificate by hand. */
    certificateUrgentDays: z.number().positive().max(3650).default(7),
  })
  .prefault({});

/** Thresholds of certificates with their defaults filled in. */
export type CertificateThresholds = z.output<typeof certificateThresholds>;
