import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { ChainConfig, Config } from "./config";
import { ExecutionReader } from "./execution-reader";
import type { Log } from "./log";
import { Metrics } from "./metrics";
import { BeaconReader, CelestiaReader, DaReader, RollupReader } from "./other-readers";
import { Poller } from "./poller";
import type { Reader } from "./reader";

function readersOf(chain: ChainConfig, metrics: Metrics): Reader[] {
  const { l1, l2, rollup, beacon, da, celestia } = chain;
  const readers: Reader[] = [];
  if (l1) readers.push(new ExecutionReader("l1", chain, l1, metrics));
  if (l2) readers.push(new ExecutionReader("l2", chain, l2, metrics));
  if (rollup) readers.push(new RollupReader(chain, rollup, metrics));
  if (beacon) readers.push(new BeaconReader(chain, beacon, metrics));
  if (da) readers.push(new DaReader(chain, da, metrics));
  if (celestia) readers.push(new CelestiaReader(chain, celestia, metrics));
  return readers;
}

function reply(
  response: ServerResponse,
  status: number,
  body: string,
  type = "text/plain; charset=utf-8",
): void {
  response.writeHead(status, {
    "content-type": type,
    "content-length": String(Buffer.byteLength(body)),
  });
  response.end(body);
}

/** The exporter: pollers that write metrics, and an HTTP server that shows them. */
export class Exporter {
  readonly metrics = new Metrics();
  readonly #pollers: readonly Poller[];
  readonly #server: Server;
  #ready = false;

  constructor(
    private readonly config: Config,
    private readonly log: Log,
    version: string,
  ) {
    this.metrics.set("l2_exporter_info", { version }, 1);
    this.#pollers = config.chains.flatMap((chain) =>
      readersOf(chain, this.metrics).map(
        (reader) =>
          new Poller({
            chain: chain.name,
            reader,
            intervalMs: chain.pollSeconds * 1000,
            metrics: this.metrics,
            log,
            onPoll: () => {
              this.#checkReady();
            },
          }),
      ),
    );
    this.#server = createServer((request, response) => {
      if (request.method !== "GET" && request.method !== "HEAD") {
        response.setHeader("allow", "GET, HEAD");
        reply(response, 405, "only GET and HEAD are answered\n");
        return;
      }
      void this.#answer((request.url ?? "/").split("?", 1)[0] ?? "/", response);
    });
  }

  /** Listens and starts polling; resolves to the port, rejects when the address cannot be bound. */
  async start(): Promise<number> {
    const { host, port } = this.config.listen;
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, host, resolve);
    });
    for (const poller of this.#pollers) poller.start();
    const address = this.#server.address() as AddressInfo;
    this.log("info", "listening", {
      address: host,
      port: address.port,
      chains: this.config.chains.length,
      endpoints: this.#pollers.length,
    });
    return address.port;
  }

  /** Stops polling, aborts what is under way and closes every connection. */
  async stop(): Promise<void> {
    for (const poller of this.#pollers) poller.stop();
    await new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
      this.#server.closeAllConnections();
    });
  }

  #checkReady(): void {
    if (this.#ready || this.#pollers.some(({ polled }) => !polled)) return;
    this.#ready = true;
    this.log("info", "every endpoint was tried once");
  }

  async #answer(path: string, response: ServerResponse): Promise<void> {
    switch (path) {
      case "/metrics": {
        const { registry } = this.metrics;
        reply(response, 200, await registry.metrics(), registry.contentType);
        return;
      }
      case "/-/healthy":
        reply(response, 200, "healthy\n");
        return;
      case "/-/ready": {
        const waiting = this.#pollers.filter(({ polled }) => !polled).length;
        if (waiting === 0) reply(response, 200, "ready\n");
        else reply(response, 503, `${waiting} of ${this.#pollers.length} not tried yet\n`);
        return;
      }
      default:
        reply(response, 404, "not found; there are /metrics, /-/ready and /-/healthy\n");
    }
  }
}
