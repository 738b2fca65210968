import type { RuleGroup } from "../core/alert";
import type { BudgetEntry } from "../core/budget";
import { memoryBudgetRules } from "../core/memory-rules";
import { instanceOf, type Job } from "../core/observation";

/** The budgets of the platform's containers that are scraped, each under the labels of its own series. */
export function memoryGroup(budget: readonly BudgetEntry[], jobs: readonly Job[]): RuleGroup {
  return {
    name: "memory-budget",
    intervalSeconds: 60,
    rules: jobs.flatMap(({ job, targets }) =>
      targets
        // With parameters, such as a probe's, the page tells about what is asked for.
        .filter(({ params }) => params === undefined)
        .flatMap((target) => {
          const container = target.process ?? target.endpoint.host;
          const entry = budget.find(({ service }) => service === container);
          return entry === undefined
            ? []
            : memoryBudgetRules(entry.memory, { container, job, instance: instanceOf(target) });
        }),
    ),
  };
}
