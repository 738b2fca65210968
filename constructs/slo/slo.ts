import { Construct } from "constructs";
import type { Observable, Observation } from "../core/observation";
import { sloRows } from "./dashboard";
import { sloRules } from "./mixin";
import { budgetOverview } from "./overview";
import type { Slo } from "./schema";

/** Props of {@link Objectives}. */
export interface ObjectivesProps {
  /** What evaluates the rules: they stand beside its own. */
  readonly evaluatedBy: Observable;
  /** At most one per service. */
  readonly slos: readonly Slo[];
}

/**
 * What services promise over 30 days (availability, errors, speed): error budgets, and alerts when a budget burns too
 * fast. No container: recording rules and alerts of Prometheus.
 */
export class Objectives extends Construct implements Observable {
  readonly observation: Observation;

  constructor(scope: Construct, id: string, { evaluatedBy, slos }: ObjectivesProps) {
    super(scope, id);
    const rules = slos.flatMap(sloRules);
    const boards = slos.length === 0 ? [] : [budgetOverview, ...slos.flatMap(sloRows)];
    this.observation = { ...evaluatedBy.observation, targets: [], rules, boards };
  }
}
