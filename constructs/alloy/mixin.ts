import { onlyInhibitsLabel, type Alert, type RecordingRule, type RuleGroup } from "../core/alert";
import type { DownAlert, Leg, Observation } from "../core/observation";
import { memoryBudgetRules } from "../core/memory-rules";
import { newFailures } from "../core/promql";
import { agentsRow, agentSpanRows, onAgents } from "./dashboard";
import { agentMemory } from "./memory";
import { agentJob, hostOf, modulesOf, type Agent } from "./schema";

/** The alert of last resort for an agent: AgentSilent comes first. */
const agentDown: DownAlert = {
  name: "AgentDown",
  priority: "P2",
  for: "1m",
  summary: "An agent's own metrics are missing",
  panel: onAgents("heard"),
  why: "AgentSilent tells the same sooner; this one is left for an agent whose name changed.",
  inhibitedBy: ["AgentSilent"],
  runbook: {
    meaning: "The agent is expected, and nothing about it has been known for minutes.",
    impact: "What this agent collects is not seen, and alerts on it are blind.",
    steps: ["Go on as for AgentSilent."],
  },
};

/** A series that an agent pushes, and that must be there while the agent speaks. */
interface Pushed {
  readonly job: string;
  readonly instance: string;
  readonly service?: string;
}

/** What an agent scrapes, as the platform sees it. */
export function pushedBy(agent: Agent): readonly Pushed[] {
  return [
    ...modulesOf(agent, "host").map(() => ({ job: "node-exporter", instance: hostOf(agent) })),
    ...modulesOf(agent, "spring").map(({ service, host, port }) => ({
      job: "spring-boot",
      instance: `${host}:${String(port)}`,
      service,
    })),
    ...modulesOf(agent, "nginx").map(({ service, host, port }) => ({
      job: "nginx-exporter",
      instance: `${host}:${String(port)}`,
      service,
    })),
    ...modulesOf(agent, "probes").flatMap(({ probes }) =>
      probes.map(({ name, target }) => ({ job: "probe", instance: target, service: name })),
    ),
  ];
}

const expected = "observatory:expected_target";

/** Expected while the agent speaks: its silence is one alert, not one for each of its targets. */
function expectedWhileHeard(
  heard: string,
  { job, instance, service }: Pushed,
  agent: string,
): RecordingRule {
  return {
    record: expected,
    expr: `vector(1) and on () ${heard}`,
    labels: { job, instance, agent, ...(service === undefined ? {} : { service }) },
  };
}

const steps = {
  log: "Read the agent's log on its host: `docker logs --tail 100 $(docker ps -aqf label=l2-observatory.service=alloy)`.",
};

/** Alerts about every agent alike; their labels say which. */
function agentAlerts(): readonly Alert[] {
  const of = `{job!="${agentJob}", agent!=""}`;
  const own = `{job="${agentJob}"}`;
  // What Prometheus scrapes too under this job has an alert of the job's own, which sees these targets as well.
  const alertedElsewhere = `unless on (job) ${expected}{agent=""}`;
  const lost = [
    newFailures(`loki_write_dropped_entries_total${own}`, ["agent"]),
    newFailures(`prometheus_remote_storage_samples_failed_total${own}`, ["agent"]),
    newFailures(`otelcol_exporter_send_failed_spans_total${own}`, ["agent"]),
  ].map((one) => `${one} > 0`);
  return [
    {
      name: "AgentSilent",
      priority: "P1",
      expr: `${expected}${own} unless on (agent) count by (agent) (count_over_time(up${own}[1m]))`,
      for: "1m",
      summary: "An agent says nothing",
      why: "An agent writes every 15 seconds. A minute without four of them, for another minute, is longer than the restart of a deployment takes.",
      description: "Nothing has come from the agent {{ $labels.agent }} for 2 minutes.",
      graph: `count_over_time(up${own}[1m])`,
      panel: onAgents("heard"),
      runbook: {
        meaning:
          "The agent on this host writes its own metrics every 15 seconds, and they stopped to arrive. It does not run, or the way to the platform is cut.",
        impact:
          "Nothing that this host does is seen, and no alert on it can fire. The agent keeps what it collects on its disk: lines for about 2 hours, metrics for 8; then the oldest are lost.",
        steps: [
          "Can the host be reached? `ping <its address in the tunnel>`; on the platform's host `wg show` says when its peer was last heard.",
          "Does the agent run? On its host: `docker ps -a --filter label=l2-observatory.service=alloy`.",
          steps.log,
          "If a new platform address was deployed, deploy the agent's stack again.",
        ],
      },
    },
    {
      name: "AgentTargetDown",
      priority: "P1",
      expr: `(up${of} == 0 or (${expected}${of} unless on (job, instance, agent) up${of})) ${alertedElsewhere}`,
      for: "1m",
      summary: "A service does not answer the agent of its host",
      why: "As for what Prometheus scrapes itself: a service that is started again answers within a minute.",
      description:
        "{{ $labels.instance }} of job {{ $labels.job }} has not answered the agent {{ $labels.agent }} for 1m.",
      graph: `up${of}`,
      panel: onAgents("down"),
      inhibitedBy: ["AgentSilent"],
      runbook: {
        meaning:
          "The agent runs, and one of the addresses that it must scrape on its host gives no answer, or is not scraped at all.",
        impact: "What this service does may not be done, and nothing about it is measured.",
        steps: [
          "On the agent's host, ask the instance that the alert names: `curl http://<instance>/actuator/health` or `/metrics`.",
          "Look at the service's container: `docker ps -a` and `docker logs --tail 100 <container>`.",
          steps.log,
          "If the target is gone on purpose, remove it from the agent's modules and deploy.",
        ],
      },
    },
    {
      name: "AgentProbeFailed",
      priority: "P1",
      expr: `probe_success${of} == 0 ${alertedElsewhere}`,
      for: "1m",
      summary: "An address does not answer the agent's probe as it should",
      why: "Four probes in a row: one that fails may be the network's.",
      description:
        "{{ $labels.service }} at {{ $labels.instance }} has failed the probe of the agent {{ $labels.agent }} for a minute.",
      graph: `probe_success${of}`,
      inhibitedBy: ["AgentSilent"],
      panel: onAgents("probes"),
      runbook: {
        meaning:
          "The address was asked every 15 seconds from the agent's host and did not give the expected answer.",
        impact: "Whoever uses this address is probably cut off.",
        steps: [
          "Ask it yourself from that host: `curl -v <address>`.",
          "An HTTPS address: is its certificate still valid?",
        ],
      },
    },
    {
      name: "AgentLosesData",
      priority: "P2",
      expr: lost.join(" or "),
      for: "1m",
      summary: "An agent lost data that the platform did not take",
      why: "Any line, sample or span counts: the agent tried again until it was refused for good.",
      description:
        'The agent {{ $labels.agent }} gave up {{ $value | printf "%.0f" }} lines, samples or spans in 5 minutes.',
      graph: `rate(loki_write_dropped_entries_total${own}[5m])`,
      panel: onAgents("lost"),
      inhibitedBy: ["AgentSilent"],
      runbook: {
        meaning:
          "The platform refused what the agent sent, for good: lines too old or with too many labels, samples out of order, or spans for half an hour.",
        impact: "This data is lost; what comes after it may be lost too.",
        steps: [
          `${steps.log} It names the answer.`,
          "Lines: does LokiIngestionRejected fire? Its reason says which limit.",
          "Metrics: `out of order` means that two agents have one name.",
          "Traces: is the trace store up?",
        ],
      },
    },
    {
      name: "AgentComponentUnhealthy",
      priority: "P3",
      expr: `sum by (agent, health_type) (alloy_component_controller_running_components{job="${agentJob}", health_type!="healthy"}) > 0`,
      for: "5m",
      summary: "A part of an agent does not work",
      why: "5 minutes: a module waits for what it reads, such as a proxy that starts after it.",
      description:
        '{{ $value | printf "%.0f" }} components of the agent {{ $labels.agent }} are {{ $labels.health_type }}.',
      panel: onAgents("unhealthy"),
      runbook: {
        meaning: "The agent runs, but one of its modules failed or stopped.",
        impact: "What this module collects is missing, while everything else arrives.",
        steps: [
          steps.log,
          "docker-logs: does the socket proxy answer? probes: is the file of modules sound? otlp: is a port taken?",
        ],
      },
    },
  ];
}

const stale = "observatory:agent_stale";

/**
 * Services on a dead host stop to answer a minute before AgentSilent fires: this keeps them silent until then. It tells
 * nobody, and gives up after 3 minutes: an agent whose data always comes late must not hide its host for ever.
 */
const agentStale: Alert = {
  name: "AgentStale",
  priority: "P4",
  expr: `${stale} unless on (agent) ${stale} offset 3m`,
  summary: "An agent is late; nobody is told yet",
  description: "Nothing has come from the agent {{ $labels.agent }} for 30 seconds.",
  graph: `count_over_time(up{job="${agentJob}"}[30s])`,
  labels: { [onlyInhibitsLabel]: "true" },
  why: "An agent writes every 15 seconds, so two are missing after 30. A service that is scraped on its host is told down after a minute, and must not be told before its host.",
  runbook: {
    meaning:
      "The agent's own metrics are late. If it stays silent, AgentSilent is told after 2 minutes; until then nothing is told about what is scraped on its host.",
    impact: "None by itself.",
    steps: ["Wait for AgentSilent. If it does not come, the agent only was late."],
  },
};

const agentRules: RuleGroup = {
  name: "agent",
  intervalSeconds: 15,
  rules: [
    {
      record: stale,
      expr: `${expected}{job="${agentJob}"} unless on (agent) count by (agent) (count_over_time(up{job="${agentJob}"}[30s]))`,
    },
    agentStale,
    ...agentAlerts(),
  ],
};

/**
 * That lines arrive where somebody asks for them. An agent that reads containers' lines sends at least one a minute, from
 * the proxy before its engine's socket: silence is a fault, not quiet.
 */
const logLeg: Leg = {
  name: "log-ingestion",
  works:
    'sum(increase(loki_request_duration_seconds_count{job="loki", route="loki_api_v1_push", status_code="204"}[3m])) > 0',
};

/** What there is to watch about an agent, wherever it runs: it pushes, so there is nothing to scrape. */
export function agentObservation(agent: Agent): Observation {
  const name = agent.agent;
  const heard = `(count(count_over_time(up{job="${agentJob}", agent="${name}"}[1m])) > 0)`;
  const group: RuleGroup = {
    name: `agent.${name}`,
    intervalSeconds: 15,
    rules: [
      {
        record: expected,
        expr: "vector(1)",
        labels: { job: agentJob, instance: name, agent: name },
      },
      ...pushedBy(agent).map((one) => expectedWhileHeard(heard, one, name)),
      ...memoryBudgetRules(agentMemory, { container: "alloy", job: agentJob, instance: name }),
    ],
  };
  return {
    job: agentJob,
    targets: [],
    scrape: { intervalSeconds: 15 },
    down: agentDown,
    rules: [agentRules, group],
    boards: [agentsRow, ...(modulesOf(agent, "otlp").length === 0 ? [] : agentSpanRows)],
    ...(modulesOf(agent, "docker-logs").length === 0 ? {} : { legs: [logLeg] }),
  };
}
