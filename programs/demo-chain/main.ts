import { readFileSync } from "node:fs";
import type { Server } from "node:http";
import { parseArgs } from "node:util";
import { isHex, type Hex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { z } from "zod";
import { reader, sender } from "./chains";
import { fundOnce } from "./faucet";
import { version } from "./package.json";
import { Rollup } from "./rollup";
import { createRpcServer } from "./server";
import { signTransaction } from "./signer";

export { balance, drain, refill, type Transfer } from "./wallet";

const usage = `usage: node demo-chain.js --l1 <url> --l2 <url> --key-file <file> [options]

  --l1 <url>            JSON-RPC of geth in developer mode that plays L1
  --l2 <url>            JSON-RPC of the geth that plays L2
  --key-file <file>     the batcher's key, 0x and 64 hex digits
  --fund-eth <eth>      what a wallet that was never used is given (default 5)
  --rpc-port <port>     port of the rollup's and the signer's JSON-RPC (default 9545)
  --metrics-port <port> port of /metrics and /-/healthy (default 7300)
`;

const port = z.coerce.number().int().min(0).max(65535);
const schema = z.object({
  l1: z.url({ protocol: /^https?$/ }),
  l2: z.url({ protocol: /^https?$/ }),
  "key-file": z.string().min(1),
  "fund-eth": z.coerce.number().positive().max(1_000_000).default(5),
  "rpc-port": port.default(9545),
  "metrics-port": port.default(7300),
});

/** What the program is told on its command line. */
export type Options = z.output<typeof schema>;

/**
 * Reads the command line.
 * @throws Error that names every option at fault
 */
export function readOptions(args: readonly string[]): Options {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      l1: text,
      l2: text,
      "key-file": text,
      "fund-eth": text,
      "rpc-port": text,
      "metrics-port": text,
    },
  });
  const parsed = schema.safeParse(values);
  if (parsed.success) return parsed.data;
  throw new Error(
    parsed.error.issues
      .map(({ path, message }) => `'--${path.join(".")}' is at fault: ${message}`)
      .join("\n"),
  );
}

/**
 * Reads a key.
 * @throws Error that does not show the content
 */
export function readKey(file: string): Hex {
  const key = readFileSync(file, "utf8").trim();
  if (!isHex(key) || key.length !== 66) {
    throw new Error(`'--key-file' must hold 0x and 64 hex digits, got something else in ${file}`);
  }
  return key;
}

function log(level: "info" | "warn", message: string, fields: object = {}): void {
  const line = { time: new Date().toISOString(), level, message, ...fields };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function listen(server: Server, on: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject).listen(on, "0.0.0.0", resolve);
  });
}

const retryMs = 1000;

/** Starts the rollup's stand-in, the signer and the faucet; resolves to what stops them. */
export async function start(options: Options): Promise<() => void> {
  const account = privateKeyToAccount(readKey(options["key-file"]));
  const l1 = reader(options.l1);
  const rollup = new Rollup(l1, reader(options.l2), account.address);
  const stopped = new AbortController();
  let funded = false;

  const rpc = createRpcServer(
    new Map<string, (params: readonly unknown[]) => Promise<unknown>>([
      ["optimism_rollupConfig", () => rollup.config()],
      ["optimism_syncStatus", () => rollup.syncStatus()],
      ["optimism_version", () => Promise.resolve(`demo-chain/${version}`)],
      ["health_status", () => Promise.resolve(`demo-chain/${version}`)],
      [
        "eth_signTransaction",
        async ([transaction]) => signTransaction(account, await l1.getChainId(), transaction),
      ],
    ]),
    new Map(),
  );
  const metrics = createRpcServer(
    new Map(),
    new Map([
      [
        "/metrics",
        async () => {
          await rollup.heads().catch(() => undefined);
          return rollup.metrics();
        },
      ],
      [
        "/-/healthy",
        async () => {
          await rollup.heads();
          if (!funded) throw new Error("the batcher's wallet is not funded yet");
          return "healthy\n";
        },
      ],
    ]),
  );
  await Promise.all([listen(rpc, options["rpc-port"]), listen(metrics, options["metrics-port"])]);
  log("info", "started", { batcher: account.address });

  const fund = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      try {
        const given = await fundOnce(sender(options.l1), account.address, options["fund-eth"]);
        funded = true;
        log("info", given ? "the batcher's wallet was funded" : "the batcher's wallet is in use", {
          ...(given ? { eth: options["fund-eth"] } : {}),
        });
        return;
      } catch (error) {
        const reason = error instanceof Error ? error.name : "unknown";
        log("warn", "L1 does not answer yet, trying again", { reason });
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  };
  void fund();
  return () => {
    stopped.abort();
    for (const server of [rpc, metrics]) {
      server.close();
      server.closeAllConnections();
    }
  };
}

async function main(): Promise<void> {
  try {
    const stop = await start(readOptions(process.argv.slice(2)));
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.once(signal, () => {
        log("info", "stopping", { signal });
        stop();
        process.exit(0);
      });
    }
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    process.exit(1);
  }
}

if (require.main === module) void main();
