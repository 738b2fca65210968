import type { Alert, Priority, RecordingRule, RuleGroup, Runbook } from "../core/alert";
import { burns, latencySeries, seconds, windows, type Burn } from "./burns";
import { sloPanel } from "./dashboard";
import { budgetDays, type Slo } from "./schema";

/** Seconds between two evaluations; a sum over recorded rates times this is a number of events. */
const everySeconds = 30;

/** Where a kind of program counts its requests. Its own status pages are no requests of users. */
const histograms = {
  "spring-boot": { metric: "http_server_requests_seconds", users: 'uri!~"/actuator.*"' },
  axum: { metric: "axum_http_requests_duration_seconds", users: 'endpoint!~"/(metrics|health.*)"' },
} as const satisfies Record<Slo["requests"], object>;

/** One promise about one service. */
interface Objective {
  /** Label `slo`. */
  readonly slo: "availability" | "errors" | "latency";
  /** Share that may be bad, from 0 to 1. */
  readonly budget: number;
  /** PromQL: good and bad events a second. */
  readonly events: string;
  /** PromQL: bad events a second. */
  readonly bad: string;
  /** Bad events below which nobody is told. */
  readonly least: (burn: Burn) => number;
  /** Rules of its own, which nothing depends on. */
  readonly more: readonly RecordingRule[];
  readonly alert: string;
  /** What the long window shows, with values. */
  readonly told: string;
  readonly runbook: Runbook;
}

/** A number as PromQL reads it, without the noise of binary fractions. */
function number(value: number): string {
  return String(Number(value.toPrecision(12)));
}

/** The label `le` of a bucket: Prometheus writes whole numbers with a fraction. */
function bucket(milliseconds: number): string {
  const le = milliseconds / 1000;
  return Number.isInteger(le) ? le.toFixed(1) : String(le);
}

function selector({ service }: Slo, { slo }: Pick<Objective, "slo">): string {
  return `{service="${service}", slo="${slo}"}`;
}

function rate(series: string): string {
  return `sum(rate(${series}[5m]))`;
}

/** Without failures a program has no series of them. */
function orNone(bad: string, events: string): string {
  return `${bad} or ${events} * 0`;
}

const spent =
  "At this pace the budget of 30 days is gone before the month is over, and the promise is broken.";

function availability(slo: Slo): Objective {
  const of = `{job="${slo.requests}", service="${slo.service}"}`;
  // A target that is expected and has no series counts as down.
  const answering = (range: string) =>
    `avg(avg_over_time(up${of}[${range}]) or on (job, instance) observatory:expected_target${of} * 0)`;
  const budget = 1 - slo.availabilityPercent / 100;
  return {
    slo: "availability",
    budget,
    bad: `1 - ${answering("5m")}`,
    events: `${answering("5m")} * 0 + 1`,
    // Seconds, by the whole window: minutes after a first deployment the window holds hardly anything else.
    least: ({ times, long }) => times * budget * seconds[long],
    more: [
      {
        record: "slo:availability:avg1d",
        expr: answering("1d"),
        labels: { service: slo.service },
      },
    ],
    alert: "SloAvailabilityBurn",
    told: "{{ $labels.service }} did not answer for {{ $value | humanizePercentage }} of the time",
    runbook: {
      meaning:
        "The targets of a service answer so seldom that its promise of availability is spent faster than it may be.",
      impact: spent,
      steps: [
        "When was it away? Open the graph of the alert, then `up` of the service over a day.",
        "Many short gaps are restarts: what ended the process? Read its log before each start, and the kernel's for `Out of memory`.",
        "One long gap is an outage that ServiceDown told; find out why nobody ended it sooner.",
        "Is the budget nearly gone? Ask `slo:error_budget:percent30d`; then leave out what is risky until it has recovered.",
      ],
    },
  };
}

function errors(slo: Slo): Objective {
  const { metric, users } = histograms[slo.requests];
  const of = `job="${slo.requests}", service="${slo.service}", ${users}`;
  const events = rate(`${metric}_count{${of}}`);
  return {
    slo: "errors",
    budget: slo.errorPercent / 100,
    events,
    bad: orNone(rate(`${metric}_count{${of}, status=~"5.."}`), events),
    least: () => slo.leastBadRequests,
    more: [],
    alert: "SloErrorsBurn",
    told: "{{ $value | humanizePercentage }} of the requests to {{ $labels.service }} failed",
    runbook: {
      meaning:
        "A service answers so many requests with a status of 500 and more that its promise is spent faster than it may be.",
      impact: spent,
      steps: [
        "Which requests fail, and since when? Group the graph of the alert by path and status.",
        "Did it begin with a deployment? Then go back to the version before.",
        "Read the log of the service for the first error, and follow a trace of a failed request to the program that fails.",
        "Is the budget nearly gone? Ask `slo:error_budget:percent30d`; then leave out what is risky until it has recovered.",
      ],
    },
  };
}

function latency(slo: Slo): Objective[] {
  if (slo.latency === false) return [];
  const { percent, milliseconds } = slo.latency;
  const { metric, users } = histograms[slo.requests];
  const of = `job="${slo.requests}", service="${slo.service}", ${users}`;
  const fast = rate(`${metric}_bucket{${of}, le="${bucket(milliseconds)}"}`);
  const buckets = `sum by (le) (rate(${metric}_bucket{${of}}[5m]))`;
  return [
    {
      slo: "latency",
      budget: 1 - percent / 100,
      // Nothing where the bucket is missing: requests that nobody can measure are not slow.
      events: `${rate(`${metric}_count{${of}}`)} and ${fast}`,
      bad: `${rate(`${metric}_count{${of}}`)} - ${fast}`,
      least: () => slo.leastBadRequests,
      more: [
        {
          record: latencySeries(percent),
          expr: `histogram_quantile(${number(percent / 100)}, ${buckets})`,
          labels: { service: slo.service },
        },
      ],
      alert: "SloLatencyBurn",
      told: `{{ $value | humanizePercentage }} of the requests to {{ $labels.service }} took longer than ${String(milliseconds)} ms`,
      runbook: {
        meaning:
          "So many requests are slower than promised that the promise is spent faster than it may be.",
        impact: spent,
        steps: [
          "Which requests are slow, and since when? Group the graph of the alert by path.",
          "Is the host short of CPU or memory, or does the program collect garbage? Look at both at the time when it began.",
          "What does it wait for? Follow a slow trace: database, another service, a pool without a free connection.",
          "Did it begin with a deployment, or with more requests? Go back to the version before, or add capacity.",
        ],
      },
    },
  ];
}

function records(slo: Slo, objective: Objective): RecordingRule[] {
  const { bad, events, budget, more } = objective;
  const labels = { service: slo.service, slo: objective.slo };
  const of = selector(slo, objective);
  // Sums of both sides, so that a request counts the same whether few or many came with it.
  const ratio = (window: string) =>
    `sum_over_time(slo:bad_events:rate5m${of}[${window}]) / (sum_over_time(slo:events:rate5m${of}[${window}]) > 0)`;
  return [
    { record: "slo:events:rate5m", expr: events, labels },
    { record: "slo:bad_events:rate5m", expr: bad, labels },
    ...windows.map((window) => ({
      record: `slo:bad_ratio:rate${window}`,
      expr:
        window === "5m"
          ? `slo:bad_events:rate5m${of} / (slo:events:rate5m${of} > 0)`
          : ratio(window),
      labels,
    })),
    {
      record: "slo:error_budget:percent5m",
      expr: `(1 - slo:bad_ratio:rate5m${of} / ${number(budget)}) * 100`,
      labels,
    },
    ...more,
  ];
}

function budgetRecords(slo: Slo, objective: Objective): RecordingRule[] {
  const labels = { service: slo.service, slo: objective.slo };
  const of = selector(slo, objective);
  const days = `${String(budgetDays)}d`;
  return [
    {
      record: `slo:bad_ratio:rate${days}`,
      expr: `sum_over_time(slo:bad_events:rate5m${of}[${days}]) / (sum_over_time(slo:events:rate5m${of}[${days}]) > 0)`,
      labels,
    },
    {
      record: `slo:error_budget:percent${days}`,
      expr: `(1 - slo:bad_ratio:rate${days}${of} / ${number(objective.budget)}) * 100`,
      labels,
    },
  ];
}

function burnAlert(
  slo: Slo,
  objective: Objective,
  tier: "page" | "ticket",
  priority: Priority,
): Alert {
  const of = selector(slo, objective);
  const { budget, least } = objective;
  const budgetOf = objective.slo === "errors" ? "error" : objective.slo;
  const burning = burns[tier].map((burn) => {
    const limit = number(burn.times * budget);
    const counted = `sum_over_time(slo:bad_events:rate5m${of}[${burn.long}]) * ${String(everySeconds)}`;
    return `(slo:bad_ratio:rate${burn.long}${of} > ${limit} and slo:bad_ratio:rate${burn.short}${of} > ${limit} and ${counted} >= ${number(least(burn))})`;
  });
  const pace = burns[tier]
    .map(({ times, long }) =>
      times === 1
        ? `faster than it may over ${long}`
        : `${String(times)} times as fast as it may over ${long}`,
    )
    .join(", or ");
  return {
    name: objective.alert,
    priority,
    expr: burning.join(" or "),
    summary:
      tier === "page"
        ? `The ${budgetOf} budget of a service burns fast`
        : `The ${budgetOf} budget of a service burns`,
    description: `${objective.told}; at most ${number(budget * 100)} % are promised. The budget goes ${pace}.`,
    why: `${pace}: ${tier === "page" ? "2 and 5" : "10"} % of a month's budget are gone then (SRE workbook, chapter 5). Bad events below a floor tell nobody, so that one failure at night is no incident.`,
    labels: { tier },
    graph: `slo:bad_ratio:rate1h${of}`,
    panel: sloPanel(objective.slo),
    runbook: objective.runbook,
  };
}

/** An objective that nothing measures looks kept. */
function unmeasured(slo: Slo): Alert[] {
  if (slo.latency === false) return [];
  const { metric } = histograms[slo.requests];
  const le = bucket(slo.latency.milliseconds);
  return [
    {
      name: "SloLatencyUnmeasured",
      priority: "P3",
      expr: `max by (service) (up{service="${slo.service}"} == 1) unless on (service) sum by (service) (${metric}_bucket{service="${slo.service}", le="${le}"})`,
      for: "1h",
      summary: "The speed of a service is promised and not measured",
      description: `{{ $labels.service }} is up, but ${metric} has had no bucket le="${le}" for an hour.`,
      graph: `sum by (service) (${metric}_bucket{service="${slo.service}", le="${le}"})`,
      panel: sloPanel("latency"),
      runbook: {
        meaning:
          "The histogram of the service has no bucket that ends where a request counts as slow, or nobody has asked the service since it started.",
        impact: "However slow the service becomes, its promise looks kept and nobody is told.",
        steps: [
          "Which buckets are there? `curl` the service's metrics page and look for `_bucket`.",
          "Spring Boot: set `management.metrics.distribution.slo.http.server.requests` to the milliseconds of the objective, and deploy.",
          "axum: build the exporter with a bucket there, or choose a limit that has one, such as 250, 500 or 1000.",
          "Nothing to measure: set `latency: false` in the service's entry of `slos`, and deploy.",
        ],
      },
    },
  ];
}

/**
 * Recording rules and alerts of what one service promises: budgets, and their burn over several windows at once.
 * Nothing is recorded in which there were no requests, and nothing fires then.
 */
export function sloRules(slo: Slo): readonly RuleGroup[] {
  const objectives = [availability(slo), errors(slo), ...latency(slo)];
  return [
    {
      name: `slo.${slo.service}`,
      intervalSeconds: everySeconds,
      rules: [
        ...objectives.flatMap((objective) => records(slo, objective)),
        ...objectives.flatMap((objective) => [
          burnAlert(slo, objective, "page", slo.pagePriority),
          burnAlert(slo, objective, "ticket", "P3"),
        ]),
        ...unmeasured(slo),
      ],
    },
    {
      // A month of samples is read every time.
      name: `slo-budget.${slo.service}`,
      intervalSeconds: 300,
      rules: objectives.flatMap((objective) => budgetRecords(slo, objective)),
    },
  ];
}
