import { existsSync } from "node:fs";
import { join, posix, relative, sep } from "node:path";
import { defineConfig } from "eslint/config";
import prettier from "eslint-config-prettier";
import tseslint from "typescript-eslint";

const root = import.meta.dirname;

/** Which layers a layer may import, beside its own unit (a service's or program's own folder). */
const mayImport = {
  core: [],
  service: ["core"],
  "exporters' shared file": ["core", "exporters' shared file"],
  exporter: ["core", "exporters' shared file"],
  "exporters' door": ["exporter"],
  "package's door": ["core"],
  stacks: ["core", "service", "exporters' shared file", "exporter"],
  environments: ["exporter", "exporters' door"],
  commands: ["core", "service", "exporters' shared file", "exporter", "stacks", "environments"],
  main: ["stacks", "environments"],
  program: [],
};

/** Single files, and ways of importing, that a layer may use beyond that. */
const exceptions = [
  { of: "environments", target: /^constructs\/(core\/(secret|errors)$|demo\/)/ },
  { of: "environments", target: /^(constructs\/core|stacks)\//, only: "type" },
  // What a picture is drawn from; plain data that needs no package.
  { of: "program", target: /^constructs\/core\/(alert|board|panel)$/ },
  { of: "commands", target: /^programs\/pictures\/main$/, only: "type" },
  // Absent from the published package: loaded at run time, if it is there.
  { of: "commands", target: /^tools\/local-images\//, only: "import()" },
];

function layerOf(path) {
  const [top, second = "", ...deeper] = path.split("/");
  if (top === "main" || top === "main.ts") return { layer: "main", unit: "main" };
  if (top === "programs") return { layer: "program", unit: `programs/${second}` };
  if (top !== "constructs") return { layer: top, unit: top };
  if (deeper.length === 0) return { layer: "package's door", unit: path };
  if (second === "core") return { layer: "core", unit: "core" };
  if (second !== "exporters") return { layer: "service", unit: second };
  if (deeper.length > 1) return { layer: "exporter", unit: `exporters/${deeper[0]}` };
  const door = /^index(\.[jt]s)?$/.test(deeper[0]);
  return { layer: door ? "exporters' door" : "exporters' shared file", unit: path };
}

function resolveImport(file, specifier) {
  const path = posix.join(posix.dirname(file), specifier.replace(/\.js$/, ""));
  return existsSync(join(root, `${path}.ts`)) ? path : posix.join(path, "index");
}

const imports = {
  meta: {
    type: "problem",
    schema: [],
    messages: {
      root: "import '{{name}}' by file, for example '{{name}}/lib/instance': its root loads the whole provider (2 s, 480 MB)",
      cdktf: "import cdktf from its package root only, got '{{name}}'",
      self: "import our own files by relative path, got '{{name}}'",
      main: "nothing imports main.ts",
      layer: "{{from}} must import {{allowed}} only, got '{{target}}'",
    },
  },
  create(context) {
    const file = relative(root, context.filename).split(sep).join("/");
    const { layer, unit } = layerOf(file);

    function check(node, how) {
      const name = node?.type === "Literal" ? node.value : undefined;
      if (typeof name !== "string") return;
      const report = (messageId, data = {}) => {
        context.report({ node, messageId, data: { name, ...data } });
      };
      if (/^@cdktf\/provider-[^/]+(\/lib|\/lib\/index(\.js)?)?$/.test(name)) {
        report("root", { name: name.replace(/\/lib.*$/, "") });
      }
      // Only this module declares the types of the jest matchers.
      const matchers = layer === "__tests__" && name === "cdktf/lib/testing/adapters/jest";
      if (name.startsWith("cdktf/") && !matchers) report("cdktf");
      const stranger = file.startsWith("__tests__/package/consumer/");
      if (/^l2-observatory(\/|$)/.test(name) && !stranger) report("self");
      if (!name.startsWith(".")) return;

      const target = resolveImport(file, name);
      const other = layerOf(target);
      if (other.layer === "main") report("main");
      const allowed = mayImport[layer];
      if (allowed === undefined || other.layer === "main") return;
      const excepted = exceptions.some(
        (one) =>
          one.of === layer &&
          one.target.test(target) &&
          (one.only === undefined || one.only === how),
      );
      if (other.unit === unit || allowed.includes(other.layer) || excepted) return;
      const names = ["its own folder", ...allowed].join(", ");
      report("layer", { from: `${layer} (${file})`, allowed: names, target });
    }

    function kindOf({ importKind, exportKind, specifiers = [] }) {
      const types =
        importKind === "type" ||
        exportKind === "type" ||
        (specifiers.length > 0 &&
          specifiers.every((one) => one.importKind === "type" || one.exportKind === "type"));
      return types ? "type" : "value";
    }

    return {
      ImportDeclaration: (node) => check(node.source, kindOf(node)),
      ExportNamedDeclaration: (node) => check(node.source, kindOf(node)),
      ExportAllDeclaration: (node) => check(node.source, kindOf(node)),
      ImportExpression: (node) => check(node.source, "import()"),
      TSImportType: (node) => check(node.source ?? node.argument?.literal, "type"),
      TSExternalModuleReference: (node) => check(node.expression, "value"),
      "CallExpression[callee.name='require']": (node) => check(node.arguments[0], "value"),
    };
  },
};

export default defineConfig(
  { ignores: ["dist/", "cdktf.out/", ".l2-observatory/", "coverage/", "node_modules/"] },
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    plugins: { "l2-observatory": { rules: { imports } } },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: root } },
    rules: {
      "l2-observatory/imports": "error",
      eqeqeq: "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
    },
  },
  {
    files: ["**/*.mjs"],
    rules: {
      eqeqeq: "error",
      "no-unused-vars": "error",
      "no-var": "error",
      "prefer-const": "error",
    },
  },
  prettier,
);
