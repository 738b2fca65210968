import { readFileSync } from "node:fs";
import { alertmanagerFile } from "../../../constructs/alertmanager/config";
import { receiverSchema } from "../../../constructs/alertmanager/receivers";
import { assetPath } from "../../../constructs/core/paths";
import { secret } from "../../../constructs/core/secret";
import { templateCases } from "../../support/template-tests";

const template = readFileSync(assetPath("alertmanager/templates/slack.tmpl"), "utf8");

/** Go's own words and functions, and those of Alertmanager since 0.31: a message with any other is never sent. */
const known = new Set([
  ...["define", "template", "end", "if", "else", "with", "range", "break", "continue"],
  ...["and", "or", "not", "eq", "ne", "lt", "le", "gt", "ge", "true", "false"],
  ...["index", "len", "printf", "urlquery"],
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

describe("the message template", () => {
  it("uses functions of every supported Alertmanager only", () => {
    expect(actions(template).length).toBeGreaterThan(50);
    expect(unknownWords(template)).toEqual([]);
    expect(unknownWords('{{ dict "a" 1 }}{{ .now }}{{ now }}')).toEqual(["dict", "now"]);
  });

  it("defines what it and the receivers refer to", () => {
    const defined = [...template.matchAll(/\{\{ define "([^"]+)"/g)].map(([, name]) => name);
    const slack = receiverSchema.parse({ name: "a", type: "slack", webhookUrl: secret("b") });
    const routes = { P1: ["a"], P2: [], P3: [], P4: [], heartbeat: [] };
    const { content } = alertmanagerFile({ receivers: [slack], routes, alerts: [] });
    const used = [...(template + content).matchAll(/\{\{-? ?template \\?"([^"\\]+)/g)];
    expect(new Set(defined).size).toBe(defined.length);
    expect(used.length).toBeGreaterThan(10);
    for (const [, name] of used) expect(defined).toContain(name);
  });

  it("has cases for the real tool that can fail, each with a name of its own", () => {
    expect(new Set(templateCases.map(({ name }) => name)).size).toBe(templateCases.length);
    for (const { says, saysNot } of templateCases) {
      expect(says.length).toBeGreaterThan(0);
      expect(saysNot.length).toBeGreaterThan(0);
    }
  });
});
