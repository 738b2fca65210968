export { sloRules } from "./mixin";
export { budgetDays, sloFaults, sloSchema, type Slo } from "./schema";
export { Objectives, type ObjectivesProps } from "./slo";
