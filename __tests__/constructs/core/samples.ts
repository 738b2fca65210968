import type { Alert, LogRuleGroup, RuleGroup } from "../../../constructs/core/alert";
import { Endpoint } from "../../../constructs/core/endpoint";
import type { DownAlert, Observation, Target } from "../../../constructs/core/observation";

const runbook = { meaning: "It is down.", impact: "Nothing works.", steps: ["Look.", "Start it."] };

/** A down alert. */
export const sampleDown: DownAlert = {
  name: "SampleDown",
  priority: "P1",
  for: "1m",
  summary: "The sample does not answer",
  runbook,
};

/** An alert. */
export const sampleAlert: Alert = {
  name: "SampleSlow",
  priority: "P3",
  expr: "sample_seconds > 5",
  for: "5m",
  summary: "The sample is slow",
  description: '{{ $labels.instance }} takes {{ $value | printf "%.1f" }} s.',
  runbook,
};

/** A group with that alert. */
export const sampleGroup: RuleGroup = {
  name: "sample",
  intervalSeconds: 15,
  rules: [{ record: "job:sample:sum", expr: "sum by (job) (sample)" }, sampleAlert],
};

/** A group of one alert on lines. */
export const sampleLogGroup: LogRuleGroup = {
  name: "sample",
  intervalSeconds: 10,
  alerts: [
    {
      name: "SampleBroken",
      priority: "P2",
      logql: 'sum by (chain) (count_over_time({service="sample"} |= "broken" [5m])) > 0',
      lines: '{service="sample"} |= "broken"',
      summary: "The sample is broken",
      description: '{{ $labels.chain }} said so {{ $value | printf "%.0f" }} times.',
      runbook,
    },
  ],
};

/** A scrape target of chain `a`. */
export function sampleTarget(props: Partial<Target> & { readonly host?: string } = {}): Target {
  const { host = "sample", ...rest } = props;
  return {
    endpoint: new Endpoint({ protocol: "metrics", host, port: 9000, path: "/metrics" }),
    labels: { chain: "a" },
    ...rest,
  };
}

/** An observation of the job `sample`. */
export function sampleObservation(props: Partial<Observation> = {}): Observation {
  return {
    job: "sample",
    targets: [sampleTarget()],
    scrape: { intervalSeconds: 15 },
    down: sampleDown,
    rules: [sampleGroup],
    ...props,
  };
}
