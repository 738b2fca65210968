/**
 * The heads of op-node, by op-service/metrics/ref_metrics.go of optimism v1.19.6, as PromQL. `refs_latency` stands
 * still with its head: only the difference to the clock tells an age.
 */
export interface Refs {
  /** Number of a block. */
  readonly number: (layer: Layer, type: RefType) => string;
  /** Time of a block in Unix seconds; there is none of layer `l1_origin`. */
  readonly time: (layer: Exclude<Layer, "l1_origin">, type: RefType) => string;
}

/** `l1_origin` is the L1 block that an L2 block names. */
export type Layer = "l1" | "l1_origin" | "l2";

/** The last block that the derivation has read is `l1_derived`. */
export type RefType = "l1_head" | "l1_derived" | "l2_unsafe" | "l2_safe" | "l2_finalized";

/** The heads of all nodes of a chain. */
export function refsOf(chain: string): Refs {
  const ref = (metric: string, layer: Layer, type: RefType) =>
    `op_node_default_refs_${metric}{job="l2-node", chain="${chain}", layer="${layer}", type="${type}"}`;
  return {
    number: (layer, type) => ref("number", layer, type),
    time: (layer, type) => ref("time", layer, type),
  };
}

/**
 * L1 blocks that each node knows and has not derived from yet.
 * @param at when, e.g. `offset 10m`
 */
export function derivationLag(chain: string, at = ""): string {
  const { number } = refsOf(chain);
  const of = (type: RefType) =>
    `max by (chain, instance) (${`${number("l1", type)} ${at}`.trim()})`;
  return `(${of("l1_head")} - ${of("l1_derived")})`;
}
