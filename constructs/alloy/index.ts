export { Alloy, type AlloyProps } from "./alloy";
export { parseAgent, platformFaults } from "./check";
export { agentObservation } from "./mixin";
export { agentSchema, type Agent, type AgentInput } from "./schema";
