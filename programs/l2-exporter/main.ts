import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Config, ConfigError, parseConfig } from "./config";
import { Exporter } from "./exporter";
import { codeOf } from "./failure";
import { createLog } from "./log";
import { version } from "./package.json";

const USAGE = `usage: node l2-exporter.js --config <file> [--check]

  --config <file>  the YAML configuration
  --check          check the configuration and exit
  --version        print the version
`;

const log = createLog((line) => {
  process.stdout.write(`${line}\n`);
});

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        config: { type: "string" },
        check: { type: "boolean", default: false },
        version: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    }).values;
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : ""}\n${USAGE}`);
  }
}

function readConfig(path: string): Config {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    return fail(
      `'--config' must be a readable file, got ${JSON.stringify(path)} (${codeOf(error)})`,
    );
  }
  try {
    return parseConfig(text);
  } catch (error) {
    if (error instanceof ConfigError) return fail(error.message);
    throw error;
  }
}

async function main(): Promise<void> {
  const options = readArguments();
  if (options.help) {
    process.stdout.write(USAGE);
    return;
  }
  if (options.version) {
    process.stdout.write(`${version}\n`);
    return;
  }
  if (options.config === undefined) fail(`'--config' must be a file, got nothing\n${USAGE}`);
  const config = readConfig(options.config);
  if (options.check) {
    process.stdout.write("configuration is valid\n");
    return;
  }
  const exporter = new Exporter(config, log, version);
  const stop = (signal: NodeJS.Signals): void => {
    log("info", "stopping", { signal });
    void exporter.stop().then(() => process.exit(0));
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  try {
    await exporter.start();
  } catch (error) {
    const { host, port } = config.listen;
    fail(`'listen' must be a free address, got "${host}:${port}" (${codeOf(error)})`);
  }
}

// Messages and stacks may hold a URL, so only the kind of the error is told.
process.on("uncaughtException", (error) => {
  log("error", "internal error, exiting", { kind: error.name, code: codeOf(error) });
  process.exit(1);
});

void main();
