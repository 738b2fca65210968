import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";

/** An expression of a source file. */
export interface Place {
  readonly file: ts.SourceFile;
  readonly node: ts.Expression;
}

/** A property of an object that is written somewhere, with the words above it. */
export interface Member {
  /** Empty where nothing is said. */
  readonly comment: string;
  readonly value: Place;
}

interface Declared {
  readonly comment: string;
  readonly file: ts.SourceFile;
  readonly node: ts.VariableDeclaration | ts.FunctionDeclaration | ts.ClassDeclaration;
}

const files = new Map<string, ts.SourceFile>();

/** Parses a TypeScript file, once. */
export function parseFile(path: string): ts.SourceFile {
  const known = files.get(path);
  if (known !== undefined) return known;
  const file = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.ES2023, true);
  files.set(path, file);
  return file;
}

/** The last documentation comment above a node, as one line without tags; empty where there is none. */
function commentAbove(node: ts.Node): string {
  const text = node.getSourceFile().text;
  const block = (ts.getLeadingCommentRanges(text, node.pos) ?? [])
    .map(({ pos, end }) => text.slice(pos, end))
    .filter((comment) => comment.startsWith("/**"))
    .at(-1);
  if (block === undefined) return "";
  const lines = block
    .slice(3, -2)
    .split("\n")
    .map((line) => line.replace(/^\s*\*?\s?/, "").trim());
  const firstTag = lines.findIndex((line) => line.startsWith("@"));
  return lines
    .slice(0, firstTag < 0 ? undefined : firstTag)
    .join(" ")
    .replace(/\{@link (\w+)\}/g, "`$1`")
    .trim();
}

function moduleFile(from: ts.SourceFile, specifier: ts.Expression): ts.SourceFile | undefined {
  if (!ts.isStringLiteral(specifier) || !specifier.text.startsWith(".")) return undefined;
  const base = join(dirname(from.fileName), specifier.text);
  const path = [`${base}.ts`, join(base, "index.ts")].find(existsSync);
  return path === undefined ? undefined : parseFile(path);
}

function originalName(elements: readonly (ts.ImportSpecifier | ts.ExportSpecifier)[], of: string) {
  const element = elements.find(({ name }) => name.text === of);
  return element === undefined ? undefined : (element.propertyName ?? element.name).text;
}

/** Where a name is declared: in the file, or where the file imports it from. */
function declaration(file: ts.SourceFile, name: string): Declared | undefined {
  for (const statement of file.statements) {
    const comment = () => commentAbove(statement);
    if (ts.isVariableStatement(statement)) {
      const node = statement.declarationList.declarations.find(
        (one) => ts.isIdentifier(one.name) && one.name.text === name,
      );
      if (node !== undefined) return { comment: comment(), file, node };
    } else if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) {
      if (statement.name?.text === name) return { comment: comment(), file, node: statement };
    } else if (ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement)) {
      const found = declaredElsewhere(file, statement, name);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function declaredElsewhere(
  file: ts.SourceFile,
  statement: ts.ImportDeclaration | ts.ExportDeclaration,
  name: string,
): Declared | undefined {
  const { moduleSpecifier } = statement;
  if (moduleSpecifier === undefined) return undefined;
  const bindings = ts.isImportDeclaration(statement)
    ? statement.importClause?.namedBindings
    : statement.exportClause;
  if (bindings === undefined && ts.isImportDeclaration(statement)) return undefined;
  const original =
    bindings === undefined
      ? name
      : ts.isNamedImports(bindings) || ts.isNamedExports(bindings)
        ? originalName([...bindings.elements], name)
        : undefined;
  const other = original === undefined ? undefined : moduleFile(file, moduleSpecifier);
  return original === undefined || other === undefined ? undefined : declaration(other, original);
}

/** The words above a declaration; empty where there are none. */
export function commentOf(path: string, name: string): string {
  return declaration(parseFile(path), name)?.comment ?? "";
}

/** The expression that a constant of a file stands for. */
export function constant(path: string, name: string): Place | undefined {
  const found = declaration(parseFile(path), name);
  if (found === undefined || !ts.isVariableDeclaration(found.node)) return undefined;
  const { initializer } = found.node;
  return initializer === undefined ? undefined : { file: found.file, node: initializer };
}

/** Every class of a file with the words above it. */
export function classesOf(path: string): ReadonlyMap<string, string> {
  return new Map(
    parseFile(path).statements.flatMap((statement): [string, string][] =>
      ts.isClassDeclaration(statement) && statement.name !== undefined
        ? [[statement.name.text, commentAbove(statement)]]
        : [],
    ),
  );
}

function returned({ file, node }: Declared): Place | undefined {
  if (!ts.isFunctionDeclaration(node)) return undefined;
  const expression = node.body?.statements.find(ts.isReturnStatement)?.expression;
  return expression === undefined ? undefined : { file, node: expression };
}

/** Follows names, functions and chained calls to the expression that makes the schema: `z.something(…)`, `….extend(…)` or a literal. */
function origin(place: Place): Place {
  const { file, node } = place;
  if (ts.isIdentifier(node)) {
    const found = declaration(file, node.text);
    if (found === undefined || !ts.isVariableDeclaration(found.node)) return place;
    const { initializer } = found.node;
    return initializer === undefined ? place : origin({ file: found.file, node: initializer });
  }
  if (!ts.isCallExpression(node)) return place;
  const { expression } = node;
  if (ts.isIdentifier(expression)) {
    const found = declaration(file, expression.text);
    const made = found === undefined ? undefined : returned(found);
    return made === undefined ? place : origin(made);
  }
  if (!ts.isPropertyAccessExpression(expression)) return place;
  const made = ts.isIdentifier(expression.expression) && expression.expression.text === "z";
  return made || expression.name.text === "extend"
    ? place
    : origin({ file, node: expression.expression });
}

/** What a list holds, of the schema `z.array(…)`. */
export function elementOf(place: Place): Place | undefined {
  const { file, node } = origin(place);
  const first = ts.isCallExpression(node) ? node.arguments[0] : undefined;
  return first === undefined ? undefined : { file, node: first };
}

/** The variants of a union with the words above each. */
export function variantsOf(place: Place): readonly Member[] {
  const { file, node } = origin(place);
  if (!ts.isCallExpression(node)) return [];
  const list = node.arguments.find(ts.isArrayLiteralExpression);
  return (list?.elements ?? []).map((element) => ({
    comment: commentAbove(element),
    value: { file, node: element },
  }));
}

/** The properties of an object's schema, those that it spreads or extends included. */
export function membersOf(place: Place): ReadonlyMap<string, Member> {
  const { file, node } = origin(place);
  if (ts.isCallExpression(node)) {
    const [first] = node.arguments;
    const extended =
      ts.isPropertyAccessExpression(node.expression) && node.expression.name.text === "extend"
        ? membersOf({ file, node: node.expression.expression })
        : [];
    return new Map([...extended, ...(first === undefined ? [] : membersOf({ file, node: first }))]);
  }
  if (!ts.isObjectLiteralExpression(node)) return new Map();
  return new Map(
    node.properties.flatMap((property): (readonly [string, Member])[] => {
      if (ts.isSpreadAssignment(property))
        return [...membersOf({ file, node: property.expression })];
      const comment = commentAbove(property);
      if (ts.isShorthandPropertyAssignment(property)) {
        return [[property.name.text, { comment, value: { file, node: property.name } }]];
      }
      if (!ts.isPropertyAssignment(property) || !ts.isIdentifier(property.name)) return [];
      return [[property.name.text, { comment, value: { file, node: property.initializer } }]];
    }),
  );
}

/** The argument of the call that a constant stands for, as its members: `defineSource({ type, schema, … })`. */
export function argumentOf(path: string, name: string): ReadonlyMap<string, Member> {
  const place = constant(path, name);
  if (place === undefined || !ts.isCallExpression(place.node)) return new Map();
  const [first] = place.node.arguments;
  return first === undefined ? new Map() : membersOf({ file: place.file, node: first });
}
