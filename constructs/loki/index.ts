export { Loki, type LokiProps } from "./loki";
export { logRuleFile, renderLogRule, type LogLinks } from "./config";
export { logsSchema, schemaFaults, type Logs, type LogsInput } from "./schema";
