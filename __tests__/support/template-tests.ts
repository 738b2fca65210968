/** What Alertmanager hands to a template, and what the message must and must not say. */
export interface TemplateCase {
  readonly name: string;
  readonly data: object;
  readonly says: readonly string[];
  readonly saysNot: readonly string[];
  /** Most characters of the text. */
  readonly atMost: number;
}

type Labels = Readonly<Record<string, string>>;

const annotations: Labels = {
  summary: "A service does not answer",
  description: "b:2 of job <x> & y has not answered.",
  respond_within: "15 minutes",
  meaning: "No answer.",
  impact: "Blind.",
  steps: "1. `curl -v <address>`\n2. deploy",
  dashboard_url: "http://graph.invalid/graph?g0.expr=a&g0.tab=0",
  runbook_url: "http://runbooks.invalid/ServiceDown",
};

function alert(
  status: "firing" | "resolved",
  instance: string,
  given: Labels = annotations,
  alertname = "ServiceDown",
) {
  return {
    status,
    labels: { alertname, severity: "critical", instance },
    annotations: given,
    startsAt: "2026-11-21T00:00:00Z",
    endsAt: "2026-11-21T00:10:00Z",
    generatorURL: "",
  };
}

function group(status: "firing" | "resolved", alerts: readonly object[], commonLabels: Labels) {
  return {
    receiver: "critical",
    status,
    alerts,
    groupLabels: { alertname: commonLabels["alertname"] },
    commonLabels,
    commonAnnotations: {},
    externalURL: "http://alertmanager.invalid",
  };
}

const common: Labels = {
  alertname: "ServiceDown",
  severity: "critical",
  priority: "P1",
  environment: "local",
};

/** Cases for `amtool template render` of the title and the text. */
export const templateCases: readonly TemplateCase[] = [
  {
    name: "an alert that fires beside one that is over",
    data: group("firing", [alert("firing", "b:2"), alert("resolved", "a:1")], common),
    says: [
      "🔴 P1 ServiceDown (local)",
      "b:2 of job &lt;x&gt; &amp; y has not answered.",
      "`curl -v &lt;address&gt;`",
      "✅ A service does not answer (a:1): over since 00:10:00 UTC",
      "<http://graph.invalid/graph?g0.expr=a&g0.tab=0|Graph>",
      "<http://runbooks.invalid/ServiceDown|Runbook>",
    ],
    saysNot: ["resolved:", "<address>"],
    atMost: 800,
  },
  {
    name: "an alert that is over",
    data: group("resolved", [alert("resolved", "a:1")], common),
    says: ["✅ P1 resolved: ServiceDown (local)", "over since 00:10:00 UTC"],
    saysNot: ["Respond within", "|Graph>"],
    atMost: 200,
  },
  {
    name: "an operator's own rule with a severity and nothing else",
    data: group("firing", [alert("firing", "own:1", {})], {
      alertname: "ServiceDown",
      severity: "high",
    }),
    says: ["🟠 P2 ServiceDown", "*ServiceDown*\ninstance own:1\n<http", "|Silence>"],
    saysNot: ["Respond within", "|Graph>", "<no value>", "\n\n"],
    atMost: 250,
  },
  {
    name: "two hundred alerts",
    data: group(
      "firing",
      Array.from({ length: 200 }, (_, i) => alert("firing", `host-${i}:1`)),
      common,
    ),
    says: ["×200", "… 200 in all", "*Do:*", "|Runbook>"],
    saysNot: ["<no value>", "has not answered.\n*A service"],
    atMost: 1000,
  },
  {
    name: "two hundred alerts with long annotations, while others are over",
    data: group(
      "firing",
      Array.from({ length: 400 }, (_, i) =>
        alert(i < 200 ? "firing" : "resolved", `host-${i}:1`, {
          ...annotations,
          description: "d".repeat(400),
          meaning: "m".repeat(140),
          impact: "i".repeat(140),
          steps: "s".repeat(2000),
        }),
      ),
      common,
    ),
    says: ["d…", "s…", "… 200 in all", "… 200 over in all", "|Silence>"],
    saysNot: ["d".repeat(161), "s".repeat(901)],
    atMost: 3500,
  },
  {
    name: "several alerts whose names and annotations differ",
    data: group(
      "firing",
      [
        alert("firing", "a:1", { ...annotations, description: "a is down." }),
        alert("firing", "c:3", { summary: "The disk fills", impact: "It stops." }, "DiskFull"),
        alert("firing", "b:2", { ...annotations, description: "b is down.", impact: "Other." }),
      ],
      { severity: "critical", priority: "P1" },
    ),
    says: [
      "🔴 P1 several alerts ×3",
      "*A service does not answer*\n• a is down.\n• b is down.\n*Respond within:*",
      "*If nobody acts:* Blind.",
      "<http://alertmanager.invalid/#/alerts|Alerts>",
      "*The disk fills*\n• instance c:3\n*If nobody acts:* It stops.",
    ],
    saysNot: ["Other.", "<no value>", "in all"],
    atMost: 900,
  },
  {
    name: "labels and links that hold markup",
    data: group(
      "firing",
      [
        alert("firing", "<!channel>", {
          summary: "<!here> & more",
          dashboard_url: "http://graph.invalid/?a=1&b=<2>|3",
        }),
      ],
      { alertname: "A<B", severity: "info", chain: "<!channel>", environment: "a&b" },
    ),
    says: [
      "🔵 P4 A&lt;B on &lt;!channel&gt; (a&amp;b)",
      "*&lt;!here&gt; &amp; more*\ninstance &lt;!channel&gt;",
      "<http://graph.invalid/?a=1&b=%3C2%3E%7C3|Graph>",
      "%22A%3CB%22%7D|Silence>",
    ],
    saysNot: ["<!"],
    atMost: 400,
  },
];
