/** How long a group waits for company, for news, and before it is said again. */
export const pace = {
  // P1 is said at once: two seconds only join what one fault sets off in one evaluation.
  P1: { group_wait: "2s", group_interval: "30s", repeat_interval: "1h" },
  P2: { group_wait: "10s", group_interval: "1m", repeat_interval: "1h" },
  P3: { group_wait: "30s", group_interval: "5m", repeat_interval: "1h" },
  // What has time until the next business day is said once a day: said every hour, a channel of P4 would be muted by its readers.
  P4: { group_wait: "30s", group_interval: "5m", repeat_interval: "24h" },
} as const;

/** How often the heartbeat is sent. */
export const heartbeatPace = {
  group_wait: "0s",
  group_interval: "1m",
  // Shorter than the group's interval: an equal one would be a moment too young at every second flush.
  repeat_interval: "50s",
} as const;

/** One alert's name per group: a message explains it once. One chain or service does not hide another. */
export const groupBy = ["alertname", "environment", "chain", "service"];
