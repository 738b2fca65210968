import { show, type Fault } from "./errors";

/** Faults of a retention in days. */
export function retentionFaults(days: number, field = "retentionDays"): Fault[] {
  return Number.isInteger(days) && days >= 1 && days <= 365
    ? []
    : [{ field, allowed: "an integer from 1 to 365", got: show(days) }];
}
