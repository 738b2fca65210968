#!/usr/bin/env node
// The only file that runs before anything is installed or compiled: it does both where needed, then hands over.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const [verb = "help", ...rest] = process.argv.slice(2);

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function run(command, args, { quiet = false } = {}) {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    stdio: quiet ? ["ignore", "pipe", "pipe"] : ["inherit", 2, "inherit"],
    encoding: "utf8",
  });
  if (error !== undefined) fail(`cannot run ${command}: ${error.message}`);
  if (status !== 0) {
    if (quiet) process.stderr.write(`${stdout}${stderr}`);
    fail(`${command} ${args.join(" ")} failed with exit code ${status}`);
  }
}

function newest(folder) {
  let time = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (["node_modules", "dist", "cdktf.out"].includes(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) time = Math.max(time, newest(path));
    else if (/\.(ts|mjs|json)$/.test(entry.name)) time = Math.max(time, statSync(path).mtimeMs);
  }
  return time;
}

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 9)) {
  fail(`'node' must be at least 20.9, got ${process.versions.node}: install a newer Node.js`);
}

const lock = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .digest("hex");
const installed = join(root, "node_modules", ".l2-observatory-lock");
if (!existsSync(installed) || readFileSync(installed, "utf8") !== lock) {
  process.stderr.write("installing dependencies (about a minute the first time) …\n");
  run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
  writeFileSync(installed, lock);
}

const built = join(root, "dist", ".built");
const sources = [
  "commands",
  "constructs",
  "environments",
  "stacks",
  "tools",
  "programs",
  "bench",
  "__tests__",
];
const changed = Math.max(
  statSync(join(root, "main.ts")).mtimeMs,
  statSync(join(root, "tsconfig.json")).mtimeMs,
  ...sources.filter((name) => existsSync(join(root, name))).map((name) => newest(join(root, name))),
);
if (!existsSync(built) || statSync(built).mtimeMs < changed) {
  if (verb !== "app") process.stderr.write("compiling …\n");
  run(
    process.execPath,
    [join(root, "node_modules", "typescript", "bin", "tsc"), "-p", "tsconfig.json"],
    {
      quiet: true,
    },
  );
  for (const program of readdirSync(join(root, "programs"))) {
    const build = join(root, "programs", program, "build.mjs");
    if (existsSync(build)) run(process.execPath, [build], { quiet: true });
  }
  mkdirSync(dirname(built), { recursive: true });
  writeFileSync(built, "");
}

const entry = {
  app: ["main.js"],
  check: ["tools", "check.js"],
  e2e: ["__tests__", "e2e", "run.js"],
  exports: ["tools", "generate-exports.js"],
  docs: ["tools", "generate-docs.js"],
  bench: ["bench", "run.js"],
}[verb];
const file = join(root, "dist", ...(entry ?? ["commands", "cli.js"]));
const { status, signal } = spawnSync(
  process.execPath,
  [file, ...(entry === undefined ? [verb] : []), ...rest],
  { stdio: "inherit", cwd: root },
);
process.exit(signal === null ? (status ?? 1) : 1);
