import * as z from "zod";
import type { ChainConfig, LocationConfig } from "./config";
import { ReadFailure } from "./failure";
import { currentToken } from "./location";
import { LABEL_VALUES, type Metrics } from "./metrics";
import { EndpointReader, requireStatus } from "./reader";
import { utiaToTia } from "./units";

const reference = z.object({
  hash: z.string(),
  number: z.int().nonnegative(),
  timestamp: z.int().nonnegative(),
});
const syncStatus = z.object({
  unsafe_l2: reference,
  safe_l2: reference.optional(),
  finalized_l2: reference.optional(),
  current_l1: reference.optional(),
  head_l1: reference.optional(),
  safe_l1: reference.optional(),
  finalized_l1: reference.optional(),
});

/** Reads op-node's optimism_syncStatus. */
export class RollupReader extends EndpointReader {
  constructor(chain: ChainConfig, location: LocationConfig, metrics: Metrics) {
    super(chain, "rollup", location, metrics, { optimism_syncStatus: ["unsupported"] });
  }

  async read(signal: AbortSignal): Promise<void> {
    const rpc = await this.connection.rpc();
    const pending = rpc.add("optimism_syncStatus", [], syncStatus);
    await rpc.send(signal);
    const status = pending();
    for (const ref of LABEL_VALUES.ref) {
      const block = status[ref];
      // op-node fills references it does not know yet with zeros.
      if (block === undefined || /^0x0*$/.test(block.hash)) continue;
      const labels = { chain: this.chain.name, ref };
      this.metrics.set("l2_sync_status_block", labels, block.number);
      this.metrics.set("l2_sync_status_timestamp_seconds", labels, block.timestamp);
    }
  }
}

const syncing = z.object({ data: z.object({ is_syncing: z.boolean() }) });
const PARTIAL_CONTENT = 206;
const NOT_FOUND = [404, 405, 501];

function parseSyncing(body: string): boolean {
  try {
    return syncing.parse(JSON.parse(body)).data.is_syncing;
  } catch {
    throw new ReadFailure("invalid_response", "the answer of node/syncing has an unknown form");
  }
}

/** Reads a beacon node's sync state and health; 206 (syncing) is a healthy answer. */
export class BeaconReader extends EndpointReader {
  constructor(chain: ChainConfig, location: LocationConfig, metrics: Metrics) {
    super(chain, "beacon", location, metrics, {
      "node/syncing": [],
      "node/health": ["unsupported"],
    });
  }

  async read(signal: AbortSignal): Promise<void> {
    const [state, health] = await Promise.allSettled([
      this.connection.get("/eth/v1/node/syncing", "node/syncing", signal, (reply) => {
        requireStatus(reply);
        return parseSyncing(reply.body);
      }),
      this.connection.get("/eth/v1/node/health", "node/health", signal, (reply) => {
        if (NOT_FOUND.includes(reply.status)) {
          throw new ReadFailure("unsupported", `node/health has http status ${reply.status}`);
        }
        requireStatus(reply, [PARTIAL_CONTENT]);
      }),
    ]);
    if (state.status === "rejected") throw state.reason;
    this.metrics.set("l2_beacon_syncing", { chain: this.chain.name }, state.value ? 1 : 0);
    // Some providers offer the data but not the health of the node behind it.
    if (
      health.status === "rejected" &&
      !(health.reason instanceof ReadFailure && health.reason.outcome === "unsupported")
    ) {
      throw health.reason;
    }
  }
}

/** Asks an alt-DA server for its health. */
export class DaReader extends EndpointReader {
  constructor(chain: ChainConfig, location: LocationConfig, metrics: Metrics) {
    super(chain, "da", location, metrics, { health: [] });
  }

  async read(signal: AbortSignal): Promise<void> {
    await this.connection.get("/health", "health", signal, requireStatus);
  }
}

const tiaBalance = z.object({
  denom: z.literal("utia"),
  amount: z
    .string()
    .regex(/^\d{1,78}$/)
    .transform((text) => BigInt(text)),
});

/** Reads the balance of the account that pays for blobs, from a celestia-node. */
export class CelestiaReader extends EndpointReader {
  constructor(
    chain: ChainConfig,
    private readonly config: NonNullable<ChainConfig["celestia"]>,
    metrics: Metrics,
  ) {
    super(chain, "celestia", config, metrics, { "state.BalanceForAddress": ["unsupported"] });
  }

  async read(signal: AbortSignal): Promise<void> {
    const { tokenFile, address } = this.config;
    const headers: Record<string, string> = {};
    if (tokenFile !== undefined) {
      headers["authorization"] = `Bearer ${await currentToken(tokenFile)}`;
    }
    const rpc = await this.connection.rpc({ headers });
    const pending = rpc.add("state.BalanceForAddress", [address], tiaBalance);
    await rpc.send(signal);
    this.metrics.set(
      "l2_celestia_balance_tia",
      { chain: this.chain.name, address },
      utiaToTia(pending().amount),
    );
  }
}
