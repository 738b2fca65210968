/** A channel's message, or a part of it that has a limit of its own. */
export interface MessageForm {
  /** As a receiver of the rendered configuration states it. */
  readonly template: string;
  /** How Alertmanager executes it: Telegram's and the mail's pages escape by themselves. */
  readonly type: "text" | "html";
  /** Most characters that the platform takes, or that a person reads. */
  readonly atMost: number;
}

const own = (name: string): string => `{{ template "l2o.${name}" . }}`;

/** Every form of a message. */
export const messageForms = {
  slack: {
    template: `${own("title")}\n${own("slack.message")}`,
    type: "text",
    atMost: 3000,
  },
  mention: { template: own("discord.mention"), type: "text", atMost: 2000 },
  discordTitle: { template: own("title"), type: "text", atMost: 256 },
  discord: { template: own("discord.message"), type: "text", atMost: 4096 },
  telegram: { template: own("telegram.message"), type: "html", atMost: 4096 },
  mail: { template: own("email.text"), type: "text", atMost: 200_000 },
  page: { template: own("email.html"), type: "html", atMost: 700_000 },
} as const satisfies Readonly<Record<string, MessageForm>>;

/** Name of a form of a message. */
export type FormName = keyof typeof messageForms;

/** What Alertmanager hands to a template, and what the messages must and must not say. */
export interface TemplateCase {
  readonly name: string;
  readonly data: object;
  readonly says: Partial<Record<FormName, readonly string[]>>;
  readonly saysNot: Partial<Record<FormName, readonly string[]>>;
  /** No form may say these. */
  readonly never?: readonly string[];
}

/** Forms that carry the whole message. */
export const wholeForms = ["slack", "discord", "telegram", "mail", "page"] as const;

function inEvery(words: readonly string[]): Partial<Record<FormName, readonly string[]>> {
  return Object.fromEntries(wholeForms.map((form) => [form, words]));
}

type Labels = Readonly<Record<string, string>>;

const annotations: Labels = {
  summary: "A service does not answer",
  description: "b:2 of job <x> & y has not answered.",
  respond_within: "15 minutes",
  meaning: "No answer.",
  impact: "Blind.",
  steps: "1. `curl -v <address>`\n2. deploy",
  dashboard_url: "http://graph.invalid/graph?g0.expr=rate(a)&g0.tab=0",
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

function many(count: number, firing: number, given: Labels): object[] {
  return Array.from({ length: count }, (_, i) =>
    alert(i < firing ? "firing" : "resolved", `host-${String(i)}:1`, given),
  );
}

/** Long texts of characters that grow when they are escaped, or that would be a tag, a mention or a link. */
const hostile = (text: string): Labels => ({
  ...annotations,
  summary: text.repeat(100),
  description: text.repeat(300),
  respond_within: text.repeat(100),
  meaning: text.repeat(300),
  impact: text.repeat(300),
  steps: text.repeat(1000),
  dashboard_url: `http://graph.invalid/${"(&)".repeat(95)}`,
  runbook_url: `http://runbooks.invalid/${"r".repeat(130)}`,
});

/** Cases for `amtool template render` of every form. */
export const templateCases: readonly TemplateCase[] = [
  {
    name: "an alert that fires beside one that is over",
    data: group("firing", [alert("firing", "b:2"), alert("resolved", "a:1")], common),
    says: {
      slack: [
        "🔴 P1 ServiceDown (local)",
        "• b:2 of job &lt;x&gt; &amp; y has not answered.",
        "*Since:* 21 Nov 00:00 UTC · *Response time:* 15 minutes",
        "*Cause:* No answer.",
        "*If nobody acts:* Blind.",
        "`curl -v &lt;address&gt;`",
        "✅ A service does not answer (a:1): over since 21 Nov 00:10 UTC",
        "<http://graph.invalid/graph?g0.expr=rate(a)&g0.tab=0|Dashboard>",
        "<http://runbooks.invalid/ServiceDown|Runbook>",
        "silences/new?filter=%7Balertname%3D%22ServiceDown%22%7D|Silence>",
      ],
      mention: ["@here A service does not answer"],
      discordTitle: ["🔴 P1 ServiceDown (local)"],
      discord: [
        "• b:2 of job <x> & y has not answered.",
        "**Response time:** 15 minutes",
        "**Cause:** No answer.",
        "1. `curl -v <address>`",
        "[Dashboard](http://graph.invalid/graph?g0.expr=rate%28a%29&g0.tab=0)",
        "[Runbook](http://runbooks.invalid/ServiceDown)",
        "✅ A service does not answer (a:1): over since 21 Nov 00:10 UTC",
      ],
      telegram: [
        "<b>🔴 P1 ServiceDown (local)</b>",
        "• b:2 of job &lt;x&gt; &amp; y has not answered.",
        "<b>Response time:</b> 15 minutes",
        "<b>Cause:</b> No answer.",
        "1. <code>curl -v &lt;address&gt;</code>",
        '<a href="http://graph.invalid/graph?g0.expr=rate%28a%29&amp;g0.tab=0">Dashboard</a>',
        '<a href="http://runbooks.invalid/ServiceDown">Runbook</a>',
      ],
      mail: [
        "🔴 P1 ServiceDown (local)",
        "- b:2 of job <x> & y has not answered.",
        "Response time: 15 minutes\nCause: No answer.\nIf nobody acts: Blind.\nDo:\n1. `curl",
        "Dashboard: http://graph.invalid/graph?g0.expr=rate(a)&g0.tab=0\nRunbook: http://runbooks",
      ],
      page: [
        "<h1 ",
        "<li>b:2 of job &lt;x&gt; &amp; y has not answered.</li>",
        '<a href="http://runbooks.invalid/ServiceDown">Runbook</a>',
      ],
    },
    saysNot: { slack: ["<address>", "<x>"], telegram: ["<address>", "<x>"], page: ["<x>"] },
    never: ["resolved:", "×", "<no value>"],
  },
  {
    name: "an alert that is over",
    data: group("resolved", [alert("resolved", "a:1")], common),
    says: {
      ...inEvery(["✅ P1 resolved: ServiceDown (local)", "ver since 21 Nov 00:10 UTC", "Runbook"]),
      discord: ["over since 21 Nov 00:10 UTC", "[Runbook]"],
      discordTitle: ["✅ P1 resolved: ServiceDown (local)"],
    },
    saysNot: { mention: ["@"] },
    never: ["Response time", "Cause", "🔴"],
  },
  {
    name: "words in Korean, of a chain",
    data: group(
      "firing",
      [
        alert("firing", "b:2", {
          ...annotations,
          summary: "배처의 지갑이 거의 비었습니다",
          description: "체인 알파의 배처에 0.1000 ETH가 남았습니다. 2.5시간 뒤에 멈춥니다.",
          meaning: "배처가 L1에 쓸 가스가 없습니다.".repeat(30),
        }),
      ],
      { ...common, chain: "알파" },
    ),
    says: {
      ...inEvery([
        "배처의 지갑이 거의 비었습니다",
        "체인 알파의 배처에 0.1000 ETH가 남았습니다. 2.5시간 뒤에 멈춥니다.",
      ]),
      mention: ["@here 배처의 지갑이 거의 비었습니다"],
      discordTitle: ["ServiceDown on 알파 (local)"],
    },
    saysNot: {},
    never: ["\uFFFD", "&#"],
  },
  {
    name: "an operator's own rule with a severity and nothing else",
    data: group("firing", [alert("firing", "own:1", {})], {
      alertname: "ServiceDown",
      severity: "high",
    }),
    says: {
      slack: ["🟠 P2 ServiceDown\n*ServiceDown*\n• own:1\n*Since:*", "|Silence>"],
      discord: ["**ServiceDown**\n• own:1\n**Since:** 21 Nov 00:00 UTC\n[Silence]"],
      telegram: ["<b>ServiceDown</b>\n• own:1\n<b>Since:</b> 21 Nov 00:00 UTC\n<a href"],
      mail: ["- own:1"],
      page: ["<li>own:1</li>"],
    },
    saysNot: { mention: ["@"] },
    never: ["Response time", "Dashboard", "<no value>", "Cause"],
  },
  {
    name: "a severity that nobody knows",
    data: group("firing", [alert("firing", "own:1", {})], {
      alertname: "ServiceDown",
      severity: "catastrophe",
    }),
    says: { slack: ["⚪ P? ServiceDown"], discordTitle: ["⚪ P? ServiceDown"] },
    saysNot: { mention: ["@"] },
    never: ["P1", "P4"],
  },
  {
    name: "two hundred alerts",
    data: group("firing", many(200, 200, annotations), { ...common, service: "orders" }),
    says: {
      slack: ["on orders (local) ×200", "… 5 of 200 shown\n*Since:*", "*Do:*", "|Runbook>"],
      discordTitle: ["ServiceDown on orders (local) ×200"],
      discord: ["… 5 of 200 shown\n**Since:**", "**Do:**", "[Runbook]"],
      telegram: ["×200", "… 5 of 200 shown\n<b>Since:</b>", "<b>Do:</b>", "Runbook</a>"],
      mail: ["×200", "Cause: No answer.", "Runbook: "],
      page: ["×200", "Runbook</a>"],
    },
    saysNot: { mail: ["shown"], page: ["shown"] },
    never: ["<no value>"],
  },
  ...["&<", "`<b>", "a&", "[x](http://y)", "@everyone ", "_*~|", "가나다 <b>"].map((text) => ({
    name: `four hundred alerts full of '${text}'`,
    data: group("firing", many(400, 200, hostile(text)), {
      ...common,
      alertname: text.repeat(40),
      chain: text.repeat(40),
      environment: text.repeat(40),
    }),
    says: {
      slack: ["… 5 of 200 shown", "… 200 over in all", "|Silence>"],
      discord: ["… 5 of 200 shown", "… 200 over in all", "[Silence]"],
      telegram: ["… 5 of 200 shown", "… 200 over in all", "Silence</a>"],
      mail: ["Silence: "],
      page: ["Silence</a></p>\n</body></html>"],
    },
    saysNot: {
      mention: ["@everyone"],
      discord: ["@everyone", "y)[x]("],
      telegram: ["`<b>"],
    },
    never: ["<no value>"],
  })),
  {
    name: "labels and links that hold markup",
    data: group(
      "firing",
      [
        alert("firing", "<!channel>", {
          summary: "<!here> & more",
          description: "a_b *c* <@&1> _d_",
          dashboard_url: "http://graph.invalid/?a=1&b=<2>|3",
        }),
        alert("resolved", "<@1>_*", { summary: "<!here> & more" }),
      ],
      { alertname: "A<B", severity: "info", chain: "<!channel>", environment: "a&b" },
    ),
    says: {
      slack: [
        "🔵 P4 A‹B on ‹!channel› (a＆b)",
        "*&lt;!here&gt; &amp; more*",
        "(‹＠1›_*)",
        "<http://graph.invalid/?a=1&b=%3C2%3E%7C3|Dashboard>",
        "/#/alerts|Silence>",
      ],
      discord: ["a_b \\*c\\* ", " \\_d_"],
      telegram: ["<b>🔵 P4 A‹B on ‹!channel› (a＆b)</b>", "<b>&lt;!here&gt; &amp; more</b>"],
      page: ["<title>🔵 P4 A‹B on ‹!channel› (a＆b)</title>"],
    },
    saysNot: { slack: ["<!"], telegram: ["<!", "<@"], discord: ["<@"], page: ["<!c", "<!h", "<@"] },
  },
];
