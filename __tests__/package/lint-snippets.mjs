// Lints snippets with this repository's own rules, in a process of its own: ESLint loads its configuration as a module,
// which jest's sandbox cannot. Reads [{ file, code }] from stdin, writes [[message, …]] to stdout.
import { ESLint } from "eslint";
import { text } from "node:stream/consumers";

const eslint = new ESLint({
  cwd: process.argv[2],
  // Types are not needed for the rules of ours, and are slow.
  overrideConfig: [
    { files: ["**/*.ts"], languageOptions: { parserOptions: { projectService: false } } },
  ],
  ruleFilter: ({ ruleId }) => ruleId.startsWith("l2-observatory/"),
});
const snippets = JSON.parse(await text(process.stdin));
const results = [];
for (const { file, code } of snippets) {
  const [result] = await eslint.lintText(code, { filePath: file });
  results.push((result?.messages ?? [{ message: "ignored" }]).map(({ message }) => message));
}
process.stdout.write(JSON.stringify(results));
