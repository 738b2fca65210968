import type { Endpoint } from "./endpoint";

/** Where logs are kept: Loki, or another store that speaks its protocols. */
export interface LogStore {
  /** Loki's push API, inside the platform's network. */
  readonly push: Endpoint<"loki-push">;
  /** LogQL API, inside the platform's network. */
  readonly query: Endpoint<"logql">;
}
