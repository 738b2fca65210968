/** Why rules may select what no running program was seen to show. */
export interface Exceptions {
  /** By list of known-metrics/: no part of it counts as recorded. */
  readonly lists: Readonly<Record<string, string>>;
  /** By `metric label`: the label may have values that were not recorded. */
  readonly labels: Readonly<Record<string, string>>;
}

/** The only ones; what no rule needs any more must go. */
export const unrecorded: Exceptions = {
  lists: {
    grafana:
      "neither an image nor an archive of it can be had where the lists are made; names are from its source",
    tempo:
      "it can be neither built nor fetched where the lists are made; names are from its source",
    "op-reth":
      "it can be neither built nor fetched where the lists are made; names are from the source of reth",
    "da-server":
      "the server was not run: its own metrics package was, which registers every series and shows no values of its own accord",
  },
  labels: {},
};
