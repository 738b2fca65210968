import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { keccak256, numberToHex, parseTransaction, recoverTransactionAddress, toHex } from "viem";

/** An account whose key nobody knows, as a node's unlocked account. */
export const developer = "0xdede000000000000000000000000000000000000";

interface Sent {
  readonly from: string;
  readonly to: string;
  readonly value: bigint;
  readonly fee: bigint;
}

type Raw = Parameters<typeof recoverTransactionAddress>[0]["serializedTransaction"];

/**
 * A node of a chain that makes a block of each transaction at once: balances and nonces are kept, a signed
 * transaction is really decoded and its signer recovered.
 */
export class FakeDevChain {
  readonly balances = new Map<string, bigint>([[developer, 10n ** 24n]]);
  readonly nonces = new Map<string, number>();
  readonly sent: Sent[] = [];
  chainId = 1337;
  /** When set, every call is answered with this HTTP status. */
  failWith: number | undefined;
  height = 0;
  readonly #server: Server;

  private constructor(readonly name: string) {
    this.#server = createServer((incoming, outgoing) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("end", () => {
        if (this.failWith !== undefined) {
          outgoing.writeHead(this.failWith).end();
          return;
        }
        const { id, method, params } = JSON.parse(Buffer.concat(chunks).toString()) as {
          id: number;
          method: string;
          params?: readonly unknown[];
        };
        void this.#answer(method, params ?? []).then(
          (result) => outgoing.end(JSON.stringify({ jsonrpc: "2.0", id, result })),
          (error: unknown) =>
            outgoing.end(
              JSON.stringify({
                jsonrpc: "2.0",
                id,
                error: { code: -32000, message: String(error) },
              }),
            ),
        );
      });
    });
  }

  /** Starts one on a free loopback port. */
  static async listen(name: string): Promise<FakeDevChain> {
    const chain = new FakeDevChain(name);
    await new Promise<void>((resolve) => chain.#server.listen(0, "127.0.0.1", resolve));
    return chain;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  /** The hash of a block of this chain. */
  hash(number: number): string {
    return keccak256(toHex(`${this.name} ${String(number)}`));
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  balance(address: string): bigint {
    return this.balances.get(address.toLowerCase()) ?? 0n;
  }

  #transfer(sent: Sent): string {
    const from = sent.from.toLowerCase();
    const held = this.balance(from) - sent.value - sent.fee;
    if (held < 0n) throw new Error("insufficient funds");
    this.balances.set(from, held);
    const to = sent.to.toLowerCase();
    this.balances.set(to, this.balance(to) + sent.value);
    this.nonces.set(from, (this.nonces.get(from) ?? 0) + 1);
    this.sent.push(sent);
    this.height += 1;
    return keccak256(toHex(`transaction ${String(this.sent.length)}`));
  }

  #block(number: number): object {
    return {
      hash: this.hash(number),
      number: numberToHex(number),
      parentHash: number === 0 ? toHex(0, { size: 32 }) : this.hash(number - 1),
      timestamp: numberToHex(number === 0 ? 0 : 1_800_000_000 + 2 * number),
      gasLimit: numberToHex(25_000_000),
      baseFeePerGas: numberToHex(7),
      gasUsed: "0x0",
      difficulty: "0x0",
      totalDifficulty: "0x0",
      size: "0x1",
      transactions: [],
    };
  }

  async #answer(method: string, params: readonly unknown[]): Promise<unknown> {
    const [first] = params;
    switch (method) {
      case "eth_chainId":
        return numberToHex(this.chainId);
      case "eth_accounts":
        return [developer];
      case "eth_blockNumber":
        return numberToHex(this.height);
      case "eth_getBlockByNumber":
        return this.#block(
          typeof first === "string" && first.startsWith("0x") ? Number(first) : this.height,
        );
      case "eth_getBalance":
        return numberToHex(this.balance(String(first)));
      case "eth_getTransactionCount":
        return numberToHex(this.nonces.get(String(first).toLowerCase()) ?? 0);
      case "eth_getTransactionReceipt":
        return {
          transactionHash: first,
          blockNumber: numberToHex(this.height),
          blockHash: this.hash(this.height),
          transactionIndex: "0x0",
          status: "0x1",
          gasUsed: "0x5208",
          cumulativeGasUsed: "0x5208",
          effectiveGasPrice: "0x1",
          logs: [],
          type: "0x0",
        };
      case "eth_sendTransaction": {
        const { from, to, value } = first as { from: string; to: string; value: string };
        if (from.toLowerCase() !== developer) throw new Error("unknown account");
        return this.#transfer({ from, to, value: BigInt(value), fee: 0n });
      }
      case "eth_sendRawTransaction": {
        const raw = String(first) as Raw;
        const { to, value = 0n, gas = 0n, gasPrice = 0n, nonce = 0 } = parseTransaction(raw);
        const from = await recoverTransactionAddress({ serializedTransaction: raw });
        if (nonce !== (this.nonces.get(from.toLowerCase()) ?? 0)) throw new Error("wrong nonce");
        return this.#transfer({ from, to: String(to), value, fee: gas * gasPrice });
      }
      default:
        throw new Error(`the method ${method} does not exist`);
    }
  }
}
