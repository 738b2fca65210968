import { readdirSync, readFileSync } from "node:fs";
import { openCalendar } from "../../../constructs/core/calendar";
import { alertmanagerFile, templateFiles } from "../../../constructs/alertmanager/config";
import { receiverSchema } from "../../../constructs/core/receiver";
import { assetPath } from "../../../constructs/core/paths";
import { secret } from "../../../constructs/core/secret";
import { messageForms, templateCases, wholeForms } from "../../support/template-tests";

const folder = assetPath("alertmanager/templates");
const template = [
  ...readdirSync(folder).map((name) => readFileSync(`${folder}/${name}`, "utf8")),
  ...templateFiles(openCalendar)
    .filter(({ path }) => path.endsWith("/time.tmpl"))
    .map(({ content }) => content),
].join("\n");

/** Go's own words and functions, and those of Alertmanager since 0.31: a message with any other is never sent. */
const known = new Set([
  ...["define", "template", "end", "if", "else", "with", "range", "break", "continue"],
  ...["and", "or", "not", "eq", "ne", "lt", "le", "gt", "ge", "true", "false"],
  ...["index", "len", "printf", "date", "tz", "safeHtml"],
  ...["reReplaceAll", "stringSlice", "join", "match", "toUpper", "toLower", "title", "trimSpace"],
]);

function actions(text: string): string[] {
  return [
    ...text.replace(/\{\{-?\s*\/\*.*?\*\/\s*-?\}\}/gs, "").matchAll(/\{\{-?(.*?)-?\}\}/gs),
  ].map(([, action]) => (action ?? "").replace(/"(\\.|[^"\\])*"/g, '""'));
}

function unknownWords(text: string): string[] {
  return actions(text)
    .flatMap((action) => action.match(/(?<![.$\w])[A-Za-z]\w*/g) ?? [])
    .filter((word) => !known.has(word));
}

describe("the messages' templates", () => {
  it("use functions of every supported Alertmanager only", () => {
    expect(actions(template).length).toBeGreaterThan(50);
    expect(unknownWords(template)).toEqual([]);
    expect(unknownWords('{{ dict "a" 1 }}{{ .now }}{{ now }}')).toEqual(["dict", "now"]);
  });

  it("define what they and the receivers refer to", () => {
    const defined = [...template.matchAll(/\{\{ define "([^"]+)"/g)].map(([, name]) => name);
    const receivers = [
      { name: "slack", type: "slack", webhookUrl: secret("b") },
      { name: "discord", type: "discord", webhookUrls: { P1: secret("b"), P3: secret("b") } },
      { name: "telegram", type: "telegram", botToken: secret("b"), chatId: 1 },
      { name: "mail", type: "email", to: ["a@b.example"], from: "a@b.example", host: "b.example" },
    ].map((one) => receiverSchema.parse(one));
    const everyone = receivers.map(({ name }) => name);
    const { content } = alertmanagerFile({
      receivers,
      routes: { P1: everyone, P2: [], P3: [], P4: [], heartbeat: [] },
      calendar: openCalendar,
      alerts: [],
      hosts: [],
    });
    const forms = Object.values(messageForms).map(({ template: form }) => form);
    const used = [
      ...[template, content, ...forms].join("\n").matchAll(/\{\{-? ?template \\?"([^"\\]+)/g),
    ].map(([, name]) => name);
    expect(new Set(defined).size).toBe(defined.length);
    expect(used.length).toBeGreaterThan(10);
    for (const name of used) expect(defined).toContain(name);
    // What a receiver says is tried by the real tool.
    for (const [, name = ""] of content.matchAll(/template \\?"([^"\\]+)/g)) {
      expect(forms.join()).toContain(name);
    }
  });

  it("have cases for the real tool that can fail, each with a name of its own", () => {
    expect(new Set(templateCases.map(({ name }) => name)).size).toBe(templateCases.length);
    for (const { says, saysNot, never = [] } of templateCases) {
      expect(Object.values(says).flat().length).toBeGreaterThan(0);
      expect([...Object.values(saysNot).flat(), ...never].length).toBeGreaterThan(0);
    }
    for (const form of wholeForms) {
      expect(
        templateCases.filter(({ says }) => (says[form]?.length ?? 0) > 0).length,
      ).toBeGreaterThan(2);
    }
  });
});
