import type { RuleGroup } from "../core/alert";
import type { DownAlert } from "../core/observation";
import { platformDown } from "../core/house-boards";
import { newFailures } from "../core/promql";
import { aMinuteAway } from "../core/service-down";
import { onTracesBoard } from "../core/trace-board";

/** The alert for Jaeger itself. */
export const jaegerDown: DownAlert = {
  name: "JaegerDown",
  priority: "P2",
  for: "1m",
  summary: "Jaeger does not answer",
  panel: platformDown,
  why: aMinuteAway,
  runbook: {
    meaning: "Jaeger, which keeps the traces, does not answer Prometheus.",
    impact: "No trace can be looked up, and what senders cannot hold back is lost.",
    steps: [
      "Look at the container: `docker ps -a --filter name=jaeger`, then `docker logs --tail 100 <container>`.",
      "Killed for memory (exit code 137)? Sample traces, or raise its memory.",
      "`no space left on device`? `df -h` on the host, then a shorter retention or a larger disk.",
    ],
  },
};

/** Refused spans, and spans that cannot be stored. */
export function jaegerRules(job: string): RuleGroup {
  const of = `{job="${job}"}`;
  const by = ["job", "instance"];
  const refused = newFailures(`otelcol_receiver_refused_spans${of}`, by);
  const unstored = newFailures(`otelcol_exporter_send_failed_spans${of}`, by);
  return {
    name: job,
    intervalSeconds: 15,
    rules: [
      {
        name: "JaegerSpansRefused",
        priority: "P2",
        expr: `${refused} > 0`,
        for: "1m",
        summary: "Jaeger refuses spans",
        why: "Any refusal counts: within what is planned for there is none. For a minute, since senders try again and lose nothing in a short rush.",
        description:
          'Jaeger at {{ $labels.instance }} refused {{ $value | printf "%.0f" }} spans in 5 minutes.',
        graph: refused,
        panel: onTracesBoard(job, "refused"),
        runbook: {
          meaning: "Jaeger is at its memory limit and tells senders to come again.",
          impact: "Senders hold spans back for a while, then they drop them: traces have holes.",
          steps: [
            "Who sends so much? Jaeger's page lists services; a loop or a load test shows at once.",
            "Sample in the application (OTEL_TRACES_SAMPLER_ARG), or turn on tail sampling of the collector.",
            "If all of it is wanted, raise memory_limiter in assets/jaeger/jaeger.yaml and the container's limit.",
          ],
        },
      },
      {
        name: "JaegerSpansNotStored",
        priority: "P2",
        expr: `${unstored} > 0`,
        for: "1m",
        summary: "Jaeger cannot store spans",
        why: "Any span counts: what was not stored is lost. For a minute, so that one scrape alone decides nothing.",
        description:
          'Jaeger at {{ $labels.instance }} could not store {{ $value | printf "%.0f" }} spans in 5 minutes.',
        graph: unstored,
        panel: onTracesBoard(job, "refused"),
        runbook: {
          meaning: "Writing to Badger, the store on Jaeger's volume, fails.",
          impact: "These spans are lost.",
          steps: [
            "Read the log: `docker logs --tail 100 <jaeger container>`; it names the error.",
            "No space left? `df -h` on the host; shorten the retention or enlarge the disk.",
          ],
        },
      },
    ],
  };
}
