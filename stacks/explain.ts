import { BudgetError } from "../constructs/core/budget";
import { ConfigurationError } from "../constructs/core/errors";

/** What to tell a person about an error: the words alone where they are for the user, the stack where it is a defect of ours. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const forUsers =
    error instanceof ConfigurationError ||
    error instanceof BudgetError ||
    ["RefusedEnvironments", "CommandError", "CostError", "ObservationError"].includes(error.name);
  return forUsers ? error.message : (error.stack ?? error.message);
}
