import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { show } from "../constructs/core/errors";
import { packageRoot } from "../constructs/core/paths";
import {
  demoBatcherAddress,
  demoBatcherKey,
  demoFundsEth,
  demoSecretFile,
  demoServices,
} from "../constructs/demo";
import { CommandError, type Progress } from "./shell";
import { readEnvironment, secretsDirectoryOf } from "./workspace";

interface Transfer {
  readonly hash: string;
  /** ETH left in the wallet. */
  readonly balanceEth: number;
}

/** The functions over a wallet on a developer chain (programs/demo-chain/wallet.ts). */
export interface DemoWallet {
  /** Resolves to what the wallet holds, in ETH. */
  balance(of: { readonly rpcUrl: string; readonly address: string }): Promise<number>;
  /** Sends all but `leaveEth` back to the developer account; resolves once that is in a block. */
  drain(of: {
    readonly rpcUrl: string;
    readonly key: string;
    readonly leaveEth: number;
  }): Promise<Transfer>;
  /** Sends `eth` from the developer account; resolves once they are in a block. */
  refill(of: {
    readonly rpcUrl: string;
    readonly address: string;
    readonly eth: number;
  }): Promise<Transfer>;
}

/**
 * Loads the functions from the bundled program, so that the package itself needs no Ethereum library.
 * @throws CommandError when the program was not built
 */
export function demoWallet(): DemoWallet {
  const bundle = join(packageRoot, "dist", "programs", "demo-chain.js");
  if (!existsSync(bundle)) {
    throw new CommandError(
      `the program must be built, got no file ${bundle}: npm start -- --demo builds it`,
    );
  }
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- a bundle that is built after the types are checked
  return require(bundle) as DemoWallet;
}

/** Says what went wrong in words for a person: the library's messages are pages long. */
async function told<T>(rpcUrl: string, doing: () => Promise<T>): Promise<T> {
  try {
    return await doing();
  } catch (error) {
    if (error instanceof CommandError || !(error instanceof Error)) throw error;
    const { name, message } = error;
    throw new CommandError(
      ["HttpRequestError", "TimeoutError", "RpcRequestError"].includes(name)
        ? `the demonstration's L1 must answer at ${rpcUrl}, got no answer: npm start -- --demo starts it`
        : message,
      { cause: error },
    );
  }
}

function amount(text: string): number {
  const eth = Number(text);
  if (text.trim() === "" || !Number.isFinite(eth) || eth < 0) {
    throw new InvalidArgumentError(`must be an amount of ETH of 0 or more, got ${show(text)}.`);
  }
  return eth;
}

function readKey(file: string): string {
  if (!existsSync(file)) {
    throw new CommandError(
      `the batcher's key must be in ${file}, got no file: npm start -- --demo makes it`,
    );
  }
  const key = readFileSync(file, "utf8").trim();
  if (!/^0x[0-9a-fA-F]{64}$/.test(key)) {
    throw new CommandError(`${file} must hold 0x and 64 hex digits, got something else`);
  }
  return key;
}

interface Where {
  readonly rpcUrl: string;
}

/** The commands over the demonstration's wallet: `demo drain`, `demo refill`, `demo balance`. */
export function demoCommand(print: Progress): Command {
  const environment = () => readEnvironment("local", true);
  const published = () => {
    const { bindAddress, ports } = environment();
    return `http://${bindAddress}:${String(ports.demoL1)}`;
  };
  const keyFile = () =>
    demoSecretFile(secretsDirectoryOf(environment()), {
      service: demoServices.rollup,
      secret: demoBatcherKey.secret,
    });
  const demo = new Command("demo").description("the wallet of the demonstration's batcher");
  const command = (name: string, description: string) =>
    demo
      .command(name)
      .description(description)
      .option("--rpc-url <url>", "L1's JSON-RPC (default: as published by 'start --demo')");
  const address = demoBatcherAddress;

  command("balance", "show what the wallet holds").action(
    async ({ rpcUrl = published() }: Partial<Where>) => {
      const eth = await told(rpcUrl, () => demoWallet().balance({ rpcUrl, address }));
      print(`${address} holds ${String(eth)} ETH`);
    },
  );
  command("drain", "empty the wallet and watch BatcherLowETH")
    .option("--leave <eth>", "what stays in it", amount, 0.01)
    .action(async ({ rpcUrl = published(), leave }: Partial<Where> & { leave: number }) => {
      const { balanceEth } = await told(rpcUrl, () =>
        demoWallet().drain({ rpcUrl, key: readKey(keyFile()), leaveEth: leave }),
      );
      print(`${address} was drained and holds ${String(balanceEth)} ETH`);
    });
  command("refill", "give the wallet ether and watch the alert resolve")
    .option("--eth <eth>", "how much", amount, demoFundsEth)
    .action(async ({ rpcUrl = published(), eth }: Partial<Where> & { eth: number }) => {
      const { balanceEth } = await told(rpcUrl, () =>
        demoWallet().refill({ rpcUrl, address, eth }),
      );
      print(`${address} was refilled and holds ${String(balanceEth)} ETH`);
    });
  return demo;
}
