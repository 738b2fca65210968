/** Why rules may select what no running program was seen to show. */
export interface Exceptions {
  /** By list of known-metrics/: no part of it counts as recorded. */
  readonly lists: Readonly<Record<string, string>>;
  /** By `metric label`: the label may have values that were not recorded. */
  readonly labels: Readonly<Record<string, string>>;
}

const notRunHere =
  "the values of its labels are from its own list and source, they will come from a devnet";

/** The only ones; what no rule needs any more must go. */
export const unrecorded: Exceptions = {
  lists: {
    tempo:
      "it can be neither built nor fetched where the lists are made; names are from its source",
    "op-batcher": notRunHere,
    "op-geth": notRunHere,
    "op-node": notRunHere,
    "op-proposer": notRunHere,
  },
  labels: {},
};
